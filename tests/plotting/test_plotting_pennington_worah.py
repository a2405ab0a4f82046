"""Figures of Pennington and Worah show what their tables hold."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import StepPatch
from plotted_data import curves, error_bars, legend_texts, panel, points_of

from fisher_spectra.plotting.pennington_worah import (
    FIG1_COLUMNS,
    FIG2_COLUMNS,
    FIG3_COLUMNS,
    MOMENTS_COLUMNS,
    OPTIMAL_COLUMNS,
    SINGULARITIES_COLUMNS,
    SLOPES_COLUMNS,
    TABLE1_COLUMNS,
    TABLE1_VALUES,
    plot_fig1,
    plot_fig2,
    plot_fig3,
    plot_moments,
    plot_optimal,
    plot_singularities,
    plot_slopes,
    plot_table1,
)
from fisher_spectra.plotting.style import use_style

NAMES = ("linear", "erf_1", "srelu_0", "f_opt")


@pytest.fixture(autouse=True)
def style():
    use_style()
    yield
    plt.close("all")


def binned(rng, **cell):
    """Rows of one cell: five bins with three points each, values of no meaning."""
    edges = np.linspace(0, 8.4, 6)
    return [
        {"lambda": low + share * (high - low), "density_theory": rng.uniform(0.01, 1)}
        | {"density_empirical": density, "bin_low": low, "bin_high": high, "density_empirical_sem": 0.01}
        | {"atom_theory": 0.0, "atom_empirical": 0.0, "n_networks": 4}
        | cell
        for low, high, density in zip(edges[:-1], edges[1:], rng.uniform(0.1, 1, 5), strict=True)
        for share in (0.7, 0.2, 0.5)
    ]


def steps_of(axis):
    return [patch.get_data() for patch in axis.patches if isinstance(patch, StepPatch)]


def table1(deviation=0.3):
    rng = np.random.default_rng(0)
    rows = []
    for name in (*NAMES, "swish"):
        row = {"nonlinearity": name}
        for column in TABLE1_VALUES:
            printed = np.nan if name == "swish" else round(rng.uniform(1, 9), 3)
            row |= {f"printed_{column}": printed, f"decimals_{column}": 3, f"deviation_{column}": deviation}
            row[column] = printed + deviation * 1e-3 if np.isfinite(printed) else 1.23456
        rows.append(row)
    return pd.DataFrame(rows)[list(TABLE1_COLUMNS)]


def test_table_1_shows_every_computed_value_with_two_digits_more_and_every_printed_one():
    frame = table1()
    texts = [text.get_text() for text in plot_table1(frame).axes[0].texts]
    for _, row in frame.iterrows():
        for column in TABLE1_VALUES:
            assert f"{row[column]:.5f}" in texts
            if np.isfinite(row[f"printed_{column}"]):
                assert f"{row[f'printed_{column}']:.3f}" in texts
    assert "nan" not in "".join(texts)


@pytest.mark.parametrize(("deviation", "colour"), [(0.49, "0.45"), (-0.5, "0.45"), (0.51, "red"), (-3.0, "red")])
def test_a_printed_value_that_is_not_the_rounded_one_is_red(deviation, colour):
    frame = table1(deviation)
    figure = plot_table1(frame)
    printed = f"{frame['printed_z3'].iloc[1]:.3f}"
    assert {text.get_color() for text in figure.axes[0].texts if text.get_text() == printed} == {colour}


def fig1():
    rng = np.random.default_rng(1)
    atom = {"atom_theory": 0.5, "atom_empirical": 0.4375}
    rows = binned(rng, panel="linear", nonlinearity="linear", n=128, method="structure", **atom)
    rows += binned(rng, panel="erf_1", nonlinearity="erf_1", n=64, method="dense")
    rows += binned(rng, panel="erf_1", nonlinearity="erf_1", n=128, method="lanczos")
    return pd.DataFrame(rows)[list(FIG1_COLUMNS)]


def cell_of(frame, nonlinearity, n):
    return frame[(frame["nonlinearity"] == nonlinearity) & (frame["n"] == n)]


def histogram_of(rows):
    bins = rows.drop_duplicates("bin_low").sort_values("bin_low")
    return bins["density_empirical"].to_numpy(), np.append(bins["bin_low"], bins["bin_high"].iloc[-1])


@pytest.mark.parametrize("name", ["linear", "erf"])
def test_figure_1_shows_the_largest_width_as_histogram_and_the_limit_as_line_also_in_the_inset(name):
    frame = fig1()
    axis = panel(plot_fig1(frame), name)
    rows = cell_of(frame, {"erf": "erf_1"}.get(name, name), 128)
    (inset,) = axis.child_axes
    assert (axis.get_yscale(), inset.get_yscale()) == ("linear", "log")
    for drawn in (axis, inset):
        ((heights, edges, _),) = steps_of(drawn)
        np.testing.assert_array_equal(heights, histogram_of(rows)[0])
        np.testing.assert_array_equal(edges, histogram_of(rows)[1])
        line = curves(drawn)[0]
        np.testing.assert_array_equal(points_of(line), rows.sort_values("lambda")[["lambda", "density_theory"]])


def test_figure_1_shows_smaller_widths_as_points_in_the_middle_of_their_bins():
    frame = fig1()
    axis = panel(plot_fig1(frame), "erf")
    heights, edges = histogram_of(cell_of(frame, "erf_1", 64))
    np.testing.assert_array_equal(points_of(curves(axis)[1]), np.column_stack([(edges[1:] + edges[:-1]) / 2, heights]))
    assert len(curves(panel(plot_fig1(frame), "linear"))) == 1


def test_figure_1_states_the_weight_of_the_atom_in_the_limit_and_in_the_networks():
    figure = plot_fig1(fig1())
    texts = {axis.get_title(): " ".join(text.get_text() for text in axis.texts) for axis in figure.axes}
    assert "atom: 0.5 (networks: 0.4375)" in texts["linear, $n = 128$"]
    assert "atom" not in texts[r"$\mathrm{erf}_1$, $n = 128$"]


def fig2():
    rng = np.random.default_rng(2)
    rows = []
    for name in NAMES:
        features = {f"z{k}": value for k, value in enumerate(np.sort(rng.uniform(0, 8, 6)), start=1)}
        features |= {"z4": features["z1"]} if name == "linear" else {}
        for value in rng.permutation(np.linspace(0.1, 8, 12)):
            rows.append(
                {"panel": "a", "nonlinearity": name, "n": np.inf, "method": "limit", "lambda": value}
                | {"density_theory": rng.uniform(0.01, 1), "atom_theory": 0.5 if name == "linear" else 0.0}
                | features
            )
    for n, method in ((64, "lanczos"), (16, "dense"), (256, "lanczos")):
        distance = {"kolmogorov_distance": rng.uniform(0.02, 0.1), "kolmogorov_distance_std": rng.uniform(0.001, 0.01)}
        rows += binned(rng, panel="b", nonlinearity="erf_1", n=float(n), method=method, **distance)
    frame = pd.DataFrame(rows)
    frame["bin_low"] += 0.1  # the axis is logarithmic
    return frame[list(FIG2_COLUMNS)]


def test_figure_2a_shows_the_limiting_density_of_every_nonlinearity():
    frame = fig2()
    axis = panel(plot_fig2(frame), "(a)")
    assert axis.get_yscale() == "log"
    for line, name in zip(curves(axis), NAMES, strict=True):
        rows = frame[(frame["panel"] == "a") & (frame["nonlinearity"] == name)].sort_values("lambda")
        np.testing.assert_array_equal(points_of(line), rows[["lambda", "density_theory"]])
    texts = [text.get_text() for text in axis.get_legend().get_texts()]
    assert texts[0] == "linear, atom 0.5 at 0"
    assert len({line.get_color() for line in curves(axis)}) == len(NAMES)


def test_figure_2a_marks_the_six_features_and_puts_equal_ones_together():
    frame = fig2()
    axis = panel(plot_fig2(frame), "z_1")
    marks = [line for line in axis.get_lines() if len(set(line.get_xdata())) == 1]
    texts = {(round(float(text.get_position()[0]), 9), text.get_text()) for text in axis.texts}
    assert len(marks) == len(axis.texts) == 23  # six for each, two of which share a mark
    for name in NAMES:
        row = frame[(frame["panel"] == "a") & (frame["nonlinearity"] == name)].iloc[0]
        for k in range(1, 7):
            place = row[f"z{k}"]
            assert any(abs(line.get_xdata()[0] - place) < 1e-9 for line in marks)
            text = "1, 4" if name == "linear" and k in (1, 4) else str(k)
            assert (round(place, 9), text) in texts


def test_figure_2b_shows_the_spectrum_of_every_width_and_the_limit():
    frame = fig2()
    axis = panel(plot_fig2(frame), "erf")
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
    for (heights, edges, _), n in zip(steps_of(axis), (16, 64, 256), strict=True):
        expected = histogram_of(frame[(frame["panel"] == "b") & (frame["n"] == n)])
        np.testing.assert_array_equal(heights, expected[0])
        np.testing.assert_array_equal(edges, expected[1])
    (line,) = curves(axis)
    rows = frame[(frame["panel"] == "b") & (frame["n"] == 256)].sort_values("lambda")
    np.testing.assert_array_equal(points_of(line), rows[["lambda", "density_theory"]])


def test_figure_2c_shows_the_distance_to_the_limit_with_its_scatter():
    frame = fig2()
    axis = panel(plot_fig2(frame), "Kolmogorov")
    cells = frame[frame["panel"] == "b"].drop_duplicates("n").sort_values("n")
    for (points, bars), (_, row) in zip(error_bars(axis), cells.iterrows(), strict=True):
        np.testing.assert_allclose(points, [[row["n"], row["kolmogorov_distance"]]], rtol=1e-14)
        np.testing.assert_allclose(bars, [row["kolmogorov_distance_std"]], rtol=1e-10)


def fig3():
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {"family": family, "alpha": alpha, "n_networks": 4, "rank_correlation": correlation}
        | dict(zip(FIG3_COLUMNS[2:7], rng.uniform(1, 3, 5) * [1, 1e-3, 1e-4, 1e-3, 1e-3], strict=True))
        for family, correlation in (("srelu", -0.976), ("erf", -0.9512))
        for alpha in (1.0, -0.5, 0.25)
    )[list(FIG3_COLUMNS)]


def test_figure_3_shows_conditioning_measured_reduction_and_both_predictions_of_each_family():
    frame = fig3()
    axes = np.array(plot_fig3(frame).axes).reshape(2, 2)
    for position, family in enumerate(("srelu", "erf")):
        rows = frame[frame["family"] == family].sort_values("alpha")
        above, below = axes[:, position]
        assert family in above.get_title()
        (ratio,) = curves(above)
        np.testing.assert_array_equal(points_of(ratio), rows[["alpha", "m2_over_m1_squared"]])
        limit, networks = curves(below)
        np.testing.assert_array_equal(points_of(limit), rows[["alpha", "predicted_limit"]])
        np.testing.assert_array_equal(points_of(networks), rows[["alpha", "predicted_network"]])
        assert (limit.get_linestyle(), networks.get_linestyle()) == ("-", "None")
        ((points, bars),) = error_bars(below)
        np.testing.assert_array_equal(points, rows[["alpha", "loss_reduction"]])
        np.testing.assert_allclose(bars, rows["loss_reduction_std"], rtol=1e-9)
        assert below.texts[0].get_text().endswith({"srelu": "-0.976", "erf": "-0.951"}[family])


def singularities():
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {"nonlinearity": name, "feature": feature, "location": 0.1, "n": n, "epsilon": epsilon}
        | {"theory": epsilon * (1 + len(name)), "empirical": rng.uniform(1e-5, 0.5), "empirical_sem": 0.01}
        | {"exponent": 0.0 if name == "linear" else 0.4996, "atom": 0.0}
        for name in NAMES
        for feature in ("z1", "z4")
        for n in (16, 32)
        for epsilon in (1e-2, 1e-6, 1e-4)
    )[list(SINGULARITIES_COLUMNS)]


@pytest.mark.parametrize("feature", ["z1", "z4"])
def test_the_peaks_show_the_limit_as_lines_and_networks_of_every_width_as_points(feature):
    frame = singularities()
    axis = panel(plot_singularities(frame), f"z_{feature[1]}")
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
    lines = iter(curves(axis))
    for name in NAMES:
        rows = frame[(frame["nonlinearity"] == name) & (frame["feature"] == feature)]
        limit = next(lines)
        expected = rows[rows["n"] == 32].sort_values("epsilon")[["epsilon", "theory"]]
        np.testing.assert_array_equal(points_of(limit), expected)
        for n in (16, 32):
            points = next(lines)
            expected = rows[rows["n"] == n].sort_values("epsilon")[["epsilon", "empirical"]]
            np.testing.assert_array_equal(points_of(points), expected)
            assert points.get_linestyle() == "None"
            assert points.get_color() == limit.get_color()
    assert next(lines, None) is None
    texts = [text.get_text() for text in axis.get_legend().get_texts()]
    assert [text.rpartition("varepsilon")[2] for text in texts] == ["^{0}$", "^{0.5}$", "^{0.5}$", "^{0.5}$"]


def slopes():
    distances = np.array([1e-2, 1e-5, 1e-3])
    frames = [
        pd.DataFrame(
            {"nonlinearity": name, "feature": feature, "distance": distances}
            | {"derivative": 0.2 + theory * np.log(distances), "theory": theory, "jump": -distances}
        )
        for name, feature, theory in (("linear", "z5", 0.01), ("erf_1", "z2", 0.02), ("erf_1", "z3", 3.0))
    ]
    return pd.concat(frames)[list(SLOPES_COLUMNS)]


def test_slopes_that_diverge_as_the_theory_says_lie_on_its_line_and_the_jump_at_z3_is_shown_in_size():
    figure = plot_slopes(slopes())
    line, *diverging = curves(panel(figure, "diverges"))
    distances = np.array([1e-5, 1e-3, 1e-2])
    expected = np.stack([distances, np.log(distances / 1e-2)], axis=1)
    np.testing.assert_allclose(points_of(line), expected, atol=1e-12)
    assert [mark.get_label() for mark in diverging] == [r"linear, $z_5$", r"$\mathrm{erf}_1$, $z_2$"]
    for marks in diverging:
        np.testing.assert_allclose(points_of(marks), expected, atol=1e-9)
    (jump,) = curves(panel(figure, "continuous"))
    np.testing.assert_allclose(points_of(jump), np.stack([distances, distances], axis=1))


def moments():
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {"nonlinearity": name, "n": n, "statistic": statistic, "theory": 2.0, "n_networks": 4}
        | ({"theory": 0.0} if (name, statistic) == ("linear", "lambda_min") else {})
        | {"empirical_mean": rng.uniform(1.9, 2.2), "empirical_std": rng.uniform(0.01, 0.1)}
        for name in NAMES
        for statistic, widths in (("m1", (1024, 16, 128)), ("lambda_min", (64, 16)), ("m2", (1024, 16, 128)))
        for n in widths
    )[list(MOMENTS_COLUMNS)]


@pytest.mark.parametrize("statistic", ["m1", "m2"])
def test_moments_are_shown_as_relative_deviations_with_two_standard_errors(statistic):
    frame = moments()
    axis = panel(plot_moments(frame), f"m_{statistic[1]}")
    for (points, bars), name in zip(error_bars(axis), NAMES, strict=True):
        rows = frame[(frame["nonlinearity"] == name) & (frame["statistic"] == statistic)].sort_values("n")
        np.testing.assert_allclose(points[:, 0], rows["n"], rtol=0.1)  # marks of one width lie side by side
        np.testing.assert_allclose(points[:, 1], rows["empirical_mean"] / 2 - 1, rtol=1e-12)
        np.testing.assert_allclose(bars, rows["empirical_std"] / 2, rtol=1e-10)


def test_extreme_eigenvalues_are_shown_over_the_edge_with_one_standard_deviation_unless_the_edge_is_0():
    frame = moments()
    axis = panel(plot_moments(frame), "lambda_{\\min}")
    for (points, bars), name in zip(error_bars(axis), NAMES[1:], strict=True):  # linear has the edge 0
        rows = frame[(frame["nonlinearity"] == name) & (frame["statistic"] == "lambda_min")].sort_values("n")
        np.testing.assert_allclose(points[:, 1], rows["empirical_mean"] / 2, rtol=1e-12)
        np.testing.assert_allclose(bars, rows["empirical_std"] / 2, rtol=1e-10)


def optimal():
    rng = np.random.default_rng(6)
    return pd.DataFrame(
        {"nonlinearity": name, "m2_over_m1_squared": ratio, "panel": what, "x": x, "value": rng.uniform(0.1, 1)}
        for name, ratio in zip((*NAMES, "numerical_optimum"), (3.0, 2.3, 1.7, 1.105, 1.106), strict=True)
        for what in ("activation", "density")
        for x in (2.0, -1.0, 0.5)
    )[list(OPTIMAL_COLUMNS)]


def test_the_best_activations_are_shown_with_their_densities_and_their_conditioning():
    frame = optimal()
    activation, density, conditioning = plot_optimal(frame).axes
    for axis, what, names in (
        (activation, "activation", (*NAMES, "numerical_optimum")),
        (density, "density", NAMES),
    ):
        for line, name in zip(curves(axis), names, strict=True):
            rows = frame[(frame["nonlinearity"] == name) & (frame["panel"] == what)].sort_values("x")
            np.testing.assert_array_equal(points_of(line), rows[["x", "value"]])
    assert [text.get_text() for text in conditioning.texts] == ["3.0000", "2.3000", "1.7000", "1.1060", "1.1050"]
    ends = [line.get_xdata()[0] for line in conditioning.get_lines() if len(line.get_xdata()) == 1]
    assert ends == [3.0, 2.3, 1.7, 1.106, 1.105]


def test_a_nonlinearity_of_the_users_own_is_drawn_too():
    own = {"nonlinearity": {"srelu_0": "swish"}}
    for plot, frame in (
        (plot_fig2, fig2()),
        (plot_singularities, singularities()),
        (plot_slopes, slopes().replace({"nonlinearity": {"erf_1": "srelu_0"}})),
        (plot_moments, moments()),
        (plot_optimal, optimal()),
    ):
        figure = plot(frame.replace(own))
        names = [text.get_text() for axis in figure.axes if axis.get_legend() for text in axis.get_legend().get_texts()]
        assert any("swish" in name for name in [*names, *legend_texts(figure)])
