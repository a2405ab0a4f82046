"""The ledger: closed, complete, and in agreement with the committed tables."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import pytest
import yaml
from committed_claims import committed_claims

from fisher_spectra.checks.regeneration import read_tolerances
from fisher_spectra.claims.expressions import columns_of
from fisher_spectra.claims.ledger import decided_at, read_ledger, tables_of
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.strict_yaml import read_yaml
from fisher_spectra.common.tables import read_table
from fisher_spectra.workflow.configuration import SCALES

ROOT = Path(__file__).resolve().parents[2]
CLAIMS = committed_claims()
GOOD = {
    "paper": "A paper",
    "claims": {
        "one": {
            "location": "Theorem 1",
            "statement": "y is x",
            "table": "a_table",
            "measure": {"kind": "limit", "by": ["name"], "measured": "y", "against": "1 / M"},
            "predicted": "x",
            "tolerance": {"relative": 0.1, "reason": "a good reason"},
            "scales": ["laptop"],
        }
    },
}


@pytest.fixture
def ledger(tmp_path):
    """Write a ledger with changes at dotted places (None removes), and read it."""
    shutil.copy(ROOT / "claims" / "ledger.schema.yaml", tmp_path)

    def write(changes=None, files=("a.yaml",)):
        content = copy.deepcopy(GOOD)
        for place, value in (changes or {}).items():
            *path, last = place.split(".")
            target = content
            for part in path:
                target = target[part]
            if value is None:
                del target[last]
            else:
                target[last] = value
        for name in files:
            (tmp_path / name).write_text(yaml.safe_dump(content))
        return read_ledger(tmp_path)

    return write


def test_a_good_ledger_is_read(ledger):
    (claim,) = ledger()
    assert (claim.name, claim.paper, claim.compare, claim.printed) == ("one", "A paper", "equal", None)
    assert claim.measure.by == ("name",)
    assert claim.tolerance.relative == 0.1


MEASURE = "claims.one.measure"
REFUSED = [
    ({"claims.one.toleranze": {}}, "claims.one.toleranze: unknown key; did you mean 'tolerance'?"),
    ({"claims.one.tolerance.relativ": 1}, "claims.one.tolerance.relativ: unknown key; did you mean 'relative'?"),
    ({f"{MEASURE}.agianst": "M"}, f"{MEASURE}.agianst: unknown key; did you mean 'against'?"),
    ({f"{MEASURE}.kind": "median"}, f"{MEASURE}.kind = 'median': must be one of cells, mean, share"),
    ({f"{MEASURE}.against": None}, f"{MEASURE}.against: missing; the measure 'limit' needs it"),
    ({f"{MEASURE}.trials": "n"}, f"{MEASURE}.trials: the measure 'limit' has no such option; it has against"),
    ({f"{MEASURE}.measured": "y +"}, f"{MEASURE}.measured: 'y +': not an expression"),
    ({f"{MEASURE}.where": "open('x')"}, f"{MEASURE}.where: \"open('x')\": no function 'open'"),
    ({"claims.one.predicted": "x.y"}, "claims.one.predicted: 'x.y': Attribute has no place"),
    ({"claims.one.statement": None}, "claims.one.statement: missing"),
    ({"claims.one.scales": ["desktop"]}, "claims.one.scales[0] = 'desktop': must be one of smoke, laptop, paper"),
    ({"claims.one.tolerance.relative": -1}, "claims.one.tolerance.relative = -1: must be at least 0"),
    ({"claims.one.tolerance.reason": None}, "claims.one.tolerance.reason: missing"),
    (
        {"claims.one.printed": {"statement": "y is z", "consequence": "number", "glyph": "a sign that is wrong"}},
        "claims.one.printed: must differ from the claim in predicted",
    ),
    ({"claims.one.printed": {"statement": "y is z", "predicted": 2}}, "claims.one.printed.consequence: missing"),
    (
        {"claims.one.printed": {"statement": "y is z", "predicted": 2, "consequence": "style"}},
        "claims.one.printed.consequence = 'style': must be one of conclusion, number, notation",
    ),
    ({"claims.One": {}}, "claims.One: the name must be letters, digits and underscores, a small letter first"),
    ({"claims.one.compare": "about"}, "claims.one.compare = 'about': must be one of equal, at_most, at_least"),
    ({"claims.one.beside": {"table": "b", "columns": ["y"]}}, "claims.one.beside.by: missing"),
    (
        {"claims.one.beside": {"table": "b", "by": ["M"], "columns": ["y"], "where": "M >"}},
        "claims.one.beside.where: 'M >': not an expression",
    ),
    (
        {MEASURE: {"kind": "cells", "by": [], "measured": "y"}, "claims.one.tolerance": {"reason": "a good reason"}},
        "claims.one.tolerance: the measure 'cells' needs relative or absolute",
    ),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_a_fault_is_refused_in_one_line_that_names_file_and_key(ledger, changes, message):
    with pytest.raises(UserError) as refused:
        ledger(changes)
    assert "\n" not in str(refused.value)
    assert f"a.yaml: {message}" in str(refused.value)


def test_claims_that_refute_one_sentence_say_the_same_of_what_it_changes(ledger):
    def printed(consequence):
        return {"statement": "y is z", "predicted": 2, "consequence": consequence, "erratum": "both"}

    first = GOOD["claims"]["one"] | {"printed": printed("number")}
    one, two = ledger({"claims.one": first, "claims.two": first})
    assert (one.erratum, two.erratum) == ("both", "both")
    with pytest.raises(
        UserError, match=r"claims\.two\.printed\.erratum: 'both' is an erratum of another paper or cons"
    ):
        ledger({"claims.one": first, "claims.two": first | {"printed": printed("notation")}})


def test_a_claim_without_a_printed_statement_is_no_erratum_and_one_alone_is_named_after_its_claim(ledger):
    (plain,) = ledger()
    assert (plain.erratum, plain.consequence) == ("", "")
    printed = {"statement": "y is z", "predicted": 2, "consequence": "number"}
    (refuting,) = ledger({"claims.one.printed": printed})
    assert (refuting.erratum, refuting.consequence) == ("one", "number")


def test_slips_of_notation_are_told_from_what_changes_a_conclusion():
    of = {claim.name: claim.consequence for claim in CLAIMS if claim.printed}
    notation = "pw_linear_symmetry pw_rank pw_linear_traces hk_sum_of_moments output_normalisation hk_normalisation"
    assert {of[name] for name in notation.split()} == {"notation"}
    assert {of[name] for name in ("theorem5_bound", "pw_edge_lower", "pw_peaks", "fig2_mnist_line")} == {"conclusion"}


def test_the_sentence_about_the_smallest_eigenvalue_is_one_erratum_and_an_omission_is_none():
    edges = [claim.name for claim in CLAIMS if claim.erratum == "pw_edges"]
    assert edges == ["pw_edge_lower", "pw_edge_upper", "pw_edge_outliers"]
    assert [claim.name for claim in CLAIMS if claim.omission] == ["pw_slope_z2"]
    assert not any(claim.printed for claim in CLAIMS if claim.omission)


def test_a_claim_of_the_same_name_in_two_files_is_refused(ledger):
    with pytest.raises(UserError, match=r"b\.yaml: claims\.one: there is a claim of this name in another file"):
        ledger(files=("a.yaml", "b.yaml"))


def test_a_folder_without_claims_is_refused(tmp_path):
    shutil.copy(ROOT / "claims" / "ledger.schema.yaml", tmp_path)
    with pytest.raises(UserError, match="holds no file of claims"):
        read_ledger(tmp_path)


def test_claims_of_a_scale_are_those_that_name_it():
    assert {claim.name for claim in decided_at(CLAIMS, "smoke")} < {
        claim.name for claim in decided_at(CLAIMS, "laptop")
    }
    assert all("smoke" in claim.scales for claim in decided_at(CLAIMS, "smoke"))


def test_karakida_has_forty_claims_fourteen_of_them_errata():
    own = [claim for claim in CLAIMS if claim.paper.startswith("Karakida")]
    assert len(own) >= 40
    assert sum(claim.printed is not None for claim in own) >= 14


def test_every_theorem_lemma_corollary_and_figure_of_karakida_is_claimed():
    places = " ".join(claim.location for claim in CLAIMS if claim.paper.startswith("Karakida"))
    for place in (
        *("Theorem 1", "Corollary 2", "Theorem 3", "Theorem 4", "Theorem 5", "Lemma 6", "Theorem 7"),
        *("Figure 1", "Figure 2", "Figure C.1", "Figure C.2", "(17)", "(18)", "(3)", "(B.10)", "(B.12)"),
    ):
        assert place in places, place


@pytest.mark.parametrize("scale", SCALES)
def test_every_scale_decides_some_claims(scale):
    assert len(decided_at(CLAIMS, scale)) >= 10


def test_every_erratum_has_a_derivation():
    assert [claim.name for claim in CLAIMS if claim.printed and not claim.derivation] == []


def test_every_table_that_claims_read_has_tolerances_and_the_columns_that_they_read():
    tolerances = read_tolerances(ROOT / "references")

    def columns_in(table):
        rules = tolerances.of(table, list(read_table(ROOT / "references/laptop" / f"{table}.csv").columns))
        return {*rules.keys, *(rules.sorted_within or ()), *rules.columns}

    for claim in CLAIMS:
        columns = columns_in(claim.table)
        if claim.beside:
            where = columns_of(claim.beside.where) if claim.beside.where else set()
            assert {*claim.beside.by, *claim.beside.columns, *where} <= columns_in(claim.beside.table), claim.name
            columns |= {f"{name}_beside" for name in claim.beside.columns}
        how, printed = claim.measure, claim.printed
        expressions = [claim.predicted, how.measured, how.where, how.against, how.standard_error]
        expressions += [how.degrees_of_freedom, how.half_width, how.trials]
        expressions += [printed.predicted, printed.measured, printed.where] if printed else []
        read = {name for text in expressions if text is not None for name in columns_of(text)}
        assert read | {*how.by, *how.distinct} <= columns, claim.name


def test_tables_are_named_once_and_sorted():
    names = tables_of(CLAIMS)
    assert names == sorted(set(names))
    assert "karakida_errata" in names


def test_reasons_of_the_ledger_say_something():
    for file in sorted((ROOT / "claims").glob("*.yaml")):
        for name, claim in read_yaml(file).get("claims", {}).items():
            assert len(claim["tolerance"]["reason"].split()) >= 4, f"{file.name}: {name}"
