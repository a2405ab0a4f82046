"""Which files of this repository a script depends on, found by following its imports.

A rule takes these files as input, so that an edit of a module reruns the stages that import it and no other.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

from fisher_spectra.jobs.parsed_sources import Import, ParsedSources

_SOURCES = ParsedSources(still=True)


def import_closure(script: str | Path, roots: tuple[Path, ...], sources: ParsedSources = _SOURCES) -> list[Path]:
    """The script and every module below `roots` that it imports, directly or through others.

    Imports inside functions count. The `__init__.py` of every package on the way is part of the closure,
    because Python runs it.

    Parameters
    ----------
    script
        A Python file.
    roots
        Folders that hold importable packages, e.g. ``(Path("src"),)``.
    sources
        Which parses the files.

    Returns
    -------
    list of Path
        The script first, then the modules in sorted order.

    Raises
    ------
    UserError
        If a file is not Python.
    """
    start = Path(script)
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        for module in _imported_files(waiting.pop(), roots, sources):
            if module not in found and module != start:
                found.add(module)
                waiting.append(module)
    return [start, *sorted(found)]


def closure_of_module(name: str, roots: tuple[Path, ...], sources: ParsedSources = _SOURCES) -> list[Path]:
    """The files behind a module that is loaded by its dotted name, its packages' included, as `import_closure`.

    Raises
    ------
    ModuleNotFoundError
        If no root has it.
    """
    start = list(_files_of_module(name, roots))
    if not any(file.with_suffix("").parts[-name.count(".") - 1 :] == tuple(name.split(".")) for file in start):
        raise ModuleNotFoundError(f"no module {name} in {', '.join(map(str, roots))}")
    return list(dict.fromkeys(file for one in start for file in import_closure(one, roots, sources)))


@functools.cache  # by the object that parses: what that takes to stay as it is does
def _imported_files(file: Path, roots: tuple[Path, ...], sources: ParsedSources) -> frozenset[Path]:
    names = (name for found in sources.of(file).imports for name in _imported_names(found, file, roots))
    return frozenset(path for name in names for path in _files_of_module(name, roots))


def _imported_names(found: Import, file: Path, roots: tuple[Path, ...]) -> Iterator[str]:
    base = found.module
    if found.level:
        package = _package_of(file, roots)
        parents = package[: len(package) - found.level + 1]
        base = ".".join([*parents, *([base] if base else [])])
    yield base
    yield from (f"{base}.{name}" for name in found.names if name != "*")  # a name may be a submodule
    if "*" in found.names:  # a package may offer every module of its folder
        folders = (root.joinpath(*base.split(".")) for root in roots)
        yield from (f"{base}.{module.stem}" for folder in folders for module in sorted(folder.glob("*.py")))


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
