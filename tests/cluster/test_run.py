"""The smoke scale through a real Slurm gives the bytes of a local run."""

from __future__ import annotations

import json
import os

from on_slurm import ON_SLURM, squeue
from workflow_copies import run

# each kind of job of each paper; `CLUSTER_TARGETS=all make test-cluster` takes the whole scale
FIGURES = "karakida_fig1 karakida_figC2 karakida_theorem5 pennington_fig2 hayase_fig2"
TARGETS = os.environ.get("CLUSTER_TARGETS", FIGURES).split()
SECONDS = 900  # three starts of Python for each job, on a machine that may be busy
# one chunk instead of two where there are two: a job of the queue costs ten times what it computes here
FEW_JOBS = "karakida={fig1: {networks_per_job: 8}}"


def test_every_table_and_figure_is_the_same_bytes_as_from_a_local_run(slurm, repository, local_results):
    expected = local_results(*TARGETS)
    answer = run([*ON_SLURM, *TARGETS, "--config", FEW_JOBS], repository.folder, timeout=SECONDS)
    assert answer.returncode == 0, answer.stderr[-3000:]
    results = repository.results()
    assert results.keys() == expected.keys()
    assert [name for name in expected if results[name] != expected[name]] == []
    assert squeue() == []
    for sidecar in (repository.folder / "results" / "smoke" / "cells").rglob("*.json"):
        assert json.loads(sidecar.read_text())["threads"] == "1", sidecar
