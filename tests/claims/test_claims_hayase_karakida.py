"""The ledger of Hayase and Karakida: complete, every known erratum in it, and verdicts that follow the numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from changed_tables import changed_tables
from committed_claims import committed_claims

from fisher_spectra.claims.evaluation import evaluate
from fisher_spectra.claims.ledger import decided_at
from fisher_spectra.common.tables import read_table

ROOT = Path(__file__).resolve().parents[2]
OWN = {claim.name: claim for claim in committed_claims() if claim.paper.startswith("Hayase")}

# what is known to be misprinted, and the claims that refute it
ERRATA = {
    "(17): g sgn(x) outside the kinks": ["hk_hard_tanh"],
    "Figure 1, caption: s = 0.125": ["hk_fig1_caption"],
    "(18), preprint (12): the second atom at lambda_min": ["hk_second_atom"],
    "S-transform example: alpha and 1 - alpha exchanged": ["hk_s_transform"],
    "(9): weight 1/L": ["hk_dual_weight"],
    "preprint, Proposition 4.3: + epsilon/2": ["hk_mean_expansion"],
    "preprint, Theorem 4.6: + epsilon/2": ["hk_maximum_expansion"],
    "text below (7): the divergence without its half": ["hk_divergence_half"],
    "text above (4): normalisation for one output": ["hk_normalisation"],
    "preprint, Proposition 4.4: atoms at zero": ["hk_atom_at_zero"],
    "text below (34): overlaps of a layer's output": ["hk_overlaps", "hk_overlaps_of_two"],
    "text below (35): M/N for N/M": ["hk_scale_of_theta"],
    "(38): a term without eta": ["hk_online_step"],
    "preprint, (C.5): the sum begins at 1": ["hk_sum_of_moments"],
    "Section 5.2: label vectors of norm 1": ["hk_fig4_label_norm"],
    "Section 5.2: the test loss slightly above the line": ["hk_fig4_loss_seeps"],
}


def smoke_table(name):
    return read_table(ROOT / "references" / "smoke" / f"{name}.csv")


def verdicts(read=smoke_table):
    table, unmeasured = evaluate(decided_at(OWN.values(), "smoke"), read)
    assert unmeasured == []
    return dict(zip(table["claim"], table["verdict"], strict=True))


def scale_table(scale):
    return lambda name: read_table(ROOT / "references" / scale / f"{name}.csv")


def verdict(name, read):
    table, unmeasured = evaluate([OWN[name]], read)
    assert unmeasured == []
    return table["verdict"].iloc[0]


def changed(name, where, column, factor):
    """Reader of tables in which some cells of one are multiplied by a factor."""
    return changed_tables(smoke_table, name, where, column, factor)


def test_there_are_fifty_claims():
    assert len(OWN) >= 50


def test_every_theorem_figure_and_misprinted_formula_is_claimed():
    places = " ".join(claim.location for claim in OWN.values())
    for place in (
        *("Theorem 3.2", "Theorem 4.3", "Proposition 4.4", "Corollary 4.5", "Assumption 3.1", "Assumption 4.1"),
        *("Preprint, Lemma 4.5", "Preprint, Proposition 4.4", "Preprint, Theorem 4.6", "preprint, Corollary 4.7"),
        *("Figure 1", "Figure 2", "Figure 3", "Figure 4", "Figure 5"),
        *(
            "(9)",
            "(15)",
            "(17)",
            "(18)",
            "(30)",
            "(31)",
            "(32)",
            "(33)",
            "(34)",
            "(35)",
            "(36)",
            "(38)",
            "(39)",
            "(C.5)",
        ),
    ):
        assert place in places, place


@pytest.mark.parametrize("erratum", ERRATA)
def test_every_known_erratum_is_in_the_ledger_with_both_statements_and_a_derivation(erratum):
    for name in ERRATA[erratum]:
        claim = OWN[name]
        assert claim.printed is not None
        assert claim.printed.statement != claim.statement
        assert claim.derivation


def test_there_is_no_erratum_beside_the_known_ones():
    names = {name for claims in ERRATA.values() for name in claims}
    assert {claim.name for claim in OWN.values() if claim.printed} == names


def test_at_smoke_scale_every_claim_holds_or_is_an_erratum_as_declared():
    expected = {claim.name: "erratum" if claim.printed else "holds" for claim in decided_at(OWN.values(), "smoke")}
    assert verdicts() == expected
    assert len(expected) >= 15


@pytest.mark.parametrize("name", [claim.name for claim in OWN.values() if claim.table == "hayase_errata"])
def test_a_wrong_sampled_value_refutes_the_corrected_statement(name):
    read = changed("hayase_errata", OWN[name].measure.where, "sampled", 1.4)
    assert verdicts(read)[name] == "fails"


def test_a_printed_statement_that_holds_is_no_erratum():
    def read(table):
        frame = smoke_table(table)
        return frame.assign(printed=frame["corrected"]) if table == "hayase_errata" else frame

    found = verdicts(read)
    assert set(found.values()) == {"holds"}


@pytest.mark.parametrize("panel", ["isometry", "saturating", "projections"])
def test_a_closed_form_that_is_off_by_a_hundredth_in_one_panel_refutes_theorem_3_2(panel):
    read = changed("hayase_fig1", f"panel == '{panel}'", "density_closed_form", 1.01)
    assert verdicts(read)["hk_theorem32"] == "fails"


def test_a_density_that_is_no_arcsine_law_is_seen():
    read = changed("hayase_fig1", "panel == 'projections'", "density_theory", 1.01)
    assert verdicts(read)["hk_arcsine"] == "fails"


# ------------------------------------------------------------------ training


def test_a_border_that_is_known_to_no_step_of_the_grid_decides_nothing():
    def read(name):
        frame = scale_table("laptop")(name)
        return frame.assign(border_test_half_width=1.1, log_distance_border_test_eta_paper=1.5)

    _, unmeasured = evaluate([OWN["hk_fig4_border_test"]], read)
    assert len(unmeasured) == 1


@pytest.mark.parametrize(("exponent", "expected"), [(-1.0, "holds"), (-0.5, "fails"), (-1.5, "fails"), (0.0, "fails")])
def test_another_order_in_the_depth_turns_the_verdict_on_the_learning_rate(exponent, expected):
    def read(name):
        frame = scale_table("laptop")(name)
        return frame.assign(border=frame["border"] * frame["L"] ** (exponent + 1.0))

    assert verdict("hk_fig4_order", read) == expected


@pytest.mark.parametrize(("exponent", "expected"), [(0.0, "erratum"), (-0.6, "fails"), (0.6, "fails"), (-1.0, "fails")])
def test_another_order_in_the_depth_turns_the_verdict_on_the_strip_above_the_line(exponent, expected):
    def read(name):
        frame = scale_table("laptop")(name)
        return frame.assign(border_loss=frame["border_loss"] * (frame["L"] / 20) ** exponent)

    assert verdict("hk_fig4_loss_seeps", read) == expected


@pytest.mark.parametrize(("factor", "expected"), [(1.0, "erratum"), (3.0, "fails"), (1 / 3, "fails")])
def test_a_border_off_the_line_with_labels_of_root_m_refutes_what_is_put_in_place_of_the_orthonormal_system(
    factor, expected
):
    def read(name):
        frame = scale_table("laptop")(name)
        moved = frame["log_distance_border_eta_paper"] + np.log(factor) * (frame["label_norm"] == "root_width")
        return frame.assign(log_distance_border_eta_paper=moved)

    assert verdict("hk_fig4_label_norm", read) == expected


def test_a_border_near_the_line_with_an_orthonormal_system_takes_the_erratum_away():
    def read(name):
        frame = scale_table("laptop")(name)
        return frame.assign(log_distance_border_eta_paper=0.1)

    assert verdict("hk_fig4_label_norm", read) == "holds"


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        ("hk_jacobian_law", "distribution"),
        ("hk_jacobian_moments", "moment"),
        ("hk_jacobian_atoms", "share_at_top"),
        ("hk_jacobian_atoms", "share_at_zero"),
        ("hk_jacobian_edge", "maximum"),
        ("hk_jacobian_half", "share_below_half"),
    ],
)
def test_a_jacobian_that_is_off_by_a_fifth_refutes_its_law(name, quantity):
    read = scale_table("laptop")
    assert verdict(name, read) == "holds"
    where = f"quantity == {quantity!r}"
    assert verdict(name, changed_tables(read, "hayase_jacobian", where, "empirical_mean", 1.2)) == "fails"


def test_the_gap_between_training_and_test_accuracy_has_to_be_larger_on_cifar10():
    assert verdict("hk_fig4_gap", scale_table("paper")) == "holds"

    def exchanged(name):
        frame = scale_table("paper")(name)
        fashion = frame["dataset"] == "fashion_mnist"
        return frame.assign(dataset=["cifar10" if own else "fashion_mnist" for own in fashion])

    assert verdict("hk_fig4_gap", exchanged) == "fails"


def spectra(factor):
    """Eigenvalues of which a share of `factor` lies at the initial mean, the others at a tenth of it, at two rates."""
    edges = [(2.5 * k, 2.5 * (k + 1)) for k in range(50)]
    rows = [
        {"dataset": "digits", "L": 50, "eta": eta, "bin_low": low, "bin_high": high, "weight_above": 0.0}
        | {"weight": {2: 1.0 - factor, 20: factor}.get(position, 0.0), "weight_initial": float(position == 20)}
        | {"mean_initial": 51.0, "diverged": 0, "eta_paper": 0.04}
        for eta in (0.03, 0.08)
        for position, (low, high) in enumerate(edges)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("name", ["hk_fig5_shrink", "hk_fig5_stable"])
def test_eigenvalues_that_stay_above_the_line_turn_the_verdict_on_figure_5(name):
    assert verdict(name, lambda _: spectra(0.0)) == "holds"
    assert verdict(name, lambda _: spectra(0.05)) == "fails"


def test_eigenvalues_that_shrink_below_the_line_too_turn_the_verdict_on_the_contrast():
    assert verdict("hk_fig5_below", lambda _: spectra(0.2)) == "holds"
    assert verdict("hk_fig5_below", lambda _: spectra(0.05)) == "fails"


@pytest.mark.parametrize("name", ["hk_weight_at_minimum", "hk_bound_of_maximum", "hk_constant_moment"])
def test_what_holds_under_the_conditions_of_the_text_is_no_erratum(name):
    assert OWN[name].printed is None
    assert verdicts()[name] == "holds"
