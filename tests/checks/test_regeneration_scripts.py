"""`make check` and `make references`, called as the Makefile calls them."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from fisher_spectra.common.tables import write_table
from fisher_spectra.jobs.provenance import write_sidecar

ROOT = Path(__file__).resolve().parents[2]


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECK, UPDATE = load("check_regeneration"), load("update_references")


def claims(**verdicts):
    rows = [
        {"claim": name, "location": "Theorem 1", "verdict": verdict, "predicted": 1.0, "measured": 1.5}
        for name, verdict in verdicts.items()
    ]
    return pd.DataFrame(rows)


def made(frame, file):
    """Write a table of the run as a job does, with its sidecar."""
    write_table(frame, file)
    nothing = {"inputs": {}, "settings": {}, "code": {}, "device": "cpu", "seconds": 0.0}
    write_sidecar(file.with_suffix(".json"), outputs=[file], **nothing)


def change(folder, y=(1.0, 2.5, 3.0)):
    made(pd.DataFrame({"M": [1, 2, 3], "y": list(y)}), folder / "results" / "smoke" / "tables" / "t.csv")


@pytest.fixture
def folder(tmp_path):
    """A finished run of one table with two claims, and its references."""
    reason = "a good reason"
    keys = {"location": {"exact": True, "reason": reason}, "verdict": {"exact": True, "reason": reason}}
    keys |= {name: {"ignore": True, "reason": reason} for name in ("predicted", "measured")}
    tables = {
        "t": {"keys": ["M"], "columns": {"y": {"relative": 1e-6, "reason": reason}}},
        "claims": {"keys": ["claim"], "columns": keys},
    }
    references = tmp_path / "references"
    (references / "smoke").mkdir(parents=True)
    shutil.copy(ROOT / "references" / "tolerances.schema.yaml", references)
    (references / "tolerances.yaml").write_text(yaml.safe_dump({"reasons": {}, "tables": tables}))
    write_table(pd.DataFrame({"M": [1, 2, 3], "y": [1.0, 2.0, 3.0]}), references / "smoke" / "t.csv")
    write_table(claims(one="holds", two="erratum"), references / "smoke" / "claims.csv")
    change(tmp_path, (1.0, 2.0, 3.0))
    made(claims(one="holds", two="erratum"), tmp_path / "results" / "smoke" / "claims.csv")
    return tmp_path


@pytest.fixture
def call(folder, capsys):
    """Call a script on the folder; gives its exit status and what it printed."""

    def run(module, *arguments):
        where = ["--scale", "smoke", "--results", str(folder / "results"), "--references", str(folder / "references")]
        status = module.main([*where, *map(str, arguments)])
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return run


def test_a_run_as_committed_passes(call, folder):
    status, printed = call(CHECK)
    assert status == 0
    assert "All 2 tables are within tolerance" in printed
    assert "Claims: of 2, 1 hold, 1 are errata (corrected and proven), 0 fail." in printed
    assert "within tolerance" in (folder / "results" / "smoke" / "check.html").read_text()


def test_a_number_over_its_tolerance_fails_with_quantity_cell_reference_now_and_allowed(call, folder):
    change(folder)
    status, printed = call(CHECK)
    assert status == 1
    assert "t.y: 1 off" in printed
    assert "cell   reference  now  allowed" in printed
    assert "M = 2  2          2.5  +- 2e-06" in printed
    assert "M = 2" in (folder / "results" / "smoke" / "check.html").read_text()


def test_a_changed_verdict_fails(call, folder):
    made(claims(one="fails", two="erratum"), folder / "results" / "smoke" / "claims.csv")
    status, printed = call(CHECK)
    assert status == 1
    assert "one    holds      fails" in printed
    assert "fails: one (Theorem 1): predicted 1, measured 1.5" in printed


def test_verdicts_alone_are_compared_after_another_seed(call, folder):
    change(folder)
    assert call(CHECK, "--verdicts-only")[0] == 0
    made(claims(one="fails", two="erratum"), folder / "results" / "smoke" / "claims.csv")
    assert call(CHECK, "--verdicts-only")[0] == 1


def test_one_table_can_be_checked_alone(call, folder):
    made(claims(one="fails", two="erratum"), folder / "results" / "smoke" / "claims.csv")
    assert call(CHECK, "--only", "t") == (0, f"All 1 tables are within tolerance of {folder}/references/smoke.\n")
    change(folder)
    assert call(CHECK, "--only", "t")[0] == 1
    assert "table tt: not in" in call(CHECK, "--only", "tt")[1]


def test_a_table_that_was_not_made_fails(call, folder):
    (folder / "results" / "smoke" / "tables" / "t.csv").unlink()
    made(pd.DataFrame({"M": [1]}), folder / "results" / "smoke" / "tables" / "other.csv")
    status, printed = call(CHECK)
    assert status == 1
    assert "t: 1 off" in printed
    assert "other: 1 off" in printed


def test_tables_of_the_exact_mode_are_named_where_those_of_the_fast_are_missing(call, folder):
    (folder / "results" / "smoke").rename(folder / "results" / "smoke-exact")
    status, printed = call(CHECK)
    assert status == 1
    assert "smoke/tables: holds no table; `make figures SCALE=smoke` makes them; those in " in printed
    assert printed.endswith("results/smoke-exact/tables are of the exact mode\n")


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        ("references/smoke", "no references for this scale; `make references SCALE=smoke` makes them"),
        ("results/smoke/tables", "holds no table; `make figures SCALE=smoke` makes them"),
        ("references/tolerances.yaml", "no such file"),
    ],
)
def test_what_is_missing_is_said_in_one_line(call, folder, lost, message):
    target = folder / lost
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    if lost == "results/smoke/tables":
        (folder / "results" / "smoke" / "claims.csv").unlink()
    status, printed = call(CHECK)
    assert status == 1
    assert printed.startswith("error: ")
    assert printed.count("\n") == 1
    assert message in printed


@pytest.mark.parametrize("module", [CHECK, UPDATE], ids=["check", "references"])
@pytest.mark.parametrize("name", ["tables/t.csv", "claims.csv"])
def test_a_table_that_is_not_what_its_record_says_is_neither_compared_nor_taken(call, folder, module, name):
    file = folder / "results" / "smoke" / name
    before = (folder / "references" / "smoke" / file.name).read_bytes()
    file.write_bytes(file.read_bytes().replace(b"1", b"2"))
    for reason in ("not what its record says", f"its record {file.stem}.json is not there"):
        status, printed = call(module)
        assert status == 1
        assert printed == f"error: {file}: {reason}; `make figures SCALE=smoke` sets it aside and makes it again\n"
        file.with_suffix(".json").unlink(missing_ok=True)
    assert (folder / "references" / "smoke" / file.name).read_bytes() == before


def test_new_references_print_what_changes_and_then_pass(call, folder):
    change(folder, (1.0, 2.0 + 1e-9, 3.5))
    made(claims(one="fails", two="erratum"), folder / "results" / "smoke" / "claims.csv")
    status, printed = call(UPDATE)
    assert status == 0
    assert "t.y: 2 off" in printed  # every changed cell, within tolerance or not
    assert "M = 3  3          3.5" in printed
    assert "over its tolerance: t.y, 1 cells" in printed
    assert "verdict: one: holds -> fails" in printed
    assert "2 tables changed, 0 new, 0 gone, 0 the same" in printed
    assert call(CHECK)[0] == 0


def test_references_of_a_table_that_is_no_longer_made_are_removed(call, folder):
    write_table(pd.DataFrame({"M": [1]}), folder / "references" / "smoke" / "gone.csv")
    assert "1 gone" in call(UPDATE)[1]
    assert not (folder / "references" / "smoke" / "gone.csv").exists()


def test_a_table_without_tolerances_is_not_taken_as_a_reference(call, folder):
    made(pd.DataFrame({"M": [1]}), folder / "results" / "smoke" / "tables" / "new.csv")
    status, printed = call(UPDATE)
    assert status == 1
    assert printed == "error: table new: has no tolerances in references/tolerances.yaml\n"
    assert not (folder / "references" / "smoke" / "new.csv").exists()


@pytest.fixture
def partial(folder):
    """References that hold the rows M = 1 and 2 of one table, of a scale that is declared to be partial."""
    file = folder / "references" / "tolerances.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | {"partial": ["smoke"]}))
    (folder / "references" / "smoke" / "claims.csv").unlink()
    write_table(pd.DataFrame({"M": [1, 2], "y": [1.0, 2.0]}), folder / "references" / "smoke" / "t.csv")
    return folder


def test_of_a_partial_scale_what_both_have_is_compared_and_the_rest_is_counted(call, partial):
    status, printed = call(CHECK)
    assert status == 0, printed
    assert "holds a part of this scale; not compared: 2 tables and rows of one side only" in printed
    change(partial)
    status, printed = call(CHECK)
    assert status == 1
    assert "M = 2  2          2.5" in printed


def test_of_a_partial_scale_claims_that_only_one_side_decides_are_no_change_of_a_verdict(call, partial):
    references = partial / "references" / "smoke" / "claims.csv"
    write_table(claims(one="holds", three="fails"), references)
    status, printed = call(CHECK)
    assert status == 0, printed
    write_table(claims(one="fails"), references)
    status, printed = call(CHECK)
    assert status == 1
    assert "fails      holds" in printed


def test_of_a_partial_scale_a_run_may_be_another_part_but_not_one_without_any_common_table(call, partial):
    tables = partial / "results" / "smoke" / "tables"
    made(pd.DataFrame({"M": [1, 3], "y": [1.0, 3.0]}), tables / "t.csv")
    status, printed = call(CHECK)
    assert status == 0
    assert "not compared: 3 tables and rows" in printed
    (tables / "t.csv").unlink()
    made(pd.DataFrame({"M": [1, 3], "y": [1.0, 3.0]}), tables / "other.csv")
    status, printed = call(CHECK)
    assert status == 1
    assert "holds a part of this scale, and this run has no table of it" in printed


def test_without_that_declaration_a_row_without_a_reference_is_off(call, partial):
    file = partial / "references" / "tolerances.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | {"partial": []}))
    assert call(CHECK)[0] == 1


def test_a_run_of_another_part_removes_no_references_of_a_partial_scale(call, partial):
    write_table(pd.DataFrame({"M": [1]}), partial / "references" / "smoke" / "other_part.csv")
    assert "0 gone" in call(UPDATE)[1]
    assert (partial / "references" / "smoke" / "other_part.csv").exists()
