"""The figure of convergence shows sampled distances to the limit beside those predicted at each width."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import NONLINEARITIES, pennington_convergence
from plotted_data import curves, error_bars, labels_of, legend_looks, letters_of, points_of, scales_of, series_with_bars

from fisher_spectra.plotting.pennington_worah.convergence import SELECTIONS, WHOLE, plot


def rows_of(frame, name, terms, column):
    rows = frame[(frame["nonlinearity"] == name) & (frame["terms"] == terms) & frame[column].notna()]
    return rows.sort_values("n")


def names_of(frame):
    """Nonlinearities in the order in which whole networks of them appear."""
    return list(frame.loc[frame["terms"] == WHOLE, "nonlinearity"].unique())


def assert_series(series, rows, mean, spread):
    points, half = series
    np.testing.assert_allclose(points, rows[["n", mean]])
    np.testing.assert_allclose(half, rows[spread])


def test_distances_of_whole_networks_have_the_scatter_as_bars_for_every_nonlinearity():
    frame = pennington_convergence()
    every, _, _ = plot(frame).axes
    names = names_of(frame)
    assert sorted(names) == sorted(NONLINEARITIES)
    for name, series in zip(names, error_bars(every), strict=True):
        rows = rows_of(frame, name, WHOLE, "kolmogorov_distance")
        assert_series(series, rows, "kolmogorov_distance", "kolmogorov_distance_std")


def test_predictions_are_lines_that_go_on_beyond_the_sampled_widths():
    frame = pennington_convergence()
    every, terms, gap = plot(frame).axes
    expected = [rows_of(frame, name, WHOLE, "theory")[["n", "theory"]] for name in names_of(frame)]
    expected = [rows for rows in expected if len(rows)]
    for line, rows in zip(curves(every), expected, strict=True):
        np.testing.assert_allclose(points_of(line), rows)
    assert max(points_of(line)[-1, 0] for line in curves(every)) == 4096
    assert points_of(curves(terms)[0])[-1, 0] == 128  # where parts are drawn, those beyond would take their room
    (line,) = curves(gap)
    np.testing.assert_allclose(points_of(line), rows_of(frame, "f_opt", WHOLE, "gap_theory")[["n", "gap_theory"]])


def test_one_nonlinearity_is_drawn_term_by_term_with_everything_and_nothing():
    frame = pennington_convergence()
    _, terms, _ = plot(frame).axes
    for kept, series in zip(SELECTIONS, error_bars(terms), strict=True):
        rows = rows_of(frame, "f_opt", kept, "kolmogorov_distance")
        assert_series(series, rows, "kolmogorov_distance", "kolmogorov_distance_std")
    assert [series.get_label() for series in series_with_bars(terms)][-1] == "none of them"
    assert len(curves(terms)) == len(SELECTIONS) - 1  # nothing is predicted without a term


def test_the_share_in_the_gap_is_that_of_the_networks_that_have_one():
    frame = pennington_convergence()
    _, _, gap = plot(frame).axes
    (series,) = error_bars(gap)
    assert_series(series, rows_of(frame, "f_opt", WHOLE, "gap_share"), "gap_share", "gap_share_std")


def test_axes_are_named_and_logarithmic_where_powers_are_looked_for():
    axes = plot(pennington_convergence()).axes
    assert [scales_of(axis) for axis in axes] == [("log", "log"), ("log", "log"), ("log", "linear")]
    assert labels_of(axes[0]) == (r"width $n$", "Kolmogorov distance to the limit")
    assert letters_of(axes) == ["(a)", "(b)", "(c)"]


def test_the_legend_names_every_series_of_two_panels_and_the_network_once_by_its_name():
    figure = plot(pennington_convergence())
    (legend,) = figure.legends
    named = [text.get_text() for text in legend.get_texts()]
    assert len(named) == len(set(named)) == len(NONLINEARITIES) + len(SELECTIONS) - 1
    assert legend_looks(figure).keys() == set(named)


@pytest.mark.parametrize("missing", ["terms", "theory"])
def test_a_table_without_networks_taken_apart_or_without_predictions_is_drawn(missing):
    frame = pennington_convergence()
    if missing == "terms":
        frame = frame[frame["terms"] == WHOLE]
    else:
        frame = frame.assign(theory=np.nan, gap_theory=np.nan)
        frame = frame[frame["kolmogorov_distance"].notna()]
    every, terms, _ = plot(frame).axes
    assert len(error_bars(every)) == len(NONLINEARITIES)
    assert len(series_with_bars(terms)) == (0 if missing == "terms" else len(SELECTIONS))


def test_a_nonlinearity_of_the_users_own_is_drawn_and_named():
    figure = plot(pennington_convergence().replace({"nonlinearity": {"srelu_0": "swish"}}))
    assert "swish" in [text.get_text() for text in figure.legends[0].get_texts()]
