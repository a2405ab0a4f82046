"""Where a result comes from: the sidecar that lies beside every table."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fisher_spectra.atomic import write_text

PACKAGES = ("numpy", "scipy", "pandas", "torch", "scikit-learn", "matplotlib", "seaborn", "snakemake")


def sha256_of_file(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_settings(settings: Mapping[str, Any]) -> str:
    """SHA-256 of settings written as JSON with sorted keys."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def git_commit(folder: str | os.PathLike[str]) -> str | None:
    """Commit of the work tree `folder`, with ``-dirty`` if tracked files were changed; None outside git."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None


def versions() -> dict[str, str]:
    """Versions of Python and of the numerical packages that are installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def cpu_model() -> str:
    """Name of the processor, as the operating system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def write_sidecar(
    path: str | os.PathLike[str],
    *,
    outputs: Iterable[str | os.PathLike[str]],
    inputs: Iterable[str | os.PathLike[str]],
    settings: Mapping[str, Any],
    device: str,
    seconds: float,
) -> None:
    """Write the sidecar of a result: what made it, from what, with which settings, where and how long.

    Parameters
    ----------
    path
        The JSON file.
    outputs, inputs
        Files written and read; recorded with the SHA-256 of their content.
    settings
        Every setting that the numbers depend on, seeds included.
    device
        ``"cpu"`` or the name of the GPU.
    seconds
        Wall-clock time, that of all contributing jobs for an aggregated table.
    """
    record = {
        "outputs": {str(file): sha256_of_file(file) for file in outputs},
        "inputs": {str(file): sha256_of_file(file) for file in inputs},
        "settings": dict(settings),
        "settings_sha256": sha256_of_settings(settings),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "git_commit": git_commit(Path(__file__).resolve().parent),
        "versions": versions(),
        "machine": {"platform": platform.platform(), "cpu": cpu_model(), "device": device},
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "seconds": round(seconds, 3),
    }
    write_text(path, json.dumps(record, indent=2, sort_keys=True) + "\n")


def seconds_of(sidecars: Iterable[str | os.PathLike[str]]) -> float:
    """Sum of the run times that sidecars record."""
    return float(sum(json.loads(Path(file).read_text())["seconds"] for file in sidecars))


def devices_of(sidecars: Iterable[str | os.PathLike[str]]) -> str:
    """Devices that sidecars record, each once, joined by a comma."""
    return ", ".join(sorted({json.loads(Path(file).read_text())["machine"]["device"] for file in sidecars}))
