"""Figure 3 shows conditioning and the loss that one step takes off, measured and predicted."""

from __future__ import annotations

import numpy as np
from figure_tables import pennington_fig3
from plotted_data import (
    curves,
    error_bars,
    labels_of,
    legend_looks,
    letters_of,
    look_of,
    points_of,
    scales_of,
    series_with_bars,
)

from fisher_spectra.plotting.pennington_worah.fig3 import plot


def test_conditioning_measured_reduction_and_both_predictions_of_each_family_are_shown():
    frame = pennington_fig3()
    axes = np.array(plot(frame).axes).reshape(2, 2)
    for position, family in enumerate(("srelu", "erf")):
        of_family = frame[frame["family"] == family].sort_values("alpha")
        rows, theory = (of_family[of_family["kind"] == kind] for kind in ("networks", "limit"))
        above, below = axes[:, position]
        assert family in above.get_title()
        ratio, at_networks = curves(above)
        np.testing.assert_array_equal(points_of(ratio), theory[["alpha", "m2_over_m1_squared"]])
        np.testing.assert_array_equal(points_of(at_networks), rows[["alpha", "m2_over_m1_squared"]])
        assert (ratio.get_linestyle(), at_networks.get_linestyle()) == ("-", "None")
        limit, networks = curves(below)
        np.testing.assert_array_equal(points_of(limit), theory[["alpha", "predicted_limit"]])
        np.testing.assert_array_equal(points_of(networks), rows[["alpha", "predicted_network"]])
        assert (limit.get_linestyle(), networks.get_linestyle()) == ("-", "None")
        ((points, bars),) = error_bars(below)
        np.testing.assert_array_equal(points, rows[["alpha", "loss_reduction"]])
        np.testing.assert_allclose(bars, rows["loss_reduction_std"], rtol=1e-9)
        assert below.texts[0].get_text().endswith({"srelu": " -0.976", "erf": " -0.951"}[family])


def test_axes_are_linear_and_named():
    axes = plot(pennington_fig3()).axes
    assert {scales_of(axis) for axis in axes} == {("linear", "linear")}
    assert [labels_of(axis) for axis in axes] == [
        ("", "$m_2/m_1^2$"),
        ("", ""),
        (r"$\alpha$", r"loss reduction $-\Delta L$"),
        (r"$\alpha$", ""),
    ]
    assert letters_of(axes[:2]) == ["(a)", "(b)"]


def test_the_legend_names_measurement_and_predictions_by_their_marks_and_not_by_the_colour_of_one_family():
    figure = plot(pennington_fig3())
    left, right = figure.axes[2:]
    limit, networks = curves(left)
    (measured,), (of_other_family,) = series_with_bars(left), series_with_bars(right)
    looks = legend_looks(figure)
    assert looks.pop(r"$\varepsilon^2 n^2 m_1^2/m_2$, limit") == look_of(limit)
    assert looks.pop("with the exact moments of each network") == look_of(networks)
    ((name, (colour, mark)),) = looks.items()
    assert (name, mark) == ("measured", measured.lines[0].get_marker())
    assert len({colour, look_of(measured)[0], look_of(of_other_family)[0]}) == 3


def test_a_family_of_the_users_own_is_titled_by_its_name():
    axes = plot(pennington_fig3().replace({"family": {"erf": "swish"}})).axes
    assert axes[1].get_title() == "swish"
