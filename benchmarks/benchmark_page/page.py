"""`docs/benchmarks.md`, from the rows of a run and the machine that it ran on."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmark_page.comparison import COPY
from benchmark_page.curves import CURVES, measured
from benchmark_page.rows import Row, read_rows
from benchmark_page.summary import Entry, Spread, cases, entries, times
from benchmark_page.turns import REFERENCES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "benchmarks"
PAGE, ROWS, MACHINE, FIGURE = (
    ROOT / "docs" / "benchmarks.md",
    FOLDER / "rows.csv",
    FOLDER / "machine.json",
    FOLDER / "scaling.png",
)
README, BEGIN, END = ROOT / "README.md", "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"

# Tables in which alternatives compute the same numbers, in words for the summary.
WORK = {
    "training_column": "training column",
    "own_training": "own network",
    "online": "online training",
    "mean_field": "phase diagram",
    "normal_numbers": "normal numbers",
    "dual_fisher": "dual Fisher matrix",
    "lanczos": "largest eigenvalue",
}
_WORDS = ("", "work", "fastest alternative", "function", "against", "because")  # columns that have no numbers
_UNITS = ((1.0, "s", 1.0), (1e-3, "ms", 1e3), (0.0, "µs", 1e6))


def page(rows: Sequence[Row], machine: dict[str, Any]) -> str:
    """The page, in Markdown."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("benchmarks.md.jinja").render(
        table=lambda name: table(rows, name),
        glance=glance(rows),
        curves=curves(rows),
        references=references(rows),
        left_out=left_out(rows),
        machine=machine,
        versions=", ".join(f"{name} {version}" for name, version in machine["versions"].items()),
        kernels=", ".join(f"{name} ({kernels})" for name, kernels in machine["blas"].items()),
    )


