"""How time and memory grow with one size at a time, and the exponents beside those that the algorithm should have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmark_page.comparison import Comparison
from benchmark_page.rows import Row
from benchmark_page.summary import Spread, cases, times


@dataclass(frozen=True)
class Curve:
    """One function over one size.

    Attributes
    ----------
    function
        Candidate of `subjects.scaling`.
    size
        Name of the setting that grows: M, T, L, n, rates (cells), trials (seeds).
    values
        Of it, rising.
    fixed
        All other settings.
    time, memory
        Exponents that the algorithm has for large values.
    because
        Where they come from.
    """

    function: str
    size: str
    values: tuple[int, ...]
    fixed: Mapping[str, Any]
    time: float
    memory: float
    because: str
    called: str = field(default="")

    @property
    def table(self) -> str:
        """Name of its rows."""
        return f"curve {self.function.strip('`')} {self.size}"

    @property
    def label(self) -> str:
        """Of the axis."""
        return self.called or self.size


_TRAINING = {"M": 64, "rates": 8, "trials": 1, "steps": 50}
_ONLINE = {"M": 256, "L": 4, "cells": 4, "steps": 64, "method": "compiled"}
_DUAL = {"L": 3, "M": 500, "T": 100, "dtype": "float64"}

CURVES: tuple[Curve, ...] = (
    Curve("`dual_fisher`", "M", (500, 1000, 2000, 4000), _DUAL, 2, 1, "L M² T of both passes; activations, L M T"),
    Curve("`train_student_teacher`", "M", (128, 256, 512, 1024), _TRAINING, 2, 2, "M² T a layer; parameters, M² L"),
    Curve("`train_online`", "M", (256, 512, 1024, 2048), _ONLINE, 2, 2, "M² a layer; weights, M² L"),
    Curve("`dual_fisher`", "T", (500, 1000, 2000, 4000), _DUAL | {"M": 100}, 2, 2, "L M T² of Gram matrices; F*, T²"),
    Curve("`dual_fisher`", "L", (4, 8, 16, 32), _DUAL, 1, 1, "layers; activations, L M T"),
    Curve("`train_online`", "L", (4, 8, 16, 32), _ONLINE, 1, 1, "layers; weights, M² L"),
    Curve(
        "`stochastic_lanczos_quadrature`",
        "n",
        (64, 128, 256, 512),
        {},
        3,
        2,
        "12 n³ a product; Lanczos vectors and ten matrices, n²",
    ),
    Curve(
        "`train_student_teacher`",
        "rates",
        (8, 16, 32, 64),
        _TRAINING,
        1,
        0,
        "cells; one after the other on a processor",
        "cells",
    ),
    Curve(
        "`train_student_teacher`",
        "trials",
        (2, 4, 8, 16),
        _TRAINING,
        1,
        0,
        "networks; one after the other on a processor",
        "seeds",
    ),
)


def comparison_of(curve: Curve, value: int) -> Comparison:
    """The measurement of one point."""
    return Comparison(curve.table, str(value), "scaling", (curve.function,), {**curve.fixed, curve.size: value})


@dataclass(frozen=True)
class Points:
    """A curve as it was measured: sizes, seconds and bytes above those before the call."""

    sizes: tuple[int, ...]
    seconds: tuple[Spread, ...]
    memory: tuple[float, ...]

    @property
    def time_exponent(self) -> float:
        """Of the median time."""
        return exponent(self.sizes, [one.middle for one in self.seconds])

    @property
    def memory_exponent(self) -> float:
        """Of the memory."""
        return exponent(self.sizes, self.memory)


def measured(rows: Sequence[Row], curve: Curve) -> Points | None:
    """The points of a curve; none if it was not measured."""
    found = cases(rows, curve.table)
    if not found:
        return None
    groups = list(found.values())
    seconds = [Spread.of(list(times(group, curve.function).values())) for group in groups]
    memory = [next(row.value for row in group if row.quantity == "peak_bytes") for group in groups]
    return Points(tuple(map(int, found)), tuple(seconds), tuple(memory))


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Middle slope of the logarithms from one size to the next; nan where a value is not above 0.

    Not a fit: where the arrays outgrow a cache, one doubling takes up to three times as long as the work says.
    """
    x, y = np.array(sizes, dtype=float), np.array(values, dtype=float)
    if not (y > 0).all():
        return float("nan")
    return float(np.median(np.diff(np.log(y)) / np.diff(np.log(x))))
