"""The law of H_L with orthogonal and with Gaussian weights (Hayase, Karakida 2020 and 2021)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fisher_spectra.plotting.hayase_karakida.histograms import (
    EIGENVALUE,
    bars_handle,
    draw_bars,
    draw_outline,
    line_handle,
)
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels, legend_below

COLUMNS: tuple[str, ...] = (
    "panel",
    "L",
    "M",
    "bin_low",
    "bin_high",
    "density_theory",
    "density_empirical",
    "n_networks",
)

TITLES = {"orthogonal": "orthogonal weights", "gaussian": "Gaussian weights"}


def plot(frame: pd.DataFrame) -> Figure:
    """The law of H_L with orthogonal (left) and Gaussian weights (right), one row for each depth.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    depths, panels = sorted(frame["L"].unique()), list(frame["panel"].unique())
    figure, axes = plt.subplots(
        len(depths), len(panels), figsize=(PAGE_WIDTH, 0.4 + 1.6 * len(depths)), squeeze=False, sharey="row"
    )
    for line, depth in enumerate(depths):
        for axis, panel in zip(axes[line], panels, strict=True):
            _draw_panel(axis, frame[(frame["panel"] == panel) & (frame["L"] == depth)])
        axes[line, 0].set_ylabel(f"$L = {depth}$\ndensity")
    for axis, panel in zip(axes[0], panels, strict=True):
        axis.set_title(TITLES.get(panel, panel))
    for axis in axes[-1]:
        axis.set_xlabel(EIGENVALUE)
    label_panels(list(axes.flat))
    networks = bars_handle(int(frame["n_networks"].iloc[0]), frame["M"].iloc[0])
    legend_below(figure, [networks, line_handle(r"limiting law $\mu_L$", linewidth=1.1)])
    return figure


def _draw_panel(axis: Axes, rows: pd.DataFrame) -> None:
    draw_bars(axis, rows, "density_empirical")
    draw_outline(axis, rows, "density_theory", linewidth=1.1)
    least = 1.0 / (rows["M"].iloc[0] * rows["n_networks"].iloc[0])  # weight of one eigenvalue
    width = (rows["bin_high"] - rows["bin_low"]).max()
    axis.set(yscale="log", xlim=(0, None), ylim=(0.5 * least / width, None))
