"""Scripts of Pennington and Worah: samples do not depend on the cut into jobs, tables hold what their columns say."""

from __future__ import annotations

import argparse
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator
from fisher_spectra.common.tables import read_table
from fisher_spectra.jobs.run_job import Job
from fisher_spectra.pennington_worah.binned_spectra import NetworkSpectrum
from fisher_spectra.pennington_worah.bins import EvenBins, LogarithmicBins
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.fisher_matrix import population_fisher, sample_weights
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.pennington_worah.network_blocks import Block
from fisher_spectra.pennington_worah.network_terms import fisher_with_terms
from fisher_spectra.pennington_worah.nonlinearities import Nonlinearity, TakenApart
from fisher_spectra.pennington_worah.one_step_descent import one_step_descent
from fisher_spectra.pennington_worah.outliers import extreme_bounds
from fisher_spectra.pennington_worah.singularities import Epsilons

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts" / "pennington_worah"
ERF, LINEAR = Nonlinearity("normalised_erf(alpha=1)"), Nonlinearity("linear")
BOTH = {"linear": LINEAR, "erf_1": ERF}


def function(name):
    """The function that a script hands to `run_job`."""
    return runpy.run_path(str(SCRIPTS / f"{name}.py"))[name]


@pytest.fixture
def job(tmp_path):
    return Job(argparse.Namespace(output=tmp_path / "table.csv"))


def run(name, tmp_path, settings):
    """Run a script as the workflow does; gives the process, and its sidecar beside the table."""
    command = [sys.executable, SCRIPTS / f"{name}.py", "--output", tmp_path / "table.csv"]
    command += ["--provenance", tmp_path / "table.json", "--settings", json.dumps(settings)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def eigenvalues(job, nonlinearities, blocks, linear_by_structure=True):
    return function("sample_eigenvalues")(
        job=job,
        root_seed=3,
        device="cpu",
        experiment="test",
        nonlinearities=nonlinearities,
        blocks=blocks,
        linear_by_structure=linear_by_structure,
    )


def quadratures(job, nonlinearities, blocks, probe_numbers=64):
    return function("sample_quadratures")(
        job=job,
        root_seed=3,
        device="cpu",
        precision="float64",
        experiment="test",
        nonlinearities=nonlinearities,
        blocks=blocks,
        steps=5,
        probe_numbers=probe_numbers,
    )


def moments_of(job, nonlinearities, blocks):
    tables = [
        function("sample_moments")(
            job=job,
            root_seed=3,
            experiment="test",
            nonlinearities={name: nonlinearity},
            widths=[width],
            first=first,
            stop=stop,
        )
        for name, nonlinearity in nonlinearities.items()
        for width, first, stop in blocks
    ]
    return pd.concat(tables, ignore_index=True)


@pytest.mark.parametrize("sample", [eigenvalues, quadratures])
def test_a_network_is_the_same_whatever_else_its_job_samples(job, sample):
    together = sample(job, BOTH, [Block(4, 0, 3), Block(6, 0, 3)])
    apart = [
        sample(job, {name: nonlinearity}, [Block(n, first, stop)])
        for name, nonlinearity in BOTH.items()
        for n in (4, 6)
        for first, stop in ((0, 1), (1, 3))
    ]
    pd.testing.assert_frame_equal(together.reset_index(drop=True), pd.concat(apart, ignore_index=True))
    assert set(together["network"]) == {0, 1, 2}


def test_the_moments_of_a_network_are_the_same_whatever_else_its_job_samples(job):
    together = function("sample_moments")(
        job=job, root_seed=3, experiment="test", nonlinearities=BOTH, widths=[4, 6], first=0, stop=3
    )
    apart = moments_of(job, BOTH, [Block(n, *chunk) for n in (4, 6) for chunk in ((0, 1), (1, 3))])
    pd.testing.assert_frame_equal(together, apart)
    assert set(together["network"]) == {0, 1, 2}


def test_what_samples_were_made_with_is_recorded_beside_them(tmp_path):
    settings = {
        "scale": "smoke",
        "root_seed": 3,
        "sections": {"pennington_worah.fig2": {"steps": 5, "probe_numbers": 64}},
        "job": {
            "experiment": "test",
            "device": "cpu",
            "precision": "float64",
            "nonlinearities": {"erf_1": {"function": ERF.function}},
            "blocks": [[4, 0, 1], [6, 2, 3]],
        },
    }
    process = run("sample_quadratures", tmp_path, settings)
    assert (process.returncode, process.stderr) == (0, "")
    table = read_table(tmp_path / "table.csv")
    assert sorted(set(zip(table["n"], table["network"], strict=True))) == [(4, 0), (6, 2)]
    assert json.loads((tmp_path / "table.json").read_text())["settings"] == settings


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"blocks": [[4, 0]]}, "blocks.0"),
        ({"blocks": [[4, 0, "all"]]}, "blocks.0"),
        ({"nonlinearities": {"erf_1": {}}}, "nonlinearities.erf_1.function"),
        ({"nonlinearities": {"erf_1": {"function": "sinus"}}}, "sinus"),
        ({"device": "tpu"}, "tpu"),
        ({"width": 4}, "width: unknown"),
    ],
)
def test_settings_that_no_job_can_have_are_refused_in_one_line(tmp_path, changed, message):
    job = {"experiment": "test", "device": "cpu", "blocks": [[4, 0, 1]], "linear_by_structure": True}
    job |= {"nonlinearities": {"erf_1": {"function": ERF.function}}}
    process = run("sample_eigenvalues", tmp_path, {"root_seed": 3, "job": job | changed})
    assert process.returncode == 1
    assert process.stderr.startswith("error: ")
    assert process.stderr.count("\n") == 1
    assert message in process.stderr
    assert not (tmp_path / "table.csv").exists()


