"""What the page says of a table of measurements: medians, spread, ratios to ours, shares of the machine's speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmark_page.rows import CELLS, Row


@dataclass(frozen=True)
class Spread:
    """Median, and the range of all rounds."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """That of some values."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True)
class Entry:
    """One candidate in one case."""

    name: str
    seconds: Spread | None = None  # of the processor; None where it was left out
    rounds: int = 0
    ratio: Spread | None = None  # over ours of the same round
    memory: float = 0.0  # bytes
    speed: float | None = None  # operations or bytes in a second
    share: float | None = None  # of the reference of the same rounds
    difference: float | None = None  # from our result
    by_cells: bool = False  # it is the share of cells with another verdict
    compiled: float = 0.0  # seconds
    left_out: str = ""  # why


def cases(rows: Sequence[Row], table: str) -> dict[str, list[Row]]:
    """The rows of each case of a table, in the order in which they were measured."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.table == table:
            found.setdefault(row.case, []).append(row)
    return found


def entries(rows: Sequence[Row], references: Sequence[str]) -> list[Entry]:
    """All candidates of a case, ours first, without the references."""
    names = [name for name in dict.fromkeys(row.candidate for row in rows) if name not in references]
    reference = next((row.candidate for row in rows if row.candidate in references), "")
    speeds = speeds_of(rows, reference)
    ours = times(rows, names[0])
    return [_entry(name, [row for row in rows if row.candidate == name], ours, speeds) for name in names]


def times(rows: Sequence[Row], name: str, quantity: str = "cpu_s") -> dict[int, float]:
    """Seconds of a candidate by round."""
    return {row.round: row.value for row in rows if row.candidate == name and row.quantity == quantity}


def speeds_of(rows: Sequence[Row], name: str) -> dict[int, float]:
    """Operations or bytes of a candidate in a second by round."""
    work = next((row.value for row in rows if row.candidate == name and row.quantity == "work"), 0.0)
    return {number: work / seconds for number, seconds in times(rows, name).items()}


def _entry(name: str, rows: Sequence[Row], ours: Mapping[int, float], reference: Mapping[int, float]) -> Entry:
    values = {row.quantity: row for row in rows if row.quantity not in ("cpu_s", "wall_s")}
    for quantity, words in (("absent", "{}: not installed"), ("refused", "{}")):
        if quantity in values:
            return Entry(name, left_out=words.format(values[quantity].note))
    seconds, speeds = times(rows, name), speeds_of(rows, name)
    far = values.get("difference")
    work = values["work"].value
    return Entry(
        name,
        Spread.of(list(seconds.values())),
        len(seconds),
        Spread.of([value / nearest(ours, number) for number, value in seconds.items()]),
        values["peak_bytes"].value,
        median(speeds.values()) if work else None,
        median(speed / nearest(reference, number) for number, speed in speeds.items()) if work and reference else None,
        far.value if far else None,
        bool(far and far.note == CELLS),
        values["compile_s"].value,
    )


def nearest(by_round: Mapping[int, float], number: int) -> float:
    """The value of the round, or of the nearest one that there is: some candidates have fewer."""
    return by_round[min(by_round, key=lambda other: (abs(other - number), other))]
