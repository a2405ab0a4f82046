"""Where a result comes from: the sidecar that lies beside every table.

`figures` puts the same into figures, `present` compares it with the present tree, and
``python -m fisher_spectra.provenance results/laptop/figures/karakida_fig1.png`` prints both.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import resource
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.jobs.exact import mode
from fisher_spectra.jobs.records import field_of
from fisher_spectra.jobs.source_code import REQUIREMENTS, ROOT, environment_hash

# Settings that share the work out over jobs and memory, on which no number depends: promise L1 of docs/promises.md
SHARING = re.compile(r"\w+_per_job|memory_mb")
SEAL = "record_sha256"  # field of a sidecar


def without_sharing(settings: Any) -> Any:
    """Settings without those that only share the work out, at any depth."""
    if isinstance(settings, Mapping):
        return {key: without_sharing(value) for key, value in settings.items() if not SHARING.fullmatch(str(key))}
    return [without_sharing(value) for value in settings] if isinstance(settings, list | tuple) else settings


def sha256_of_settings(settings: Mapping[str, Any]) -> str:
    """SHA-256 of the settings that numbers depend on, written as JSON with sorted keys."""
    return hashlib.sha256(json.dumps(without_sharing(settings), sort_keys=True).encode()).hexdigest()


def sha256_of_record(record: Mapping[str, Any]) -> str:
    """SHA-256 of all fields of a sidecar but this one, `SEAL`, written as JSON with sorted keys.

    It tells a record that was edited, not one that was forged: whoever means to can compute it.
    """
    fields = {name: value for name, value in record.items() if name != SEAL}
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def sealed(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record as it is written, with its own digest."""
    fields: dict[str, Any] = json.loads(json.dumps(dict(record)))  # as it will be read
    return fields | {SEAL: sha256_of_record(fields)}


def git_commit(folder: str | os.PathLike[str] = ROOT) -> str | None:
    """Commit of the work tree `folder`, with ``-dirty`` if tracked files were changed.

    None if `folder` is not the top of a work tree: the commit of a tree around it says nothing about it.
    """
    place = [f"--git-dir={Path(folder) / '.git'}", f"--work-tree={folder}"]
    try:
        answer = subprocess.run(
            ["git", *place, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None


def pinned() -> dict[str, str]:
    """Versions of the packages that `envs/requirements.txt` pins; empty outside the repository."""
    if not REQUIREMENTS.is_file():
        return {}
    return dict(re.findall(r"^([\w.-]+)==(\S+)", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE))


def versions() -> dict[str, str]:
    """Versions of Python and of the pinned packages, as they are installed."""
    found = {"python": platform.python_version()}
    for package in pinned():
        try:
            found[package] = _version_of(importlib.metadata.distribution(package))
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _version_of(distribution: importlib.metadata.Distribution) -> str:
    """What `Distribution.version` is, from the one line: it reads the whole file as a mail, 2 ms for each package."""
    head, _, _ = (distribution.read_text("METADATA") or "").partition("\n\n")
    line = re.search(r"^Version: *(\S+)$", head, re.MULTILINE)
    return line[1] if line else distribution.version


def cpu_model() -> str:
    """Name of the processor, as the operating system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def peak_memory_mb() -> float:
    """The most memory that this process has taken so far, in units of 10^6 bytes."""
    with contextlib.suppress(OSError):  # none but on Linux, where the other counts what started this process as well
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6  # kibibytes but on macOS


def write_sidecar(
    path: str | os.PathLike[str],
    *,
    outputs: Iterable[str | os.PathLike[str]],
    inputs: Mapping[str, str],
    settings: Mapping[str, Any],
    code: Mapping[str, str],
    device: str,
    seconds: float,
    peak_memory: float | None = None,
) -> None:
    """Write the sidecar of a result: what made it, from what, with which settings, where and how long.

    Parameters
    ----------
    path
        The JSON file.
    outputs
        Files written; recorded with the SHA-256 of their content.
    inputs
        SHA-256 of the content of each file read, as it was when it was read, by path.
    settings
        Every setting that the numbers depend on, seeds included.
    code
        Fingerprint of each file of this repository that made the result, by path (`jobs.source_code`).
    device
        ``"cpu"`` or the name of the GPU.
    seconds
        Wall-clock time, that of all contributing jobs for an aggregated table.
    peak_memory
        Memory of the contributing job that took most, in units of 10^6 bytes; if None, that of this process.
    """
    record = {
        "outputs": {str(file): sha256_of_file(file) for file in outputs},
        "inputs": dict(inputs),
        "settings": dict(settings),
        "settings_sha256": sha256_of_settings(settings),
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "code": dict(code),
        "requirements_sha256": environment_hash(),
        "git_commit": git_commit(),
        "versions": versions(),
        "machine": {"platform": platform.platform(), "cpu": cpu_model(), "device": device},
        "exact": mode(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "seconds": round(seconds, 3),
        "peak_memory_mb": round(peak_memory_mb() if peak_memory is None else peak_memory, 1),
    }
    write_text(path, json.dumps(sealed(record), indent=2, sort_keys=True) + "\n")


def seconds_of(sidecars: Iterable[str | os.PathLike[str]]) -> float:
    """Sum of the run times that sidecars record."""
    return float(sum(field_of(Path(file), "seconds") for file in sidecars))


def peak_memory_of(sidecars: Iterable[str | os.PathLike[str]]) -> float:
    """The most memory that sidecars record, and at least that of this process, in units of 10^6 bytes."""
    return max([peak_memory_mb(), *(float(field_of(Path(file), "peak_memory_mb")) for file in sidecars)])


def devices_of(sidecars: Iterable[str | os.PathLike[str]]) -> str:
    """Devices that sidecars record, each once, joined by a comma."""
    return ", ".join(sorted({field_of(Path(file), "machine", "device") for file in sidecars}))
