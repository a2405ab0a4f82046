"""The exact mode: every job computes with the instructions of one baseline, whatever the processor, for the same bytes.

Libraries choose code by the processor they find, and other code rounds otherwise. What makes them choose is set for
each job in its command (`PINS`); a job finds out what of it took effect where it can, and refuses to compute otherwise.
"""

from __future__ import annotations

import math
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs.records import read_record

BASELINE = "x86-64-v2"  # SSE4.2 without AVX or FMA: every x86-64 processor since 2009, and what NumPy's wheels need
VARIABLE = "FISHER_SPECTRA_EXACT"  # names the baseline to a job


@dataclass(frozen=True)
class Pin:
    """One variable of the environment of a job.

    Attributes
    ----------
    name, value
        As the job gets them.
    chooses
        The library that would choose by the processor, and what.
    """

    name: str
    value: str
    chooses: str


PINS = (
    Pin("OPENBLAS_CORETYPE", "Nehalem", "OpenBLAS of NumPy and of SciPy: kernels of products and factorisations"),
    Pin(
        "NPY_DISABLE_CPU_FEATURES",
        "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
        "NumPy: its loops (tanh, exp, sums) and the order in which sorting leaves equal entries",
    ),
    Pin(
        "GLIBC_TUNABLES",
        "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F,-FMA4",
        "the C library: exp, log, pow, sin, cos, atan and what is made of them, with or without fused multiply-add",
    ),
    Pin("ATEN_CPU_CAPABILITY", "default", "PyTorch's own loops"),
    Pin("MKL_CBWR", "COMPATIBLE", "MKL in PyTorch: products and factorisations, by the vendor too"),
    Pin("DNNL_MAX_CPU_ISA", "SSE41", "oneDNN in PyTorch"),
    Pin("NUMBA_CPU_NAME", BASELINE, "loops compiled by Numba: their target"),
    Pin("NUMBA_CPU_FEATURES", "", "loops compiled by Numba: what is added to the target"),
    *(
        Pin(name, "1", "shares of a sum, one for each thread")
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    ),
)

# Arguments at which glibc 2.36 rounds otherwise where it fuses products and sums, and what it gives where it does not.
_KNOWN = (
    ("exp", 0.2777371590471411, "0x1.51f4a3ebb4bb6p+0"),
    ("log", 0.5833957628931085, "-0x1.13e9528ef0bf6p-1"),
    ("sin", 0.20845135333025672, "0x1.a7d2cb3b52187p-3"),
    ("cos", 4.887007245939008, "0x1.63cdb7f772641p-3"),
    ("atan", 0.25626668689883414, "0x1.00e3886f80136p-2"),
    ("expm1", 0.22289226100880008, "0x1.ff5b55c784c56p-3"),
    ("log1p", 0.7404122008859758, "0x1.1bb5e05f5c012p-1"),
)


def environment() -> str:
    """What stands before the command of a job in the exact mode, for a shell."""
    return " ".join(f"{name}={quote(value)}" for name, value in variables().items())


def variables() -> dict[str, str]:
    """The environment of a job in the exact mode, besides what every job has."""
    return {VARIABLE: BASELINE} | {pin.name: pin.value for pin in PINS}


def mode() -> str | None:
    """The baseline that this process shall compute with; None if not in the exact mode."""
    return os.environ.get(VARIABLE)


_SUFFIX = "-exact"  # of folders of results


def folder_of(scale: str, exact: bool) -> str:
    """Name of the folder of results: those of the two modes never lie in one."""
    return f"{scale}{_SUFFIX}" if exact else scale


def options_of(folder: str) -> str:
    """The options of `make` whose results lie in a folder of this name."""
    scale = folder.removesuffix(_SUFFIX)
    return f"SCALE={scale}" if scale == folder else f"SCALE={scale} EXACT=1"


def refuse_other_mode(result: Path, sidecar: Path) -> None:
    """Refuse a result of the other mode, by its sidecar: numbers of the two never meet in one table.

    Raises
    ------
    UserError
        With the name of the result and both modes.
    """
    found, mine = read_record(sidecar).get("exact"), mode()
    if found != mine:
        raise UserError(f"{result}: was made {_in_words(found)}, and this job runs {_in_words(mine)}; give it its own")


def _in_words(found: str | None) -> str:
    return "without the exact mode" if found is None else f"in the exact mode ({found})"


def require_exact() -> None:
    """Refuse to go on in the exact mode if something that can be found out did not take effect; else do nothing.

    Libraries that are not loaded yet are left out, so it is worth calling again when a job has computed.

    Raises
    ------
    UserError
        With what chose other code than the baseline's, and what it chose.
    """
    asked = mode()
    if asked is not None and (fault := next(_faults(asked), None)) is not None:
        raise UserError(f"exact mode: {fault}")


def _faults(asked: str) -> Iterator[str]:
    if asked != BASELINE:
        yield f"{VARIABLE} = {asked!r}: must be {BASELINE}"
    if platform.machine() not in ("x86_64", "AMD64"):
        yield f"this processor is of the architecture {platform.machine()}; the baseline {BASELINE} needs x86-64"
    for pin in PINS:
        if os.environ.get(pin.name) != pin.value:
            yield f"{pin.name} = {os.environ.get(pin.name)!r}: must be {pin.value!r} when a job starts ({pin.chooses})"
    yield from _of_c_library()
    yield from _of_numpy()
    yield from _of_blas()
    if (torch := sys.modules.get("torch")) is not None:
        yield from _of_torch(torch)
    if (numba := sys.modules.get("numba")) is not None:
        yield from _of_numba(numba)


def _of_c_library() -> Iterator[str]:
    for name, argument, known in _KNOWN:
        if (found := getattr(math, name)(argument).hex()) != known:
            yield f"the C library ({' '.join(platform.libc_ver())}) has {name}({argument}) = {found}, not {known}"


def _of_numpy() -> Iterator[str]:
    import numpy as np

    # which of the loops that it has besides its baseline this process takes
    for name in np.show_config(mode="dicts")["SIMD Extensions"].get("found", []):
        yield f"NumPy uses {name}"


def _of_blas() -> Iterator[str]:
    from threadpoolctl import threadpool_info

    for library in threadpool_info():
        if library["internal_api"] == "openblas" and library.get("architecture") != "Nehalem":
            yield f"OpenBLAS ({Path(library['filepath']).name}) uses the kernels of {library.get('architecture')}"


def _of_torch(torch: Any) -> Iterator[str]:
    if (found := torch.backends.cpu.get_cpu_capability()) != "DEFAULT":
        yield f"PyTorch uses {found}"
    if (threads := torch.get_num_threads()) != 1:
        yield f"PyTorch computes with {threads} threads, not with one"


def _of_numba(numba: Any) -> Iterator[str]:
    found = (numba.config.CPU_NAME, numba.config.CPU_FEATURES)
    if found != (BASELINE, ""):
        yield f"Numba compiles for {found[0]} with {found[1]!r}, not for {BASELINE}"
