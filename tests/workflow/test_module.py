"""Another workflow uses this one as a module: with settings and a prefix of its own, and its own rules left alone."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from workflow_copies import PARSED_CODE, ROOT, compile_library, parsed_code, run

FIGURE = "karakida_corollary2"  # a figure of three jobs
USING = Path(__file__).with_name("using_module")
DATA = "own data.npz"


def snakemake(folder, *arguments, snakefile="Snakefile", **settings):
    """Run the workflow that uses the module, without the library on anybody's path."""
    config = {"snakefile": str(ROOT / snakefile), "spectra": {"scale": "smoke"} | settings}
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--scheduler", "greedy", *arguments]
    done = run([*command, "--config", *(f"{key}={json.dumps(value)}" for key, value in config.items())], folder)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path):
    compile_library()
    (tmp_path / PARSED_CODE).parent.mkdir()
    (tmp_path / PARSED_CODE).write_text(parsed_code())
    shutil.copy(USING / "Snakefile", tmp_path)
    return tmp_path


def test_a_figure_is_made_below_the_prefix_and_the_other_workflow_s_rule_runs_in_its_own_environment(folder):
    snakemake(folder, snakefile="workflow/Snakefile")
    results = folder / "spectra" / "results" / "smoke"
    table = pd.read_csv(results / "tables" / f"{FIGURE}.csv")
    assert_frame_equal(table, pd.read_csv(ROOT / "references" / "smoke" / f"{FIGURE}.csv"), rtol=1e-6)
    assert {file.suffix for file in (results / "figures").glob(f"{FIGURE}.*")} == {".png", ".pdf", ".json"}
    assert (folder / "summary.txt").read_text().split() == ["7", "unset", "unset"]
    outside = {file.name for file in (folder / "results").iterdir()}
    assert outside == {"code"}  # what the workflow writes when it is read, for all who use it in this folder


def test_jobs_find_a_data_set_below_the_prefix_and_a_file_of_the_reader_s_own_where_they_say(folder):
    np.savez(folder / DATA, x=np.ones((500, 4)), y=np.arange(500) % 2)
    figures = {"fig2_data": {"dataset": "digits"}, "figC2_data": {"dataset": DATA}}
    targets = ("fisher_karakida_fig2", "fisher_karakida_figC2")
    said = snakemake(folder, *targets, "--dry-run", "--printshellcmds", karakida=figures)
    assert set(re.findall(r"--data ('[^']*'|\S+)$", said, re.MULTILINE)) == {
        f"'{DATA}'",
        "spectra/results/data/digits.npz",
    }


def test_on_a_cluster_short_rules_stay_by_the_other_workflow_s_names_and_its_own_are_queued(folder):
    configuration = {"snakefile": str(ROOT / "Snakefile"), "spectra": {"scale": "smoke"}}
    answer = run([sys.executable, Path(__file__).with_name("describe_rules.py"), json.dumps(configuration)], folder)
    assert answer.returncode == 0, answer.stderr
    local = {rule["name"]: rule["is_local"] for rule in json.loads(answer.stdout)}
    short = ("fetch_dataset", "karakida_sample_few_networks", "karakida_corollary2_table")
    assert {local[f"fisher_{name}"] for name in short} == {True}
    assert local["fisher_karakida_sample_networks"] is local["summary"] is False
