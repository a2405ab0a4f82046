"""The bytes of the exact mode's tables against those committed, and where the first table parts from them."""

from __future__ import annotations

import gzip

import check_exact
import pytest

from fisher_spectra.checks.exact_check import exact_text, partings, read_cells, read_hashes, records, units_apart
from fisher_spectra.common.errors import UserError

FAST = "network,width,mean\na,10,1.00000000001\nb,20,2.5\n"
EXACT = "network,width,mean\na,10,1.00000000002\nb,20,2.5\n"


@pytest.fixture
def kept(tmp_path):
    """References of a table with tolerances, what is kept of the exact one, and the exact one."""
    files = {name: tmp_path / name / "some.csv" for name in ("fast", "exact")}
    for file, text in zip(files.values(), (FAST, EXACT), strict=True):
        file.parent.mkdir()
        file.write_text(text)
    names = [tmp_path / "smoke.sha256", tmp_path / "smoke.cells.csv.gz"]
    for file, content in zip(names, records({"some": files["exact"]}, {"some": files["fast"]}), strict=True):
        file.write_bytes(content)
    return {"some": files["fast"]}, {"some": files["exact"]}, read_hashes(names[0]), read_cells(names[1])


def now(tmp_path, text):
    file = tmp_path / "now.csv"
    file.write_text(text)
    return {"some": file}


def test_the_same_bytes_are_no_difference(kept):
    references, exact, hashes, cells = kept
    assert partings(exact, hashes, references, cells) == []


def test_the_reference_with_its_few_cells_of_the_exact_mode_is_the_exact_table(kept):
    references, exact, _, cells = kept
    assert cells == {"some": {(1, "mean"): "1.00000000002"}}
    assert exact_text(references["some"], cells["some"]) == exact["some"].read_text()


def test_the_first_row_and_column_that_differ_are_named_with_the_units_of_the_last_digit(kept, tmp_path):
    references, _, hashes, cells = kept
    (found,) = partings(now(tmp_path, EXACT.replace("2.5", "2.50000000003")), hashes, references, cells)
    assert str(found) == (
        "some: row 2 (b, 20, 2.5 ...), mean: 2.50000000003, committed 2.5, 3 units of the last of 12 digits"
    )


def test_the_table_of_the_other_mode_differs_where_the_modes_do(kept):
    references, _, hashes, cells = kept
    (found,) = partings(references, hashes, references, cells)
    assert (found.reference, found.now, found.cells) == ("1.00000000002", "1.00000000001", 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (EXACT.replace("mean", "median"), "has other columns"),
        (EXACT + "c,30,3\n", "has 3 rows, committed 2"),
    ],
)
def test_other_columns_and_rows_are_named_as_such(kept, tmp_path, text, said):
    references, _, hashes, cells = kept
    (found,) = partings(now(tmp_path, text), hashes, references, cells)
    assert said in str(found)


def test_without_the_numbers_the_digests_are_named_and_nothing_is_guessed(kept, tmp_path):
    references, _, hashes, _ = kept
    (found,) = partings(now(tmp_path, FAST), hashes, references, {})
    assert str(found).startswith("some: has other bytes (")


def test_missing_and_new_tables_are_named(kept):
    _, exact, hashes, _ = kept
    assert [str(one) for one in partings({"other": exact["some"]}, hashes, {}, {})] == [
        "other: is new: no bytes of it are kept",
        "some: is missing",
    ]


@pytest.mark.parametrize(
    ("reference", "found", "units"),
    [
        ("1", "1.00000000003", 3),
        ("-0.001", "0.001", 2e11),
        ("0", "0.0", 0),
        ("inf", "1", None),
        ("holds", "fails", None),
    ],
)
def test_units_are_those_of_the_twelfth_digit_of_the_larger_number(reference, found, units):
    assert units_apart(reference, found) == units


def test_the_digests_are_what_sha256sum_reads_and_other_lines_are_refused(kept, tmp_path):
    text = (tmp_path / "smoke.sha256").read_text()
    assert [len(part) for part in text.split()] == [64, len("some.csv")]
    (tmp_path / "smoke.sha256").write_text(text + "nonsense\n")
    with pytest.raises(UserError, match=r"line 2: must be a SHA-256"):
        read_hashes(tmp_path / "smoke.sha256")
    with pytest.raises(UserError, match=r"those there are: smoke"):
        read_hashes(tmp_path / "paper.sha256")


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"a,b\n1,2\n", mtime=0), gzip.compress(b"table,line\n", mtime=0)[:9]]
)
def test_a_file_of_cells_that_is_none_is_refused_in_one_line(tmp_path, content):
    file = tmp_path / "smoke.cells.csv.gz"
    file.write_bytes(content)
    with pytest.raises(UserError, match="not the cells of tables"):
        read_cells(file)


def test_a_scale_that_was_not_run_is_told_from_one_that_differs(tmp_path, capsys):
    assert check_exact.main(["--scale", "smoke", "--results", str(tmp_path)]) == 1
    assert "make figures SCALE=smoke EXACT=1" in capsys.readouterr().err
