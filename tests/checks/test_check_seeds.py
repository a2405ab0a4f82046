"""`make check-seeds`: which verdicts other root seeds turn, and how it ends."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("check_seeds", ROOT / "scripts" / "tools" / "check_seeds.py")
SEEDS = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(SEEDS)


def claims(**verdicts):
    rows = [
        {
            "claim": name,
            "verdict": verdict,
            "predicted": 1.0,
            "measured": 1.5,
            "deviation": 0.5,
            "tolerance": 1.0,
            "cell": "",
        }
        for name, verdict in verdicts.items()
    ]
    return pd.DataFrame(rows)


REFERENCE = claims(one="holds", two="erratum", three="holds")


def test_seeds_that_give_the_verdicts_of_the_reference_turn_nothing():
    assert SEEDS.turned({1: REFERENCE, 2: REFERENCE.iloc[::-1]}, REFERENCE).empty


def test_a_verdict_that_turns_or_is_missing_or_new_is_named_with_its_seed():
    found = SEEDS.turned({1: REFERENCE, 5: claims(one="fails", two="erratum", four="holds")}, REFERENCE)
    rows = found[["seed", "claim", "reference", "verdict"]].to_numpy().tolist()
    assert rows == [
        [5, "four", "none", "holds"],
        [5, "one", "holds", "fails"],
        [5, "three", "holds", "none"],
    ]
    assert found.set_index("claim")["measured"].isna().to_dict() == {"four": False, "one": False, "three": True}


@pytest.mark.parametrize(("turned", "status"), [({}, 0), ({"one": "fails"}, 1)])
def test_the_exit_status_says_whether_a_verdict_turned(monkeypatch, capsys, turned, status):
    verdicts = {"one": "holds", "two": "erratum", "three": "holds"}
    monkeypatch.setattr(SEEDS, "read_table", lambda *_: REFERENCE)
    monkeypatch.setattr(SEEDS, "run_of_seed", lambda *_: claims(**verdicts | turned))
    assert SEEDS.main(["--seeds", "1", "2"]) == status
    said = capsys.readouterr().out
    assert "root seed 2: 3 claims" in said
    assert ("With 2 other seeds every verdict is that of references/laptop." in said) == (status == 0)


def test_each_seed_runs_in_a_folder_of_its_own_in_the_mode_that_is_asked_for(monkeypatch, tmp_path):
    commands = []

    def run(command, *, cwd, check):
        commands.append(command)
        (table := cwd / command[2]).parent.mkdir(parents=True)
        REFERENCE.to_csv(table, index=False)
        return SEEDS.subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(SEEDS.subprocess, "run", run)
    for exact, name in ((False, "smoke"), (True, "smoke-exact")):
        folder = tmp_path / name
        assert SEEDS.run_of_seed(3, "smoke", exact, "2", folder)["claim"].tolist() == ["one", "two", "three"]
        # the entry point of all runs, which carries on where one was killed; a bare Snakemake stops at its lock
        _, entry, table, *options = commands[-1]
        assert (entry, table) == (str(ROOT / "scripts/tools/run_workflow.py"), f"results/{name}/claims.csv")
        mode = ["--exact"] if exact else []
        assert options == ["--scale", "smoke", *mode, "--cores", "2", "--config", "root_seed=3"]


def test_a_killed_seed_is_carried_on_with(tmp_path):
    folder = tmp_path / "3"
    (locks := folder / ".snakemake" / "locks").mkdir(parents=True)
    (locks / "0.output.lock").write_text(str(folder / "results/smoke/claims.csv"))
    command = [sys.executable, ROOT / "scripts/tools/run_workflow.py", "results/smoke/tables/pennington_slopes.csv"]
    command += ["--scale", "smoke", "--cores", "1", "--config", "root_seed=3"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "The last run was cut off; carrying on" in done.stderr
    assert (folder / command[2]).is_file()
