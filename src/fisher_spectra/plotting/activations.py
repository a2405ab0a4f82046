"""Colour, mark and name of each activation."""

from __future__ import annotations

from fisher_spectra.plotting.style import PALETTE

# one colour and one mark for each activation, so that figures can be read in print and without colours
COLOURS = {"tanh": PALETTE[0], "relu": PALETTE[3], "linear": PALETTE[2], "gelu": PALETTE[4], "mixed": "#404040"}
MARKS = {"tanh": "o", "relu": "s", "linear": "^", "gelu": "D", "mixed": "P"}
NAMES = {"tanh": "tanh", "relu": "ReLU", "linear": "linear", "gelu": "GELU", "silu": "SiLU"}


def colour_of(activation: str, position: int = 0) -> str:
    """Colour of an activation; one that has none of its own takes one by its position in the table."""
    return COLOURS.get(activation, PALETTE[(4 + position) % len(PALETTE)])


def mark_of(activation: str, position: int = 0) -> str:
    """Mark of an activation, as `colour_of`."""
    return MARKS.get(activation, "DvP*X"[position % 5])


def name_of(activation: str) -> str:
    """Name of an activation as it is printed."""
    return NAMES.get(activation, activation)
