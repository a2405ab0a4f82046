"""Slope of the density around its features (Pennington and Worah 2018, Section 3.2)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from fisher_spectra.plotting.pennington_worah.nonlinearities import colour_of, mark_of, name_of
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels

COLUMNS: tuple[str, ...] = ("nonlinearity", "feature", "distance", "derivative", "theory", "jump")

# All series of the left panel lie on one line: each is raised above the one before it.
STEP = 2


def plot(frame: pd.DataFrame) -> Figure:
    """Slope of the density around z_2 and z_5, and how far it jumps at z_3, against the distance from the point.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    figure, (diverging, continuous) = plt.subplots(1, 2, figsize=(PAGE_WIDTH, 3.0))
    largest = frame["distance"].max()
    distances = np.sort(frame["distance"].unique())
    logarithm = np.log(distances / largest)
    diverging.plot([], [], color="0.6", linewidth=0.7, label=r"$\ln(t/t_{\max})$")
    drawn = 0
    names = list(frame["nonlinearity"].unique())
    for (key, feature), unsorted in frame.groupby(["nonlinearity", "feature"], sort=False):
        name, rows = str(key), unsorted.sort_values("distance")
        style = {"linestyle": "none", "marker": mark_of(name), "color": colour_of(name, names.index(name))}
        label = rf"{name_of(name)}, $z_{str(feature).removeprefix('z')}$"
        if feature == "z3":
            continuous.plot(rows["distance"], rows["jump"].abs(), markersize=3.5, label=label, **style)
            continue
        change = (rows["derivative"] - rows["derivative"].iloc[-1]) / rows["theory"]
        filled = {"markerfacecolor": "white"} if feature == "z2" else {}
        raised = STEP * drawn
        drawn += 1
        diverging.plot(distances, logarithm + raised, color="0.6", linewidth=0.7, zorder=1)
        diverging.plot(rows["distance"], change + raised, markersize=3.5, label=label, **style, **filled)
    diverging.set(xscale="log", xlabel="distance $t$", ylabel=f"change of the slope / coefficient, {STEP} apart")
    diverging.set_title(r"diverges at $z_2$ and $z_5$")
    continuous.set(xscale="log", yscale="log", xlabel="distance $t$", ylabel="slope to the right minus left")
    continuous.set_title(r"continuous at $z_3$")
    diverging.set_ylim(top=STEP * drawn + 6)  # room for the legend above the uppermost series
    diverging.legend(fontsize=6.5, loc="upper left", ncols=2)
    continuous.legend(fontsize=6.5)
    label_panels([diverging, continuous])
    return figure
