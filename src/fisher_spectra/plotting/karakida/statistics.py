"""Eigenvalue statistics against width or number of samples (Karakida et al. 2019, Figures 1 and C.1)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fisher_spectra.plotting.activations import colour_of, mark_of, name_of
from fisher_spectra.plotting.karakida.labels import STATISTICS, WIDTH
from fisher_spectra.plotting.log_ticks import label_heights
from fisher_spectra.plotting.sampled_means import draw_means
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels

COLUMNS: tuple[str, ...] = (
    "activation",
    "M",
    "T",
    "statistic",
    "theory",
    "empirical_mean",
    "empirical_std",
    "n_seeds",
)

AXES = {"M": WIDTH, "T": r"number of samples $T$"}


def plot(frame: pd.DataFrame) -> Figure:
    """One panel for each statistic: theory as lines, sampled networks as points with error bars.

    Against the width there is a fourth panel with the excess of the second moment over theory and a line ~ 1/M.

    Parameters
    ----------
    frame
        Table with `COLUMNS`; the horizontal axis is T if the table has several values of T, else M. Error bars
        are one standard deviation over networks.
    """
    against = "T" if len(set(frame["T"])) > 1 else "M"
    panels = 4 if against == "M" else 3
    figure, axes = plt.subplots(1, panels, figsize=(PAGE_WIDTH if panels == 3 else 1.25 * PAGE_WIDTH, 2.5))
    for axis, (statistic, label) in zip(axes, STATISTICS.items(), strict=False):
        _draw_statistic(axis, frame[frame["statistic"] == statistic], against)
        axis.set(xscale="log", yscale="log", xlabel=AXES[against], ylabel=label)
        label_heights(axis)
    if against == "M":
        _draw_excess(axes[3], frame[frame["statistic"] == "second_moment"])
    label_panels(axes)
    handles, labels = axes[0].get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda k: (labels[k].split(",")[0], labels[k].endswith("networks")))
    figure.legend(
        [handles[k] for k in order],
        [labels[k] for k in order],
        loc="outside lower center",
        ncols=min(6, len(labels)),
        handlelength=1.6,
        columnspacing=1.2,
    )
    return figure


def _draw_statistic(axis: Axes, frame: pd.DataFrame, against: str) -> None:
    for position, (activation, rows) in enumerate(frame.groupby("activation", sort=False)):
        name = str(activation)
        ordered, colour = rows.sort_values(against), colour_of(name, position)
        axis.plot(ordered[against], ordered["theory"], color=colour, label=f"{name_of(name)}, theory")
        draw_means(
            axis,
            ordered[against],
            ordered["empirical_mean"],
            ordered["empirical_std"],
            mark_of(name, position),
            colour,
            label=f"{name_of(name)}, networks",
        )


def _draw_excess(axis: Axes, frame: pd.DataFrame) -> None:
    """Relative excess of the sampled second moment over theory; bars are two standard errors of the mean."""
    for position, (activation, rows) in enumerate(frame.groupby("activation", sort=False)):
        name = str(activation)
        shown = rows[rows["empirical_mean"] > rows["theory"]]  # a logarithmic axis has no place for others
        draw_means(
            axis,
            shown["M"],
            shown["empirical_mean"] / shown["theory"] - 1,
            2 * shown["empirical_std"] / np.sqrt(shown["n_seeds"]) / shown["theory"],
            mark_of(name, position),
            colour_of(name, position),
        )
    widths = np.array([frame["M"].min(), frame["M"].max()], dtype=float)
    top = (frame["empirical_mean"] / frame["theory"] - 1)[frame["M"] == frame["M"].min()].max()
    if top > 0:
        axis.plot(widths, top * widths[0] / widths, color="0.3", linestyle="--", label=r"$\propto 1/M$")
        axis.legend(loc="lower left")
    axis.set(xscale="log", yscale="log", xlabel=WIDTH, ylabel=r"excess of $s_\lambda$ over theory")
    axis.set_ylim(bottom=1e-3)
