"""The law of the input-output Jacobian's J J^T (Hayase, Karakida 2021, Section 4.1)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fisher_spectra.plotting.sampled_means import draw_means
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels

COLUMNS: tuple[str, ...] = (
    "panel",
    "L",
    "M",
    "quantity",
    "at",
    "theory",
    "empirical_mean",
    "empirical_sem",
    "n_networks",
)

TITLES = {"isometry": "near isometry", "saturating": "$s = g = 1$", "expanding": "$s^2 = 0.8$, $g = 1.15$"}
SETTINGS_COLOURS = {"isometry": PALETTE[0], "saturating": PALETTE[3], "expanding": PALETTE[2]}
COLOURS = tuple(PALETTE[k] for k in (0, 1, 2, 3, 4, 5, 7, 9))
MARKS = "osD^vPX*"
_LEAST_SHARE = 1e-3  # axis of shares; a single eigenvalue of one network of the figure is a few times as much


def plot(frame: pd.DataFrame) -> Figure:
    """Distribution functions of each setting, and the share of eigenvalues below one half against the depth.

    Lines: the law. Points: sampled networks with two standard errors.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    panels = list(frame["panel"].unique())
    figure, grid = plt.subplots(2, 2, figsize=(PAGE_WIDTH, 4.8), squeeze=False)
    axes = list(grid.flat)
    depths = sorted(frame["L"].unique())
    for axis, panel in zip(axes[:3], panels, strict=False):
        _draw_distribution(axis, frame[frame["panel"] == panel], depths, panel == "isometry")
        axis.set_title(TITLES.get(panel, panel))
    for axis in axes[len(panels) : 3]:
        axis.set_visible(False)
    _draw_shares(axes[3], frame[frame["quantity"] == "share_below_half"])
    label_panels([axis for axis in axes if axis.get_visible()])
    networks = f"{int(frame['n_networks'].iloc[0])} networks, $M$ = {int(frame['M'].iloc[0])}"
    handles = [
        Line2D([], [], color="0.2", label=r"law of $JJ^\top$"),
        Line2D([], [], color="0.2", marker="o", markerfacecolor="white", linestyle="none", label=networks),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _draw_distribution(axis: Axes, rows: pd.DataFrame, depths: list[int], logarithmic: bool) -> None:
    """F(x) of one setting over x in units of the largest possible eigenvalue, one colour for each depth."""
    for depth in sorted(rows["L"].unique()):
        of_depth = rows[rows["L"] == depth]
        ordered = of_depth[of_depth["quantity"] == "distribution"].sort_values("at")
        maximum = of_depth[of_depth["quantity"] == "maximum"].iloc[0]
        style = depths.index(depth) % len(COLOURS)
        colour, mark = COLOURS[style], MARKS[style % len(MARKS)]
        across = ordered["at"] / maximum["at"]
        axis.plot(across, ordered["theory"], color=colour)
        draw_means(
            axis,
            across,
            ordered["empirical_mean"],
            2 * ordered["empirical_sem"],
            mark,
            colour,
            label=f"$L = {depth}$",
            markersize=3.2,
        )
        axis.axvline(maximum["theory"] / maximum["at"], color=colour, linewidth=0.9, linestyle=":")
    axis.set(xlabel=r"eigenvalue of $JJ^\top$ over largest possible", ylabel="share up to there", xlim=(0, 1.04))
    if logarithmic:
        axis.set(yscale="log", ylim=(_LEAST_SHARE, 1.5))
        axis.legend(loc="upper left", fontsize=6.5, ncols=2)
    else:
        axis.set(ylim=(0, 1.05))
        # a plain ground, since the dotted line of a bound runs through it
        axis.legend(loc="lower center", fontsize=6.5, ncols=3, frameon=True, framealpha=1.0, edgecolor="none")


def _draw_shares(axis: Axes, rows: pd.DataFrame) -> None:
    """Share below one half against the depth, one colour for each setting."""
    for position, (panel, of_panel) in enumerate(rows.groupby("panel", sort=False)):
        ordered = of_panel.sort_values("L")
        colour = SETTINGS_COLOURS.get(str(panel), PALETTE[4])
        axis.plot(ordered["L"], ordered["theory"], color=colour)
        draw_means(
            axis,
            ordered["L"],
            ordered["empirical_mean"],
            2 * ordered["empirical_sem"],
            MARKS[position % len(MARKS)],
            colour,
            label=TITLES.get(str(panel), str(panel)),
        )
    depths = sorted(rows["L"].unique())
    axis.set(xscale="log", yscale="log", xlabel=r"depth $L$", ylabel=r"share of eigenvalues below $1/2$")
    axis.set_ylim(_LEAST_SHARE, 1.5)
    axis.set_xticks(depths, [f"{depth}" for depth in depths])
    axis.minorticks_off()
    axis.legend(loc="lower right", fontsize=6.5)
