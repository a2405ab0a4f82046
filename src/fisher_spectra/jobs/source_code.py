"""Fingerprints of source code: what of a file can change a result, without comments, docstrings and layout.

A rule of the workflow depends on the fingerprints of its script and of every module of this repository that the script
imports. So an edit of a module reruns the stages that import it, and an edit of a docstring reruns nothing.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs.import_closure import closure_of_module, import_closure

# The repository that this module lies in; without its folders if the library is installed somewhere else.
ROOT = Path(__file__).resolve().parents[3]
REQUIREMENTS = ROOT / "envs" / "requirements.txt"
# Fingerprints by the SHA-256 of a file's bytes: each start of the workflow and each job asks for some hundred of them.
CACHE = Path(".snakemake", "fingerprints.json")
# When this module was loaded, in seconds of the clock: later than the process began by what was loaded before it.
_LOADED = time.time()
_LONGEST_START = 600.0  # seconds; what the system says of an older start is not believed
_FORM = "1"  # of `_canonical`; a cache of another form is not used
# Fields of a node without meaning for what runs; `ctx` follows from the place of a name.
_WITHOUT_MEANING = frozenset({"kind", "type_comment", "ctx"})
_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def fingerprint(source: bytes) -> str:
    """SHA-256 of the syntax tree of a Python source without its docstrings, the same for every version of Python.

    Raises
    ------
    SyntaxError
        If the source is not Python.
    """
    return hashlib.sha256(repr(_canonical(ast.parse(source))).encode()).hexdigest()


def _canonical(node: Any) -> Any:
    """A syntax tree as nested tuples: names of nodes and of fields that are not empty, which newer versions add."""
    if isinstance(node, list):
        return [_canonical(entry) for entry in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = {name: value for name, value in ast.iter_fields(node) if name not in _WITHOUT_MEANING}
    if isinstance(node, _WITH_DOCSTRING) and ast.get_docstring(node, clean=False) is not None:
        fields["body"] = node.body[1:]
    if isinstance(node, ast.Constant):
        return ("Constant", repr(node.value))
    return (type(node).__name__, [(name, _canonical(v)) for name, v in fields.items() if v is not None and v != []])


class _Fingerprints:
    """Fingerprints of files, kept in a file from one process to the next where there is a place for it."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._known = self._read()
        self._new = False

    def _read(self) -> dict[str, str]:
        try:
            kept = json.loads(self._cache.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        known = kept.get(_FORM) if isinstance(kept, dict) else None
        return known if isinstance(known, dict) and all(isinstance(one, str) for one in known.values()) else {}

    def of(self, file: Path) -> str:
        source = file.read_bytes()
        digest = hashlib.sha256(source).hexdigest()
        if digest not in self._known:
            try:
                self._known[digest] = fingerprint(source)
            # the second is of zero bytes, the others of brackets without end
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                raise UserError(f"{file}: not Python ({error})") from error
            self._new = True
        return self._known[digest]

    def keep(self) -> None:
        if self._new and self._cache.parent.is_dir():
            try:
                write_text(self._cache, json.dumps({_FORM: self._known}))
            except OSError:  # it saves time and no more
                return
            self._new = False


def fingerprints(files: Iterable[Path], root: Path = ROOT) -> dict[str, str]:
    """Fingerprint of each Python file of the repository `root`, by its path there.

    Raises
    ------
    UserError
        If one is not Python.
    """
    cache = _Fingerprints(CACHE)
    found = {file.relative_to(root).as_posix(): cache.of(file) for file in files}
    cache.keep()
    return found


def code_of(script: Path, modules: Iterable[str] = (), root: Path = ROOT) -> dict[str, str]:
    """Fingerprints of a script of the repository, of modules that it loads by name, and of all that these import.

    Empty for any other program, such as a test runner. The script comes first.
    """
    start = script.resolve()
    if start.suffix != ".py" or not start.is_file() or not start.is_relative_to(root / "scripts"):
        return {}
    files = dict.fromkeys(import_closure(start, (root / "src",)))
    for module in modules:
        files |= dict.fromkeys(closure_of_module(module, (root / "src",)))
    return fingerprints(files, root)


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