def in_markdown(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table, numbers to the right."""
    rule = ["---" if name in _WORDS else "---:" for name in columns]
    padded = [[*line, *[""] * (len(columns) - len(line))] for line in lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in ([*columns], rule, *padded))


def table(rows: Sequence[Row], name: str) -> str:
    """A table of the page: one row for each candidate of each case."""
    found = cases(rows, name)
    if not found:
        return "*Not measured in this run.*"
    groups = {case: entries(group, REFERENCES) for case, group in found.items()}
    every = [entry for group in groups.values() for entry in group]
    shares, compiled = any(entry.share for entry in every), any(entry.compiled for entry in every)
    differs = any(entry.difference is not None for entry in every)
    unit = "GB/s" if any(row.candidate == COPY for group in found.values() for row in group) else "GFLOP/s"
    columns = ["", "time", "times ours", "memory", *([unit, "of the machine's"] if shares else [])]
    columns += ["differs by"] * differs + ["compiling"] * compiled
    lines: list[list[str]] = []
    for case, group in groups.items():
        lines.append([f"**{case}**"])
        for entry in group:
            if entry.seconds is None or entry.ratio is None:
                lines.append([entry.name, f"*{entry.left_out}*"])
                continue
            ratio = "1" if entry is group[0] else f"**{in_range(entry.ratio)}**"
            cells = [entry.name, seconds(entry.seconds), ratio, size(entry.memory)]
            if shares:
                speed, share = entry.speed, entry.share
                cells += [f"{speed / 1e9:.3g}" if speed else "", f"{100 * share:.0f} %" if share else ""]
            if differs:
                cells.append(apart(entry))
            lines.append(cells + ([f"{entry.compiled:.1f} s"] if compiled and entry.compiled else []))
    return in_markdown(columns, lines)


def glance(rows: Sequence[Row]) -> str:
    """For each case ours beside the fastest alternative that computes the same numbers."""
    lines = []
    for name, said in WORK.items():
        for case, group in cases(rows, name).items():
            ours, *others = entries(group, REFERENCES)
            rivals = [one for one in others if one.difference is not None and one.seconds and one.ratio]
            if ours.seconds is None or not rivals:
                continue
            best = min(rivals, key=_middle)
            lines.append(
                [f"{said}, {case}", best.name, seconds_alone(ours), seconds_alone(best), plain(_middle(best), 2)]
            )
    if not lines:
        return "*Not measured in this run.*"
    return in_markdown(["work", "fastest alternative", "ours", "its time", "over ours"], lines)


def _middle(entry: Entry) -> float:
    return entry.ratio.middle if entry.ratio else float("inf")


def curves(rows: Sequence[Row]) -> str:
    """The exponents of all curves."""
    lines = []
    for curve in CURVES:
        points = measured(rows, curve)
        if points is None:
            continue
        time, memory = (f"{value:.2f}" for value in (points.time_exponent, points.memory_exponent))
        sizes = f"{points.sizes[0]} to {points.sizes[-1]}"
        most = f"{seconds(Spread.of([points.seconds[-1].middle]))}, {size(points.memory[-1])}"
        line = [curve.function, f"{curve.label} = {sizes}", most, time, f"{curve.time:g}", memory, f"{curve.memory:g}"]
        lines.append([*line, curve.because])
    if not lines:
        return "*Not measured in this run.*"
    columns = ["function", "against", "at the largest", "time", "expected", "memory", "expected", "because"]
    return in_markdown(columns, lines)


def references(rows: Sequence[Row]) -> str:
    """What the machine gave beside the candidates."""
    said = []
    for name in REFERENCES:
        speeds = []
        for group in {(row.table, row.case) for row in rows if row.candidate == name}:
            some = [row for row in rows if (row.table, row.case) == group]
            work = next(row.value for row in some if row.candidate == name and row.quantity == "work")
            speeds += [work / value for value in times(some, name).values()]
        if speeds:
            spread = Spread.of([speed / 1e9 for speed in speeds])
            said.append(f"{name} {in_range(spread, 3)} {'GB/s' if name == COPY else 'GFLOP/s'}")
    return "; ".join(said)


def left_out(rows: Sequence[Row]) -> str:
    """What was not there, by name."""
    missing = dict.fromkeys(row.note for row in rows if row.quantity == "absent")
    return ", ".join(missing)


def seconds(spread: Spread) -> str:
    """Median and range in one unit."""
    unit, factor = next((name, factor) for least, name, factor in _UNITS if spread.middle >= least)
    return f"{in_range(Spread(*(factor * one for one in (spread.middle, spread.low, spread.high))), 3)} {unit}"


def seconds_alone(entry: Entry) -> str:
    """The median."""
    assert entry.seconds is not None
    return seconds(Spread.of([entry.seconds.middle]))


def in_range(spread: Spread, digits: int = 2) -> str:
    """Median, and the range behind it if there is one; so many digits, and no power of ten."""
    middle, low, high = (plain(value, digits) for value in (spread.middle, spread.low, spread.high))
    return middle if low == high else f"{middle} ({low}–{high})"


def plain(value: float, digits: int) -> str:
    """A number with so many digits, or all before the point."""
    if value == 0 or abs(value) >= 10 ** (digits - 1):
        return f"{value:.0f}"
    return f"{value:.{digits - 1 - math.floor(math.log10(abs(value)))}f}"


def apart(entry: Entry) -> str:
    """How far a candidate is from ours."""
    if entry.difference is None:
        return ""
    if entry.by_cells:
        return f"{100 * entry.difference:.0f} % of cells"
    return f"{entry.difference:.0e}" if entry.difference else "0"


def size(value: float) -> str:
    """Megabytes; nothing for what is not known, and what is below a tenth of one is that of the allocator."""
    if math.isnan(value):
        return ""
    return f"{plain(value / 1e6, 2)} MB" if value >= 1e5 else "< 0.1 MB"


def with_glance(readme: str, rows: Sequence[Row]) -> str:
    """The README with the summary between its two comments.

    Raises
    ------
    ValueError
        If the comments are not there.
    """
    start, end = readme.find(BEGIN), readme.find(END)
    if not 0 <= start < end:
        raise ValueError(f"README.md: must have {BEGIN} and {END}")
    return f"{readme[: start + len(BEGIN)]}\n{glance(rows)}\n{readme[end:]}"


def committed() -> tuple[list[Row], dict[str, Any]]:
    """The committed rows and their machine."""
    return read_rows(ROWS), json.loads(MACHINE.read_text(encoding="utf-8"))
