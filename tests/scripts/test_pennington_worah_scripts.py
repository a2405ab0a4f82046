"""Scripts of Pennington and Worah: samples do not depend on the cut into jobs, tables hold what their columns say."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.common.tables import read_table
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.fisher_matrix import population_fisher, sample_weights
from fisher_spectra.pennington_worah.one_step_descent import one_step_descent
from fisher_spectra.pennington_worah.outliers import extreme_bounds

SCRIPTS = Path(__file__).parents[2] / "scripts" / "pennington_worah"
ERF, LINEAR = ("erf_1", "normalised_erf(alpha=1)"), ("linear", "linear")


@pytest.fixture
def script(tmp_path):
    """Run a script with some options; gives its table."""

    def run(name, *options, file="table.csv"):
        output = tmp_path / file
        main = runpy.run_path(str(SCRIPTS / f"{name}.py"))["main"]
        main([*map(str, ("--output", output, "--root-seed", 3, *options))])
        return read_table(output)

    return run


def named(*nonlinearities):
    return ["--experiment", "test", *[part for pair in nonlinearities for part in ("--nonlinearity", *pair)]]


def block(*nonlinearities, widths, first, stop):
    return [*named(*nonlinearities), "--blocks", *[f"{width}:{first}-{stop}" for width in widths]]


def moments_of(*nonlinearities, widths, first, stop):
    return [*named(*nonlinearities), "--widths", *widths, "--first", first, "--stop", stop]


QUADRATURE = ["--steps", 5, "--precision", "float64", "--probes"]
SAMPLERS = {
    "sample_eigenvalues": lambda *names, widths, **numbers: block(*names, widths=widths, **numbers),
    "sample_quadratures": lambda *names, widths, **numbers: [
        *block(*names, widths=widths, **numbers),
        *[*QUADRATURE, *[width // 2 for width in widths]],
    ],
    "sample_moments": moments_of,
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_network_is_the_same_whatever_else_its_job_samples(script, name):
    options = SAMPLERS[name]
    together = script(name, *options(LINEAR, ERF, widths=[4, 6], first=0, stop=3))
    apart = [
        script(name, *options(nonlinearity, widths=[n], first=first, stop=stop), file=f"{n}-{first}.csv")
        for nonlinearity in (LINEAR, ERF)
        for n in (4, 6)
        for first, stop in ((0, 1), (1, 3))
    ]
    pd.testing.assert_frame_equal(together, pd.concat(apart, ignore_index=True))
    assert set(together["network"]) == {0, 1, 2}


@pytest.mark.parametrize("name", SAMPLERS)
def test_what_samples_were_made_with_is_recorded_beside_them(script, tmp_path, name):
    sidecar = tmp_path / "table.json"
    script(name, *SAMPLERS[name](ERF, widths=[4, 6], first=0, stop=1), "--provenance", sidecar)
    options = json.loads(sidecar.read_text())["settings"]
    assert {"4:0-1", "6:0-1"} == set(options["blocks"]) if "blocks" in options else options["widths"] == [4, 6]


@pytest.mark.parametrize("text", ["4", "4:2-2", "0:0-1", "4:0-1-2", "4:-1-2", "n4:0-1"])
def test_a_block_of_no_networks_is_refused(script, capsys, text):
    with pytest.raises(SystemExit):
        script("sample_eigenvalues", *named(ERF), "--blocks", text)
    assert "must be WIDTH:FIRST-STOP" in capsys.readouterr().err


def test_every_block_needs_its_number_of_probes(script, capsys):
    with pytest.raises(SystemExit):
        script("sample_quadratures", *block(ERF, widths=[4, 6], first=0, stop=1), *QUADRATURE, 2)
    assert "must be one number for each of the 2 blocks" in capsys.readouterr().err


def test_sampled_eigenvalues_are_all_those_of_the_fisher_matrix(script):
    table = script("sample_eigenvalues", *block(LINEAR, ERF, widths=[5], first=1, stop=2))
    for (name, function), method in ((LINEAR, "structure"), (ERF, "dense")):
        rows = table[table["nonlinearity"] == name]
        weights = sample_weights(generator(3, "test", name, 5, 1), 5)
        expected = np.linalg.eigvalsh(population_fisher(*weights, get_activation(function)).dense())
        np.testing.assert_allclose(rows["eigenvalue"], expected, atol=1e-11)
        assert set(rows["method"]) == {method}


def test_on_a_gpu_the_width_meant_for_it_is_taken(script, monkeypatch):
    from fisher_spectra.pennington_worah import fisher_spectrum

    monkeypatch.setattr(fisher_spectrum, "find_device", lambda name: "cpu:0" if name == "auto" else name)
    options = block(ERF, widths=[4], first=0, stop=1)
    for device, n in (("auto", 6), ("cpu", 4)):
        table = script("sample_eigenvalues", *options, "--width-gpu", 6, "--device", device, file=f"{device}.csv")
        assert set(table["n"]) == {n}
        assert len(table) == 2 * n**2


def test_measured_reductions_are_those_of_one_step_with_the_seed_of_the_network_alone(script):
    options = ["--experiment", "test", "--alphas", -1, 0.5, "--width", 6, "--samples", 500, "--perturbation", 0.001]
    table = script(
        "measure_descent", "--family", "srelu", "--function", "shifted_leaky_relu", *options, "--first", 2, "--stop", 4
    )
    assert list(table["alpha"]) == [-1, 0.5, -1, 0.5]
    activation = get_activation("shifted_leaky_relu(alpha=0.5)")
    (expected,) = one_step_descent([activation], 6, 500, 1e-3, generator(3, "test", 6, 3))
    assert table["loss_reduction"].iloc[3] == pytest.approx(expected.loss_reduction, rel=1e-10)
    assert table["predicted_network"].iloc[3] == pytest.approx(expected.predicted_reduction, rel=1e-10)


def test_table_3_holds_means_over_networks_predictions_and_the_rank_correlation(script, tmp_path):
    rng = np.random.default_rng(0)
    parts = pd.DataFrame(
        {"family": "erf", "alpha": alpha, "function": f"normalised_erf(alpha={alpha})", "n": 8, "samples": 9}
        | {"perturbation": 0.1, "network": network, "loss_reduction": value, "predicted_network": 2 * value}
        | {"initial_loss": 5.0, "step": 0.1}
        for alpha in (0.5, 1.0, 1.5, 2.0)
        for network, value in enumerate(rng.uniform(1, 2, 3))
    )
    (tmp_path / "part.csv").write_text(parts.to_csv(index=False))
    table = script("tabulate_fig3", "--parts", tmp_path / "part.csv")
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


def test_table_1_knows_nothing_printed_of_a_nonlinearity_of_the_users_own(script):
    table = script("tabulate_table1", "--nonlinearity", *ERF, "--nonlinearity", "mine", "tanh")
    assert table["printed_z6"].tolist() == [7.51, pytest.approx(np.nan, nan_ok=True)]
    assert table["deviation_eta_prime"].iloc[0] == pytest.approx(-0.3, abs=0.01)
    assert table["z1"].iloc[1] == pytest.approx(nonlinearity_constants(get_activation("tanh")).features[0], rel=1e-10)


def test_moments_and_extreme_eigenvalues_come_from_their_parts(script, tmp_path):
    moments = script("sample_moments", *moments_of(LINEAR, ERF, widths=[4, 6], first=0, stop=3), file="m.csv")
    nodes = script("sample_quadratures", *block(ERF, widths=[4], first=0, stop=2), *QUADRATURE, 2, file="q.csv")
    named = ["--nonlinearity", *LINEAR, "--nonlinearity", *ERF]
    table = script("tabulate_moments", *named, "--parts", tmp_path / "m.csv", tmp_path / "q.csv")
    constants = nonlinearity_constants(get_activation(ERF[1]))
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
    bounds = extreme_bounds(get_activation(ERF[1]))
    assert rows.loc["lambda_min", "bound"] == pytest.approx(bounds.smallest_at_most, rel=1e-10)
    assert rows.loc["lambda_max", "bound"] == pytest.approx(bounds.largest_at_least, rel=1e-10)
    assert rows.loc[["m1", "m2"], "bound"].isna().all()


def test_figure_tables_put_dense_and_matrix_free_networks_beside_the_limit(script, tmp_path):
    script("sample_eigenvalues", *block(ERF, widths=[4], first=0, stop=2), file="dense.csv")
    script("sample_quadratures", *block(ERF, widths=[6], first=0, stop=2), *QUADRATURE, 2, file="q.csv")
    parts = ["--nonlinearity", *ERF, "--parts", tmp_path / "dense.csv", tmp_path / "q.csv", "--points-per-bin", 2]
    one = script("tabulate_fig1", *parts, "--bins", 6, "--largest", 12, file="one.csv")
    two = script(
        "tabulate_fig2", *parts, "--points", 20, "--bins", 6, "--smallest", 0.001, "--largest", 12, file="two.csv"
    )
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


def test_peaks_are_compared_at_both_places_with_the_exponent_of_the_limit(script, tmp_path):
    script("sample_eigenvalues", *block(LINEAR, ERF, widths=[4], first=0, stop=2), file="part.csv")
    table = script(
        "tabulate_singularities",
        *("--nonlinearity", *LINEAR, "--nonlinearity", *ERF, "--parts", tmp_path / "part.csv"),
        *("--smallest", 1e-8, "--largest", 1, "--number", 17, "--fit", 5),
    )
    exponents = table.groupby(["nonlinearity", "feature"])["exponent"].first()
    assert exponents["linear", "z1"] == pytest.approx(0, abs=1e-4)
    for feature in ("z1", "z4"):
        assert exponents["erf_1", feature] == pytest.approx(0.5, abs=1e-3)
    smallest = table[table["epsilon"] == table["epsilon"].min()].set_index(["nonlinearity", "feature"])
    assert smallest.loc[("linear", "z1"), "empirical"] == pytest.approx(0.5, abs=1e-6)
    assert smallest.loc[("linear", "z1"), "atom"] == 0.5
    assert smallest.loc[("erf_1", "z4"), "empirical"] < 1e-5
    assert smallest.loc[("erf_1", "z4"), "atom"] == 0


def test_the_best_polynomial_is_f_opt(script):
    table = script(
        "tabulate_optimal",
        *("--nonlinearity", "f_opt", "optimal_quadratic", "--degree", 4, "--starts", 2, "--reach", 3, "--points", 7),
    )
    curves = table[table["panel"] == "activation"].pivot_table(index="x", columns="nonlinearity", values="value")
    np.testing.assert_allclose(curves["numerical_optimum"], curves["f_opt"], atol=1e-5)
    ratios = table.groupby("nonlinearity")["m2_over_m1_squared"].first()
    assert ratios["f_opt"] == pytest.approx(21 / 19, abs=1e-9)
    assert ratios["f_opt"] < ratios["best_saturating"] < 1.2


def test_difference_quotients_stand_beside_what_they_tend_to(script):
    table = script(
        "tabulate_slopes",
        *("--nonlinearity", *LINEAR, "--nonlinearity", *ERF),
        *("--smallest", 1e-5, "--largest", 1e-3, "--number", 5),
    )
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


def test_slopes_of_point_masses_alone_are_refused_in_one_line(script, capsys):
    even = ("--nonlinearity", "srelu_1", "shifted_leaky_relu(alpha=1)")
    with pytest.raises(SystemExit):
        script("tabulate_slopes", *even, "--smallest", 1e-5, "--largest", 1e-3, "--number", 3)
    assert "the spectra of all of them are point masses" in capsys.readouterr().err
