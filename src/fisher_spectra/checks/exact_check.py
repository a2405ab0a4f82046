"""Are the tables of the exact mode the committed ones, byte for byte? And if not, where does the first one part?

`references/exact/<scale>.sha256` has the SHA-256 of every table, as ``sha256sum --check`` reads it, and
``<scale>.cells.csv.gz`` beside it those cells in which it differs from the table of `references/<scale>/`, which was
made without the mode. Both together are the exact table, and its digest says whether they are.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.common.errors import UserError

FOLDER = "exact"  # within that of the references
_DIGITS = 12  # of a number in a table (`common.tables.write_table`)
_CELLS = ("table", "line", "column", "value")

Cells = Mapping[tuple[int, str], str]
"""Values by line, counted from 1 below the names of the columns, and name of the column."""


@dataclass(frozen=True)
class Parting:
    """Where a table is another one than the committed.

    Attributes
    ----------
    table
        Its name.
    where
        Its first row and column that differ; what is wrong with the table as a whole if that is not known.
    reference, now
        The cells; empty if not known.
    cells
        How many cells differ.
    """

    table: str
    where: str
    reference: str = ""
    now: str = ""
    cells: int = 0

    def __str__(self) -> str:
        if not self.reference and not self.now:
            return f"{self.table}: {self.where}"
        apart = units_apart(self.reference, self.now)
        by = "" if apart is None else f", {apart:.3g} units of the last of {_DIGITS} digits"
        others = f"; {self.cells - 1} more cells differ" if self.cells > 1 else ""
        return f"{self.table}: {self.where}: {self.now}, committed {self.reference}{by}{others}"


def units_apart(reference: str, now: str) -> float | None:
    """By how many units of the last digit that tables have two numbers differ; None if one is no finite number.

    Examples
    --------
    >>> units_apart("1.00000000002", "1")
    2.0
    """
    try:
        one, other = float(reference), float(now)
    except ValueError:
        return None
    if not (math.isfinite(one) and math.isfinite(other)):
        return None
    largest = max(abs(one), abs(other))
    if largest == 0:
        return 0.0
    return round(abs(one - other) / 10.0 ** (math.floor(math.log10(largest)) - _DIGITS + 1), 1)


def read_hashes(file: Path) -> dict[str, str]:
    """SHA-256 of each table, by its name.

    Raises
    ------
    UserError
        If the file is not there or has another line.
    """
    if not file.is_file():
        raise UserError(f"{file}: no bytes of the exact mode are kept of this scale; those there are: {_others(file)}")
    found = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        digest, _, name = line.partition("  ")
        if len(digest) != hashlib.sha256().digest_size * 2 or not name.endswith(".csv"):
            raise UserError(f"{file}, line {number}: must be a SHA-256, two blanks and the name of a table")
        found[name.removesuffix(".csv")] = digest
    return found


def _others(file: Path) -> str:
    return ", ".join(sorted(other.stem for other in file.parent.glob("*.sha256"))) or "none"


def read_cells(file: Path) -> dict[str, dict[tuple[int, str], str]]:
    """Cells of the exact mode that are not those of the references, by table; empty if there is no such file.

    Raises
    ------
    UserError
        If it is another file.
    """
    found: dict[str, dict[tuple[int, str], str]] = {}
    if not file.is_file():
        return found
    try:
        for row in csv.DictReader(io.StringIO(gzip.decompress(file.read_bytes()).decode(), newline="")):
            found.setdefault(row["table"], {})[int(row["line"]), row["column"]] = row["value"]
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
        raise UserError(f"{file}: not the cells of tables ({error}); `make references EXACT=1` writes it") from error
    return found


def partings(
    now: Mapping[str, Path], hashes: Mapping[str, str], references: Mapping[str, Path], cells: Mapping[str, Cells]
) -> list[Parting]:
    """Every table that is not the committed one, in the order of their names.

    Parameters
    ----------
    now, references
        Files by name of table, from `checks.regeneration.table_files`.
    hashes, cells
        From `read_hashes` and `read_cells`.
    """
    found = []
    for name in sorted(now.keys() | hashes.keys()):
        if name not in now:
            found.append(Parting(name, "is missing"))
        elif name not in hashes:
            found.append(Parting(name, "is new: no bytes of it are kept"))
        elif sha256_of_file(now[name]) != hashes[name]:
            found.append(_parting(name, now[name], hashes[name], references.get(name), cells.get(name, {})))
    return found


def _parting(name: str, now: Path, digest: str, reference: Path | None, cells: Cells) -> Parting:
    exact = None if reference is None else exact_text(reference, cells)
    if exact is None or hashlib.sha256(exact.encode()).hexdigest() != digest:
        return Parting(name, f"has other bytes ({sha256_of_file(now)[:12]}, committed {digest[:12]})")
    before, after = _rows(exact), _rows(now.read_text(encoding="utf-8"))
    if before[0] != after[0]:
        return Parting(name, "has other columns", ",".join(before[0]), ",".join(after[0]))
    if len(before) != len(after):
        return Parting(name, f"has {len(after) - 1} rows, committed {len(before) - 1}")
    found = list(_different(before, after))
    line, column = found[0]
    place = before[0].index(column)
    row = ", ".join(before[line][:3])
    return Parting(name, f"row {line} ({row} ...), {column}", before[line][place], after[line][place], len(found))


def exact_text(reference: Path, cells: Cells) -> str:
    """A table of the references with the cells of the exact mode in their places."""
    rows = _rows(reference.read_text(encoding="utf-8"))
    for (line, column), value in cells.items():
        if line < len(rows) and column in rows[0]:
            rows[line][rows[0].index(column)] = value
    return _text(rows)


def records(now: Mapping[str, Path], references: Mapping[str, Path]) -> tuple[bytes, bytes]:
    """What is kept of the tables of a run: the file of the digests, and of the cells that are not the references'.

    Of a table that has other rows or columns than its reference the digest alone is kept.
    """
    digests = "".join(f"{sha256_of_file(file)}  {name}.csv\n" for name, file in sorted(now.items()))
    kept: list[Sequence[str]] = [_CELLS]
    for name, file in sorted(now.items()):
        if name in references:
            before, after = (_rows(one.read_text(encoding="utf-8")) for one in (references[name], file))
            if before[0] == after[0] and len(before) == len(after):
                places = _different(before, after)
                kept += [(name, str(line), column, after[line][after[0].index(column)]) for line, column in places]
    return digests.encode(), gzip.compress(_text(kept).encode(), mtime=0)


def _different(before: Sequence[Sequence[str]], after: Sequence[Sequence[str]]) -> Iterator[tuple[int, str]]:
    """Line and column of each cell that differs, row by row; both have the same columns and number of rows."""
    for line, (one, other) in enumerate(zip(before, after, strict=True)):
        for column, first, second in zip(before[0], one, other, strict=True):
            if first != second:
                yield line, column


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def _text(rows: Sequence[Sequence[str]]) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()
