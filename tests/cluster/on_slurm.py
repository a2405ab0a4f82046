"""How the tests start the workflow, locally and on Slurm, and ask the queue."""

from __future__ import annotations

import subprocess
import sys

LOCAL = [sys.executable, "scripts/tools/run_workflow.py", "--scale", "smoke", "--cores", "2"]
# the profile as it is, but for what a test cannot wait for, and with this cluster's partition
ON_SLURM = [
    *LOCAL,
    "--profile=slurm",
    *("--default-resources", "slurm_partition=main", "mem_mb=attempt*1000", "runtime=attempt*10"),
    "--slurm-init-seconds-before-status-checks=1",
    "--max-status-checks-per-second=10",
    "--latency-wait=10",
    "--jobs=12",
    "--max-jobs-per-timespan=30/3s",  # the profile's rate, at which the scheduler is woken a third as often
]


def squeue(*arguments):
    """What Slurm's queue says."""
    answer = subprocess.run(["squeue", "-h", *arguments], capture_output=True, text=True, check=True)
    return answer.stdout.split()