def test_narrow_networks_have_more_probes_for_as_many_numbers(job):
    table = quadratures(job, {"erf_1": ERF}, [Block(4, 0, 1), Block(6, 0, 1)], probe_numbers=96)
    assert table.groupby("n")["probe"].nunique().to_dict() == {4: 3, 6: 2}


def test_sampled_eigenvalues_are_all_those_of_the_fisher_matrix(job):
    table = eigenvalues(job, BOTH, [Block(5, 1, 2)])
    for (name, nonlinearity), method in zip(BOTH.items(), ("structure", "dense"), strict=True):
        rows = table[table["nonlinearity"] == name]
        weights = sample_weights(generator(3, "test", name, 5, 1), 5)
        expected = np.linalg.eigvalsh(population_fisher(*weights, nonlinearity.activation).dense())
        np.testing.assert_allclose(rows["eigenvalue"], expected, atol=1e-11)
        assert set(rows["method"]) == {method}


def test_half_of_the_eigenvalues_of_linear_networks_vanish_without_their_structure_being_used(job):
    table = eigenvalues(job, {"linear": LINEAR}, [Block(5, 0, 2)], linear_by_structure=False)
    assert set(table["method"]) == {"dense"}
    for _, rows in table.groupby("network"):
        assert (rows["eigenvalue"].abs() < 1e-12).sum() == 25


