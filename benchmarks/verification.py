"""Run time of the look at all results before a run, against `sha256sum` of the same files.

    python benchmarks/verification.py --results 1000

The results are made up: tables of the usual size, each beside its sidecar.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fisher_spectra.jobs.provenance import write_sidecar
from fisher_spectra.workflow.verification import faults

_BYTES = 4000  # of a usual part
_SCALE = Path("results", "laptop")


def make_results(number: int) -> list[Path]:
    """Tables with sidecars in the working folder."""
    folder = _SCALE / "cells" / "made_up"
    folder.mkdir(parents=True)
    files = []
    for at in range(number):
        file = folder / f"{at}.csv"
        file.write_bytes(f"{at}\n".encode() * (_BYTES // len(f"{at}\n")))
        write_sidecar(
            file.with_suffix(".json"),
            outputs=[file],
            inputs={},
            settings={"at": at},
            code={},
            device="cpu",
            seconds=0.0,
            peak_memory=0.0,
        )
        files.append(file)
    return files


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        files = make_results(arguments.results)
        looking, hashing = [], []
        for _ in range(arguments.repeats):
            start = time.perf_counter()
            found = faults(_SCALE)
            looking.append(time.perf_counter() - start)
            if found:
                print(f"error: {found[0]}", file=sys.stderr)
                return 1
            start = time.perf_counter()
            subprocess.run(["sha256sum", *map(str, files)], stdout=subprocess.DEVNULL, check=True)
            hashing.append(time.perf_counter() - start)
        os.chdir("/")
    print(f"{len(files)} results: {min(looking):.3f} s, {min(looking) / min(hashing):.1f} times sha256sum")
    return 0


if __name__ == "__main__":
    sys.exit(main())
