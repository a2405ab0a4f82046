"""`make test-cluster` and `make test-cluster-faults`: tests on a Slurm of their own, where there can be one."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import one_machine

HERE = Path(__file__).resolve().parent


def main(kinds: list[str]) -> int:
    reason = one_machine.obstacle()
    if reason is None:
        try:
            one_machine.install()
        except RuntimeError as error:
            reason = f"Slurm cannot be installed ({error})"
    if reason is not None:
        print(f"Cluster tests are skipped: {reason}.", file=sys.stderr)
        return 0
    environment = {**os.environ, "CLUSTER_TESTS": ",".join(kinds)}
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", str(HERE)]
    with one_machine.FOLDER.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one Slurm at a time: each session ends what another left
        return subprocess.run(command, cwd=HERE.parent.parent, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["run"]))
