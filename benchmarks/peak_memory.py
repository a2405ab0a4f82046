"""Peak memory of a piece of work inside this process, from what Linux keeps of it."""

from __future__ import annotations

import contextlib
import resource
from pathlib import Path


def start_of_peak() -> int:
    """Resident bytes now; the peak is counted from here where Linux allows it, else from the process's start."""
    # Where it cannot be reset, the peak may be that of the imports, which makes a candidate look worse, not better.
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def peak_resident() -> int:
    """Peak of the resident bytes since `start_of_peak`."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
