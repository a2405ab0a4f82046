"""What the documentation site has besides the pages of docs/: its order, and the reference of the public names."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import fisher_spectra as fs
from fisher_spectra.common.atomic_files import write_text

ROOT = Path(__file__).resolve().parents[2]

# Every page of docs/ under a heading of the site, in the order in which it is read.
CONTENTS: Mapping[str, tuple[str, ...]] = {
    "Start": (
        "tour",
        "interactive",
        "which_loss",
        "when_theory_does_not_apply",
        "how_it_compares",
        "benchmarks",
        "gallery",
    ),
    "How to": (
        "own_network",
        "analyse",
        "own_networks_in_the_workflow",
        "adding_a_data_set",
        "adding_a_figure",
    ),
    "Theory and measurement": (
        "finite_size",
        "layers",
        "ten_networks",
        "spectra_at_finite_width",
        "coverage",
        "errata",
    ),
    "Running it": ("data", "cluster", "resources", "promises", "exact", "when_a_check_fails", "architecture"),
}


def navigation() -> str:
    """The tables of contents of the site, in MyST, hidden from the page that they stand on."""
    parts = {**CONTENTS, "Reference": tuple(f"reference/{room}" for room in rooms())}
    return "\n" + "\n".join(
        f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(pages) + "\n```\n"
        for caption, pages in parts.items()
    )


def rooms() -> dict[str, list[str]]:
    """The public names of each room of the library, both in the order of the stub."""
    found: dict[str, list[str]] = {}
    for name in fs.__all__:
        found.setdefault(getattr(fs, name).__module__.split(".")[1], []).append(name)
    return found


def write_reference(folder: Path) -> None:
    """A page for each room that has public names; Sphinx fills in the docstrings."""
    for room, names in rooms().items():
        write_text(folder / f"{room}.rst", reference_page(room, names))


def reference_page(room: str, names: list[str]) -> str:
    """The page of a room, in reStructuredText: what the room is, and each of its public names."""
    title = f"fisher_spectra.{room}"
    lines = [title, "=" * len(title), "", about(room), "", ".. currentmodule:: fisher_spectra", ""]
    for name in names:
        kind = directive(name)
        lines += [f".. {kind}:: {name}"]
        if kind == "autoclass":
            lines += ["   :members:"]
        lines += [""]
    return "\n".join(lines)


def about(room: str) -> str:
    """The first paragraph of the docstring of a room."""
    source = (ROOT / "src" / "fisher_spectra" / room / "__init__.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n\n")[0]


def directive(name: str) -> str:
    """What autodoc calls a public name."""
    value = getattr(fs, name)
    if isinstance(value, type):
        return "autoexception" if issubclass(value, BaseException) else "autoclass"
    return "autofunction"
