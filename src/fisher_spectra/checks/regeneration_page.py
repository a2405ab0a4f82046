"""What the regeneration check found, as text for a terminal and as one HTML file."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence

import pandas as pd

from fisher_spectra.checks.regeneration import Difference, summary
from fisher_spectra.claims.verdicts import VerdictChange, count_verdicts

_HEADER = ("quantity", "cell", "reference", "now", "allowed")

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1b1b1b; }
table { border-collapse: collapse; width: 100%; font-size: 13px; margin: 0.6rem 0 1.6rem; }
th, td { text-align: left; padding: 0.25rem 0.6rem; border-bottom: 1px solid #ddd; vertical-align: top; }
th { background: #f3f3f3; position: sticky; top: 0; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.good { color: #00664b; } .bad { color: #a33600; font-weight: 600; }
"""


def _row(difference: Difference) -> tuple[str, str, str, str, str]:
    return difference.quantity, difference.cell, difference.reference, difference.now, difference.allowed


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned with spaces; every cell as it is."""
    widths = [max(len(str(row[column])) for row in [header, *rows]) for column in range(len(header))]
    lines = ["  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    title = "  ".join(name.ljust(width) for name, width in zip(header, widths, strict=True))
    return "\n".join(line.rstrip() for line in [title, "-" * len(title), *lines])


def times(factor: float) -> str:
    """How many times over the tolerance, in words."""
    return "" if math.isinf(factor) else f", up to {factor:.3g} times the tolerance"


def report(differences: Sequence[Difference], most: int | None = None) -> Iterator[str]:
    """Lines for a terminal: each quantity that is off, then its cells.

    Parameters
    ----------
    differences
        From :func:`fisher_spectra.checks.regeneration.compare_folders`.
    most
        Cells shown of each quantity; all if None.
    """
    for quantity, number, factor in summary(differences):
        found = [difference for difference in differences if difference.quantity == quantity]
        yield f"{quantity}: {number} off{times(factor)}"
        shown = found if most is None else found[:most]
        yield text_table(_HEADER[1:], [_row(difference)[1:] for difference in shown])
        if len(shown) < number:
            yield f"... and {number - len(shown)} more"
        yield ""


def page(
    title: str,
    differences: Sequence[Difference],
    number_of_tables: int,
    changes: Sequence[VerdictChange],
    claims: pd.DataFrame | None,
) -> str:
    """The same as one HTML file that needs nothing else."""

    def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in header)
        body = "".join(
            "<tr>" + "".join(f'<td class="number">{html.escape(str(cell))}</td>' for cell in row) + "</tr>"
            for row in rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    parts = [f"<h1>{html.escape(title)}</h1>"]
    if differences:
        parts.append(f'<p class="bad">{len(differences)} differences over tolerance.</p>')
        quantities = [
            (quantity, str(number), f"{factor:.3g}" if math.isfinite(factor) else "")
            for quantity, number, factor in summary(differences)
        ]
        parts += [table(("quantity", "cells off", "times the tolerance"), quantities), "<h2>Every difference</h2>"]
        parts.append(table(_HEADER, [_row(difference) for difference in differences]))
    else:
        parts.append(f'<p class="good">All {number_of_tables} tables are within tolerance of the references.</p>')
    if claims is not None:
        parts.append("<h2>Claims</h2>")
        parts.append(f"<p>Of {len(claims)} claims {html.escape(count_verdicts(claims))}.</p>")
        if changes:
            rows = [(change.claim, change.before, change.now) for change in changes]
            parts += ['<p class="bad">Verdicts that changed:</p>', table(("claim", "reference", "now"), rows)]
        shown = [
            (row["verdict"], row["claim"], row["location"], *(f"{row[name]:.4g}" for name in ("predicted", "measured")))
            for _, row in claims.iterrows()
        ]
        parts.append(table(("verdict", "claim", "place", "predicted", "measured"), shown))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )
