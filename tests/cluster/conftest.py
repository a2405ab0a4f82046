"""Tests on a real Slurm: collected by `make test-cluster` and `make test-cluster-faults` alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path, PurePath

import one_machine
import pytest
from on_slurm import LOCAL
from workflow_copies import Workflow, copy_repository, run

WANTED = os.environ.get("CLUSTER_TESTS", "")  # run: the scale through Slurm; faults: what happens to clusters
collect_ignore_glob = [f"test_{kind}*.py" for kind in ("run", "faults") if kind not in WANTED.split(",")]


@pytest.fixture(scope="session")
def slurm():
    """The module that started a Slurm, which runs until the last test."""
    one_machine.install()
    one_machine.stop()  # what a killed test session left
    one_machine.start()
    yield one_machine
    one_machine.stop()


@pytest.fixture
def repository(tmp_path):
    """A copy of the repository where every node finds it."""
    workflow = Workflow(tmp_path / "repository")
    copy_repository(workflow.folder)
    yield workflow
    shutil.rmtree(workflow.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def local_results(tmp_path_factory):
    """Function from targets to the bytes of the tables and figures that a local run makes."""
    known = {}
    kept = os.environ.get("LOCAL_RESULTS")  # left by the workflow tests
    if kept and (results := Workflow(Path(kept)).results()):
        known["all",] = results

    def results_of(*targets):
        everything = known.get(("all",), {})
        made = {name: content for name, content in everything.items() if PurePath(name).stem in targets}
        if {PurePath(name).stem for name in made} == set(targets):  # figures, of a run that made them all
            return made
        if targets not in known:
            workflow = Workflow(tmp_path_factory.mktemp("local") / "repository")
            copy_repository(workflow.folder)
            answer = run([*LOCAL, *targets], workflow.folder, timeout=2400, warm=False)
            assert answer.returncode == 0, answer.stderr[-3000:]
            known[targets] = workflow.results()
            shutil.rmtree(workflow.folder)
        return known[targets]

    return results_of
