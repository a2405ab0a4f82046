"""The ledger of Karakida et al.: every known erratum in it, no others, and claims that can fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from changed_tables import changed_tables
from committed_claims import committed_claims
from committed_tables import decided_by_committed_tables

from fisher_spectra.claims.evaluation import evaluate
from fisher_spectra.claims.ledger import decided_at
from fisher_spectra.common.tables import read_table

ROOT = Path(__file__).resolve().parents[2]
OWN = {claim.name: claim for claim in committed_claims() if claim.paper.startswith("Karakida")}

# what is known to be wrong as printed, and the claim that refutes it
ERRATA = {
    "Section 2.1: normalisation for one output": "output_normalisation",
    "(3): the divergence without its half": "divergence_half",
    "text below (10): the second argument of the kernel": "kernel_definition",
    "text after Theorems 4 and 7: alpha a sum of L terms": "terms_of_alpha",
    "(A.37): alpha is lost": "theorem4_proof",
    "(17): the mean of as many outputs as units": "many_outputs_mean",
    "Theorem 5: the value for equal widths": "theorem5_value",
    "Theorem 5: the bound": "theorem5_bound",
    "Section 4.2: the border of ReLU networks coincides with eta_c": "fig2_teacher_coincides",
    "Section 4.2: training above eta_c explodes": "fig2_teacher_above",
    "Section 4.2: eta_c explains MNIST": "fig2_mnist_line",
    "Section 4.2: eta_c explains CIFAR-10": "figC2_cifar10_line",
    "text after Lemma 6: the loss without its half": "loss_at_minimum_half",
    "text after Lemma 6: half of eta_c is fastest": "fastest_rate",
    "text after Lemma 6: half of eta_c is fastest, of whole training": "catapult_fastest",
    "(B.10): the backward recursion starts from 1/2": "relu_backward_start",
    "(B.12): a factor a": "relu_derivative_kernel",
    "later version, Conclusion: parameters of any law": "universality_biases",
}


CATAPULT = "karakida_catapult"
ON_DATA = "karakida_catapult_data"
OF_TANH = "group == '{}' and case == '{}' and activation == 'tanh' and statistic == 'maximum'"
OF_LAYERS = "group == 'layers' and case == 'both' and statistic == 'maximum'"
# a row of each claim on formulas
FORMULAS = [
    ("erf", "erf_q_hat_st"),
    ("erf_integrals", "erf_integral"),
    ("relu", "relu_q_hat_st"),
    ("linear", "linear_q_hat_st"),
    ("share_of_biases", "share_of_biases"),
    ("hessian", "hessian"),
    ("hessian_with_noise", "hessian_with_noise"),
    ("natural_gradient", "damped_natural_gradient"),
    ("critical_line", "critical_line_tanh"),
]


def table_of(scale):
    return lambda name: read_table(ROOT / "references" / scale / f"{name}.csv")


def verdicts(scale, names=OWN, read=None):
    """Verdicts of claims by name; each is judged by itself, so that one asks for those one looks at."""
    decided = decided_by_committed_tables([OWN[name] for name in names], scale)
    table, unmeasured = evaluate(decided, read or table_of(scale))
    assert unmeasured == []
    return dict(zip(table["claim"], table["verdict"], strict=True))


def verdict(claim, scale, read=None):
    return verdicts(scale, [claim], read)[claim]


def changed(name, where, column, factor, scale="laptop"):
    """Reader of tables in which some cells of one are multiplied by a factor."""
    return changed_tables(table_of(scale), name, where, column, factor)


def test_every_known_erratum_is_in_the_ledger_with_a_derivation_and_there_are_no_others():
    assert {name for name, claim in OWN.items() if claim.printed} == set(ERRATA.values())
    for name in ERRATA.values():
        assert OWN[name].derivation
        assert OWN[name].printed.statement != OWN[name].statement


@pytest.mark.parametrize("scale", ["smoke", "laptop"])
def test_every_claim_holds_or_is_an_erratum_as_declared(scale):
    expected = {claim.name: "erratum" if claim.printed else "holds" for claim in decided_at(OWN.values(), scale)}
    assert verdicts(scale) == expected


@pytest.mark.parametrize(
    "lemma", ["Theorem 1", "Corollary 2", "Theorem 3", "Theorem 4", "Theorem 5", "Lemma 6", "Theorem 7"]
)
def test_every_theorem_is_claimed(lemma):
    assert any(lemma in claim.location for claim in OWN.values())


def test_statements_about_mnist_and_cifar_10_are_decided_by_these_data_alone():
    for name, claim in OWN.items():
        about = claim.statement + (claim.printed.statement if claim.printed else "")
        if "MNIST" in about or "CIFAR" in about:
            assert claim.scales == ("paper",), name
            assert claim.measure.where.startswith(('dataset == "', 'dataset in ("', 'dataset != "gaussian"')), name


@pytest.mark.parametrize(
    ("claim", "table", "where", "column", "factor"),
    [
        ("corollary2_bound", "karakida_corollary2", "M == 1000", "bound", 1.1),
        ("corollary2_bound", "karakida_corollary2", "M == 1000", "count", 1.1),
        ("shapes_mean", "karakida_errata", "formula == 'mean_several_outputs'", "sampled", 1 / 3),
        ("shapes_second_moment", "karakida_errata", "formula == 'second_moment_several_outputs'", "sampled", 1 / 3),
        ("shapes_maximum", "karakida_errata", "formula == 'maximum_several_outputs'", "sampled", 3),
        ("lemma6_border", "karakida_errata", "formula == 'critical_rate'", "sampled", 1 / 1.9),
        ("theorem4_outliers", "karakida_errata", "formula == 'outliers'", "sampled", 1 / 3),
        ("fig2_teacher_coincides", CATAPULT, "activation == 'tanh' and M == 256 and momentum == 0.9", "border", 1.6),
        ("fig2_teacher_coincides", CATAPULT, "activation == 'relu' and M == 128 and momentum == 0.9", "border", 0.6),
        ("catapult_border_plain", CATAPULT, "activation == 'linear' and M == 256 and momentum == 0", "border", 1.7),
        ("catapult_border_plain", CATAPULT, "activation == 'relu' and M == 128 and momentum == 0", "border", 1.6),
        ("catapult_data_border", ON_DATA, "activation == 'relu' and M == 128 and momentum == 0.9", "border", 1.8),
        ("catapult_data_border", ON_DATA, "activation == 'tanh' and M == 128 and momentum == 0", "border", 0.7),
        ("catapult_data_end_stable", ON_DATA, "activation == 'tanh' and M == 128", "end_ratio", 1.1),
        ("catapult_data_dead_units", ON_DATA, "activation == 'relu' and M == 128", "dead", 0.4),
        ("fastest_rate", "karakida_errata", "formula == 'fastest_rate'", "sampled", 0.9),
        ("fastest_rate_of_one", "karakida_errata", "formula == 'fastest_rate_of_one'", "sampled", 1.1),
        ("training_change", "karakida_formulas", "formula == 'change_of_weights'", "sampled", 1.1),
        ("training_change_order", "karakida_formulas", "formula == 'order_of_change'", "sampled", 0.7),
        ("catapult_fastest", CATAPULT, "activation == 'relu' and momentum == 0", "fastest", 0.5),
        ("catapult_fastest_momentum", CATAPULT, "momentum == 0.9", "fastest", 1.7),
        ("catapult_loss_rises", CATAPULT, "activation == 'relu' and M == 256", "peak_loss", 0.2),
        ("catapult_end_stable", CATAPULT, "activation == 'relu' and M == 256", "end_ratio", 1.3),
        ("catapult_dead_units", CATAPULT, "activation == 'relu' and M == 256", "dead", 0.5),
        ("catapult_border_steps", CATAPULT, "activation == 'linear' and M == 256", "border_late", 1.3),
        ("catapult_border_loss", CATAPULT, "activation == 'relu' and M == 128", "border_lenient", 1.3),
        ("catapult_tanh_returns", CATAPULT, "activation == 'tanh' and M == 64", "border_early", 1.3),
        ("universality_weights", "karakida_universality", OF_TANH.format("weights", "binary"), "empirical_mean", 1.1),
        ("universality_biases", "karakida_universality", OF_TANH.format("biases", "binary"), "empirical_mean", 1.1),
        ("universality_inputs", "karakida_universality", OF_TANH.format("inputs", "both"), "empirical_mean", 1.1),
        ("universality_layers", "karakida_universality", OF_LAYERS, "empirical_mean", 1.1),
        ("others_mean", "karakida_bulk", "quantity == 'mean' and activation == 'tanh'", "empirical_mean", 1.1),
        ("others_share_of_trace", "karakida_depth", "statistic == 'share_of_trace' and L == 8", "empirical_mean", 1.2),
        ("footnote4_mean", "karakida_bulk", "quantity == 'mean' and activation == 'odd'", "empirical_mean", 1.1),
        ("footnote4_maximum", "karakida_bulk", "quantity == 'largest' and M == 100", "empirical_mean", 0.9),
        *((f"formulas_{name}", "karakida_formulas", f"formula == '{row}'", "sampled", 1.1) for name, row in FORMULAS),
        ("fig2_digits_line", "karakida_fig2", "activation == 'linear' and M == 128", "log_distance_data", 4),
    ],
)
def test_a_claim_fails_where_the_numbers_say_otherwise(claim, table, where, column, factor):
    assert verdict(claim, "laptop") != "fails"
    assert verdict(claim, "laptop", changed(table, where, column, factor)) == "fails"


@pytest.mark.parametrize(
    ("claim", "table", "where", "factor"),
    [
        ("figC2_like_mnist", "karakida_figC2", "activation == 'tanh' and M == 256", 1.468),
        ("figC2_like_mnist", "karakida_fig2", "activation == 'linear' and M == 1024 and dataset == 'mnist'", 1 / 1.5),
        ("figC2_unlike_mnist_narrow", "karakida_figC2", "activation == 'relu' and M == 16", 1.5),
        (
            "figC2_unlike_mnist_narrow",
            "karakida_fig2",
            "activation == 'relu' and M == 16 and dataset == 'mnist'",
            1 / 1.5,
        ),
    ],
)
def test_a_step_of_the_grid_more_or_less_turns_the_comparison_with_mnist(claim, table, where, factor):
    assert verdict(claim, "paper") == "holds"
    assert verdict(claim, "paper", changed(table, where, "border", factor, "paper")) == "fails"


@pytest.mark.parametrize(
    ("claim", "where", "column", "difference"),
    [
        ("figC2_cifar10_line", "activation == 'tanh' and M == 128", "log_distance_data", 0.384),
        ("figC2_cifar10_narrow", "activation == 'tanh' and M == 64", "log_distance_data", -0.384),
    ],
)
def test_a_step_of_the_grid_more_or_less_turns_what_is_said_of_cifar_10(claim, where, column, difference):
    def read(table):
        frame = table_of("paper")(table)
        if table == "karakida_figC2":
            frame.loc[frame.eval(where), column] += difference
        return frame

    assert verdict(claim, "paper") != "fails"
    assert verdict(claim, "paper", read) == "fails"


@pytest.mark.parametrize(
    ("claim", "border"),
    [
        ("fig2_teacher_order", "0.05 + 0 * M"),
        ("fig2_teacher_order", "100 / M**2"),
        ("fig2_teacher_order", "0.1 / M**0.5"),
        ("fig2_teacher_order", "0.5 / M**1.5"),
        ("fig2_teacher_below", "eta_c / 2"),
        ("fig2_data_order", "0.05 + 0 * M"),
        ("fig2_data_order", "0.05 / M**0.4"),
    ],
)
def test_an_exponent_that_a_claim_says_to_exclude_is_excluded(claim, border):
    def read(table):
        frame = table_of("laptop")(table)
        return frame.assign(border=frame.eval(border)) if table == "karakida_fig2" else frame

    assert verdict(claim, "laptop", read) == "fails"


def test_an_excess_that_vanishes_with_the_width_would_refute_footnote_4():
    def read(table):
        frame = table_of("laptop")(table)
        if table == "karakida_bulk":
            second = frame["quantity"] == "second_moment"
            frame.loc[second, "empirical_mean"] = 1 + 10 / frame["M"]
        return frame

    assert verdict("footnote4_second_moment", "laptop") == "holds"
    assert verdict("footnote4_second_moment", "laptop", read) == "fails"


def test_no_count_exceeds_the_bound_of_corollary_2():
    frame = table_of("laptop")("karakida_corollary2")
    reached = frame[frame["bound"] < frame["T"] * frame["C"]]
    assert len(reached) > 100
    assert (
        reached["count_largest"] <= reached["bound"]
    ).mean() > 0.98  # single networks exceed the mean's bound near 1
    assert (reached["count"] <= 1.05 * reached["bound"]).all()
