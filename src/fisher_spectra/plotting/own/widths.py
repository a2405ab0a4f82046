"""Eigenvalue statistics and critical learning rate of an own network against the factor of its hidden widths."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from fisher_spectra.plotting.karakida.labels import STATISTICS
from fisher_spectra.plotting.own.factors import FACTOR, show_factors
from fisher_spectra.plotting.sampled_means import draw_means
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels, legend_below

COLUMNS: tuple[str, ...] = (
    "factor",
    "statistic",
    "theory",
    "finite_size",
    "empirical_mean",
    "empirical_std",
)
PANELS = STATISTICS | {"critical_rate": r"critical learning rate $\eta_c$"}


def plot(frame: pd.DataFrame) -> Figure:
    """One panel for each statistic, on logarithmic axes.

    Dashed: infinite width. Solid: the network's own widths, samples and outputs, where there is a theory. Points with
    bars of one standard deviation: sampled networks.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    figure, axes = plt.subplots(2, 2, figsize=(PAGE_WIDTH, 4.2))
    for axis, (statistic, label) in zip(axes.flat, PANELS.items(), strict=True):
        rows = frame[frame["statistic"] == statistic].sort_values("factor")
        axis.plot(rows["factor"], rows["theory"], "--", color=PALETTE[0], label="theory, infinite width", marker="")
        if rows["finite_size"].notna().any():
            axis.plot(rows["factor"], rows["finite_size"], color="black", label="theory, this size", marker="")
        draw_means(
            axis, rows["factor"], rows["empirical_mean"], rows["empirical_std"], "o", PALETTE[1], label="networks"
        )
        axis.set(xscale="log", yscale="log", xlabel=FACTOR, ylabel=label)
        show_factors(axis, rows["factor"])
    label_panels(list(axes.flat))
    legend_below(figure, *axes.flat[-1].get_legend_handles_labels())
    return figure
