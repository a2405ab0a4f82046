"""The machine, the versions and the commit of a run."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from benchmark_page.turns import interpreter

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "numpy",
    "scipy",
    "torch",
    "numba",
    "jax",
    "jaxlib",
    "nngeometry",
    "curvlinops-for-pytorch",
    "snakemake",
)
ALONE = "neural-tangents"  # in an environment of its own


def processor() -> str:
    """Its name, with family and model where Linux tells them."""
    file = Path("/proc/cpuinfo")
    if not file.exists():
        return platform.processor() or platform.machine()
    first = file.read_text().partition("\n\n")[0]
    parted = (line.partition(":") for line in first.splitlines())
    said = {name.strip(): value.strip() for name, _, value in parted}
    numbers = f"family {said['cpu family']}, model {said['model']}" if "cpu family" in said else platform.machine()
    return f"{said.get('model name', platform.machine())} ({numbers})"


def versions() -> dict[str, str]:
    """Versions of what is measured and of what it is measured against, as far as it is there."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    own = interpreter(ALONE)
    if own != sys.executable:
        asked = f"from importlib.metadata import version as v; print(v({ALONE!r}), 'with jax', v('jax'))"
        found[ALONE] = subprocess.run([own, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
    return found


def blas() -> dict[str, str]:
    """The libraries that multiply matrices for NumPy and PyTorch, with the kernels that they take on this processor."""
    import torch  # noqa: F401  brings its own
    from threadpoolctl import threadpool_info

    libraries = {
        f"{one['internal_api']} {one['version']}": f"kernels for {one['architecture']}"
        for one in threadpool_info()
        if one["user_api"] == "blas" and one.get("architecture")
    }
    return libraries


def commit() -> str:
    """Of the code that was measured; marked where the tree has changes that are not committed."""
    told = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=10", "--dirty"]
    answer = subprocess.run(told, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "unknown"


def describe() -> dict[str, Any]:
    """All of it, as JSON can hold it, with the load before anything was measured."""
    return {
        "processor": processor(),
        "cores": psutil.cpu_count(logical=False) or os.cpu_count(),
        "threads": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "load": [round(value, 2) for value in os.getloadavg()],
        "commit": commit(),
        "versions": versions(),
        "blas": blas(),
    }
