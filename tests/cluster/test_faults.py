"""What happens to clusters, on a real Slurm: after each fault the results are the bytes of an undisturbed local run.

The target is small, and its jobs are held in their script until a file says go, so that each fault hits a job at work.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time

import pytest
from on_slurm import LOCAL, ON_SLURM, squeue
from workflow_copies import environment, run

TARGET = "karakida_figC1"
SECONDS = 400  # for a run with one retry, on a machine that may be busy
# Put before the first line of a job's script. It says who runs, and waits as long as there is a file `wait`.
HOLD = """
import os, pathlib, time
_folder = pathlib.Path({folder!r})
(_folder / "jobs" / f"{{os.environ.get('SLURM_JOB_ID', '0')}}-{{os.getpid()}}").touch()
{action}
"""
WAIT = "while (_folder / 'wait').exists():\n    time.sleep(0.1)"
FIRST_THREE = "if len(list((_folder / 'jobs').iterdir())) <= 3:\n    "
# Put into the script of online training: a checkpoint after each cell, and a note of it. The first attempt at one
# column stands still after its fourth cell, longer than its time limit.
STAND_STILL = """
import os, pathlib, time
from fisher_spectra.training.checkpoints import Checkpoint
_folder = pathlib.Path({folder!r})
_save = Checkpoint.save
def _noted(self, **arrays):
    self._interval = 0.0
    _save(self, **arrays)
    if "fig4_left" not in str(self.path):
        return
    with (_folder / "jobs" / os.environ["SLURM_JOB_ID"]).open("a") as notes:
        notes.write(f"{{self.path.stem.rpartition('checkpoint-')[2]}} {{arrays['done'].sum()}}\\n")
    mark = _folder / "stood_still"
    if self.path.stem.endswith("L10-trial0") and arrays["done"].sum() == 4 and not mark.exists():
        mark.touch()
        time.sleep(300)
Checkpoint.save = _noted
"""
# with what Snakemake and the script take, over the first request of 600 MB, not over the second of 1200
HOARD = "_held = bytearray(b'x') * (600 * 10**6); time.sleep(8)"


@pytest.fixture
def held(repository):
    """The repository; `hold(action)` puts an action into the script of the sampling jobs."""
    (repository.folder / "jobs").mkdir()
    script = repository.folder / "scripts" / "karakida" / "sample_networks.py"
    original = script.read_text()
    first = "from __future__ import annotations\n"
    assert first in original

    def hold(action):
        lines = HOLD.format(folder=str(repository.folder), action=action)
        script.write_text(original.replace(first, first + lines))

    repository.hold = hold
    return repository


@contextlib.contextmanager
def started(folder, *extra, target=TARGET):
    """A run on Slurm; killed at the end if it still lives."""
    with (folder / "messages").open("w") as messages:
        process = subprocess.Popen(
            [*LOCAL, *extra, *ON_SLURM[len(LOCAL) :], target],
            cwd=folder,
            env=environment(),
            stdout=messages,
            stderr=messages,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)


def wait_until(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.2)


def at_work(folder, number=3):
    """Whether so many scripts have begun; Slurm's numbers of their jobs."""
    jobs = sorted({file.name.partition("-")[0] for file in (folder / "jobs").iterdir()}, key=int)
    return jobs if len(jobs) >= number else []


def check(repository, local_results, target=TARGET):
    """The results are those of a local run, and nothing is left in the queue or half written."""
    expected = local_results(target)
    results = repository.results()
    assert [name for name in expected if results.get(name) != expected[name]] == []
    assert [path.name for path in (repository.folder / "results").rglob(".*")] == []
    assert squeue() == []


def finish(repository, process, local_results, target=TARGET):
    assert process.wait(SECONDS) == 0, (repository.folder / "messages").read_text()[-3000:]
    check(repository, local_results, target)


def test_a_cancelled_job_is_run_again(slurm, held, local_results):
    held.hold(WAIT)
    (held.folder / "wait").touch()
    with started(held.folder) as process:
        wait_until(lambda: at_work(held.folder))
        cancelled = at_work(held.folder)[0]
        subprocess.run(["scancel", cancelled], check=True)
        (held.folder / "wait").unlink()
        finish(held, process, local_results)
    assert len(at_work(held.folder)) == 4


