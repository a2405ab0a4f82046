"""Memory at hand, and the refusal of work that would not fit into it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from fisher_spectra.common.arguments import shown
from fisher_spectra.common.errors import UserError

_MEMINFO = Path("/proc/meminfo")
_CONTROL_GROUP = Path("/sys/fs/cgroup")
_GIB = 2**30


def available_memory() -> int:
    """Bytes that a new allocation can use without swapping.

    On Linux the smaller of `MemAvailable` and what the process's control group has left; on other systems the
    physical memory.
    """
    candidates = []
    if _MEMINFO.exists():
        for line in _MEMINFO.read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                candidates.append(int(value.split()[0]) * 1024)  # the kernel prints kibibytes
    limit, used = _CONTROL_GROUP / "memory.max", _CONTROL_GROUP / "memory.current"
    if limit.exists() and used.exists() and (text := limit.read_text().strip()) != "max":
        candidates.append(max(int(text) - int(used.read_text()), 0))
    if not candidates:
        candidates.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(candidates)


def require_memory(needed: float, purpose: str, remedy: str, available: int | None = None) -> None:
    """Refuse work whose estimated memory exceeds what is available.

    Parameters
    ----------
    needed
        Estimate in bytes.
    purpose, remedy
        What needs the memory, and what the user can change.
    available
        Bytes to compare with; measured by `available_memory` if left out.

    Raises
    ------
    UserError
        With the estimate and what is available, both in GiB.
    """
    at_hand = available_memory() if available is None else available
    if needed > at_hand:
        raise UserError(
            f"{purpose} needs about {needed / _GIB:.2f} GiB of memory, {at_hand / _GIB:.2f} GiB are available: {remedy}"
        )


def method_within_memory(method: object, cheaper: str, needed: Mapping[str, float], purpose: str, remedy: str) -> str:
    """One of several ways to the same result: the one that is asked for, or the cheaper one if it fits into memory.

    Parameters
    ----------
    method
        A key of `needed`, or ``auto``.
    cheaper
        What ``auto`` stands for; where that does not fit, for the one that needs least.
    needed
        Bytes of each way.
    purpose, remedy
        As in `require_memory`; the method is named after the purpose.

    Raises
    ------
    UserError
        If the memory does not suffice.
    ValueError
        If the method is none of these.
    """
    *names, last = ("auto", *needed)
    if not isinstance(method, str) or method not in ("auto", *needed):
        raise ValueError(f"method = {shown(method)}: must be {', '.join(names)} or {last}")
    if method == "auto":
        method = cheaper if needed[cheaper] <= available_memory() else min(needed, key=lambda name: needed[name])
    require_memory(needed[method], f"{purpose}, method {method},", remedy)
    return method
