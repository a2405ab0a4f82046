"""Means over sampled networks: open marks with thin bars of their scatter or standard error."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes


def draw_means(
    axis: Axes, across: pd.Series, means: pd.Series, error: pd.Series, mark: str, colour: str, **options: Any
) -> None:
    """Draw one series.

    Parameters
    ----------
    axis
        Where it is drawn.
    across, means, error
        Horizontal places, values, and half the lengths of the bars; of one length.
    mark, colour
        Of the points and bars.
    options
        Those of `matplotlib.axes.Axes.errorbar`, such as ``label``.
    """
    axis.errorbar(across, means, yerr=error, fmt=mark, color=colour, markerfacecolor="white", elinewidth=0.8, **options)
