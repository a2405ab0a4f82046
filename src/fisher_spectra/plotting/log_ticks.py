"""Ticks of logarithmic axes that span little: labels that enclose the data and can be read."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

# From so many decades on there are powers of ten enough; below, these multiples of them, up to so many decades.
_POWERS_ALONE = 3.0
_MULTIPLES = ((0.5, None), (1.5, (1.0, 2.0, 5.0)), (_POWERS_ALONE, (1.0, 3.0)))
_EVEN_TICKS = 4  # of an axis of less than half a decade, at most one more


def label_heights(axis: Axes) -> None:
    """Ticks of a logarithmic vertical axis, after everything is drawn on it.

    Powers of ten alone where the axis has several of them; multiples of them where it has one or two, and evenly spaced
    values below half a decade, each with limits that are ticks, so that no data lie beyond the last label.

    Parameters
    ----------
    axis
        Its limits are finite and above 0.
    """
    low, high = axis.get_ylim()
    decades = math.log10(high / low)
    if decades < _POWERS_ALONE:
        ticks = _enclosing(low, high, next(subs for limit, subs in _MULTIPLES if decades < limit))
        axis.yaxis.set_major_locator(FixedLocator(ticks))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_ylim(min(low, ticks[0]), max(high, ticks[-1]))
    axis.yaxis.set_minor_locator(NullLocator())


def _enclosing(low: float, high: float, multiples: tuple[float, ...] | None) -> list[float]:
    """Ticks from the last one below to the first one above: multiples of powers of ten, or evenly spaced."""
    if multiples is None:
        return [float(tick) for tick in MaxNLocator(_EVEN_TICKS).tick_values(low, high) if tick > 0.0]
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    ticks = [float(f"{multiple:g}e{power}") for power in powers for multiple in multiples]
    first = max(place for place, tick in enumerate(ticks) if tick <= low)
    last = min(place for place, tick in enumerate(ticks) if tick >= high)
    return ticks[first : last + 1]
