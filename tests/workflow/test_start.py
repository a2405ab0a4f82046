"""`scripts/start.py` starts a script as Python does, and lets nothing be searched for garbage that is just imported."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest
from workflow_copies import ROOT, environment

START = ["scripts/start.py"]
SEEN = """
import json, sys
print(json.dumps([sys.argv, sys.path, __name__, __file__, sys.modules["__main__"].__name__]))
sys.exit(3)
"""
JOB = """
import gc
import pandas as pd
from fisher_spectra.jobs.run_job import run_job

imported = gc.isenabled()

def looked_at() -> pd.DataFrame:
    return pd.DataFrame({"imported": [imported], "job": [gc.isenabled()], "left_alone": [gc.get_freeze_count()]})

run_job(looked_at)
"""


def run(*arguments):
    command = [sys.executable, *map(str, arguments)]
    variables = environment(PYTHONPATH=str(ROOT / "src"))
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)


def test_a_script_sees_what_it_sees_when_python_starts_it(tmp_path):
    script = tmp_path / "seen.py"
    script.write_text(SEEN)
    plain, started = (run(*start, script, "--one", "two words") for start in ([], START))
    assert plain.returncode == started.returncode == 3
    assert str(script) in plain.stdout
    assert started.stdout == plain.stdout


def test_the_fault_of_a_script_ends_it_with_its_own_words(tmp_path):
    script = tmp_path / "fault.py"
    script.write_text("raise RuntimeError('no such spectrum')")
    answer = run(*START, script)
    assert answer.returncode == 1
    assert answer.stderr.endswith("RuntimeError: no such spectrum\n")


@pytest.mark.parametrize(("start", "while_importing"), [([], True), (START, False)])
def test_garbage_is_looked_for_from_when_the_job_begins_and_not_among_what_it_imported(
    tmp_path, start, while_importing
):
    script, output = tmp_path / "job.py", tmp_path / "looked_at.csv"
    script.write_text(JOB)
    answer = run(*start, script, "--output", output, "--settings", "{}")
    assert answer.returncode == 0, answer.stderr
    seen = pd.read_csv(output).iloc[0]
    assert (bool(seen["imported"]), bool(seen["job"])) == (while_importing, True)
    assert (seen["left_alone"] > 100_000) is not while_importing