def test_distances_are_those_of_the_eigenvalues_and_every_nonlinearity_has_the_same_weights(job):
    """Lanczos iterations to the end from many vectors have all eigenvalues of a small matrix."""
    f_opt = Nonlinearity("optimal_quadratic")
    table = function("sample_distances")(
        job=job,
        root_seed=3,
        device="cpu",
        precision="float64",
        experiment="test",
        nonlinearities={"linear": LINEAR, "f_opt": f_opt},
        taken_apart=TakenApart("f_opt", 5),
        blocks=[Block(5, 1, 2), Block(6, 0, 1)],
        steps=50,
        probe_numbers=2000,
    )
    assert table.groupby(["n", "nonlinearity"])["terms"].nunique().to_dict() == {
        (5, "linear"): 1,
        (5, "f_opt"): 8,
        (6, "linear"): 1,
        (6, "f_opt"): 1,
    }
    weights = sample_weights(generator(3, "test", 5, 1), 5)
    for name, terms, kept in (
        ("linear", "lengths+correlations+curvature", None),
        ("f_opt", "lengths+curvature", ("lengths", "curvature")),
    ):
        activation = f_opt.activation if kept else LINEAR.activation
        matrix = fisher_with_terms(*weights, activation, kept) if kept else population_fisher(*weights, activation)
        found = np.linalg.eigvalsh(matrix.dense())
        limit = LimitingSpectrum.of(activation)
        spectrum = NetworkSpectrum(np.where(np.abs(found) < 1e-12, 0.0, found))
        (row,) = table[(table["nonlinearity"] == name) & (table["terms"] == terms) & (table["n"] == 5)].itertuples()
        # a quadrature counts half of an eigenvalue at its place
        assert row.kolmogorov_distance == pytest.approx(spectrum.kolmogorov_distance(limit), abs=0.06 if kept else 1e-5)
        z = limit.constants.features
        share = spectrum.share_between(z[1], z[3]) if kept else np.nan
        assert row.gap_share == pytest.approx(share, abs=0.06, nan_ok=True)


def test_measured_reductions_are_those_of_one_step_with_the_seed_of_the_network_alone(job):
    table = function("measure_descent")(
        job=job,
        root_seed=3,
        experiment="test",
        family="srelu",
        function="shifted_leaky_relu",
        alphas=[-1.0, 0.5],
        width=6,
        samples=500,
        perturbation=0.001,
        first=2,
        stop=4,
    )
    assert list(table["alpha"]) == [-1, 0.5, -1, 0.5]
    assert list(table["network"]) == [2, 2, 3, 3]
    activation = get_activation("shifted_leaky_relu(alpha=0.5)")
    (expected,) = one_step_descent([activation], 6, 500, 1e-3, generator(3, "test", 6, 3))
    assert table["loss_reduction"].iloc[3] == pytest.approx(expected.loss_reduction, rel=1e-10)
    assert table["predicted_network"].iloc[3] == pytest.approx(expected.predicted_reduction, rel=1e-10)


def test_table_3_holds_means_over_networks_predictions_and_the_rank_correlation():
    rng = np.random.default_rng(0)
    parts = pd.DataFrame(
        {"family": "erf", "alpha": alpha, "function": f"normalised_erf(alpha={alpha})", "n": 8, "samples": 9}
        | {"perturbation": 0.1, "network": network, "loss_reduction": value, "predicted_network": 2 * value}
        | {"initial_loss": 5.0, "step": 0.1}
        for alpha in (0.5, 1.0, 1.5, 2.0)
        for network, value in enumerate(rng.uniform(1, 2, 3))
    )
    table = function("tabulate_fig3")(parts, 5)
    assert table.loc[table["kind"] == "limit", "alpha"].tolist() == pytest.approx([0.5, 0.875, 1.25, 1.625, 2.0])
    table = table[table["kind"] == "networks"]
    assert list(table["alpha"]) == [0.5, 1.0, 1.5, 2.0]
    for _, row in table.iterrows():
        values = parts.loc[parts["alpha"] == row["alpha"], "loss_reduction"]
        constants = nonlinearity_constants(get_activation(f"normalised_erf(alpha={row['alpha']})"))
        assert row["loss_reduction"] == pytest.approx(values.mean(), rel=1e-10)
        assert row["loss_reduction_std"] == pytest.approx(values.std(), rel=1e-10)
        assert row["predicted_network"] == pytest.approx(2 * values.mean(), rel=1e-10)
        ratio = constants.second_moment / constants.first_moment**2
        assert row["m2_over_m1_squared"] == pytest.approx(ratio, rel=1e-10)
        assert row["predicted_limit"] == pytest.approx(0.01 * 64 / ratio, rel=1e-10)
        assert row["n_networks"] == 3
        assert row["eta"] == pytest.approx(1, rel=1e-8)
    expected = spearmanr(table["m2_over_m1_squared"], table["loss_reduction"]).statistic
    assert set(table["rank_correlation"].round(10)) == {round(expected, 10)}


