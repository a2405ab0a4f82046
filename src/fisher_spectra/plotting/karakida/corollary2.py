"""Number of eigenvalues of at least k below its bound (Karakida et al. 2019, Corollary 2)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from fisher_spectra.plotting.activations import name_of
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels

COLUMNS: tuple[str, ...] = ("activation", "M", "k", "bound", "count")

COLOURS_OF_WIDTHS = tuple(PALETTE[k] for k in (0, 1, 2, 4, 5, 6, 7, 8, 9))
MARKS_OF_WIDTHS = "osDv^P"


def plot(frame: pd.DataFrame) -> Figure:
    """Number of eigenvalues of at least k: sampled counts below the bound of Corollary 2.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    activations = list(frame["activation"].unique())
    widths = sorted(frame["M"].unique())
    figure, axes = plt.subplots(1, len(activations), figsize=(PAGE_WIDTH, 2.6), squeeze=False, sharey=True)
    for axis, activation in zip(axes[0], activations, strict=True):
        for index, width in enumerate(widths):
            rows = frame[(frame["activation"] == activation) & (frame["M"] == width)].sort_values("k")
            colour = COLOURS_OF_WIDTHS[index % len(COLOURS_OF_WIDTHS)]
            axis.plot(rows["k"], rows["bound"], color=colour, label=f"bound, M = {width}")
            axis.plot(
                rows["k"],
                np.where(rows["count"] > 0, rows["count"], np.nan),  # a logarithmic axis has no place for none
                linestyle="none",
                marker=MARKS_OF_WIDTHS[index % len(MARKS_OF_WIDTHS)],
                markersize=2.5,  # ten thresholds to a decade
                color=colour,
                markerfacecolor="white",
                label=f"networks, M = {width}",
            )
        axis.set(title=name_of(activation), xscale="log", yscale="log", xlabel=r"threshold $k$")
    axes[0, 0].set_ylabel(r"number of eigenvalues $\geq k$")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=max(1, (len(labels) + 1) // 2))
    label_panels(list(axes[0]))
    return figure
