"""Figures of Theorem 5, Corollary 2 and of many outputs show what their tables hold."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from plotted_data import curves, error_bars, legend_texts, panel, points_of

from fisher_spectra.plotting.karakida_bounds import plot_corollary2, plot_many_outputs, plot_theorem5
from fisher_spectra.plotting.statistics import STATISTICS
from fisher_spectra.plotting.style import use_style

NAMES = {"tanh": "tanh", "relu": "ReLU"}


@pytest.fixture(autouse=True)
def style():
    use_style()
    yield
    plt.close("all")


def theorem5(widths=(50, 800), depths=(6, 2, 3)):
    rng = np.random.default_rng(0)
    formulas = {(a, depth): rng.uniform(1, 9, size=2) for a in NAMES for depth in depths}
    return pd.DataFrame(
        {"activation": a, "L": depth, "M": width, "n_seeds": 200}
        | {"paper": formulas[a, depth][0], "corrected": formulas[a, depth][1]}
        | {"empirical_mean": rng.uniform(1, 9), "empirical_sem": rng.uniform(0.01, 0.1)}
        for a in NAMES
        for depth in depths
        for width in widths
    )


def test_theorem_5_shows_the_corrected_formula_as_a_solid_line_and_the_printed_one_dashed():
    frame = theorem5()
    figure = plot_theorem5(frame)
    for activation, name in NAMES.items():
        rows = frame[(frame["activation"] == activation) & (frame["M"] == 50)].sort_values("L")
        styles = {line.get_linestyle(): points_of(line) for line in curves(panel(figure, name))}
        np.testing.assert_array_equal(styles["-"], rows[["L", "corrected"]].to_numpy())
        np.testing.assert_array_equal(styles["--"], rows[["L", "paper"]].to_numpy())


def test_theorem_5_shows_the_mean_norm_of_every_width_with_two_standard_errors():
    frame = theorem5()
    figure = plot_theorem5(frame)
    for activation, name in NAMES.items():
        series = error_bars(panel(figure, name))
        assert len(series) == 2
        for (points, bars), width in zip(series, (50, 800), strict=True):
            rows = frame[(frame["activation"] == activation) & (frame["M"] == width)].sort_values("L")
            np.testing.assert_allclose(points[:, 0], rows["L"], rtol=0.05)  # marks of one depth lie side by side
            np.testing.assert_array_equal(points[:, 1], rows["empirical_mean"])
            np.testing.assert_allclose(bars, 2 * rows["empirical_sem"], rtol=1e-12)


def test_theorem_5_shows_every_width_however_many_there_are():
    widths = [10 * 2**k for k in range(9)]
    figure = plot_theorem5(theorem5(widths))
    assert len(error_bars(panel(figure, "tanh"))) == len(widths)
    assert [text for text in legend_texts(figure) if "M = 2560" in text] != []


def many_outputs():
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {"activation": a, "M": width, "C": width // 2, "statistic": statistic, "n_seeds": 20}
        | dict(zip(("lower_bound", "empirical_mean", "upper_bound"), sorted(rng.uniform(1, 9, size=3)), strict=True))
        for a in NAMES
        for width in (80, 20, 40)
        for statistic in STATISTICS
    )


def test_many_outputs_are_shown_between_their_lower_and_upper_bound():
    frame = many_outputs()
    figure = plot_many_outputs(frame)
    for axis, statistic in zip(figure.axes, STATISTICS, strict=True):
        lines = iter(curves(axis))
        for activation in NAMES:
            rows = frame[(frame["activation"] == activation) & (frame["statistic"] == statistic)].sort_values("M")
            lower, upper, sampled = next(lines), next(lines), next(lines)
            for line, column in ((lower, "lower_bound"), (upper, "upper_bound"), (sampled, "empirical_mean")):
                np.testing.assert_array_equal(points_of(line), rows[["M", column]].to_numpy())
            assert (lower.get_linestyle(), upper.get_linestyle(), sampled.get_linestyle()) == ("-", "--", "None")
            assert lower.get_color() == upper.get_color() == sampled.get_color()
        assert next(lines, None) is None


def test_the_legend_of_many_outputs_tells_bounds_and_networks_apart():
    assert legend_texts(plot_many_outputs(many_outputs())) == [
        "tanh, networks",
        "ReLU, networks",
        "lower bound",
        "upper bound",
    ]


def test_an_axis_of_many_outputs_that_no_power_of_ten_lies_on_has_labels_all_the_same():
    frame = many_outputs()
    means = frame["statistic"] == "mean"
    for column, factor in (("lower_bound", 0.4), ("empirical_mean", 0.5), ("upper_bound", 0.66)):
        frame.loc[means, column] = factor
        frame.loc[~means, column] = 100 * factor * frame.loc[~means, "M"]
    figure = plot_many_outputs(frame)
    figure.canvas.draw()
    for axis in figure.axes:
        low, high = axis.get_ylim()
        ticks = axis.yaxis.get_major_ticks() + axis.yaxis.get_minor_ticks()
        assert any(tick.label1.get_text() for tick in ticks if low <= tick.get_loc() <= high)


def corollary2():
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {"activation": a, "M": width, "k": k, "bound": rng.uniform(50, 99), "count": count, "n_seeds": 20}
        for a in NAMES
        for width in (400, 100)
        for k, count in ((10.0, 0.0), (0.1, 40.5), (1.0, 3.0))
    )


def test_corollary_2_shows_bounds_as_lines_and_counts_as_points_for_every_width():
    frame = corollary2()
    figure = plot_corollary2(frame)
    for activation, name in NAMES.items():
        lines = iter(curves(panel(figure, name)))
        for width in (100, 400):
            rows = frame[(frame["activation"] == activation) & (frame["M"] == width)].sort_values("k")
            np.testing.assert_array_equal(points_of(next(lines)), rows[["k", "bound"]].to_numpy())
            counts = points_of(next(lines))
            np.testing.assert_array_equal(counts[:2], rows[["k", "count"]].to_numpy()[:2])
            assert np.isnan(counts[2, 1])  # none: a logarithmic axis has no place for it
        assert next(lines, None) is None


def test_corollary_2_has_a_legend_entry_for_bound_and_networks_of_each_width():
    texts = legend_texts(plot_corollary2(corollary2()))
    assert sorted(texts) == sorted(f"{what}, M = {width}" for what in ("bound", "networks") for width in (100, 400))
