"""The table of claims as a page that sorts and filters."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.checks.sortable_page import Cell, Column, sortable_page
from fisher_spectra.claims.consequences import errata_in_words
from fisher_spectra.claims.verdicts import count_verdicts, over_tolerance

COLUMNS = (
    *("claim", "paper", "location", "statement", "predicted", "measured", "deviation", "tolerance", "verdict"),
    *("cell", "cells", "printed", "printed_predicted", "printed_measured", "table", "erratum", "consequence"),
    *("power", "power_kind", "power_direction", "weak"),
)
_STYLES = {"holds": "good", "erratum": "note", "fails": "bad"}


def claims_page(frame: pd.DataFrame, scale: str) -> str:
    """Every claim with its verdict, what was predicted and what was measured.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    scale
        Scale of the run.
    """
    columns = [
        Column("verdict", choice=True),
        Column("paper", choice=True, beneath=True),
        Column("place", beneath=True),
        Column("claim", beneath=True),
        Column("statement", main=True),
        Column("predicted"),
        Column("measured"),
        Column("deviation / tolerance", digits=3),
        Column("total tolerance", digits=3),
        Column("turned by", digits=3),
        Column("change", choice=True, beneath=True),
        Column("weak because", beneath=True),
        Column("where", beneath=True),
        Column("as printed", beneath=True),
        Column("erratum changes", choice=True, beneath=True),
        Column("table", choice=True, beneath=True),
    ]
    rows: list[list[Cell]] = [
        [
            *(str(row[name]) for name in ("verdict", "paper", "location", "claim", "statement")),
            *(float(row[name]) for name in ("predicted", "measured")),
            over_tolerance(float(row["deviation"]), float(row["tolerance"])),
            float(row["tolerance"]),
            float(row["power"]),
            f"{row['power_kind']}, {row['power_direction']}" if str(row["power_direction"]) not in ("", "nan") else "",
            "" if str(row["weak"]) == "nan" else str(row["weak"]),
            _place(str(row["cell"]), int(row["cells"])),
            _printed(str(row["printed"]), float(row["printed_predicted"]), float(row["printed_measured"])),
            _text(row["consequence"]),
            str(row["table"]),
        ]
        for _, row in frame.iterrows()
    ]
    paragraphs = [
        f"Of {len(frame)} claims that {scale} scale can decide, {count_verdicts(frame)}. A sentence that several claims"
        f" refute is one erratum; so there are {errata_in_words(_errata(frame))}.",
        "A claim holds if what is measured deviates from what is predicted by at most the tolerance, in every cell that"
        " it speaks of; shown is the cell in which it is worst off. The tolerance shown is the total, a stated"
        " allowance plus the statistical uncertainty, which for few networks can be several times the allowance."
        " An erratum is a printed statement that fails where the corrected one, shown as the claim, holds; both are"
        " measured. The files in claims/ say how each claim is measured and why its tolerance is"
        " what it is.",
        "Turned by: the smallest change of what is measured, all of it together, that turns the verdict, in the"
        " direction in which the claim notices less; a share of the value (relative), an exponent, steps of the grid of"
        " learning rates, or the value itself (absolute: what is predicted to be 0, and shares). Where it is more than"
        " a tenth, 0.1 of an exponent or a step, the ledger says why.",
        "Click on a column to sort by it, and again to turn the order round.",
    ]
    return sortable_page(f"Claims at {scale} scale", paragraphs, columns, rows, _STYLES)


def _errata(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Name and consequence of the erratum of each claim whose verdict is one."""
    refuted = frame[frame["verdict"] == "erratum"]
    return list(zip(refuted["erratum"].map(str), refuted["consequence"].map(str), strict=True))


def _text(value: object) -> str:
    """A text of the table, where an empty one may have been read as nan."""
    return "" if str(value) == "nan" else str(value)


def _printed(statement: str, predicted: float, measured: float) -> str:
    """The statement as printed and how it fares; empty for a claim that is no erratum."""
    if not _text(statement):
        return ""
    return f"{statement} Predicted {predicted:.4g}, measured {measured:.4g}."


def _place(cell: str, cells: int) -> str:
    """The cell in which a claim is worst off, and out of how many."""
    name = _text(cell)
    return f"{name} (of {cells})".strip() if cells > 1 else name
