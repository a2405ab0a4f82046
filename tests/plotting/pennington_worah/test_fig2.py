"""Figure 2 shows limiting densities with their features, and how sampled spectra reach the limit."""

from __future__ import annotations

import numpy as np
from figure_tables import NONLINEARITIES, pennington_fig2
from plotted_data import curves, error_bars, labels_of, legend_looks, look_of, panel, points_of, scales_of, steps_of

from fisher_spectra.plotting.pennington_worah.fig2 import plot

NAMES = ["linear, atom 0.5 at 0", r"$\mathrm{erf}_1$", r"$\mathrm{srelu}_0$", r"$f_{\mathrm{opt}}$"]


def limit_of(frame, name):
    return frame[(frame["panel"] == "a") & (frame["nonlinearity"] == name)].sort_values("lambda")


def cell_of(frame, n):
    return frame[(frame["panel"] == "b") & (frame["n"] == n)]


def test_the_limiting_density_of_every_nonlinearity_is_a_line_named_in_the_legend():
    frame = pennington_fig2()
    axis = panel(plot(frame), "(a)")
    for line, name in zip(curves(axis), NONLINEARITIES, strict=True):
        np.testing.assert_array_equal(points_of(line), limit_of(frame, name)[["lambda", "density_theory"]])
    assert legend_looks(axis) == dict(zip(NAMES, map(look_of, curves(axis)), strict=True))
    assert len({line.get_color() for line in curves(axis)}) == len(NONLINEARITIES)


def test_where_the_limit_has_no_density_the_line_has_a_gap():
    frame = pennington_fig2()
    frame.loc[(frame["nonlinearity"] == "linear") & (frame["lambda"] < 2), "density_theory"] = 0.0
    x, y = points_of(curves(panel(plot(frame), "(a)"))[0]).T
    assert (np.isnan(y) == (x < 2)).all()


def test_the_six_features_are_marked_in_the_row_of_their_nonlinearity_and_equal_ones_stand_together():
    frame = pennington_fig2()
    axis = panel(plot(frame), "z_1")
    marks = {
        (round(float(line.get_xdata()[0]), 9), round(float(np.mean(line.get_ydata()))))
        for line in axis.get_lines()
        if len(set(line.get_xdata())) == 1
    }
    texts = {(round(float(text.get_position()[0]), 9), text.get_text()) for text in axis.texts}
    assert len(marks) == len(axis.texts) == 23  # six for each, two of which share a mark
    for height, name in enumerate(NONLINEARITIES):
        row = limit_of(frame, name).iloc[0]
        for k in range(1, 7):
            place = round(row[f"z{k}"], 9)
            assert (place, height) in marks
            assert (place, "1, 4" if name == "linear" and k in (1, 4) else str(k)) in texts
    assert [label.get_text() for label in axis.get_yticklabels()] == ["linear", *NAMES[1:]]


def test_the_spectrum_of_every_width_is_an_outline_and_the_limit_a_line():
    frame = pennington_fig2()
    axis = panel(plot(frame), "(b)")
    for (heights, edges), n in zip(steps_of(axis), (16, 64, 256), strict=True):
        bins = cell_of(frame, n).drop_duplicates("bin_low")
        np.testing.assert_array_equal(heights, bins["density_empirical"])
        np.testing.assert_array_equal(edges, [*bins["bin_low"], bins["bin_high"].iloc[-1]])
    (line,) = curves(axis)
    rows = cell_of(frame, 256).sort_values("lambda")
    np.testing.assert_array_equal(points_of(line), rows[["lambda", "density_theory"]])
    looks = {f"$n = {n}$": look_of(patch) for n, patch in zip((16, 64, 256), axis.patches, strict=True)}
    found = legend_looks(axis)
    assert found.pop("limit") == look_of(line)
    assert {name: colour for name, (colour, _) in found.items()} == {name: look[0] for name, look in looks.items()}
    assert len(set(looks.values())) == 3


def test_the_distance_to_the_limit_is_shown_with_its_scatter_dense_matrices_as_squares():
    frame = pennington_fig2()
    axis = panel(plot(frame), "Kolmogorov")
    cells = frame[frame["panel"] == "b"].drop_duplicates("n").sort_values("n")
    for (points, bars), (_, row) in zip(error_bars(axis), cells.iterrows(), strict=True):
        np.testing.assert_allclose(points, [[row["n"], row["kolmogorov_distance"]]], rtol=1e-14)
        np.testing.assert_allclose(bars, [row["kolmogorov_distance_std"]], rtol=1e-10)
    assert [container.lines[0].get_marker() for container in axis.containers] == ["s", "o", "o"]


def test_the_distance_of_a_width_has_the_colour_of_its_spectrum():
    figure = plot(pennington_fig2())
    spectra, distances = panel(figure, "(b)"), panel(figure, "(c)")
    colours = [look_of(container)[0] for container in distances.containers]
    assert colours == [look_of(patch)[0] for patch in spectra.patches]


def test_densities_are_on_logarithmic_axes_and_all_axes_are_named():
    figure = plot(pennington_fig2())
    limits, features, spectra, distances = figure.axes
    assert [scales_of(axis) for axis in figure.axes] == [
        ("linear", "log"),
        ("linear", "linear"),
        ("log", "log"),
        ("log", "log"),
    ]
    density = r"density $\rho(\lambda)$"
    assert labels_of(limits) == ("", density)
    assert labels_of(features) == (r"eigenvalue $\lambda$, with $z_1$ to $z_6$", "")
    assert labels_of(spectra) == (r"eigenvalue $\lambda$", density)
    assert labels_of(distances) == ("width $n$", "Kolmogorov distance")
    assert [label.get_text() for label in distances.get_xticklabels()] == ["16", "64", "256"]


def test_the_axes_of_sampled_spectra_hold_all_bins_and_all_distances_and_little_more():
    frame = pennington_fig2()
    _, _, spectra, distances = plot(frame).axes
    sampled = frame[frame["panel"] == "b"]
    assert spectra.get_xlim() == (sampled["bin_low"].min(), sampled["bin_high"].max())
    low, high = distances.get_ylim()
    smallest, largest = sampled["kolmogorov_distance"].min(), sampled["kolmogorov_distance"].max()
    assert smallest / 2 < low < smallest
    assert largest < high < 2 * largest
    for tick, label in zip(distances.get_yticks(), distances.get_yticklabels(), strict=True):
        assert float(label.get_text()) == tick


def test_a_nonlinearity_of_the_users_own_is_drawn_and_named():
    frame = pennington_fig2().replace({"nonlinearity": {"srelu_0": "swish"}})
    assert "swish" in legend_looks(panel(plot(frame), "(a)"))
