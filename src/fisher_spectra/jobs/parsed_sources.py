"""What a Python file says by its bytes, its fingerprint and its imports, kept from one process to the next.

Each start of the workflow and each job asks for some hundred files. They are known by the SHA-256 of their bytes, so
that what is kept can be old but never wrong.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.common.errors import UserError

CACHE = Path(".snakemake", "parsed_sources.json")
_FORM = "1"  # of what is kept, and of `_canonical`; what has another form is not used
# Fields of a node without meaning for what runs; `ctx` follows from the place of a name.
_WITHOUT_MEANING = frozenset({"kind", "type_comment", "ctx"})
_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Import:
    """One import: of a module, absolute (level 0) or relative, and perhaps of names in it."""

    level: int
    module: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParsedSource:
    """Fingerprint of a file (`fingerprint`), and its imports, those inside functions too."""

    fingerprint: str
    imports: tuple[Import, ...]


class ParsedSources:
    """Parsed files, kept in a file where there is a place for it.

    Parameters
    ----------
    cache
        The file; None keeps nothing.
    still
        Files stay as they are when they are first read, and are not read again.
    """

    def __init__(self, cache: Path | None = None, *, still: bool = False) -> None:
        self._cache = cache
        self._kept = {} if cache is None else _kept(cache)
        self._known: dict[str, ParsedSource] = {}
        self._seen: dict[Path, ParsedSource] | None = {} if still else None
        self._new = False

    def of(self, file: Path) -> ParsedSource:
        """The parsed file.

        Raises
        ------
        UserError
            If it is not Python.
        """
        if self._seen is not None and file in self._seen:
            return self._seen[file]
        source = file.read_bytes()
        digest = hashlib.sha256(source).hexdigest()
        if digest not in self._known:
            found = _from_row(self._kept.get(digest))
            if found is None:
                try:
                    found = parsed(source)
                # the second is of zero bytes, the others of brackets without end
                except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                    raise UserError(f"{file}: not Python ({error})") from error
                self._new = True
            self._known[digest] = found
        if self._seen is not None:
            self._seen[file] = self._known[digest]
        return self._known[digest]

    def keep(self) -> None:
        """Write what is new, if the folder of the cache exists."""
        if self._new and self._cache is not None and self._cache.parent.is_dir():
            try:
                write_text(self._cache, self.text())
            except OSError:  # it saves time and no more
                return
            self._new = False

    def text(self) -> str:
        """What is known, as it is kept."""
        rows = {
            digest: [one.fingerprint, [[found.level, found.module, *found.names] for found in one.imports]]
            for digest, one in self._known.items()
        }
        return json.dumps({_FORM: self._kept | rows})


def parsed(source: bytes) -> ParsedSource:
    """Fingerprint and imports of a Python source.

    Raises
    ------
    SyntaxError
        If the source is not Python.
    """
    tree = ast.parse(source)
    return ParsedSource(hashlib.sha256(repr(_canonical(tree)).encode()).hexdigest(), tuple(_imports(tree)))


def fingerprint(source: bytes) -> str:
    """SHA-256 of the syntax tree of a Python source without its docstrings, the same for every version of Python.

    Raises
    ------
    SyntaxError
        If the source is not Python.
    """
    return parsed(source).fingerprint


def _kept(cache: Path) -> dict[str, Any]:
    """What an earlier process left, a row for each file; nothing if it cannot be read.

    Rows are turned into what they say (`_from_row`) where a file is asked for: a job asks for a tenth of them.
    """
    try:
        rows = json.loads(cache.read_text(encoding="utf-8"))[_FORM]
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return rows if isinstance(rows, dict) else {}


def _from_row(row: Any) -> ParsedSource | None:
    """What a row says; None if there is none, or it is none."""
    try:
        digest, imports = row
        found = ParsedSource(digest, tuple(Import(level, module, tuple(names)) for level, module, *names in imports))
    except (TypeError, ValueError):
        return None
    texts = (digest, *(text for one in found.imports for text in (one.module, *one.names)))
    levels = (one.level for one in found.imports)
    return found if all(isinstance(t, str) for t in texts) and all(isinstance(n, int) for n in levels) else None


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


def _imports(tree: ast.AST) -> Iterator[Import]:
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from (Import(0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield Import(node.level, node.module or "", tuple(alias.name for alias in node.names))


def _statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """Every statement, but no expression, of which there are many more: an import is a statement."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting.extend(inner for inner in getattr(node, field, ()) if isinstance(inner, ast.AST))
        if isinstance(node, ast.stmt):
            yield node
