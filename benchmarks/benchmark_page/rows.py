"""Every single measurement of a run: a tidy table, from which the page is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from fisher_spectra.common.atomic_files import write_text

CELLS = "of cells"  # note of a difference that is a share of cells with another verdict


@dataclass(frozen=True)
class Row:
    """One measurement.

    `quantity`: cpu_s, wall_s (seconds of a call, by round), peak_bytes, difference (from our result), work (operations
    or bytes of a call), compile_s; or without a value absent and refused, where `note` says what is missing or wrong.
    """

    table: str
    case: str
    candidate: str
    quantity: str
    round: int
    value: float
    note: str = ""


NAMES = tuple(field.name for field in fields(Row))


def write_rows(rows: Sequence[Row], file: Path) -> None:
    """As CSV, numbers to five digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(NAMES)
    for row in rows:
        writer.writerow([f"{value:.5g}" if isinstance(value, float) else value for value in astuple(row)])
    write_text(file, text.getvalue())


def read_rows(file: Path) -> list[Row]:
    """What `write_rows` wrote."""
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            Row(
                one["table"],
                one["case"],
                one["candidate"],
                one["quantity"],
                int(one["round"]),
                float(one["value"]),
                one["note"],
            )
            for one in csv.DictReader(lines)
        ]
