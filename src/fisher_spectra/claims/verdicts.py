"""How far a claim is from its limit, and verdicts of two runs side by side.

Promise L3: another seed or device leaves every verdict as it was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

VERDICTS = ("holds", "erratum", "fails")


def over_tolerance(deviation: float, tolerance: float) -> float:
    """Deviation over tolerance: above 1 exactly where a claim fails.

    0 without any deviation, even where nothing is tolerated; inf if one of the two is not a number, or everything is
    tolerated.
    """
    if math.isnan(deviation) or not math.isfinite(tolerance):
        return math.inf
    if deviation == 0.0:
        return 0.0
    return deviation / tolerance if tolerance > 0.0 else math.inf


@dataclass(frozen=True)
class VerdictChange:
    """A claim whose verdict is another one; ``absent`` where it is not there."""

    claim: str
    before: str
    now: str


def verdict_changes(before: pd.DataFrame, now: pd.DataFrame) -> list[VerdictChange]:
    """Claims whose verdicts differ between two tables of claims, or that are in one of them only."""
    old, new = (dict(zip(frame["claim"], frame["verdict"], strict=True)) for frame in (before, now))
    names = [*old, *(name for name in new if name not in old)]
    changes = [VerdictChange(name, old.get(name, "absent"), new.get(name, "absent")) for name in names]
    return [change for change in changes if change.before != change.now]


def count_verdicts(frame: pd.DataFrame) -> str:
    """Number of claims of each verdict, in words."""
    counts = frame["verdict"].value_counts()
    words = {"holds": "hold", "erratum": "are errata (corrected and proven)", "fails": "fail"}
    return ", ".join(f"{int(counts.get(verdict, 0))} {words[verdict]}" for verdict in VERDICTS)
