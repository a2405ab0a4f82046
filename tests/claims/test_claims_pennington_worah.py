"""The ledger of Pennington and Worah: complete, with every erratum of the paper, and able to fail."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from committed_claims import committed_claims

from fisher_spectra.claims.evaluation import evaluate

CLAIMS = {claim.name: claim for claim in committed_claims() if claim.paper == "Pennington, Worah 2018"}
ERRATA = {
    "pw_peaks": "(26)",  # no delta peaks
    "pw_moments_normalisation": "(14) and (27)",  # averages over 2 n^2 eigenvalues, not n
    "pw_linear_traces": "(16)",
    "pw_linear_symmetry": "text after (18)",
    "pw_rank": "text after (3)",
    "pw_edge_lower": "(25)",
    "pw_edge_upper": "(25)",
    "pw_edge_outliers": "text after (25)",
    "pw_slope_z3": "z_3",
}


def verdict(name, frame):
    """Verdict of one claim on a table made up for it."""
    table, left_out = evaluate([CLAIMS[name]], lambda _: frame)
    assert left_out == []
    return table["verdict"].iloc[0]


def test_forty_claims_cover_every_theorem_numbered_formula_table_and_figure_that_can_be_measured():
    assert len(CLAIMS) >= 40
    places = " ".join(claim.location for claim in CLAIMS.values())
    for place in (
        *("Theorem 1", "Remark 3", "Table 1", "Figure 1a", "Figure 1b", "Figure 2b", "Figure 3"),
        *("(4)", "(14)", "(16)", "(17)", "(20)", "(21)", "(23)", "(24)", "(25)", "(26)", "(27)", "(28)", "(29)"),
        *("(30)", "(33)"),
    ):
        assert place in places, place


def test_its_errata_are_those_that_are_known_each_at_its_place():
    assert {name for name, claim in CLAIMS.items() if claim.printed} == ERRATA.keys()
    for name, place in ERRATA.items():
        assert place in CLAIMS[name].location, name


def test_all_but_what_needs_wide_networks_is_decided_at_every_scale():
    assert sum("smoke" in claim.scales for claim in CLAIMS.values()) >= 20
    assert all({"laptop", "paper"} <= set(claim.scales) for claim in CLAIMS.values())


def binned(share):
    """A density that has a share of the eigenvalues in another bin than the limit has."""
    limit = np.array([4.0, 3.0, 2.0, 1.0]) / 10
    low = np.arange(4.0)
    return pd.DataFrame(
        {"nonlinearity": "erf_1", "n": 128, "method": "lanczos", "bin_low": low, "bin_high": low + 1}
        | {"density_theory_bin": limit, "density_empirical": limit + share * np.array([-1, 1, 0, 0])}
    )


@pytest.mark.parametrize(("share", "expected"), [(0.02, "holds"), (0.03, "fails")])
def test_three_of_a_hundred_eigenvalues_in_another_bin_turn_the_verdict_on_theorem_1(share, expected):
    assert verdict("pw_theorem1_density", binned(share)) == expected


@pytest.mark.parametrize(("exponent", "expected"), [(-0.5, "holds"), (-0.25, "fails"), (-0.75, "fails")])
def test_another_order_turns_the_verdict_on_how_slowly_the_limit_is_approached(exponent, expected):
    n = np.array([16.0, 32, 64, 128, 256, 512])
    table = pd.DataFrame(
        {"panel": "b", "nonlinearity": "erf_1", "n": n, "method": "lanczos", "kolmogorov_distance": n**exponent}
        | {"kolmogorov_distance_std": 0.1 * n**exponent, "n_networks": 8}
    )
    assert verdict("pw_theorem1_slow", table) == expected


def peaks(exponent):
    return pd.DataFrame({"nonlinearity": ["linear", "erf_1"], "feature": "z1", "exponent": [0.0, exponent]})


@pytest.mark.parametrize(("exponent", "expected"), [(0.4999, "erratum"), (0.0, "fails"), (0.51, "fails")])
def test_an_atom_would_turn_the_verdict_on_the_peaks(exponent, expected):
    assert verdict("pw_peaks", peaks(exponent)) == expected


def moments(factor):
    rng = np.random.default_rng(0)
    rows = [
        {"nonlinearity": "erf_1", "n": n, "statistic": "m2", "theory": 2.92, "n_networks": 6}
        | {"empirical_mean": 2.92 * (factor + 0.5 / n + 1e-4 * rng.standard_normal()), "empirical_std": 6e-4}
        for n in (64, 128, 256, 512, 1024)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("factor", "expected"), [(1.0, "holds"), (1.02, "fails"), (0.5, "fails")])
def test_a_second_moment_that_is_two_per_cent_off_turns_the_verdict_on_27(factor, expected):
    assert verdict("pw_moments", moments(factor)) == expected


def test_a_normalisation_by_the_width_would_turn_the_verdict_on_the_moments():
    right = moments(1.0)
    assert verdict("pw_moments_normalisation", right) == "erratum"
    wrong = right.assign(empirical_mean=2 * right["n"] * right["empirical_mean"])
    assert verdict("pw_moments_normalisation", wrong) == "fails"


def edges(mean):
    return pd.DataFrame(
        {"nonlinearity": "f_opt", "n": [128, 256], "statistic": "lambda_max", "theory": 2.247, "bound": 11.506}
        | {"empirical_mean": mean, "empirical_std": 0.02, "n_networks": 20}
    )


def test_a_largest_eigenvalue_at_z6_would_turn_the_verdict_on_25():
    assert verdict("pw_edge_upper", edges(12.6)) == "erratum"
    assert verdict("pw_edge_upper", edges(2.247)) == "fails"


def jumps(jump):
    distance = np.geomspace(1e-5, 1e-2, 10)
    return pd.DataFrame({"nonlinearity": "erf_1", "feature": "z3", "distance": distance, "jump": jump(distance)})


def test_a_derivative_that_jumps_would_turn_the_verdict_on_z3():
    assert verdict("pw_slope_z3", jumps(lambda t: 282 * t * np.log(t / 0.05))) == "erratum"
    assert verdict("pw_slope_z3", jumps(lambda t: 1.0 + 0.1 * t)) == "fails"


def test_a_digit_of_table_1_that_is_wrong_turns_the_verdict():
    right = pd.DataFrame({"nonlinearity": ["erf_1"], **{f"deviation_z{k}": [0.3] for k in range(1, 7)}})
    assert verdict("pw_table1_lower", right) == verdict("pw_table1_upper", right) == "holds"
    assert verdict("pw_table1_lower", right.assign(deviation_z2=-1.2)) == "fails"
    assert verdict("pw_table1_upper", right.assign(deviation_z6=0.7)) == "fails"


def test_an_uncorrelated_loss_reduction_turns_the_verdicts_on_figure_3():
    ratio = np.linspace(1.2, 3.0, 8)
    table = pd.DataFrame(
        {"family": "erf", "alpha": range(8), "m2_over_m1_squared": ratio, "loss_reduction": 0.016 / ratio}
        | {
            "loss_reduction_std": 1e-5,
            "n_networks": 20,
            "n": 128,
            "rank_correlation": -1.0,
            "predicted_limit": 0.01635 / ratio,
            "kind": "networks",
        }
    )
    for name in ("pw_fig3_correlation", "pw_fig3_proportional", "pw_fig3_limit"):
        assert verdict(name, table) == "holds", name
    flat = table.assign(loss_reduction=0.01, rank_correlation=0.1)
    for name in ("pw_fig3_correlation", "pw_fig3_proportional", "pw_fig3_limit"):
        assert verdict(name, flat) == "fails", name


def distances(nonlinearity="f_opt", terms="lengths+correlations+curvature", scaled=1.0, exponent=0.0):
    """Distances and shares as predicted, times a factor and a power of the width."""
    n = np.array([64.0, 128, 256, 512])
    theory = 0.2 * n**-0.2
    factor = scaled * (n / 512) ** exponent
    return pd.DataFrame(
        {"nonlinearity": nonlinearity, "terms": terms, "n": n, "n_networks": 4, "theory": theory, "gap_theory": theory}
        | {"kolmogorov_distance": factor * theory, "gap_share": factor * theory}
    )


@pytest.mark.parametrize(
    ("name", "nonlinearity", "terms", "change"),
    [
        ("pw_theorem1_finite_width", "f_opt", "lengths+correlations+curvature", 0.1),
        ("pw_theorem1_terms", "f_opt", "lengths", 0.11),
        ("pw_remark3_spectrum", "srelu_0", "lengths+correlations+curvature", 0.21),
        ("pw_gap_networks", "f_opt", "lengths+correlations+curvature", 0.16),
    ],
)
def test_networks_farther_or_nearer_than_predicted_turn_the_verdict(name, nonlinearity, terms, change):
    assert verdict(name, distances(nonlinearity, terms)) == "holds"
    for scaled in (1 - change, 1 + change):
        assert verdict(name, distances(nonlinearity, terms, scaled)) == "fails"


@pytest.mark.parametrize(
    ("name", "exponent", "expected"),
    [
        ("pw_theorem1_slowest", 0.0, "holds"),
        ("pw_theorem1_slowest", -0.15, "fails"),
    ],
)
def test_another_rate_turns_the_verdict_on_f_opt(name, exponent, expected):
    assert verdict(name, distances(exponent=exponent)) == expected


@pytest.mark.parametrize(("exponent", "expected"), [(-1.0, "holds"), (-0.5, "fails"), (-1.5, "fails")])
def test_another_rate_turns_the_verdict_on_linear_networks(exponent, expected):
    n = np.array([32.0, 64, 128, 256])
    assert verdict("pw_theorem1_linear", distances("linear").assign(n=n, kolmogorov_distance=n**exponent)) == expected


@pytest.mark.parametrize(("exponent", "expected"), [(-1 / 3, "holds"), (-0.25, "fails"), (-0.4, "fails")])
def test_another_rate_of_the_prediction_turns_the_verdict(exponent, expected):
    n = np.array([4096.0, 16384, 65536, 2**18])
    assert verdict("pw_theorem1_rate", distances("srelu_0").assign(n=n, theory=n**exponent)) == expected


@pytest.mark.parametrize(("exponent", "expected"), [(-0.25, "holds"), (-0.15, "fails"), (0.0, "fails")])
def test_a_gap_that_stays_filled_turns_its_verdict(exponent, expected):
    n = np.array([4096.0, 16384, 65536, 2**18])
    assert verdict("pw_gap", distances().assign(n=n, gap_theory=n**exponent)) == expected


@pytest.mark.parametrize(("distance", "expected"), [(0.01, "holds"), (0.03, "fails")])
def test_a_network_of_the_terms_of_the_limit_has_to_be_at_the_limit(distance, expected):
    assert verdict("pw_theorem1_no_terms", distances(terms="none").assign(kolmogorov_distance=distance)) == expected


@pytest.mark.parametrize(("share", "expected"), [(0.5, "holds"), (0.49, "fails"), (0.0, "fails")])
@pytest.mark.parametrize("name", ["pw_linear_degeneracy", "pw_linear_symmetry", "pw_peaks_linear"])
def test_other_numbers_of_zeros_turn_the_verdicts_on_linear_networks(name, share, expected):
    frame = pd.DataFrame({"nonlinearity": "linear", "feature": "z1", "n": [16.0], "epsilon": 1e-8, "empirical": share})
    frame = frame.assign(empirical_sem=0.0, n_networks=8)
    found = verdict(name, frame)
    assert found == ({"holds": "erratum"}.get(expected, expected) if name == "pw_linear_symmetry" else expected)


@pytest.mark.parametrize(("ratio", "expected"), [(1.19354, "holds"), (1.21, "fails"), (1.18, "fails")])
def test_one_per_cent_turns_the_verdict_on_the_best_saturating_activation(ratio, expected):
    frame = pd.DataFrame({"nonlinearity": ["best_saturating"], "m2_over_m1_squared": [ratio]})
    assert verdict("pw_optimum_constrained", frame) == expected
