"""Tidy tables: the only thing that figures, claims and checks read."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from fisher_spectra.common.atomic_files import atomic_path
from fisher_spectra.common.errors import UserError

FLOAT_FORMAT = "%.12g"  # below the 16 digits of float64, so that the last bits of another BLAS do not show


def write_table(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a table as CSV, atomically; the same values give the same bytes.

    Not-a-number is written ``nan`` and infinity ``inf``, so that a missing value is never mistaken for an
    empty text.
    """
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, index=False, float_format=FLOAT_FORMAT, na_rep="nan", lineterminator="\n")


def read_table(path: str | os.PathLike[str], columns: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table written by `write_table`.

    Parameters
    ----------
    path
        The CSV file.
    columns
        Columns that must be there.

    Raises
    ------
    UserError
        If the file is missing, empty, no table, or lacks one of the columns.
    """
    file = Path(path)
    if not file.is_file():
        raise UserError(f"{file}: no such table; the workflow makes it, e.g. `make figures TARGET={file.stem}`")
    if b"\0" in (content := file.read_bytes()):
        raise UserError(f"{file}: not a table (it holds zero bytes); delete it and run the workflow again")
    try:
        frame = pd.read_csv(io.BytesIO(content), keep_default_na=False, na_values=["nan"])
    except pd.errors.EmptyDataError as error:
        raise UserError(f"{file}: the table is empty; delete it and run the workflow again") from error
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise UserError(f"{file}: not a table ({reason}); delete it and run the workflow again") from error
    require_columns(frame, columns, file)
    return frame


def require_columns(frame: pd.DataFrame, columns: Sequence[str], file: Path) -> None:
    """Raise UserError if the table of `file` lacks one of the columns."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise UserError(f"{file}: column {missing[0]!r} is missing; found {', '.join(frame.columns)}")
