"""docs/errata.md says what the ledger and the committed verdicts say."""

from __future__ import annotations

from pathlib import Path

import pytest
from write_errata import main

from fisher_spectra.claims.errata_document import errata_document, with_error
from fisher_spectra.claims.ledger import read_ledger
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import read_table

ROOT = Path(__file__).resolve().parents[2]
CLAIMS = read_ledger(ROOT / "claims")
VERDICTS = read_table(ROOT / "references" / "laptop" / "claims.csv")
OPTIONS = ["--ledger", str(ROOT / "claims"), "--references", str(ROOT / "references")]


def test_the_committed_document_is_current():
    assert main([*OPTIONS, "--output", str(ROOT / "docs" / "errata.md"), "--check"]) == 0


def test_a_document_that_is_not_current_is_refused_with_the_command_that_makes_it(tmp_path, capsys):
    file = tmp_path / "errata.md"
    assert main([*OPTIONS, "--output", str(file), "--check"]) == 1
    assert "not current; run scripts/tools/write_errata.py" in capsys.readouterr().err
    assert main([*OPTIONS, "--output", str(file)]) == 0
    assert main([*OPTIONS, "--output", str(file), "--check"]) == 0
    file.write_text(file.read_text() + "edited by hand\n")
    assert main([*OPTIONS, "--output", str(file), "--check"]) == 1


def test_every_erratum_is_there_with_both_statements_and_both_measurements():
    text = errata_document(CLAIMS, VERDICTS, "laptop")
    errata = [claim for claim in CLAIMS if claim.printed and "laptop" in claim.scales]
    assert text.count("\n| printed | ") == text.count("\n| corrected | ") == len(errata)
    for claim in errata:
        assert f"claim `{claim.name}`" in text


def test_an_erratum_that_another_scale_decides_is_not_listed():
    (claim,) = (claim for claim in CLAIMS if claim.printed and claim.scales == ("paper",))
    assert claim.name == "fig2_mnist_line"
    assert claim.printed.statement not in errata_document(CLAIMS, VERDICTS, "laptop")


def test_no_deviation_is_none_even_where_nothing_is_tolerated():
    exact = VERDICTS.assign(deviation=0.0, tolerance=0.0)
    rows = [line for line in errata_document(CLAIMS, exact, "laptop").splitlines() if line.startswith("| corrected |")]
    assert rows
    assert all(line.endswith("| 0 |") for line in rows)


def test_theorem_5_is_derived():
    text = errata_document(CLAIMS, VERDICTS, "laptop")
    section = text.partition("### Theorem 5, (20) and (A.50)")[2].partition("\n### ")[0]
    assert r"S^{l+1} = \sigma_w^2 \, E \left( \phi(u) + \phi'(u) T \right)^2" in section
    assert "cross" in section or "between layers" in section


def test_an_erratum_whose_printed_statement_could_not_be_refuted_is_not_written_down():
    for verdict in ("holds", "fails"):
        changed = VERDICTS.assign(
            verdict=[
                verdict if name == "theorem5_value" else v
                for name, v in zip(VERDICTS["claim"], VERDICTS["verdict"], strict=True)
            ]
        )
        with pytest.raises(
            UserError, match=f"claim theorem5_value: declared an erratum, but has the verdict '{verdict}'"
        ):
            errata_document(CLAIMS, changed, "laptop")
    with pytest.raises(UserError, match="claim theorem5_value: declared an erratum, but is not in the table"):
        errata_document(CLAIMS, VERDICTS[VERDICTS["claim"] != "theorem5_value"], "laptop")


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (3.98056, 0.01905, "3.981 +- 0.019"),
        (118.62, 3.57, "118.6 +- 3.6"),
        (52345.6, 1234.0, "52346 +- 1234"),
        (3.0, 0.0, "3"),
        (0.31, float("nan"), "0.31"),
    ],
)
def test_a_value_is_rounded_to_two_digits_of_its_error(value, error, text):
    assert with_error(value, error) == text
