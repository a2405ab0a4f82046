"""What is compared with what: the settings of a table of the page, and what one candidate hands to the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# What a large matrix product and a copy do at the same moment; they take turns with the candidates.
PRODUCTS = {"float32": "matrix product, float32", "float64": "matrix product, float64"}
COPY = "copy"


@dataclass(frozen=True)
class Comparison:
    """Candidates that compute the same numbers, the first of them ours.

    Attributes
    ----------
    table
        Table of the page, or curve, that it belongs to; by it `ONLY=` chooses.
    case
        Its settings in words: a heading of the table.
    subject
        Module of `benchmark_page.subjects`.
    candidates
        Names that the subject knows. Each takes turns with the others in a process of its own.
    settings
        What the subject gets, as JSON can hold it.
    allowed
        Largest difference of a candidate's result from ours.
    by_cells
        The difference is the share of numbers that are not the same, as of verdicts, in place of the largest one.
    reference
        Name of the product or copy whose speed at the same moment is what speeds are a share of; none if empty.
    """

    table: str
    case: str
    subject: str
    candidates: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    allowed: float = 0.0
    by_cells: bool = False
    reference: str = ""


@dataclass(frozen=True)
class Prepared:
    """What one candidate does in a turn.

    Attributes
    ----------
    call
        What is timed. It gives the numbers that are compared, or nothing where they are not.
    work
        Multiplications and additions of a call, or bytes that it has to move, by the formula and not by the candidate;
        0 where none is stated.
    part
        Share of the whole that a call does: its time is divided by it.
    compiled
        Seconds of compiling, which the time leaves out.
    in_children
        The work is done by processes that the call starts: its memory is not known.
    """

    call: Callable[[], Array | None]
    work: float = 0.0
    part: float = 1.0
    compiled: float = 0.0
    in_children: bool = False


def difference(found: Array, ours: Array, by_cells: bool = False) -> float:
    """Largest difference over the largest of our numbers, or share of numbers that differ; infinite by shape."""
    if found.shape != ours.shape:
        return float("inf")
    if by_cells:
        return float(np.mean(found != ours))
    return float(np.max(np.abs(found - ours), initial=0.0) / max(np.max(np.abs(ours), initial=0.0), 1e-300))
