"""docs/errata.md says what the ledger and the committed verdicts say."""

from __future__ import annotations

from pathlib import Path

import pytest
from committed_claims import committed_claims
from write_errata import main

from fisher_spectra.claims.consequences import MEANINGS, count_errata
from fisher_spectra.claims.errata_document import errata_document, with_error
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import read_table

ROOT = Path(__file__).resolve().parents[2]
CLAIMS = committed_claims()
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


def test_errata_are_sorted_by_consequence_and_one_sentence_has_one_number():
    text = errata_document(CLAIMS, VERDICTS, "laptop")
    errata = {claim.name: claim for claim in CLAIMS if claim.printed and "laptop" in claim.scales}
    for paper in {claim.paper for claim in errata.values()}:
        section = text.partition(f"\n## {paper}\n")[2].partition("\n## ")[0]
        rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith(tuple("| 123456789"))]
        rows = [row for row in rows if row[0].isdigit()]
        ranks = [list(MEANINGS).index(row[1]) for row in rows]
        assert ranks == sorted(ranks)
        own = [claim for claim in errata.values() if claim.paper == paper]
        assert len(rows) == len(own)
        assert len({row[0] for row in rows}) == len({claim.erratum for claim in own}) == section.count("\n### ")
        counts = count_errata((claim.erratum, claim.consequence) for claim in own)
        column = [cell.strip() for cell in _summary(text)[0]].index(paper)
        assert [int(row[column]) for row in _summary(text)[2:]] == list(counts.values())


def _summary(text):
    """Rows of the table of consequences, cells by columns."""
    lines = text.partition("| consequence | ")[1:]
    return [line.strip("|").split("|") for line in "".join(lines).partition("\n\n")[0].splitlines()]


def test_a_single_sign_that_is_wrong_is_to_be_looked_at_on_the_printed_page():
    text = errata_document(CLAIMS, VERDICTS, "laptop")
    doubtful = [claim for claim in CLAIMS if claim.printed and claim.printed.glyph]
    assert len(doubtful) >= 5
    assert text.count("\nTo be looked at on the printed page: ") == len(doubtful)


def test_what_a_paper_leaves_out_is_no_erratum_and_stands_at_the_end_with_its_measurement():
    main_part, _, left_out = errata_document(CLAIMS, VERDICTS, "laptop").partition("\n## Left out by the papers\n")
    assert "claim `pw_slope_z2`" in left_out
    assert "claim `pw_slope_z2`" not in main_part
    assert left_out.count("\n| claim | ") == 1


def test_an_erratum_that_another_scale_decides_is_not_listed():
    claims = [claim for claim in CLAIMS if claim.printed and claim.scales == ("paper",)]
    assert [claim.name for claim in claims] == ["fig2_mnist_line", "figC2_cifar10_line"]
    text = errata_document(CLAIMS, VERDICTS, "laptop")
    assert not any(claim.printed.statement in text for claim in claims)


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
