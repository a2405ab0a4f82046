"""The smoke scale through a real Slurm gives the bytes of a local run: all of it, or the figures in CLUSTER_TARGETS."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

from on_slurm import LOCAL, ON_SLURM, squeue
from workflow_copies import gpu_requests, run

TARGETS = os.environ.get("CLUSTER_TARGETS", "all").split()
SECONDS = 2400  # for what hangs: two starts of Snakemake for each job, on a machine that may be busy
# one chunk instead of two where there are two: a job of the queue costs ten times what it computes here
FEW_JOBS = "karakida={fig1: {networks_per_job: 8}}"
# Put into src/, where Python imports it at the start of every script: which GPU Slurm gave to which job. The scripts
# stay as they are, since figures carry the hash of the code that made them.
NOTE = """
import os, pathlib, sys
if any(pathlib.Path(word).name in {scripts} for word in sys.argv[:2]):  # scripts/start.py and what it starts
    notes = pathlib.Path("gpus")
    notes.mkdir(exist_ok=True)
    (notes / os.environ["SLURM_JOB_ID"]).write_text(os.environ.get("CUDA_VISIBLE_DEVICES", "none"))
"""


def gpu_options():
    """The lines on GPUs of the profile, which are commented out there, as options."""
    requests = gpu_requests("slurm").items()
    return ["--set-resources", *(f"{rule}:{name}={value}" for rule, given in requests for name, value in given.items())]


def test_every_table_and_figure_is_the_same_bytes_as_from_a_local_run(slurm, repository, local_results, capsys):
    scripts = [f"{rule.partition('_')[2]}.py" for rule in gpu_requests("slurm")]
    assert all(list((repository.folder / "scripts").glob(f"*/{script}")) for script in scripts)
    (repository.folder / "src" / "sitecustomize.py").write_text(NOTE.format(scripts=scripts))
    earlier = slurm.partitions()
    begin = time.monotonic()
    with ThreadPoolExecutor() as beside:  # the local run fills the time in which Slurm waits
        local = beside.submit(local_results, *TARGETS)
        command = [*LOCAL, *gpu_options(), *ON_SLURM[len(LOCAL) :], *TARGETS, "--config", FEW_JOBS]
        answer = run(command, repository.folder, timeout=SECONDS, warm=False)
        seconds = time.monotonic() - begin
        assert answer.returncode == 0, answer.stderr[-20000:]
        expected = local.result()
    results = repository.results()
    papers = {name.partition("_")[0] for name in expected if name.startswith("tables/")}
    assert papers >= {"tables/karakida", "tables/pennington", "tables/hayase"}
    assert results.keys() == expected.keys()
    assert [name for name in expected if results[name] != expected[name]] == []
    assert squeue() == []
    jobs = {job: partition for job, partition in slurm.partitions().items() if job not in earlier}
    with capsys.disabled():
        print(f"\n{len(jobs)} jobs through Slurm in {seconds:.0f} s, {len(expected)} files compared ", end="")
    # the jobs that may use a GPU ran where there are some, each with one
    given = {note.name: note.read_text() for note in (repository.folder / "gpus").glob("*")}
    assert given.keys() == {job for job, partition in jobs.items() if partition == "gpu"}
    assert set(given.values()) <= {str(number) for number in range(slurm.GPUS)}
    sidecars = list((repository.folder / "results" / "smoke" / "cells").rglob("*.json"))
    assert {json.loads(sidecar.read_text())["threads"] for sidecar in sidecars} == {"1"}
