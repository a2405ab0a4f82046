"""Scripts of Hayase and Karakida: samples do not depend on the cut into jobs, tables hold what their columns say."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.tables import read_table, write_table
from fisher_spectra.hayase_karakida.atoms import largest_atom_weight
from fisher_spectra.hayase_karakida.eigenvalue_recursions import largest_eigenvalue_recursion, mean_eigenvalue_recursion
from fisher_spectra.hayase_karakida.signal_propagation import constant_propagation, signal_propagation
from fisher_spectra.hayase_karakida.spectral_law import SpectralLaw
from fisher_spectra.hayase_karakida.theorem_3_2 import theorem_3_2

SCRIPTS = Path(__file__).parents[2] / "scripts" / "hayase_karakida"
FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"
SATURATING = "hard_tanh(s=1,g=1)"


@pytest.fixture
def script(tmp_path):
    """Run a script with some options; gives its table."""

    def run(name, *options, file="table.csv"):
        output = tmp_path / file
        main = runpy.run_path(str(SCRIPTS / f"{name}.py"))["main"]
        main([*map(str, ("--output", output, "--root-seed", 3, *options))])
        return read_table(output)

    return run


# -- samples

SAMPLERS = {
    "sample_spectra": ["--panel", "x", "--function", SATURATING, "--depths", 2, 4, "--widths", 6, 9],
    "sample_theta": ["--varied", "L", "--function", SATURATING, "--depths", 2, 4, "--samples", 1, 3, "--width", 6],
    "sample_theta_spectra": ["--function", SATURATING, "--depth", 3, "--samples", 2, "--width", 6],
    "sample_depths": [
        *("--setting", "x", "--s-squared", 1, "--g", 1.2, "--depths", 2, 5, "--width", 20),
        *("--many-inputs", 2, 3, "--many-inputs-width", 6, "--deepest", 500),
    ],
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_network_is_the_same_whatever_else_its_job_samples(script, name):
    options = ["--experiment", "test", *SAMPLERS[name]]
    together = script(name, *options, "--first", 0, "--stop", 3)
    apart = pd.concat([script(name, *options, "--first", first, "--stop", stop) for first, stop in ((0, 1), (1, 3))])
    assert set(together["network"]) == {0, 1, 2}
    names = list(together.columns)
    pd.testing.assert_frame_equal(
        together.sort_values(names).reset_index(drop=True), apart.sort_values(names).reset_index(drop=True)
    )


@pytest.mark.parametrize("sampler", ["orthogonal", "gaussian", "frames"])
def test_all_samplers_give_the_law_of_their_weights(script, sampler):
    options = ("--experiment", "test", "--panel", "x", "--function", SATURATING, "--sampler", sampler)
    found = script("sample_spectra", *options, "--depths", 3, "--widths", 200, "--first", 0, "--stop", 6)
    law = SpectralLaw(signal_propagation(get_activation(SATURATING), 3), sampler == "gaussian")
    assert found["eigenvalue"].mean() == pytest.approx(law.moment(1), rel=0.03)
    assert (found["eigenvalue"] ** 2).mean() == pytest.approx(law.moment(2), rel=0.06)


TRAINING = [
    *("--experiment", "test", "--dataset", "digits", "--samples", 20, "--epochs", 2, "--function", FIGURES),
    *("--give-up-loss", 1000, "--device", "cpu"),
]
RATES = ["--smallest-rate", 0.02, "--largest-rate", 2, "--rates", 4]


def test_a_training_cell_is_the_same_whatever_else_its_job_trains(script):
    def trained(depths, first, stop):
        options = ["--depths", *depths, *RATES, "--first-rate", first, "--stop-rate", stop, "--trials", 2]
        return script("train_online", *TRAINING, *options)

    together = trained((2, 5), 0, 4)
    apart = pd.concat([trained((2,), 0, 4), trained((5,), 0, 1), trained((5,), 1, 4)])
    names = ["L", "trial", "eta"]
    assert len(together) == 16
    pd.testing.assert_frame_equal(
        together.sort_values(names).reset_index(drop=True), apart.sort_values(names).reset_index(drop=True)
    )


def test_spectra_after_training_come_with_the_initial_ones_and_with_the_cells_that_diverged(script):
    options = ["--depths", 3, "--learning-rates", 0.05, 40.0, "--inputs", 2]
    found = script("train_spectra", *TRAINING, *options)
    assert found.groupby("eta").size().to_dict() == {0.0: 128, 0.05: 128, 40.0: 1}
    assert found["diverged"][found["eta"] == 40.0].tolist() == [1]
    initial = found["eigenvalue"][found["eta"] == 0.0]
    assert initial.max() == pytest.approx(3, rel=0.1)  # orthogonal weights: about L
    table = tabulated(script, "tabulate_spectra", found, "--bins", 10, "--largest", 2.0)
    assert table.groupby("eta").size().to_dict() == {0.05: 10, 40.0: 10}
    trained = table[table["eta"] == 0.05]
    assert trained["weight"].sum() + trained["weight_above"].iloc[0] == pytest.approx(1)
    assert trained["weight_initial"].sum() == pytest.approx(1)
    assert trained["mean_initial"].iloc[0] == pytest.approx(initial.mean())
    np.testing.assert_allclose(trained["bin_high"], 3 * 0.2 * np.arange(1, 11))
    assert not table["weight"][table["eta"] == 40.0].any()
    assert table["mean"][table["eta"] == 40.0].isna().all()


def test_misprinted_formulas_come_with_what_refutes_them(script):
    table = script(
        *("measure_errata", "--experiment", "test", "--isometry", 0.125, 1.0013, "--saturating", 1, 1, "--width", 60),
        *("--networks", 10, "--depth", 30, "--epsilon-1", 0.1, "--samples", 5, "--ranks", 0.3, 0.4),
        *("--learning-rate", 0.05, "--draws", 10_000),
    )
    assert len(table) == table["formula"].nunique() == 16
    allowed = 6 * table["standard_error"] + 0.03 * table["corrected"].abs()
    assert ((table["sampled"] - table["corrected"]).abs() <= allowed).all()
    assert (table["printed"] != table["corrected"]).all()


# -- tables


def tabulated(script, name, parts, *options):
    file = Path(script.__closure__[0].cell_contents) / "part.csv"  # the folder of the test
    write_table(parts, file)
    return script(name, "--parts", file, *options)


def test_histograms_have_the_papers_bins_and_the_law_of_theorem_3_2(script):
    options = ("--experiment", "test", "--panel", "x", "--projection-weight", 0.5, "--depths", 3, "--widths", 60)
    part = script("sample_spectra", *options, "--first", 0, "--stop", 2)
    table = tabulated(script, "tabulate_histograms", part, "--bin-widths", 0.31, 0.02, "--theorem-3-2")
    assert set(table["bin_width"]) == {0.31, 0.02}
    for width, rows in table.groupby("bin_width"):
        np.testing.assert_allclose(rows["bin_low"], width * np.arange(len(rows)), atol=1e-12)
        assert (rows["density_empirical"] * width).sum() == pytest.approx(1)
    fine = table[table["bin_width"] == 0.02]
    middle = fine[(fine["bin_low"] > 2.1) & (fine["bin_high"] < 2.9)]
    closed = theorem_3_2(constant_propagation(3, 0.5, 1.0))
    np.testing.assert_allclose(middle["density_continuous"], closed.density(middle["lambda"]), rtol=2e-3)
    # bands that end like an inverse square root lose 2e-6 at the height above the axis at which they are computed
    np.testing.assert_allclose(table["density_closed_form"], table["density_theory"], atol=4e-6 / 0.02)
    assert set(table["n_networks"]) == {2}
    assert set(table["deficit"]) == {0.5}
    without = tabulated(script, "tabulate_histograms", part, "--bin-widths", 0.31, 0.02)
    pd.testing.assert_frame_equal(without, table.drop(columns="density_closed_form"))


def test_the_closed_form_of_three_layers_has_no_value_at_other_depths(script):
    options = ("--experiment", "test", "--panel", "x", "--projection-weight", 0.5, "--depths", 4, "--widths", 20)
    part = script("sample_spectra", *options, "--first", 0, "--stop", 2)
    table = tabulated(script, "tabulate_histograms", part, "--bin-widths", 0.31, "--theorem-3-2")
    assert table["density_closed_form"].isna().all()


def test_laws_are_compared_with_all_networks_together_and_one_by_one(script):
    options = ("--experiment", "test", "--panel", "x", "--function", SATURATING, "--sampler", "frames")
    part = script("sample_spectra", *options, "--depths", 3, "--widths", 100, 200, "--first", 0, "--stop", 5)
    table = tabulated(script, "tabulate_laws", part, "--scatters", 4)
    assert table["M"].tolist() == [100, 200]
    assert (table["kolmogorov_distance"] < table["kolmogorov_distance_of_one"]).all()
    assert (table["kolmogorov_distance"] < 0.06).all()
    top = largest_eigenvalue_recursion(signal_propagation(get_activation(SATURATING), 3))[-1]
    np.testing.assert_allclose(table["maximum_theory"], top)
    maxima = part[part["M"] == 200].groupby("network")["eigenvalue"].max()
    assert table["maximum_empirical"].iloc[1] == pytest.approx(maxima.mean())
    assert table["maximum_sem"].iloc[1] == pytest.approx(maxima.std() / np.sqrt(5))


def test_theory_of_figure_2_is_that_of_one_input_over_their_number(script):
    part = pd.DataFrame(
        {"varied": "N", "function": FIGURES, "L": 10, "N": samples, "M": 100, "network": network}
        | {"mean": 1.0 + network, "maximum_full": 5.0 + network, "maximum_block": 3.0}
        for samples in (1, 25)
        for network in (0, 1)
    )
    table = tabulated(script, "tabulate_theta", part)
    propagation = signal_propagation(get_activation(FIGURES), 10)
    top = table[table["statistic"] == "maximum"].set_index("N")
    mean = table[table["statistic"] == "mean"].set_index("N")
    largest = largest_eigenvalue_recursion(propagation)[-1]
    np.testing.assert_allclose(top["theory"], [largest, largest / 25], rtol=1e-9)
    np.testing.assert_allclose(top["theory_full"], [largest, largest / 25 * 1.5**2], rtol=1e-9)
    np.testing.assert_allclose(mean["theory"], mean_eigenvalue_recursion(propagation)[-1] / np.array([1, 25]))
    assert top.loc[25, ["full", "block_diagonal"]].tolist() == [5.5, 3.0]
    assert mean.loc[25, ["full", "block_diagonal"]].tolist() == [1.5, 1.5]
    assert top.loc[25, "full_sem"] == pytest.approx(0.5)


def test_full_maximum_of_independent_inputs_near_isometry_is_that_of_their_overlap_matrix(script):
    # the dotted line of Figure 2, at N and M large enough for the edge of the Marchenko-Pastur law
    options = ["--experiment", "test", "--varied", "N", "--function", FIGURES, "--depths", 4, "--width", 150]
    found = script("sample_theta", *options, "--samples", 75, "--first", 0, "--stop", 2)
    edge = (1 + np.sqrt(0.5)) ** 2
    assert found["maximum_full"].mean() == pytest.approx(4 / 75 * edge, rel=0.06)


def test_counts_of_figure_3_are_those_of_all_eigenvalues(script):
    options = ("--experiment", "test", "--function", FIGURES, "--depth", 4, "--samples", 2, "--width", 30)
    part = script("sample_theta_spectra", *options, "--first", 0, "--stop", 3)
    table = tabulated(script, "tabulate_theta_spectra", part, "--bins", 15)
    assert table[["count_full", "count_block"]].sum().tolist() == [180, 180]
    assert table["count_theory"].sum() == pytest.approx(180, abs=0.1)
    highest = table[table["count_theory"] > 1].iloc[-1]
    top = largest_eigenvalue_recursion(signal_propagation(get_activation(FIGURES), 4))[-1]
    assert highest["bin_low"] < top / 2 <= highest["bin_high"]


def test_limits_of_large_depth_hold_recursion_limit_and_exact_value(script):
    common = ("--experiment", "test", "--width", 30, "--first", 0, "--stop", 2, "--depths", 3, 30)
    parts = pd.concat(
        [
            script(
                *("sample_depths", *common, "--setting", "saturating", "--s-squared", 1, "--deepest", 400),
                *("--many-inputs", 3, "--many-inputs-width", 10),
            ),
            script("sample_depths", *common, "--setting", "stationary", "--epsilon-1", 0.3),
        ]
    )
    table = tabulated(script, "tabulate_depth_limits", parts)
    rows = table.set_index(["setting", "quantity", "L"])
    deep = signal_propagation(get_activation(SATURATING), 30)
    maximum = rows.loc[("saturating", "maximum", 30)]
    assert maximum["theory_recursion"] == pytest.approx(largest_eigenvalue_recursion(deep)[-1])
    # the atom has vanished: the recursion is an upper bound, and its weight negative
    assert maximum["theory_exact"] < maximum["theory_recursion"] * (1 - 1e-6)
    weight = rows.loc[("saturating", "atom_weight", 30)]
    assert weight["theory_recursion"] == pytest.approx(largest_atom_weight(deep)[-1])
    assert weight["theory_recursion"] < 0 == weight["theory_exact"]
    assert rows.loc[("saturating", "vanishing_depth", 400)]["theory_exact"] == 21
    many = rows.loc[("saturating", "mean_many_inputs", 3)]
    mean = mean_eigenvalue_recursion(signal_propagation(get_activation(SATURATING), 3))[-1]
    assert many["theory_exact"] == pytest.approx(mean / 3)
    for quantity in ("maximum", "mean", "atom_weight"):
        row = rows.loc[("stationary", quantity, 30)]
        # Theorem 4.3 and Proposition 4.4 are limits: up to a share of about epsilon / L
        assert row["theory_recursion"] == pytest.approx(row["theory_limit"], rel=0.02)
    assert rows.loc[("stationary", "atom_weight", 30)]["theory_exact"] == pytest.approx(1 - 0.3 * 29 / 30, rel=1e-6)


def online_cells(dataset, epochs, accuracies, losses):
    """A part of Figure 4 with one depth: L = 10."""
    return pd.DataFrame(
        {"dataset": dataset, "epochs": epochs, "samples": 500, "function": FIGURES, "L": 10, "M": 64, "classes": 10}
        | {"trial": 0, "eta": eta, "train_loss": loss, "test_loss": loss, "train_accuracy": accuracy}
        | {"test_accuracy": accuracy, "diverged": int(np.isinf(loss)), "steps": 500}
        for eta, accuracy, loss in zip((0.05, 0.1, 0.2, 0.4, 0.8), accuracies, losses, strict=True)
    )


def test_borders_of_accuracy_and_loss_are_measured_apart(script):
    part = online_cells("digits", 1, (0.8, 0.9, 0.3, 0.1, np.nan), (0.3, 0.2, 0.5, 0.6, np.inf))
    table = tabulated(script, "tabulate_online", part, "--loss-limit", 1.0)
    assert set(table["dataset"]) == {"digits"}
    assert table["border"].iloc[0] == pytest.approx(np.sqrt(0.1 * 0.2))
    assert table["border_loss"].iloc[0] == pytest.approx(np.sqrt(0.4 * 0.8))
    assert table["border_half_width"].iloc[0] == pytest.approx(np.log(2) / 2)
    assert set(table["eta_paper"]) == {0.2}
    assert table["eta_boundary"].iloc[0] == pytest.approx(2 / 9.8698, rel=1e-4)
    distance = np.log(table["border_loss"] / table["eta_paper"])
    np.testing.assert_allclose(table["log_distance_border_loss_eta_paper"], distance, rtol=1e-9)
    assert table["border_test"].iloc[0] == table["border"].iloc[0]  # the two accuracies are the same here
    assert table["train_accuracy"].iloc[-1] == 0.1  # diverged: no better than chance
    assert np.isinf(table["train_loss"].iloc[-1])


def test_the_border_of_the_test_accuracy_is_its_own(script):
    part = online_cells("digits", 1, (0.8, 0.9, 0.9, 0.1, np.nan), (0.3, 0.2, 0.5, 0.6, np.inf))
    part["test_accuracy"] = (0.7, 0.7, 0.2, 0.1, np.nan)
    table = tabulated(script, "tabulate_online", part, "--loss-limit", 1.0)
    assert table["border"].iloc[0] == pytest.approx(np.sqrt(0.2 * 0.4))
    assert table["border_test"].iloc[0] == pytest.approx(np.sqrt(0.1 * 0.2))
    distance = np.log(table["border_test"] / table["eta_boundary"])
    np.testing.assert_allclose(table["log_distance_border_test_eta_boundary"], distance, rtol=1e-9)


def test_where_nothing_is_learned_or_nothing_collapses_there_is_no_border(script):
    parts = pd.concat(
        [
            online_cells("digits", 1, (0.1, 0.05, 0.1, 0.1, 0.1), (9.0, 8.0, 9.0, 9.0, 9.0)),
            online_cells("digits", 10, (0.8, 0.8, 0.9, 0.9, 0.9), (0.3, 0.2, 0.2, 0.2, 0.2)),
        ]
    )
    table = tabulated(script, "tabulate_online", parts, "--loss-limit", 1.0)
    assert list(table["dataset"].unique()) == ["digits (1 epoch)", "digits (10 epochs)"]
    assert table[["border", "border_loss", "log_distance_border_eta_paper"]].isna().all(axis=None)
