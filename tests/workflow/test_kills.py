"""`kill -9` at random moments of a run, then one plain run: it finishes, with the same bytes as an undisturbed one.

Three moments in the ordinary tests; `make test-faults` sets FAULT_MOMENTS=20. Every moment is a fresh copy of the
repository. FAULT_SEED repeats the moments of a run that failed.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest
from workflow_copies import Workflow, copy_repository, environment, run

pytestmark = pytest.mark.xdist_group("kills")

ENTRY = [sys.executable, "scripts/tools/run_workflow.py", "--scale", "smoke", "--cores", "2"]
# Samples, table, figure: five jobs, or ten where there is time.
TARGETS = ["karakida_corollary2", "karakida_theorem5"][: 2 if "FAULT_MOMENTS" in os.environ else 1]
MOMENTS = int(os.environ.get("FAULT_MOMENTS", "3"))
SEED = int(os.environ.get("FAULT_SEED", random.SystemRandom().randrange(10**6)))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Results of a run that nobody disturbs, and how long it takes."""
    workflow = Workflow(tmp_path_factory.mktemp("undisturbed") / "repository")
    copy_repository(workflow.folder)
    begin = time.monotonic()
    answer = run([*ENTRY, *TARGETS], workflow.folder)
    seconds = time.monotonic() - begin
    assert answer.returncode == 0, answer.stderr
    results = workflow.results()
    assert len(results) == 3 * len(TARGETS)  # a table, and a figure in two formats
    shutil.rmtree(workflow.folder)
    return results, seconds


def moments(seconds):
    """Moments to kill at, spread over the run with a random place in each share, and whether jobs die too."""
    rng = random.Random(SEED)
    return [((number + rng.random()) / MOMENTS * seconds, rng.random() < 0.5) for number in range(MOMENTS)]


@pytest.mark.parametrize("number", range(MOMENTS))
def test_a_run_killed_at_a_random_moment_is_finished_by_the_next_with_the_same_bytes(tmp_path, undisturbed, number):
    expected, seconds = undisturbed
    moment, jobs_too = moments(seconds)[number]
    said = (
        f"FAULT_SEED={SEED} moment {number}: {moment:.2f} s of {seconds:.2f}, {'with' if jobs_too else 'without'} jobs"
    )
    workflow = Workflow(tmp_path / "repository")
    copy_repository(workflow.folder)
    with subprocess.Popen(
        [*ENTRY, *TARGETS],
        cwd=workflow.folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as killed:
        try:
            time.sleep(moment)
            if jobs_too:
                os.killpg(killed.pid, signal.SIGKILL)
            else:
                os.kill(killed.pid, signal.SIGKILL)
            killed.wait(30)
            answer = run([*ENTRY, *TARGETS], workflow.folder)
        finally:
            try:
                os.killpg(killed.pid, signal.SIGKILL)
            except ProcessLookupError:
                survivors = False
            else:
                survivors = True
    assert answer.returncode == 0, said + answer.stderr
    assert not survivors, f"{said}: a process of the killed run was still at work after the next"
    results = workflow.results()
    assert [name for name in expected if results.get(name) != expected[name]] == [], said
    assert [path.name for path in (workflow.folder / "results").rglob(".*")] == [], said
    assert list((workflow.folder / ".snakemake" / "incomplete").rglob("*")) == [], said
    assert list((workflow.folder / ".snakemake" / "locks").glob("*")) == [], said
