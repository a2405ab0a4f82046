"""Mutation testing: its lists name what is there, and its report counts what no test notices."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from mutation_testing import report

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]


def test_its_modules_and_the_tests_that_it_runs_and_leaves_out_are_there():
    named = SETTINGS["only_mutate"] + SETTINGS["pytest_add_cli_args_test_selection"]
    for option in SETTINGS["pytest_add_cli_args"]:
        file, _, test = option.partition("=")[2].partition("::")
        named.append(file)
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8") if test else option.startswith("--ignore=")
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert len(SETTINGS["only_mutate"]) >= 11


@pytest.fixture
def mutants(tmp_path, monkeypatch):
    """What mutmut keeps of six mutants of two modules."""
    monkeypatch.chdir(tmp_path)
    for name, statuses in {
        "a": {"x_f__mutmut_1": 1, "x_f__mutmut_2": 0, "x_f__mutmut_3": None},
        "b": {"x_g__mutmut_1": 33, "x_g__mutmut_2": -24},
    }.items():
        file = Path("mutants", "src", "package", f"{name}.py.meta")
        file.parent.mkdir(parents=True, exist_ok=True)
        keys = {f"package.{name}.{mutant}": status for mutant, status in statuses.items()}
        file.write_text(json.dumps({"exit_code_by_key": keys}))


@pytest.mark.usefixtures("mutants")
def test_the_report_has_the_share_of_each_module_and_names_what_was_not_noticed():
    assert report([]).splitlines() == [
        "package/a.py     1 of     2 noticed,  50.0%",
        "package/b.py     0 of     2 noticed,   0.0%",
        "together         1 of     4 noticed,  25.0%",
        "",
        "Not noticed; `.venv/mutants/bin/mutmut show NAME` prints each:",
        "  package.a.x_f__mutmut_2",
        "  package.b.x_g__mutmut_1 (no test runs it)",
        "  package.b.x_g__mutmut_2 (took too long: look whether it loops)",
    ]


@pytest.mark.usefixtures("mutants")
def test_the_report_is_of_the_mutants_that_were_asked_for():
    assert "together         1 of     1 noticed, 100.0%" in report(["package.a.*_1"])
    assert report(["package.c.*"]) == "no mutant was run"
