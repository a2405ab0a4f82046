"""What each table cost: the time and memory that its sidecar records, as a table and as a page."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fisher_spectra.checks.sortable_page import Cell, Column, sortable_page
from fisher_spectra.common.errors import UserError

COLUMNS = ("table", "parts", "seconds", "peak_memory_mb", "device", "cpu", "commit")


def run_times(sidecars: Sequence[str | os.PathLike[str]]) -> pd.DataFrame:
    """Time and memory of tables, the longest first.

    Parameters
    ----------
    sidecars
        The JSON files beside the tables.

    Returns
    -------
    DataFrame
        With `COLUMNS`: number of parts; seconds of one core, all parts together; the most memory that one of the jobs
        took, in units of 10^6 bytes; device and processor; commit of the code.

    Raises
    ------
    UserError
        If a sidecar is missing or records no time.
    """
    rows = [_row(Path(file)) for file in sidecars]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.sort_values(["seconds", "table"], ascending=[False, True], ignore_index=True)


def _row(file: Path) -> dict[str, Any]:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        return {
            "table": file.stem,
            "parts": len(record["inputs"]),
            "seconds": float(record["seconds"]),
            "peak_memory_mb": float(record["peak_memory_mb"]),
            "device": record["machine"]["device"],
            "cpu": record["machine"]["cpu"],
            "commit": record["git_commit"] or "",
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file}: no sidecar of a table ({error!r}); delete it and run the workflow again") from error


def run_times_page(frame: pd.DataFrame, scale: str) -> str:
    """The page of `run_times`."""
    columns = [
        Column("table"),
        Column("parts"),
        Column("seconds"),
        Column("peak memory (MB)"),
        Column("device", choice=True),
        Column("processor", choice=True),
        Column("commit"),
    ]
    rows: list[list[Cell]] = [
        [
            str(row["table"]),
            float(row["parts"]),
            float(row["seconds"]),
            float(row["peak_memory_mb"]),
            *(str(row[name]) for name in ("device", "cpu", "commit")),
        ]
        for _, row in frame.iterrows()
    ]
    minutes = float(frame["seconds"].sum()) / 60
    paragraphs = [
        f"All tables together took {minutes:.3g} minutes of job time; on several cores jobs run side by side.",
        "Seconds are those of all jobs that a table was put together from; memory is that of the job that took most."
        " Starting Python and drawing a figure take some seconds for each job besides.",
    ]
    return sortable_page(f"Run times at {scale} scale", paragraphs, columns, rows)
