"""The ledger of Hayase and Karakida: complete, every known erratum in it, and verdicts that follow the numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from fisher_spectra.claims.evaluation import evaluate
from fisher_spectra.claims.ledger import decided_at, read_ledger
from fisher_spectra.tables import read_table

ROOT = Path(__file__).resolve().parent.parent
OWN = {claim.name: claim for claim in read_ledger(ROOT / "claims") if claim.paper.startswith("Hayase")}

# what is known to be misprinted, and the claims that refute it
ERRATA = {
    "(17): g sgn(x) outside the kinks": ["hk_hard_tanh"],
    "Figure 1, caption: s = 0.125": ["hk_fig1_caption"],
    "(18), preprint (12): the second atom at lambda_min": ["hk_second_atom", "hk_weight_at_minimum"],
    "S-transform example: alpha and 1 - alpha exchanged": ["hk_s_transform"],
    "(9): weight 1/L": ["hk_dual_weight"],
    "preprint, Proposition 4.3: + epsilon/2": ["hk_mean_expansion"],
    "preprint, Theorem 4.6: + epsilon/2": ["hk_maximum_expansion"],
    "(30): an equality without an atom": ["hk_bound_of_maximum"],
    "Assumption 4.1: constant q with the activation of the figures": ["hk_constant_moment"],
    "text below (7): the divergence without its half": ["hk_divergence_half"],
    "text above (4): normalisation for one output": ["hk_normalisation"],
    "preprint, Proposition 4.4: atoms at zero": ["hk_atom_at_zero"],
    "text below (34): overlaps of a layer's output": ["hk_overlaps"],
    "text below (35): M/N for N/M": ["hk_scale_of_theta"],
    "(38): a term without eta": ["hk_online_step"],
    "preprint, (C.5): the sum begins at 1": ["hk_sum_of_moments"],
}


def smoke_table(name):
    return read_table(ROOT / "references" / "smoke" / f"{name}.csv")


def verdicts(read=smoke_table):
    table, unmeasured = evaluate(decided_at(OWN.values(), "smoke"), read)
    assert unmeasured == []
    return dict(zip(table["claim"], table["verdict"], strict=True))


def changed(name, where, column, factor):
    """Reader of tables in which some cells of one are multiplied by a factor."""

    def read(table):
        frame = smoke_table(table)
        if table == name:
            rows = frame.eval(where)
            assert rows.any()
            frame.loc[rows, column] = frame.loc[rows, column].astype(float) * factor
        return frame

    return read


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


@pytest.mark.parametrize("misprint", ERRATA)
def test_every_known_erratum_is_in_the_ledger_with_both_statements_and_a_derivation(misprint):
    for name in ERRATA[misprint]:
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
