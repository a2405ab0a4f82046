"""Finished runs of the smoke scale that the workflow tests share, and what the rules declare."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from workflow_copies import (
    DRAWN_TWICE,
    RECORD_LOADED_MODULES,
    ROOT,
    Workflow,
    copy_repository,
    drawing_commands,
    loaded_modules,
    other_chunks,
    run,
)

from fisher_spectra.workflow.configuration import load_configuration

# Files that take minutes, the longest first, and half a minute. A worker that began one last would work on alone.
FIRST = ("test_finished_runs.py", "test_planted_faults.py", "test_adopt.py", "test_kills.py")
BEFORE_SHORT = ("test_spectral_law.py", "test_resources_hayase_karakida.py", "test_provenance_figures.py")


def pytest_configure():
    """A shell without job control starts what is in its background deaf to Ctrl-C, and so would be what tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """The long files first, then the other files of this folder, then the short ones; see --no-loadscope-reorder."""
    here = [path.name for path in sorted(Path(__file__).parent.glob("test_*.py"))]
    order = dict.fromkeys([*FIRST, *here, *BEFORE_SHORT])
    places = {name: place for place, name in enumerate(order)}

    def rank(item):
        return places.get(item.path.name, len(places))

    items.sort(key=rank)


@pytest.fixture(scope="session")
def second_run(tmp_path_factory):
    """A copy in which all is computed on two cores and with other chunks, and the run that does it.

    It goes on beside the first run, of `finished`: one after the other they would take longer than all other tests.
    """
    workflow = Workflow(tmp_path_factory.mktemp("finished_otherwise") / "repository")
    copy_repository(workflow.folder)
    settings = other_chunks(load_configuration(ROOT, {"scale": "smoke"}))
    workflow.config = [f"{key}={json.dumps(value)}" for key, value in settings.items() if isinstance(value, dict)]
    tables = sorted(file.name for file in (ROOT / "references" / "smoke").glob("*.csv") if file.name != "claims.csv")
    results = ["results/smoke/claims.csv", *(f"results/smoke/tables/{name}" for name in tables)]
    with ThreadPoolExecutor(1) as pool:
        yield (
            workflow,
            pool.submit(workflow.snakemake, *results, *DRAWN_TWICE, cores=2, config=workflow.config),
        )
    shutil.rmtree(workflow.folder)


@pytest.fixture(scope="session")
def finished(tmp_path_factory, second_run):
    """A finished run of the smoke scale on one core. Tests put back what they edit in it.

    Its attribute `loaded` has the files of this repository that Python loaded for each script, `drawing` the commands
    that drew the figures.
    """
    workflow = Workflow(tmp_path_factory.mktemp("finished") / "repository")
    copy_repository(workflow.folder)
    recorder = workflow.folder / "src" / "sitecustomize.py"
    recorder.write_text(RECORD_LOADED_MODULES)
    done = workflow.snakemake("--printshellcmds", cores=1)
    assert done.returncode == 0, done.stderr[-5000:]
    recorder.unlink()
    workflow.loaded = loaded_modules(workflow.folder)
    workflow.drawing = drawing_commands(done)
    if kept := os.environ.get("LOCAL_RESULTS"):  # for the tests on a cluster, which need not make them again
        workflow.keep(kept)
    yield workflow
    shutil.rmtree(workflow.folder)


@pytest.fixture(scope="session")
def finished_otherwise(second_run):
    """The same in another copy, on two cores and with other chunks; of the figures it draws one of each paper.

    Its attribute `drawing` has the commands that would draw the others from the tables that it made.
    """
    workflow, run_of_it = second_run
    done = run_of_it.result()
    assert done.returncode == 0, done.stderr[-5000:]
    workflow.drawing = drawing_commands(workflow.snakemake("--dry-run", "--printshellcmds", config=workflow.config))
    return workflow


@pytest.fixture(scope="session")
def untouched(tmp_path_factory):
    """A copy of the repository that no test changes."""
    folder = tmp_path_factory.mktemp("untouched") / "repository"
    copy_repository(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def rules(untouched):
    """What each rule of the workflow declares."""
    answer = run([sys.executable, Path(__file__).with_name("describe_rules.py")], untouched)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@pytest.fixture(scope="session")
def papers_rules(rules):
    """The same without rules that run only if there are networks of the reader's own, which no test here configures."""
    return [rule for rule in rules if not rule["name"].startswith("own_")]
