"""Which files of this repository a script depends on, found by parsing its imports.

A rule takes these files as input, so that an edit of a module reruns the stages that import it and no other.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path


def import_closure(script: str | Path, roots: tuple[Path, ...]) -> list[Path]:
    """The script and every module below `roots` that it imports, directly or through others.

    Imports inside functions count. The `__init__.py` of every package on the way is part of the closure,
    because Python runs it.

    Parameters
    ----------
    script
        A Python file.
    roots
        Folders that hold importable packages, e.g. ``(Path("src"),)``.

    Returns
    -------
    list of Path
        The script first, then the modules in sorted order.
    """
    start = Path(script)
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        for module in _imported_files(waiting.pop(), roots):
            if module not in found and module != start:
                found.add(module)
                waiting.append(module)
    return [start, *sorted(found)]


def closure_of_module(name: str, roots: tuple[Path, ...]) -> list[Path]:
    """The files behind a module that is loaded by its dotted name, its packages' included, as `import_closure`.

    Raises
    ------
    ModuleNotFoundError
        If no root has it.
    """
    start = list(_files_of_module(name, roots))
    if not any(file.with_suffix("").parts[-name.count(".") - 1 :] == tuple(name.split(".")) for file in start):
        raise ModuleNotFoundError(f"no module {name} in {', '.join(map(str, roots))}")
    return list(dict.fromkeys(file for one in start for file in import_closure(one, roots)))


@functools.cache
def _imported_files(file: Path, roots: tuple[Path, ...]) -> frozenset[Path]:
    tree = ast.parse(file.read_bytes(), filename=str(file))
    return frozenset(path for name in _imported_names(tree, file, roots) for path in _files_of_module(name, roots))


def _imported_names(tree: ast.AST, file: Path, roots: tuple[Path, ...]) -> Iterator[str]:
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = _package_of(file, roots)
                parents = package[: len(package) - node.level + 1]
                base = ".".join([*parents, *([base] if base else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)  # a name may be a submodule


def _statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """Every statement, but no expression, of which there are many more: an import is a statement."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting.extend(inner for inner in getattr(node, field, ()) if isinstance(inner, ast.AST))
        if isinstance(node, ast.stmt):
            yield node


def _package_of(file: Path, roots: tuple[Path, ...]) -> list[str]:
    for root in roots:
        if file.is_relative_to(root):
            return list(file.relative_to(root).parent.parts)
    return []


@functools.cache  # most modules import the same ones
def _files_of_module(name: str, roots: tuple[Path, ...]) -> tuple[Path, ...]:
    parts = name.split(".")
    places = (root.joinpath(*parts[:depth]) for root in roots for depth in range(1, len(parts) + 1))
    files = (file for place in places for file in (place / "__init__.py", place.with_suffix(".py")))
    return tuple(file for file in files if file.is_file())
