"""Constants and features of the nonlinearities beside the printed ones (Pennington and Worah 2018, Table 1)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fisher_spectra.plotting.pennington_worah.nonlinearities import name_of
from fisher_spectra.plotting.style import PAGE_WIDTH

HEADINGS = {
    "eta": r"$\eta$",
    "eta_prime": r"$\eta'$",
    "zeta": r"$\zeta$",
    **{f"z{k}": f"$z_{k}$" for k in range(1, 7)},
}
COLUMNS: tuple[str, ...] = (
    "nonlinearity",
    *(f"{prefix}{name}" for prefix in ("", "printed_", "decimals_", "deviation_") for name in HEADINGS),
)


def plot(frame: pd.DataFrame) -> Figure:
    """Table 1: computed values, two digits beyond the printed ones, above the printed values in gray.

    A printed value that is not the computed one, rounded, is red and bold.

    Parameters
    ----------
    frame
        Table with `COLUMNS`; deviations are in units of the last printed digit.
    """
    figure, axis = plt.subplots(figsize=(PAGE_WIDTH, 0.35 + 0.42 * len(frame)))
    axis.set_axis_off()
    axis.set(xlim=(-2.0, len(HEADINGS) - 0.4), ylim=(len(frame) - 0.4, -1.0))
    for column, heading in enumerate(HEADINGS.values()):
        axis.text(column, -0.68, heading, ha="center", va="center", fontsize=9)
    axis.axhline(-0.42, color="black", linewidth=0.8)
    for height, (_, row) in enumerate(frame.iterrows()):
        axis.text(-1.95, height, name_of(row["nonlinearity"]), ha="left", va="center", fontsize=8.5)
        axis.text(-0.5, height - 0.17, "computed", ha="right", va="center", fontsize=6.5)
        axis.text(-0.5, height + 0.2, "printed", ha="right", va="center", fontsize=6.5, color="0.45")
        for column, name in enumerate(HEADINGS):
            _write_value(axis, column, height, row, name)
        axis.axhline(height + 0.45, color="0.8", linewidth=0.5)
    return figure


def _write_value(axis: Axes, column: int, height: int, row: pd.Series, name: str) -> None:
    """One constant of one nonlinearity: computed, and below it what the paper prints, if anything."""
    decimals = int(row[f"decimals_{name}"])
    known = np.isfinite(row[f"printed_{name}"])
    digits = decimals + 2 if known else 5
    axis.text(column, height - 0.17, f"{row[name]:.{digits}f}", ha="center", va="center", fontsize=8)
    if known:
        right = abs(row[f"deviation_{name}"]) <= 0.5
        axis.text(
            column,
            height + 0.2,
            f"{row[f'printed_{name}']:.{decimals}f}",
            ha="center",
            va="center",
            fontsize=7,
            color="0.45" if right else "red",
            fontweight="normal" if right else "bold",
        )
