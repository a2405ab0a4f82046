"""Scripts of Hayase and Karakida: samples do not depend on the cut into jobs, tables hold what their columns say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from digits_file import digits_file
from script_modules import SCRIPTS, script_module

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import read_table
from fisher_spectra.hayase_karakida.atoms import largest_atom_weight
from fisher_spectra.hayase_karakida.eigenvalue_recursions import largest_eigenvalue_recursion, mean_eigenvalue_recursion
from fisher_spectra.hayase_karakida.hard_tanh import HardTanh
from fisher_spectra.hayase_karakida.signal_propagation import constant_propagation, signal_propagation
from fisher_spectra.hayase_karakida.spectral_law import SpectralLaw
from fisher_spectra.hayase_karakida.theorem_3_2 import theorem_3_2
from fisher_spectra.jobs.run_job import Job
from fisher_spectra.training.learning_rates import LearningRates

ISOMETRY = HardTanh(0.125, 1.0013)
SATURATING = HardTanh(1.0, 1.0)


def function_of(name, called=None):
    """The function of a script, called like the script unless said otherwise."""
    return getattr(script_module(f"hayase_karakida/{name}"), called or name)


@pytest.fixture
def sampled(tmp_path):
    """Call the function of a script that samples or trains; gives its table."""

    def call(name, *, called=None, **arguments):
        job = Job(Namespace(output=tmp_path / "table.csv"))
        return function_of(name, called)(job=job, root_seed=3, experiment="test", **arguments)

    return call


@pytest.fixture
def digits(tmp_path):
    """The file of the handwritten digits."""
    return str(digits_file(tmp_path))


def spectra(sampled, **arguments):
    """Eigenvalues of saturating networks with orthogonal weights, unless said otherwise."""
    usual = {"panel": "x", "hard_tanh": SATURATING, "projection_weight": None, "sampler": "orthogonal"}
    return sampled("sample_spectra", **usual | arguments)


# -- samples

SAMPLERS = {
    "sample_spectra": {
        "panel": "x",
        "hard_tanh": SATURATING,
        "projection_weight": None,
        "sampler": "orthogonal",
        "depths": [2, 4],
        "widths": [6, 9],
    },
    "sample_theta": {"varied": "L", "isometry": SATURATING, "depths": [2, 4], "samples": [1, 3], "width": 6},
    "sample_theta_spectra": {"isometry": SATURATING, "depth": 3, "samples": 2, "width": 6},
    "sample_depths": {
        "setting": "x",
        "fixed": HardTanh(1.0, 1.2),
        "epsilon_1": None,
        "depths": [2, 5],
        "width": 20,
        "many_inputs": SimpleNamespace(depths=[2, 3], ratios=[0.5, 1.0], width=6),
        "deepest": 500,
    },
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_network_is_the_same_whatever_else_its_job_samples(sampled, name):
    together = sampled(name, **SAMPLERS[name], first=0, stop=3)
    apart = pd.concat([sampled(name, **SAMPLERS[name], first=first, stop=stop) for first, stop in ((0, 1), (1, 3))])
    assert set(together["network"]) == {0, 1, 2}
    names = list(together.columns)
    pd.testing.assert_frame_equal(
        together.sort_values(names).reset_index(drop=True),
        apart.sort_values(names).reset_index(drop=True),
        check_exact=True,
    )


@pytest.mark.parametrize("sampler", ["orthogonal", "gaussian", "frames"])
def test_all_samplers_give_the_law_of_their_weights(sampled, sampler):
    found = spectra(sampled, sampler=sampler, depths=[3], widths=[200], first=0, stop=6)
    law = SpectralLaw(signal_propagation(get_activation(SATURATING.function), 3), sampler == "gaussian")
    assert found["eigenvalue"].mean() == pytest.approx(law.moment(1), rel=0.03)
    assert (found["eigenvalue"] ** 2).mean() == pytest.approx(law.moment(2), rel=0.06)
    assert set(found["weights"]) == {"gaussian" if sampler == "gaussian" else "orthogonal"}


def test_a_law_without_a_hard_tanh_or_projections_is_refused(sampled):
    with pytest.raises(UserError, match="hard_tanh, projection_weight: one of them"):
        spectra(sampled, hard_tanh=None, depths=[3], widths=[6], first=0, stop=1)
    with pytest.raises(UserError, match="fixed, epsilon_1: one of them"):
        sampled("sample_depths", **SAMPLERS["sample_depths"] | {"fixed": None}, first=0, stop=1)


TRAINING = {
    "device": "cpu",
    "samples": 20,
    "epochs": 2,
    "label_norm": "root_width",
    "isometry": ISOMETRY,
    "give_up_loss": 1000.0,
}
RATES = LearningRates(0.02, 2.0, 4)


def test_a_training_cell_is_the_same_whatever_else_its_job_trains(sampled, digits):
    def trained(depths, first, stop):
        cells = {"depths": depths, "learning_rates": RATES, "first": first, "stop": stop, "trials": 2}
        return sampled("train_online", called="train_columns_online", dataset=digits, **TRAINING, **cells)

    together = trained([2, 5], 0, 4)
    apart = pd.concat([trained([2], 0, 4), trained([5], 0, 1), trained([5], 1, 4)])
    names = ["L", "trial", "eta"]
    assert len(together) == 16
    pd.testing.assert_frame_equal(
        together.sort_values(names).reset_index(drop=True), apart.sort_values(names).reset_index(drop=True)
    )


def test_spectra_after_training_come_with_the_initial_ones_and_with_the_cells_that_diverged(sampled, digits):
    found = sampled("train_spectra", dataset=digits, **TRAINING, depths=[3], rates=[0.05, 40.0], inputs=2)
    assert found.groupby("eta").size().to_dict() == {0.0: 128, 0.05: 128, 40.0: 1}
    assert found["diverged"][found["eta"] == 40.0].tolist() == [1]
    initial = found["eigenvalue"][found["eta"] == 0.0]
    assert initial.max() == pytest.approx(3, rel=0.1)  # orthogonal weights: about L
    table = function_of("tabulate_spectra")(found, bins=10, largest=2.0)
    assert table.groupby("eta").size().to_dict() == {0.05: 10, 40.0: 10}
    trained = table[table["eta"] == 0.05]
    assert trained["weight"].sum() + trained["weight_above"].iloc[0] == pytest.approx(1)
    assert trained["weight_initial"].sum() == pytest.approx(1)
    assert trained["mean_initial"].iloc[0] == pytest.approx(initial.mean())
    np.testing.assert_allclose(trained["bin_high"], 3 * 0.2 * np.arange(1, 11))
    assert not table["weight"][table["eta"] == 40.0].any()
    assert table["mean"][table["eta"] == 40.0].isna().all()


def test_misprinted_formulas_come_with_what_refutes_them(sampled):
    table = sampled(
        "measure_errata",
        isometry=ISOMETRY,
        saturating=SATURATING,
        width=60,
        networks=10,
        depth=30,
        epsilon_1=0.1,
        samples=5,
        ranks=(0.3, 0.4),
        learning_rate=0.05,
        draws=10_000,
    )
    assert len(table) == table["formula"].nunique() == 20
    allowed = 6 * table["standard_error"] + 0.03 * table["corrected"].abs()
    assert ((table["sampled"] - table["corrected"]).abs() <= allowed).all()
    right = table["formula"].isin(["transform", "shifted_relu_weight", "shifted_relu_mean"])
    assert ((table["printed"] == table["corrected"]) == right).all()


# -- tables


def projections(sampled, depth, width):
    return spectra(sampled, hard_tanh=None, projection_weight=0.5, depths=[depth], widths=[width], first=0, stop=2)


def test_histograms_have_the_papers_bins_and_the_law_of_theorem_3_2(sampled):
    table = function_of("tabulate_fig1")(projections(sampled, 3, 60), bin_width=0.31, fine_bin_width=0.02)
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


def test_the_closed_form_of_three_layers_has_no_value_at_other_depths(sampled):
    table = function_of("tabulate_fig1")(projections(sampled, 4, 20), bin_width=0.31, fine_bin_width=0.1)
    assert table["density_closed_form"].isna().all()


def test_histograms_of_orthogonal_and_gaussian_weights_end_at_the_largest_eigenvalue_with_the_law_of_each(sampled):
    parts = pd.concat(
        [
            spectra(sampled, panel=sampler, sampler=sampler, depths=[4], widths=[60], first=0, stop=3)
            for sampler in ("orthogonal", "gaussian")
        ]
    )
    table = function_of("tabulate_gaussian")(parts, bins=20)
    for weights, rows in table.groupby("weights"):
        law = SpectralLaw(signal_propagation(get_activation(SATURATING.function), 4), weights == "gaussian")
        largest = max(law.maximum, parts["eigenvalue"][parts["weights"] == weights].max())
        assert len(rows) == 20
        assert rows["bin_low"].iloc[-1] < largest <= rows["bin_high"].iloc[-1]
        assert (rows["density_theory"] * rows["bin_width"]).sum() == pytest.approx(1, abs=1e-6)
        assert (rows["density_empirical"] * rows["bin_width"]).sum() == pytest.approx(1)
        np.testing.assert_allclose(rows["maximum_theory"], law.maximum)
    assert "density_closed_form" not in table


def test_laws_are_compared_with_all_networks_together_and_one_by_one(sampled):
    part = spectra(sampled, sampler="frames", depths=[3], widths=[100, 200], first=0, stop=5)
    table = function_of("tabulate_laws")(part, scatters=4.0)
    assert table["M"].tolist() == [100, 200]
    assert (table["kolmogorov_distance"] < table["kolmogorov_distance_of_one"]).all()
    assert (table["kolmogorov_distance"] < 0.06).all()
    top = largest_eigenvalue_recursion(signal_propagation(get_activation(SATURATING.function), 3))[-1]
    np.testing.assert_allclose(table["maximum_theory"], top)
    maxima = part[part["M"] == 200].groupby("network")["eigenvalue"].max()
    assert table["maximum_empirical"].iloc[1] == pytest.approx(maxima.mean())
    assert table["maximum_sem"].iloc[1] == pytest.approx(maxima.std() / np.sqrt(5))


def test_theory_of_figure_2_is_that_of_one_input_over_their_number():
    part = pd.DataFrame(
        {"varied": "N", "function": ISOMETRY.function, "L": 10, "N": samples, "M": 100, "network": network}
        | {"mean": 1.0 + network, "maximum_full": 5.0 + network, "maximum_block": 3.0}
        for samples in (1, 25)
        for network in (0, 1)
    )
    table = function_of("tabulate_theta")(part)
    propagation = signal_propagation(get_activation(ISOMETRY.function), 10)
    top = table[table["statistic"] == "maximum"].set_index("N")
    mean = table[table["statistic"] == "mean"].set_index("N")
    largest = largest_eigenvalue_recursion(propagation)[-1]
    np.testing.assert_allclose(top["theory"], [largest, largest / 25], rtol=1e-9)
    np.testing.assert_allclose(top["theory_full"], [largest, largest / 25 * 1.5**2], rtol=1e-9)
    np.testing.assert_allclose(mean["theory"], mean_eigenvalue_recursion(propagation)[-1] / np.array([1, 25]))
    assert top.loc[25, ["full", "block_diagonal"]].tolist() == [5.5, 3.0]
    assert mean.loc[25, ["full", "block_diagonal"]].tolist() == [1.5, 1.5]
    assert top.loc[25, "full_sem"] == pytest.approx(0.5)


def test_full_maximum_of_independent_inputs_near_isometry_is_that_of_their_overlap_matrix(sampled):
    # the dotted line of Figure 2, at N and M large enough for the edge of the Marchenko-Pastur law
    sizes = {"depths": [4], "width": 150, "samples": [75], "first": 0, "stop": 2}
    found = sampled("sample_theta", varied="N", isometry=ISOMETRY, **sizes)
    edge = (1 + np.sqrt(0.5)) ** 2
    assert found["maximum_full"].mean() == pytest.approx(4 / 75 * edge, rel=0.06)


def test_counts_of_figure_3_are_those_of_all_eigenvalues(sampled):
    part = sampled("sample_theta_spectra", isometry=ISOMETRY, depth=4, samples=2, width=30, first=0, stop=3)
    table = function_of("tabulate_theta_spectra")(part, bins=15)
    assert table[["count_full", "count_block"]].sum().tolist() == [180, 180]
    assert table["count_theory"].sum() == pytest.approx(180, abs=0.1)
    highest = table[table["count_theory"] > 1].iloc[-1]
    top = largest_eigenvalue_recursion(signal_propagation(get_activation(ISOMETRY.function), 4))[-1]
    assert highest["bin_low"] < top / 2 <= highest["bin_high"]


def test_limits_of_large_depth_hold_recursion_limit_and_exact_value(sampled):
    common = {"width": 30, "first": 0, "stop": 2, "depths": [3, 30]}
    many = SimpleNamespace(depths=[3], ratios=[1.0, 0.5, 2.0, 40.0], width=10)
    parts = pd.concat(
        sampled("sample_depths", **common, setting=setting, **options)
        for setting, options in {
            "saturating": {"fixed": SATURATING, "epsilon_1": None, "deepest": 400, "many_inputs": many},
            "stationary": {"fixed": None, "epsilon_1": 0.3, "deepest": None, "many_inputs": None},
        }.items()
    )
    table = function_of("tabulate_depth_limits")(parts)
    rows = table.set_index(["setting", "quantity", "L"])
    deep = signal_propagation(get_activation(SATURATING.function), 30)
    maximum = rows.loc[("saturating", "maximum", 30)]
    assert maximum["theory_recursion"] == pytest.approx(largest_eigenvalue_recursion(deep)[-1])
    # the atom has vanished: the recursion is an upper bound, and its weight negative
    assert maximum["theory_exact"] < maximum["theory_recursion"] * (1 - 1e-6)
    weight = rows.loc[("saturating", "atom_weight", 30)]
    assert weight["theory_recursion"] == pytest.approx(largest_atom_weight(deep)[-1])
    assert weight["theory_recursion"] < 0 == weight["theory_exact"]
    assert rows.loc[("saturating", "vanishing_depth", 400)]["theory_exact"] == 21
    many = rows.loc[("saturating", "mean_many_inputs", 3)].set_index("N")
    mean = mean_eigenvalue_recursion(signal_propagation(get_activation(SATURATING.function), 3))[-1]
    assert many["theory_exact"].to_dict() == {n: pytest.approx(mean / n) for n in (3, 6, 2, 1)}
    assert many.loc[6, "theory_limit"] == pytest.approx(many.loc[3, "theory_limit"] / 2)
    for quantity in ("maximum", "mean", "atom_weight"):
        row = rows.loc[("stationary", quantity, 30)]
        # Theorem 4.3 and Proposition 4.4 are limits: up to a share of about epsilon / L
        assert row["theory_recursion"] == pytest.approx(row["theory_limit"], rel=0.02)
    assert rows.loc[("stationary", "atom_weight", 30)]["theory_exact"] == pytest.approx(1 - 0.3 * 29 / 30, rel=1e-6)


def online_cells(dataset, epochs, accuracies, losses):
    """A part of Figure 4 with one depth: L = 10."""
    return pd.DataFrame(
        {
            "dataset": dataset,
            "epochs": epochs,
            "samples": 500,
            "function": ISOMETRY.function,
            "L": 10,
            "M": 64,
            "classes": 10,
        }
        | {"trial": 0, "eta": eta, "train_loss": loss, "test_loss": loss, "train_accuracy": accuracy}
        | {"test_accuracy": accuracy, "diverged": int(np.isinf(loss)), "steps": 500}
        for eta, accuracy, loss in zip((0.05, 0.1, 0.2, 0.4, 0.8), accuracies, losses, strict=True)
    )


def test_borders_of_accuracy_and_loss_are_measured_apart():
    part = online_cells("digits", 1, (0.8, 0.9, 0.3, 0.1, np.nan), (0.3, 0.2, 0.5, 0.6, np.inf))
    table = function_of("tabulate_online")(part, loss_limit=1.0)
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


def test_the_border_of_the_test_accuracy_is_its_own():
    part = online_cells("digits", 1, (0.8, 0.9, 0.9, 0.1, np.nan), (0.3, 0.2, 0.5, 0.6, np.inf))
    part["test_accuracy"] = (0.7, 0.7, 0.2, 0.1, np.nan)
    table = function_of("tabulate_online")(part, loss_limit=1.0)
    assert table["border"].iloc[0] == pytest.approx(np.sqrt(0.2 * 0.4))
    assert table["border_test"].iloc[0] == pytest.approx(np.sqrt(0.1 * 0.2))
    distance = np.log(table["border_test"] / table["eta_boundary"])
    np.testing.assert_allclose(table["log_distance_border_test_eta_boundary"], distance, rtol=1e-9)


def test_where_nothing_is_learned_or_nothing_collapses_there_is_no_border():
    parts = pd.concat(
        [
            online_cells("digits", 1, (0.1, 0.05, 0.1, 0.1, 0.1), (9.0, 8.0, 9.0, 9.0, 9.0)),
            online_cells("digits", 10, (0.8, 0.8, 0.9, 0.9, 0.9), (0.3, 0.2, 0.2, 0.2, 0.2)),
        ]
    )
    table = function_of("tabulate_online")(parts, loss_limit=1.0)
    assert list(table["dataset"].unique()) == ["digits (1 epoch)", "digits (10 epochs)"]
    assert table[["border", "border_loss", "log_distance_border_eta_paper"]].isna().all(axis=None)


# -- as processes

SPECTRA = {
    "experiment": "hayase_fig1",
    "panel": "saturating",
    "hard_tanh": {"s_squared": 1, "g": 1},
    "projection_weight": None,
    "sampler": "orthogonal",
    "depths": [3],
    "widths": [6],
    "first": 0,
    "stop": 2,
}
ONLINE = {
    **TRAINING,
    "experiment": "hayase_fig4_left",
    "isometry": {"s_squared": 0.125, "g": 1.0013},
    "depths": [2],
    "learning_rates": {"smallest": 0.02, "largest": 0.5, "number": 2},
    "first": 0,
    "stop": 2,
    "trials": 1,
}


@pytest.fixture
def process(tmp_path):
    """Run a script with settings of its job; how it ended, and its table."""

    def run(name, settings):
        output = tmp_path / "table.csv"
        text = json.dumps({"scale": "smoke", "root_seed": 3, "sections": {}, "job": settings})
        command = [sys.executable, SCRIPTS / "hayase_karakida" / f"{name}.py", "--output", output, "--settings", text]
        command += ["--provenance", output.with_suffix(".json")]
        ended = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONPATH": str(SCRIPTS.parent / "src")},
        )
        return ended, output

    return run


def test_settings_of_the_workflow_reach_the_function_with_their_types(process, sampled):
    ended, output = process("sample_spectra", SPECTRA)
    assert ended.returncode == 0, ended.stderr
    found = read_table(output)
    assert set(found["function"]) == {"hard_tanh(s=1.0,g=1)"}
    assert found["projection_weight"].isna().all()
    assert len(found) == 12
    record = json.loads(output.with_suffix(".json").read_text())
    assert record["settings"]["job"] == SPECTRA


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("sample_spectra", SPECTRA | {"sampler": "cauchy"}, "sampler = 'cauchy'"),
        ("sample_spectra", SPECTRA | {"hard_tanh": {"g": 1}}, "hard_tanh"),
        ("train_online", ONLINE | {"label_norm": "two"}, "label_norm = 'two'"),
        ("train_online", ONLINE | {"samples": 1501}, "1501 samples"),
        ("train_online", {name: value for name, value in ONLINE.items() if name != "trials"}, "trials: missing"),
    ],
)
def test_what_cannot_be_computed_is_refused_in_one_line(process, digits, name, settings, message):
    data = {"dataset": digits} if name == "train_online" else {}
    ended, output = process(name, settings | data)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("error: ")
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not output.exists()
