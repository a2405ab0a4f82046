"""The figure of the other eigenvalues shows the law of theory, the histogram of networks, and their distances."""

from __future__ import annotations

import numpy as np
from figure_tables import karakida_bulk
from plotted_data import curves, labels_of, legend_looks, letters_of, points_of, scales_of

from fisher_spectra.plotting.karakida.bulk import plot

ACTIVATIONS, RATIOS = ("odd", "tanh", "relu"), (0.1, 0.5)


def test_each_activation_has_the_law_as_a_line_and_the_filled_bins_of_the_widest_networks_as_points():
    frame = karakida_bulk()
    for axis, activation in zip(plot(frame).axes, ACTIVATIONS, strict=False):
        lines = iter(curves(axis))
        for ratio, style in zip(RATIOS, ("-", "--"), strict=True):
            own = frame[
                (frame["activation"] == activation) & (frame["samples_per_width"] == ratio) & (frame["M"] == 80)
            ]
            law, points = next(lines), next(lines)
            assert law.get_linestyle() == style
            theory = own[own["quantity"] == "law"].sort_values("lambda")
            np.testing.assert_array_equal(points_of(law), theory[["lambda", "theory"]].to_numpy())
            bars = own[(own["quantity"] == "density") & (own["empirical_mean"] > 0)].sort_values("lambda")
            assert len(bars) == 4
            np.testing.assert_array_equal(points_of(points), bars[["lambda", "empirical_mean"]].to_numpy())


def test_distances_fall_from_left_to_right_in_order_of_the_width():
    frame = karakida_bulk()
    axis = plot(frame).axes[3]
    distances = frame[frame["quantity"] == "kolmogorov"]
    lines = iter(curves(axis))
    for activation in ACTIVATIONS:
        for ratio in RATIOS:
            own = distances[(distances["activation"] == activation) & (distances["samples_per_width"] == ratio)]
            np.testing.assert_array_equal(
                points_of(next(lines)), own.sort_values("M")[["M", "empirical_mean"]].to_numpy()
            )
    assert scales_of(axis) == ("log", "log")


def test_axes_titles_letters_and_legend():
    figure = plot(karakida_bulk())
    density = (r"eigenvalue over mean $\lambda / \langle \lambda \rangle$", "density")
    assert [labels_of(axis) for axis in figure.axes] == [density] * 3 + [("width $M$", "Kolmogorov distance")]
    assert letters_of(figure.axes) == ["(a)", "(b)", "(c)", "(d)"]
    assert [axis.get_title() for axis in figure.axes[:3]] == ["odd, without biases", "tanh", "ReLU"]
    assert set(legend_looks(figure)) == {"T = 0.1 M", "T = 0.5 M", "networks"}
