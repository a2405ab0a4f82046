"""Draw the graph of the rules as Snakemake gives it, for docs/architecture.md.

The tables of a paper are one box, and so are its figures: which parts a table is put together from is said in the
registry, one entry a figure.
"""

from __future__ import annotations

import argparse
import html
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from fisher_spectra.common.atomic_files import write_text

ROOT = Path(__file__).resolve().parents[2]
COLUMN, ROW, WIDTH, HEIGHT, MARGIN = 310, 26, 220, 20, 12  # pixels
# where a rule belongs, by the beginning of its name, with the colour of its box
ROOMS = {
    "fetch": "#e8e8e8",
    "karakida": "#cfe3f5",
    "pennington": "#d6efd8",
    "hayase": "#f7e0cc",
    "claims": "#f3d9ec",
    "": "#f4f0c9",
}
STAGES = {"tables": 2, "_table": 3, "figures": 3, "_figure": 4, "_page": 4}  # column of a box by the end of its name
TABLES = 2  # the column that others are put in order by
TARGETS = {"all", "pages"}
# a figure's two rules have its name, and that begins with its paper's
_OF_A_FIGURE = re.compile(r"(karakida|pennington|hayase)_\w+_(table|figure)")
Edges = frozenset[tuple[str, str]]


def rule_graph(dot: str) -> tuple[list[str], Edges]:
    """Names of rules, and pairs of rules of which the second uses what the first makes, from Graphviz text.

    Raises
    ------
    ValueError
        If the text holds no graph.
    """
    names = dict(re.findall(r'^\s*(\d+)\[label = "([^"]+)"', dot, re.MULTILINE))
    if not names:
        raise ValueError(f"no graph in what Snakemake printed: {dot[:200]!r}")
    edges = re.findall(r"^\s*(\d+) -> (\d+)\s*$", dot, re.MULTILINE)
    return sorted(names.values()), frozenset((names[one], names[other]) for one, other in edges)


def snakemake_rule_graph(folder: Path) -> str:
    """What ``snakemake --rulegraph`` prints for everything that can be made, data sets included."""
    command = [sys.executable, "-m", "snakemake", "all", "pages", "--rulegraph", "--config", "scale=paper"]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def room(name: str) -> str:
    """The beginning of the rule's name that says where it belongs."""
    return next(prefix for prefix in ROOMS if name.startswith(prefix))


def without_targets(names: Sequence[str], edges: Edges) -> tuple[list[str], Edges]:
    """The graph without the rules that only collect what others make."""
    kept = [name for name in names if name not in TARGETS]
    return kept, frozenset(edge for edge in edges if not TARGETS & set(edge))


def by_paper(names: Sequence[str], edges: Edges) -> tuple[list[str], Edges]:
    """The graph with one box for the tables of each paper, and one for its figures."""

    def box(name: str) -> str:
        found = _OF_A_FIGURE.fullmatch(name)
        return f"{found[1]} {found[2]}s" if found else name

    together = {(box(one), box(other)) for one, other in edges}
    return sorted({box(name) for name in names}), frozenset(edge for edge in together if edge[0] != edge[1])


def columns(names: Sequence[str], edges: Edges) -> dict[str, int]:
    """Column of each rule: data, computing, tables, figures and pages; and right of everything that it uses."""
    found: dict[str, int] = {}

    def place(name: str) -> int:
        if name not in found:
            stage = next((number for suffix, number in STAGES.items() if name.endswith(suffix)), 1)
            used = [place(one) + 1 for one, other in edges if other == name]
            found[name] = max([0 if name.startswith("fetch") else stage, *used])
        return found[name]

    for name in names:
        place(name)
    return found


def order(names: Sequence[str], edges: Edges) -> list[list[str]]:
    """Rules of each column from top to bottom: by paper, then near the middle of those in the column of the tables."""
    column = columns(names, edges)
    height: dict[str, float] = {}
    rows: list[list[str]] = [[] for _ in range(max(column.values()) + 1)]
    for number in sorted(range(len(rows)), key=lambda number: abs(number - TABLES)):

        def middle(name: str) -> float:
            beside = {one for edge in edges if name in edge for one in edge}
            known = [height[one] for one in beside if one in height]
            return sum(known) / len(known) if known else 0.0

        here = [name for name in names if column[name] == number]
        rows[number] = sorted(here, key=lambda name: (list(ROOMS).index(room(name)), middle(name), name))
        height.update({name: position - (len(here) - 1) / 2 for position, name in enumerate(rows[number])})
    return rows


def draw(names: Sequence[str], edges: Edges) -> str:
    """The graph from left to right as SVG."""
    rows = order(names, edges)
    tall = max(map(len, rows)) * ROW + 2 * MARGIN
    places = {
        name: (MARGIN + number * COLUMN, tall / 2 + (position - len(column) / 2) * ROW)
        for number, column in enumerate(rows)
        for position, name in enumerate(column)
    }
    wide = 2 * MARGIN + (len(rows) - 1) * COLUMN + WIDTH
    lines = []
    for one, other in sorted(edges):
        (x, y), (u, v) = places[one], places[other]
        x, y, v = x + WIDTH, y + HEIGHT / 2, v + HEIGHT / 2
        bend = (u - x) / 2
        lines.append(
            f'<path data-from="{one}" data-to="{other}"'
            f' d="M{x:g} {y:g}C{x + bend:g} {y:g} {u - bend:g} {v:g} {u:g} {v:g}"/>'
        )
    boxes = [
        f'<g data-rule="{name}"><rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="4" stroke="#555"'
        f' fill="{ROOMS[room(name)]}"/><text x="{x + WIDTH / 2:g}" y="{y + 14:g}">{html.escape(name)}</text></g>'
        for name, (x, y) in places.items()
    ]
    size = f'viewBox="0 0 {wide:g} {tall:g}" width="{wide:g}" height="{tall:g}"'
    text = 'font-family="sans-serif" font-size="11.5" text-anchor="middle" stroke-width="0.7"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {text}>',
            "<title>The rules of the workflow and what they hand on</title>",
            f'<rect width="{wide:g}" height="{tall:g}" fill="white"/>',
            '<g fill="none" stroke="#888">',
            *lines,
            "</g>",
            *boxes,
            "</svg>\n",
        ]
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "rulegraph.svg", help="the picture")
    output = parser.parse_args(argv).output
    try:
        names, edges = by_paper(*without_targets(*rule_graph(snakemake_rule_graph(ROOT))))
    except subprocess.CalledProcessError as error:
        print(f"error: Snakemake gives no graph: {error.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return 1
    write_text(output, draw(names, edges))
    print(f"{output}: {len(names)} boxes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
