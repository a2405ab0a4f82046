"""Tables computed elsewhere are adopted if this tree would compute them, and refused with the reason otherwise."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys

import pytest
from workflow_copies import Plan, Workflow, copy_repository, run

TABLES = ("karakida_corollary2", "karakida_theorem5")
PART = "cells/karakida_corollary2/tanh/networks_0-4"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Results of two tables that were computed in another copy of the repository."""
    workflow = Workflow(tmp_path_factory.mktemp("elsewhere") / "repository")
    copy_repository(workflow.folder)
    done = workflow.snakemake(*(f"results/smoke/tables/{name}.csv" for name in TABLES), cores=2)
    assert done.returncode == 0, done.stderr
    yield workflow.folder / "results" / "smoke"
    shutil.rmtree(workflow.folder)


@pytest.fixture
def source(elsewhere, tmp_path):
    return shutil.copytree(elsewhere, tmp_path / "copied")


@pytest.fixture
def here(tmp_path):
    workflow = Workflow(tmp_path / "here")
    copy_repository(workflow.folder)
    yield workflow
    shutil.rmtree(workflow.folder)


def adopt(workflow, source, *options):
    command = [sys.executable, "scripts/adopt.py", source, "--scale", "smoke", "--audit", "0", *options]
    return run(command, workflow.folder, PYTHONPATH=str(workflow.folder / "src"))


def reasons(answer):
    """Why each table was refused, but for those that were never there."""
    lines = [line.split(": ", 2)[1:] for line in answer.stderr.splitlines() if line.startswith("refused: ")]
    return {name: reason for name, reason in lines if name in TABLES}


def test_tables_of_the_same_tree_are_adopted_and_only_figures_are_left_to_draw(here, source):
    answer = adopt(here, source, "--audit", "2")
    assert answer.returncode == 0, answer.stderr
    assert "adopted 2 tables with 6 parts" in answer.stdout
    assert answer.stderr.count("audit: computing") == 2
    for name in TABLES:
        file = f"tables/{name}.csv"
        assert (here.folder / "results/smoke" / file).read_bytes() == (source / file).read_bytes()
    plan = here.plan(*TABLES)
    assert isinstance(plan, Plan)
    assert plan.jobs.keys() - set(TABLES) == {f"{name}_figure" for name in TABLES}


def test_a_table_that_was_edited_is_refused(here, source):
    file = source / f"{PART}.csv"
    file.write_text(file.read_text().replace("tanh", "Tanh"))
    answer = adopt(here, source)
    assert reasons(answer) == {TABLES[0]: f"results/smoke/{PART}.csv is not the file that its sidecar records"}
    assert "adopted 1 tables" in answer.stdout
    assert not (here.folder / "results/smoke/cells/karakida_corollary2").exists()


def test_a_table_of_other_code_is_refused(here, source):
    with here.edited("src/fisher_spectra/dual_fisher.py"):
        answer = adopt(here, source)
    assert reasons(answer).keys() == {TABLES[0]}  # Theorem 5 is computed without the dual matrix
    assert reasons(answer)[TABLES[0]].startswith(
        "src/fisher_spectra/dual_fisher.py is not what made results/smoke/cells/"
    )


def test_a_table_of_another_environment_is_refused(here, source):
    with here.edited("envs/requirements.txt"):
        answer = adopt(here, source)
    assert answer.returncode == 1
    assert all("another environment than envs/requirements.txt" in reason for reason in reasons(answer).values())
    assert answer.stderr.splitlines()[-1] == "error: nothing was adopted"


def test_a_table_of_other_settings_is_refused(here, source):
    with here.edited("config.yaml", "root_seed: 20190416", "root_seed: 7"):
        answer = adopt(here, source)
    assert answer.returncode == 1
    assert all("other settings than the configuration's" in reason for reason in reasons(answer).values())
    assert not (here.folder / "results/smoke/tables").exists()


def test_a_part_that_is_missing_is_named(here, source):
    (source / f"{PART}.csv").unlink()
    assert reasons(adopt(here, source)) == {TABLES[0]: f"results/smoke/{PART}.csv is not in {source}"}


def test_forged_numbers_are_found_by_the_audit(here, source):
    for file in (source / "cells").rglob("*.csv"):
        head, first, *rest = file.read_text().splitlines()
        values = first.split(",")
        values[-1] = f"{float(values[-1]) * 1.001 + 1:.12g}"
        file.write_text("\n".join([head, ",".join(values), *rest]) + "\n")
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        for sidecar in [*(source / "cells").rglob("*.json"), *(source / "tables").glob("*.json")]:
            record = json.loads(sidecar.read_text())
            for kind in ("outputs", "inputs"):
                record[kind] = {
                    name: digest if name.endswith(str(file.relative_to(source))) else old
                    for name, old in record[kind].items()
                }
            sidecar.write_text(json.dumps(record))
    answer = adopt(here, source, "--audit", "1")
    assert answer.returncode == 1
    assert "is not what is computed here" in answer.stderr
    assert answer.stderr.rstrip().endswith("nothing was adopted")
    assert not (here.folder / "results/smoke/cells").exists()


def test_a_folder_without_tables_is_refused_in_one_line(here, tmp_path):
    answer = adopt(here, tmp_path)
    assert answer.stderr == (f"error: FROM = '{tmp_path}': must be a folder with `tables` in it, like results/smoke\n")
    assert answer.returncode == 1