def test_table_1_knows_nothing_printed_of_a_nonlinearity_of_the_users_own():
    table = function("tabulate_table1")({"erf_1": ERF, "mine": Nonlinearity("tanh")})
    assert table["printed_z6"].tolist() == [7.51, pytest.approx(np.nan, nan_ok=True)]
    assert table["deviation_eta_prime"].iloc[0] == pytest.approx(-0.3, abs=0.01)
    assert table["z1"].iloc[1] == pytest.approx(nonlinearity_constants(get_activation("tanh")).features[0], rel=1e-10)


def test_moments_and_extreme_eigenvalues_come_from_their_parts(job):
    moments = moments_of(job, BOTH, [Block(4, 0, 3), Block(6, 0, 3)])
    nodes = quadratures(job, {"erf_1": ERF}, [Block(4, 0, 2)])
    table = function("tabulate_moments")(pd.concat([moments, nodes], ignore_index=True), BOTH)
    constants = nonlinearity_constants(ERF.activation)
    rows = table[(table["nonlinearity"] == "erf_1") & (table["n"] == 4)].set_index("statistic")
    assert list(rows.index) == ["m1", "m2", "lambda_min", "lambda_max"]
    of_cell = moments[(moments["nonlinearity"] == "erf_1") & (moments["n"] == 4)]
    assert rows.loc["m2", "empirical_mean"] == pytest.approx(of_cell["m2"].mean(), rel=1e-10)
    assert rows.loc["m2", "theory"] == pytest.approx(constants.second_moment, rel=1e-10)
    deviation = of_cell["m2"].mean() / constants.second_moment - 1
    assert rows.loc["m2", "relative_deviation"] == pytest.approx(deviation, rel=1e-6)
    assert rows.loc["lambda_min", "empirical_mean"] == pytest.approx(nodes.groupby("network")["node"].min().mean())
    assert rows.loc["lambda_max", "empirical_std"] == pytest.approx(nodes.groupby("network")["node"].max().std())
    assert rows.loc["lambda_max", "theory"] == pytest.approx(constants.features[5], rel=1e-10)
    assert list(rows["n_networks"]) == [3, 3, 2, 2]
    bounds = extreme_bounds(ERF.activation)
    assert rows.loc["lambda_min", "bound"] == pytest.approx(bounds.smallest_at_most, rel=1e-10)
    assert rows.loc["lambda_max", "bound"] == pytest.approx(bounds.largest_at_least, rel=1e-10)
    assert rows.loc[["m1", "m2"], "bound"].isna().all()


def test_figure_tables_put_dense_and_matrix_free_networks_beside_the_limit(job):
    dense = eigenvalues(job, {"erf_1": ERF}, [Block(4, 0, 2)])
    nodes = quadratures(job, {"erf_1": ERF}, [Block(6, 0, 2)], probe_numbers=144)
    parts = pd.concat([dense, nodes], ignore_index=True)
    one = function("tabulate_fig1")(parts, LINEAR, ERF, EvenBins(number=6, largest=12.0, points=2))
    bins = LogarithmicBins(number=6, smallest=0.001, largest=12.0, points=2)
    two = function("tabulate_fig2")(parts, {"erf_1": ERF}, 20, bins)
    for table in (one, two[two["panel"] == "b"]):
        cells = table.groupby(["n", "method"])
        assert list(cells.groups) == [(4, "dense"), (6, "lanczos")]
        for _, cell in cells:
            bins = cell.drop_duplicates("bin_low")
            assert (bins["density_empirical"] * (bins["bin_high"] - bins["bin_low"])).sum() == pytest.approx(
                1, abs=0.05
            )
            assert (cell["n_networks"] == 2).all()
    assert (two.loc[two["panel"] == "b", "kolmogorov_distance"] > 0.05).all()
    limit = two[two["panel"] == "a"]
    assert np.isinf(limit["n"]).all()
    assert limit["density_empirical"].isna().all()
    assert np.trapezoid(limit["density_theory"], limit["lambda"]) == pytest.approx(1, abs=0.05)


