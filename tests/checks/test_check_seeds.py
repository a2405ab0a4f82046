"""`make check-seeds`: which verdicts other root seeds turn, and how it ends."""

from __future__ import annotations

import importlib.util
import json
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

    def snakemake(command, *, cwd, check):
        commands.append(command)
        (table := cwd / command[-1]).parent.mkdir(parents=True)
        REFERENCE.to_csv(table, index=False)
        return SEEDS.subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(SEEDS.subprocess, "run", snakemake)
    for settings, name in (({"scale": "smoke"}, "smoke"), ({"scale": "smoke", "exact": True}, "smoke-exact")):
        found = SEEDS.run_of_seed(3, settings, "2", tmp_path)
        assert found["claim"].tolist() == ["one", "two", "three"]
        *_, separator, table = commands[-1]
        assert (separator, table) == ("--", f"results/{name}/claims.csv")
        given = commands[-1][commands[-1].index("--config") + 1 : -2]
        assert given == [f"{key}={json.dumps(value)}" for key, value in {**settings, "root_seed": 3}.items()]


def test_a_scale_that_is_none_is_refused_in_one_line(capsys):
    assert SEEDS.main(["--scale", "huge"]) == 1
    assert capsys.readouterr().err == "error: SCALE = 'huge': must be one of smoke, laptop, paper\n"


def test_a_run_that_fails_is_said_in_one_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(SEEDS, "ROOT", tmp_path)
    (tmp_path / "references" / "smoke").mkdir(parents=True)
    REFERENCE.to_csv(tmp_path / "references" / "smoke" / "claims.csv", index=False)
    monkeypatch.setattr(SEEDS.subprocess, "run", lambda *_, **__: SEEDS.subprocess.CompletedProcess([], 1))
    assert SEEDS.main(["--scale", "smoke", "--seeds", "7"]) == 1
    assert capsys.readouterr().err == "error: the run with root seed 7 failed (see above); a second call carries on\n"
