"""The hard tanh of the papers, phi(x) = clip(s g x, -1, 1) / s, and its name in the catalogue and in tables."""

from __future__ import annotations

import math
from dataclasses import dataclass


def hard_tanh(s: float, g: float) -> str:
    """The function with such numbers, to the last bit, as the catalogue of activations knows it."""
    return f"hard_tanh(s={float(s)!r},g={float(g)!r})"


@dataclass(frozen=True)
class HardTanh:
    """A hard tanh by the numbers that Hayase, Karakida 2021, Section 5.2, give: s^2 and g.

    Its slope is g between the kinks at s g |x| = 1, beyond them its square is 1 / s^2.
    """

    s_squared: float
    g: float

    @property
    def s(self) -> float:
        """The root of s^2."""
        return math.sqrt(self.s_squared)

    @property
    def function(self) -> str:
        """Its name in tables, which have a whole g without a point: ``hard_tanh(s=1.0,g=1)``."""
        return f"hard_tanh(s={self.s!r},g={float(self.g)!r})".replace(".0)", ")")