def test_peaks_are_compared_at_both_places_with_the_exponent_of_the_limit(job):
    epsilons = Epsilons(smallest=1e-8, largest=1.0, number=17, fit=5)
    table = function("tabulate_singularities")(eigenvalues(job, BOTH, [Block(4, 0, 2)]), BOTH, epsilons)
    exponents = table.groupby(["nonlinearity", "feature"])["exponent"].first()
    assert exponents["linear", "z1"] == pytest.approx(0, abs=1e-4)
    for feature in ("z1", "z4"):
        assert exponents["erf_1", feature] == pytest.approx(0.5, abs=1e-3)
    smallest = table[table["epsilon"] == table["epsilon"].min()].set_index(["nonlinearity", "feature"])
    assert smallest.loc[("linear", "z1"), "empirical"] == pytest.approx(0.5, abs=1e-6)
    assert smallest.loc[("linear", "z1"), "atom"] == 0.5
    assert smallest.loc[("erf_1", "z4"), "empirical"] < 1e-5
    assert smallest.loc[("erf_1", "z4"), "atom"] == 0


def test_the_best_polynomial_is_f_opt():
    table = function("tabulate_optimal")(
        root_seed=3,
        experiment="pennington_optimal",
        nonlinearities={"f_opt": Nonlinearity("optimal_quadratic")},
        degree=4,
        starts=2,
        reach=3.0,
        points=7,
    )
    curves = table[table["panel"] == "activation"].pivot_table(index="x", columns="nonlinearity", values="value")
    np.testing.assert_allclose(curves["numerical_optimum"], curves["f_opt"], atol=1e-5)
    ratios = table.groupby("nonlinearity")["m2_over_m1_squared"].first()
    assert ratios["f_opt"] == pytest.approx(21 / 19, abs=1e-9)
    assert ratios["f_opt"] < ratios["best_saturating"] < 1.2


def test_difference_quotients_stand_beside_what_they_tend_to():
    table = function("tabulate_slopes")(BOTH, smallest=1e-5, largest=1e-3, number=5)
    assert list(table.groupby(["nonlinearity", "feature"], sort=False).groups) == [
        *(("linear", "z5"), ("erf_1", "z2"), ("erf_1", "z3"), ("erf_1", "z5"))
    ]
    for _, rows in table.groupby(["nonlinearity", "feature"]):
        assert np.isnan(rows["per_log"].iloc[0])
        np.testing.assert_allclose(rows["per_log"].iloc[1:], rows["theory"].iloc[1:], rtol=2e-3)
        order = 2 if rows["feature"].iloc[0] == "z3" else 1
        assert (rows["order"] == order).all()
        expected = rows["slope"] if order == 1 else rows["jump"] / rows["distance"]
        np.testing.assert_allclose(rows["derivative"], expected, rtol=1e-9)


def test_slopes_of_point_masses_alone_are_refused():
    even = {"srelu_1": Nonlinearity("shifted_leaky_relu(alpha=1)")}
    with pytest.raises(UserError, match="the spectra of all of them are point masses"):
        function("tabulate_slopes")(even, smallest=1e-5, largest=1e-3, number=3)
