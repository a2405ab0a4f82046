"""Figures of Hayase and Karakida show what their tables hold."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle, StepPatch
from plotted_data import curves, error_bars, legend_texts, panel, points_of

from fisher_spectra.plotting.hayase_histograms import (
    FIG1_COLUMNS,
    FIG3_COLUMNS,
    GAUSSIAN_COLUMNS,
    plot_fig1,
    plot_fig3,
    plot_gaussian,
)
from fisher_spectra.plotting.hayase_statistics import (
    DEPTH_COLUMNS,
    FIG2_COLUMNS,
    LAWS_COLUMNS,
    plot_depth_limits,
    plot_fig2,
    plot_laws,
)
from fisher_spectra.plotting.hayase_training import ABOVE, FIG4_COLUMNS, FIG5_COLUMNS, plot_fig4, plot_fig5
from fisher_spectra.plotting.style import DIVERGED, use_style


@pytest.fixture(autouse=True)
def style():
    use_style()
    yield
    plt.close("all")


def bars_of(axis):
    """(left, height) of every bar."""
    return np.array([(bar.get_x(), bar.get_height()) for bar in axis.patches if isinstance(bar, Rectangle)])


def steps_of(axis):
    return [np.asarray(patch.get_data().values) for patch in axis.patches if isinstance(patch, StepPatch)]


def bins(number, width=0.31):
    edges = width * np.arange(number + 1)
    return {"lambda": (edges[1:] + edges[:-1]) / 2, "bin_low": edges[:-1], "bin_high": edges[1:]}


# -- histograms


def fig1():
    rng = np.random.default_rng(0)
    tables = []
    for name, deficit in (("isometry", 0.0047), ("printed", 1.4e-15)):
        for width, number in ((0.31, 10), (0.01, 310)):
            table = pd.DataFrame({"panel": name, "L": 3, "M": 1000, "bin_width": width} | bins(number, width))
            table["density_continuous"] = rng.uniform(0.1, 1.0, number)
            table["atom_weight"] = 0.0
            table.loc[number - 5, "atom_weight"] = 0.5
            table.loc[number - 6, "atom_weight"] = 1e-15
            table["density_theory"] = table["density_continuous"] + table["atom_weight"] / width
            table["density_empirical"] = rng.uniform(0.1, 1.0, number)
            tables.append(table.assign(deficit=deficit, n_networks=1))
    return pd.concat(tables, ignore_index=True)


def test_figure_1_has_bars_and_outline_in_the_papers_bins_and_the_density_in_fine_ones():
    frame = fig1()
    assert set(frame.columns) == set(FIG1_COLUMNS)
    figure = plot_fig1(frame)
    axis = panel(figure, "isometry")
    rows = frame[frame["panel"] == "isometry"]
    coarse, fine = rows[rows["bin_width"] == 0.31], rows[rows["bin_width"] == 0.01]
    np.testing.assert_allclose(bars_of(axis), coarse[["bin_low", "density_empirical"]])
    np.testing.assert_array_equal(steps_of(axis)[0], coarse["density_theory"])
    density = max(axis.get_lines(), key=lambda line: len(line.get_xdata()))
    np.testing.assert_array_equal(points_of(density), fine[["lambda", "density_continuous"]])


def test_figure_1_has_a_diamond_for_each_atom_as_high_as_it_makes_a_bin():
    frame = fig1()
    axis = panel(plot_fig1(frame), "isometry")
    atoms = [points_of(line)[0] for line in axis.get_lines() if line.get_gid() == "atom"]
    place = frame["lambda"][(frame["bin_width"] == 0.01) & (frame["atom_weight"] == 0.5)].iloc[0]
    np.testing.assert_allclose(atoms, [(place, 0.5 / 0.31)])


def test_figure_1_says_how_many_units_saturate():
    figure = plot_fig1(fig1())
    texts = [axis.texts[0].get_text() for axis in figure.axes]
    assert "0.0047" in texts[0]
    assert r"1.4 \times 10^{-15}" in texts[1]


def test_figure_3_shows_the_counts_of_both_matrices_and_the_law_beside_the_block_diagonal():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"L": 20, "M": 100, "N": 10, "n_networks": 1} | bins(12, 0.1))
    for name in ("count_full", "count_block", "count_theory"):
        frame[name] = rng.integers(1, 99, 12)
    assert set(frame.columns) == set(FIG3_COLUMNS)
    figure = plot_fig3(frame)
    full, block = panel(figure, "full"), panel(figure, "block")
    np.testing.assert_allclose(bars_of(full), frame[["bin_low", "count_full"]])
    np.testing.assert_allclose(bars_of(block), frame[["bin_low", "count_block"]])
    np.testing.assert_array_equal(steps_of(block)[0], frame["count_theory"])
    assert steps_of(full) == []
    assert full.get_lines()[0].get_xdata()[0] == 2.0  # L / N


def test_orthogonal_and_gaussian_weights_stand_side_by_side_for_each_depth():
    rng = np.random.default_rng(2)
    tables = [
        pd.DataFrame({"panel": name, "L": depth, "M": 300, "n_networks": 10} | bins(8)).assign(
            density_theory=rng.uniform(size=8), density_empirical=rng.uniform(size=8)
        )
        for name in ("orthogonal", "gaussian")
        for depth in (10, 3)
    ]
    frame = pd.concat(tables, ignore_index=True)
    assert set(frame.columns) == set(GAUSSIAN_COLUMNS)
    figure = plot_gaussian(frame)
    places = [(depth, name) for depth in (3, 10) for name in ("orthogonal", "gaussian")]
    for axis, (depth, name) in zip(figure.axes, places, strict=True):
        rows = frame[(frame["panel"] == name) & (frame["L"] == depth)]
        np.testing.assert_allclose(bars_of(axis), rows[["bin_low", "density_empirical"]])
        np.testing.assert_array_equal(steps_of(axis)[0], rows["density_theory"])


# -- statistics


def fig2():
    rng = np.random.default_rng(3)
    cells = [("L", depth, 10) for depth in (50, 2, 10)] + [("N", 10, samples) for samples in (100, 1, 10)]
    names = ("full", "block_diagonal", "theory", "theory_full", "full_sem", "block_diagonal_sem")
    return pd.DataFrame(
        {"varied": varied, "L": depth, "N": samples, "M": 100, "statistic": statistic, "n_networks": 4}
        | {name: rng.uniform(1, 9) for name in names}
        for varied, depth, samples in cells
        for statistic in ("mean", "maximum")
    )


@pytest.mark.parametrize("varied", ["L", "N"])
def test_figure_2_shows_maxima_means_and_theory_on_logarithmic_axes(varied):
    frame = fig2()
    assert set(frame.columns) == set(FIG2_COLUMNS)
    axis = panel(plot_fig2(frame), {"L": "$N = 10$", "N": "$L = 10$"}[varied])
    part = frame[frame["varied"] == varied].sort_values(varied)
    top, mean = (part[part["statistic"] == name] for name in ("maximum", "mean"))
    lines = {line.get_linestyle(): points_of(line) for line in curves(axis)}
    np.testing.assert_array_equal(lines["-"], top[[varied, "theory"]])
    np.testing.assert_array_equal(lines[":"], top[[varied, "theory_full"]])
    np.testing.assert_array_equal(lines["--"], mean[[varied, "theory"]])
    expected = [(top, "full"), (top, "block_diagonal"), (mean, "full")]
    for (points, bars), (rows, name) in zip(error_bars(axis), expected, strict=True):
        np.testing.assert_array_equal(points, rows[[varied, name]])
        np.testing.assert_allclose(bars, 2 * rows[f"{name}_sem"])
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")


def depth_limits():
    rng = np.random.default_rng(4)
    rows = [
        {"setting": setting, "L": depth, "quantity": quantity, "N": 1, "M": 300, "n_networks": 10}
        | {"theory_recursion": 2.0 * depth, "theory_limit": 1.5 * depth, "theory_exact": 1.9 * depth}
        | {"empirical": depth * rng.uniform(1.8, 2.0), "empirical_sem": rng.uniform(0.01, 0.1)}
        for setting in ("isometry", "saturating")
        for quantity in ("maximum", "mean", "atom_weight", "mean_many_inputs")
        for depth in (100, 2, 10)
    ]
    vanishing = rows[0] | {"quantity": "vanishing_depth", "L": 2000, "theory_exact": 623, "empirical": 606.0}
    return pd.DataFrame([*rows, vanishing])


@pytest.mark.parametrize(
    ("quantity", "label", "over_depth"),
    [
        ("maximum", "maximum", True),
        ("mean", "m_1", True),
        ("atom_weight", "atom", False),
        ("mean_many_inputs", "N = L", False),
    ],
)
def test_limits_show_exact_law_recursion_limit_and_networks_against_depth(quantity, label, over_depth):
    frame = depth_limits()
    assert set(frame.columns) == set(DEPTH_COLUMNS)
    axis = panel(plot_depth_limits(frame), label)
    rows = frame[(frame["quantity"] == quantity) & (frame["setting"] == "isometry")].sort_values("L")
    scale = 1 / rows["L"] if over_depth else 1.0
    lines = {}
    for line in curves(axis):
        lines.setdefault(line.get_linestyle(), points_of(line))
    for line, name in (("-", "theory_exact"), ("--", "theory_recursion"), (":", "theory_limit")):
        np.testing.assert_allclose(lines[line], np.column_stack([rows["L"], rows[name] * scale]))
    points, bars = error_bars(axis)[0]
    np.testing.assert_allclose(points, np.column_stack([rows["L"], rows["empirical"] * scale]))
    np.testing.assert_allclose(bars, 2 * rows["empirical_sem"] * scale)


def test_limits_are_not_drawn_far_from_the_assumptions_of_the_theorems():
    frame = depth_limits()
    axis = panel(plot_depth_limits(frame[frame["setting"] == "saturating"]), "maximum")
    assert {line.get_linestyle() for line in curves(axis)} == {"-", "--"}


def test_the_depth_where_the_atom_vanishes_is_marked():
    axis = panel(plot_depth_limits(depth_limits()), "atom")
    (mark,) = [line for line in axis.get_lines() if line.get_gid() == "vanishing"]
    np.testing.assert_array_equal(points_of(mark), [(623, 0)])


def test_laws_show_distance_and_deviation_of_the_maximum_in_per_cent():
    frame = pd.DataFrame(
        {"panel": "isometry", "L": depth, "M": width, "n_networks": 10, "maximum_theory": 10.0, "maximum_sem": 0.02}
        | {"kolmogorov_distance": 1 / width, "maximum_empirical": 10 + 10 / width}
        for depth in (3, 10)
        for width in (1000, 100)
    )
    assert set(frame.columns) == set(LAWS_COLUMNS)
    figure = plot_laws(frame)
    distances, deviations = figure.axes
    np.testing.assert_array_equal(points_of(curves(distances)[0]), [(100, 0.01), (1000, 0.001)])
    assert [line.get_ydata()[0] for line in distances.get_lines() if line.get_linestyle() == "--"] == [0.03]
    points, bars = error_bars(deviations)[1]
    np.testing.assert_allclose(points[:, 1], [1.0, 0.1])
    np.testing.assert_allclose(bars, [0.4, 0.4])
    assert legend_texts(figure) == ["near isometry, $L = 3$", "near isometry, $L = 10$"]


# -- training

DEPTHS, RATES = (2, 10, 50), tuple(np.geomspace(0.01, 1.0, 5))


def fig4():
    rng = np.random.default_rng(5)
    rows = []
    for dataset, epochs in (("digits (1 epoch)", 1), ("cifar10", 10)):
        for depth in DEPTHS:
            for index, eta in enumerate(RATES):
                lost = eta > 2 / depth and index % 2 == 0
                names = {"dataset": dataset, "L": depth, "eta": eta, "epochs": epochs, "loss_limit": 1.0}
                lines = {"eta_paper": 2 / depth, "eta_boundary": 2.1 / depth, "border": 1.8 / depth}
                values = {
                    f"{part}_{name}": (np.inf if name == "loss" else 0.1) if lost else rng.uniform(0.2, 0.9)
                    for part in ("train", "test")
                    for name in ("loss", "accuracy")
                }
                border = np.nan if depth == 50 else 3 / depth
                rows.append(names | lines | values | {"diverged_fraction": float(lost), "border_loss": border})
    return pd.DataFrame(rows)


def value_at(mesh, depth, eta):
    """The value of the cell of a heat map that holds a point; masked where the cell is not drawn."""
    corners = np.asarray(mesh.get_coordinates())
    column = np.searchsorted(corners[0, :, 0], depth) - 1
    row = np.searchsorted(corners[:, 0, 1], eta) - 1
    return mesh.get_array().reshape(corners.shape[0] - 1, corners.shape[1] - 1)[row, column]


@pytest.fixture
def maps():
    """(axis, heat map, quantity, rows) of every panel of Figure 4."""
    frame = fig4()
    assert set(frame.columns) == set(FIG4_COLUMNS)
    axes = [axis for axis in plot_fig4(frame.sample(frac=1, random_state=0)).axes if axis.get_label() != "<colorbar>"]
    datasets = list(frame.sample(frac=1, random_state=0)["dataset"].unique())
    names = ("train_accuracy", "test_accuracy"), ("train_loss", "test_loss")
    places = [(dataset, quantity) for line in names for dataset in datasets for quantity in line]
    return [
        (axis, mesh, quantity, frame[frame["dataset"] == dataset])
        for axis, (dataset, quantity) in zip(axes, places, strict=True)
        for mesh in axis.collections
        if isinstance(mesh, QuadMesh)
    ]


def test_every_cell_of_figure_4_shows_its_value_or_is_gray_if_it_diverged(maps):
    assert len(maps) == 8
    for axis, mesh, quantity, rows in maps:
        assert to_rgba(axis.get_facecolor()) == to_rgba(DIVERGED)
        for _, row in rows.iterrows():
            shown = value_at(mesh, row["L"], row["eta"])
            if row["diverged_fraction"] > 0.5:
                assert np.ma.is_masked(shown)
            else:
                assert shown == row[quantity]


def test_figure_4_has_both_lines_and_the_measured_border_of_its_row(maps):
    for axis, _, quantity, rows in maps:
        columns = rows.drop_duplicates("L").sort_values("L")
        lines = {line.get_linestyle(): points_of(line) for line in axis.get_lines() if line.get_linestyle() != "None"}
        for style, name in (("-", "eta_paper"), ("--", "eta_boundary")):
            x, y = np.log(lines[style]).T
            factor = columns[name].iloc[0] * columns["L"].iloc[0]
            np.testing.assert_allclose(y, np.log(factor) - x)  # 2 / L is straight, to the edges of the map
        (marks,) = [line for line in axis.get_lines() if line.get_marker() == "D"]
        border = "border" if "accuracy" in quantity else "border_loss"
        np.testing.assert_array_equal(points_of(marks), columns[["L", border]])


def test_figure_4_says_how_far_the_lines_are_from_the_border(maps):
    axis = next(axis for axis, _, quantity, _ in maps if quantity == "train_accuracy")
    assert r"$2/L$: $\times$ 1.11" in axis.texts[0].get_text()
    assert r"$2/\lambda_{\max}$: $\times$ 1.17" in axis.texts[0].get_text()


def test_figure_4_names_data_set_and_epochs():
    titles = [axis.get_title() for axis in plot_fig4(fig4()).axes]
    assert titles[0] == "digits\n1 epoch, training accuracy"
    assert titles[2] == "CIFAR-10\n10 epochs, training accuracy"


def fig5():
    rng = np.random.default_rng(6)
    tables = []
    for depth in (5, 50):
        initial = rng.uniform(0.01, 1.0, 6)
        for eta in (0.64, 0.02):
            lost = depth == 50 and eta > 0.1
            table = pd.DataFrame({"dataset": "digits", "L": depth, "eta": eta} | bins(6, 0.4 * depth))
            table["weight"] = 0.0 if lost else rng.uniform(0.01, 1.0, 6)
            table["weight_initial"] = initial
            extra = {"diverged": int(lost), "eta_boundary": 2.1 / depth, "eta_paper": 2 / depth, "n_eigenvalues": 640}
            tables.append(table.assign(**extra))
    return pd.concat(tables, ignore_index=True)


def test_figure_5_shows_the_weights_before_and_after_training_in_a_grid():
    frame = fig5()
    assert set(frame.columns) == set(FIG5_COLUMNS)
    axes = plot_fig5(frame).axes
    places = [(depth, eta) for eta in (0.64, 0.02) for depth in (5, 50)]  # the largest rate on top
    for axis, (depth, eta) in zip(axes, places, strict=True):
        rows = frame[(frame["L"] == depth) & (frame["eta"] == eta)]
        assert (to_rgba(axis.get_facecolor()) == to_rgba(ABOVE)) == (eta > 2 / depth)
        if rows["diverged"].max():
            assert steps_of(axis) == []
            assert [text.get_text() for text in axis.texts] == ["diverged"]
        else:
            after, before = steps_of(axis)
            np.testing.assert_array_equal(after, rows["weight"])
            np.testing.assert_array_equal(before, rows["weight_initial"])
            np.testing.assert_allclose(axis.patches[0].get_data().edges, 0.4 * np.arange(7))  # over L
