"""Fingerprints of source code: what of a file can change a result, without comments, docstrings and layout.

A rule of the workflow depends on the fingerprints of its script and of every module of this repository that the script
imports. So an edit of a module reruns the stages that import it, and an edit of a docstring reruns nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

from fisher_spectra.jobs.import_closure import closure_of_module, import_closure
from fisher_spectra.jobs.parsed_sources import CACHE, ParsedSources

# The repository that this module lies in; without its folders if the library is installed somewhere else.
ROOT = Path(__file__).resolve().parents[3]
REQUIREMENTS = ROOT / "envs" / "requirements.txt"
# When this module was loaded, in seconds of the clock: later than the process began by what was loaded before it.
_LOADED = time.time()
_LONGEST_START = 600.0  # seconds; what the system says of an older start is not believed


def fingerprints(files: Iterable[Path], root: Path = ROOT, sources: ParsedSources | None = None) -> dict[str, str]:
    """Fingerprint of each Python file of the repository `root`, by its path there.

    Raises
    ------
    UserError
        If one is not Python.
    """
    sources = sources or ParsedSources(CACHE)
    found = {file.relative_to(root).as_posix(): sources.of(file).fingerprint for file in files}
    sources.keep()
    return found


def code_of(
    script: Path, modules: Iterable[str] = (), root: Path = ROOT, sources: ParsedSources | None = None
) -> dict[str, str]:
    """Fingerprints of a script of the repository, of modules that it loads by name, and of all that these import.

    Empty for any other program, such as a test runner. The script comes first. Files are read anew unless `sources`
    has them.
    """
    start = script.resolve()
    if start.suffix != ".py" or not start.is_file() or not start.is_relative_to(root / "scripts"):
        return {}
    sources = sources or ParsedSources(CACHE)
    files = dict.fromkeys(import_closure(start, (root / "src",), sources))
    for module in modules:
        files |= dict.fromkeys(closure_of_module(module, (root / "src",), sources))
    return fingerprints(files, root, sources)


def start_of_process() -> float:
    """When this process began, in seconds of the clock that dates files; where Linux does not say, a little later."""
    with contextlib.suppress(OSError, ValueError, IndexError, AttributeError):
        # the 22nd field, of which the second, in parentheses, may hold blanks: proc_pid_stat(5)
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        # a tick later than the system counts it, since it rounds down
        begin = (ticks + 1) / os.sysconf("SC_CLK_TCK")
        before_loading = time.clock_gettime(time.CLOCK_BOOTTIME) - begin - (time.time() - _LOADED)
        if 0 <= before_loading <= _LONGEST_START:
            return _LOADED - before_loading
    return _LOADED


def edited_since(moment: float, names: Iterable[str], root: Path = ROOT) -> list[str]:
    """Files of the repository that were written after a moment; one that is dated in the future is not known to be."""
    now = time.time()
    return [name for name in names if moment < (root / name).stat().st_mtime <= now]


def environment_hash() -> str | None:
    """SHA-256 of the pinned requirements; None outside the repository."""
    return hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest() if REQUIREMENTS.is_file() else None
