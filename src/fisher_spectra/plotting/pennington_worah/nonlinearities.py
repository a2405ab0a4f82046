"""Colour, line, mark and name of each nonlinearity of the paper."""

from __future__ import annotations

from typing import Any

from fisher_spectra.plotting.style import PALETTE

COLOURS = {
    "linear": PALETTE[2],
    "erf_1": PALETTE[0],
    "srelu_0": PALETTE[4],
    "f_opt": PALETTE[1],
    "numerical_optimum": "black",
    "best_saturating": PALETTE[7],
}
STYLES = {
    "linear": (0, (4, 1.2)),
    "srelu_0": "-.",
    "f_opt": (0, (1.2, 0.8)),
    "best_saturating": (0, (3, 1, 1, 1, 1, 1)),
}
MARKS = {"linear": "^", "erf_1": "o", "srelu_0": "s", "f_opt": "D"}
NAMES = {
    "linear": "linear",
    "erf_1": r"$\mathrm{erf}_1$",
    "srelu_0": r"$\mathrm{srelu}_0$",
    "f_opt": r"$f_{\mathrm{opt}}$",
    "numerical_optimum": "best polynomial found",
    "best_saturating": "best saturating, (29)",
}


def colour_of(nonlinearity: str, position: int) -> str:
    """Colour of a nonlinearity; one that has none of its own takes one by its position in the table."""
    return COLOURS.get(nonlinearity, PALETTE[(5 + position) % len(PALETTE)])


def style_of(nonlinearity: str) -> Any:
    """Style of a line, as matplotlib takes it."""
    return STYLES.get(nonlinearity, "-")


def mark_of(nonlinearity: str) -> str:
    """Mark of the sampled networks."""
    return MARKS.get(nonlinearity, "v")


def name_of(nonlinearity: str) -> str:
    """Name of a nonlinearity as it is printed."""
    return NAMES.get(nonlinearity, nonlinearity)