def test_a_job_killed_for_memory_is_run_again_with_more(slurm, held, local_results):
    held.hold(HOARD)
    with started(held.folder, "--set-resources", "karakida_sample_networks:mem_mb=attempt*600") as process:
        finish(held, process, local_results)
    assert len(at_work(held.folder)) == 6  # three jobs, each killed once


def test_a_job_out_of_time_is_run_again_with_more(slurm, held, local_results):
    held.hold(f"{FIRST_THREE}time.sleep(200)")
    with started(held.folder, "--set-resources", "karakida_sample_networks:runtime=attempt") as process:
        finish(held, process, local_results)
    assert len(at_work(held.folder)) == 6


def test_training_out_of_time_goes_on_from_its_last_checkpoint(slurm, repository, local_results):
    target = "results/smoke/tables/hayase_fig4.csv"
    jobs = repository.folder / "jobs"
    jobs.mkdir()
    script = repository.folder / "scripts" / "hayase_karakida" / "train_online.py"
    first = "from __future__ import annotations\n"
    script.write_text(script.read_text().replace(first, first + STAND_STILL.format(folder=str(repository.folder)), 1))
    with started(repository.folder, "--set-resources", "hayase_train_online:runtime=attempt", target=target) as process:
        finish(repository, process, local_results, target)
    cut_off, second = (
        file.read_text().splitlines() for file in sorted(jobs.iterdir(), key=lambda file: int(file.name))
    )
    assert {line.split()[0] for line in cut_off} == {"L2-trial0", "L2-trial1", "L10-trial0"}
    assert cut_off[-1] == "L10-trial0 4"
    # no cell that was done is trained again
    assert second[0] == "L10-trial0 5"
    assert {line.split()[0] for line in second} == {"L10-trial0", "L10-trial1"}


def test_a_node_goes_down_and_its_stray_process_writes_on(slurm, held, local_results):
    held.hold(WAIT)
    (held.folder / "wait").touch()
    with started(held.folder) as process:
        wait_until(lambda: at_work(held.folder))
        slurm.end("slurmd.cpu1.pid", signal.SIGKILL)  # its jobs' processes live on
        try:
            slurm.wait_for({"cpu1": "down*"}, 150)
            before = len(at_work(held.folder))
            wait_until(lambda: len(at_work(held.folder)) > before, SECONDS)
            (held.folder / "wait").unlink()  # the strays and the second attempts write at the same time
            finish(held, process, local_results)
        finally:
            slurm.start_node("cpu1")
            subprocess.run(["scontrol", "update", "NodeName=cpu1", "State=RESUME"], check=False)
            slurm.wait_for({"cpu1": "idle", "cpu2": "idle"})


def test_a_controller_that_is_away_for_half_a_minute_loses_no_job(slurm, held, local_results):
    held.hold(WAIT)
    (held.folder / "wait").touch()
    with started(held.folder) as process:
        wait_until(lambda: at_work(held.folder))
        slurm.end("slurmctld.pid")
        time.sleep(30)
        slurm.start_controller()
        (held.folder / "wait").unlink()
        finish(held, process, local_results)
    assert len(at_work(held.folder)) == 3


@pytest.mark.parametrize("following", [ON_SLURM, LOCAL], ids=["slurm", "local"])
def test_jobs_that_outlive_snakemake_are_cancelled_before_others_take_their_place(
    slurm, held, local_results, following
):
    held.hold(FIRST_THREE + WAIT.replace("\n", "\n    "))
    (held.folder / "wait").touch()
    with started(held.folder) as process:
        wait_until(lambda: at_work(held.folder))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
        first = at_work(held.folder)
        assert set(squeue("-o", "%A", "-t", "RUNNING")) == set(first)
        answer = run([*following, TARGET], held.folder, SECONDS, warm=False)
    assert answer.returncode == 0, answer.stderr[-3000:]
    assert "The last run was cut off; stopped 3 jobs that it left in the queue." in answer.stderr
    assert len(list((held.folder / "jobs").iterdir())) == 6
    check(held, local_results)
    before = held.results()
    (held.folder / "wait").unlink()
    time.sleep(2)
    assert held.results() == before  # nobody waited for the word any more
