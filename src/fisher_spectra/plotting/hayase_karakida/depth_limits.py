"""Maximum, mean and top atom of the law against depth, and their limits (Hayase, Karakida 2020 and 2021)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fisher_spectra.plotting.sampled_means import draw_means
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels

COLUMNS: tuple[str, ...] = (
    "setting",
    "L",
    "N",
    "quantity",
    "theory_recursion",
    "theory_limit",
    "theory_exact",
    "empirical",
    "empirical_sem",
)

PANELS = {
    "maximum": r"maximum $\Vert\mu_L\Vert_\infty / L$",
    "mean": r"mean $m_1(\mu_L) / L$",
    "atom_weight": "weight of the top atom",
    "mean_many_inputs": r"mean of $\Theta/M$ for $N = L$",
}
OVER_DEPTH = ("maximum", "mean")  # shown over L, since they grow with it
SETTINGS = {
    "isometry": "fixed $s, g$ (all figures)",
    "saturating": "$s = g = 1$",
    "stationary": r"$s, g$ that keep $q_\ell$",
}
COLOURS = {"isometry": PALETTE[0], "saturating": PALETTE[3], "stationary": PALETTE[2]}
MARKS = {"isometry": "o", "saturating": "s", "stationary": "^"}


def plot(frame: pd.DataFrame) -> Figure:
    """Maximum and mean over L, weight of the atom at the maximum, and mean with as many inputs as layers.

    Solid lines: the exact law. Dashed: the recursion (30) where it differs. Dotted: the limit formulas. Points: sampled
    networks with two standard errors.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    # of the ratios of the depth to the number of inputs one; the others lie on it, times the ratio
    frame = frame[(frame["quantity"] != "mean_many_inputs") | (frame["N"] == frame["L"])]
    figure, grid = plt.subplots(2, 2, figsize=(PAGE_WIDTH, 4.6))
    axes = list(grid.flat)
    for axis, (quantity, label) in zip(axes, PANELS.items(), strict=True):
        for setting, rows in frame[frame["quantity"] == quantity].groupby("setting", sort=False):
            _draw_setting(axis, rows.sort_values("L"), str(setting), quantity in OVER_DEPTH)
        axis.set(xscale="log", xlabel=r"depth $L$", ylabel=label)
    depths = sorted(frame["L"][frame["quantity"] == "mean_many_inputs"].unique())
    axes[3].set_xticks(depths, [f"{depth}" for depth in depths])
    axes[3].minorticks_off()
    axes[2].axhline(0, color="0.6", linewidth=0.8)
    axes[2].set_ylim(bottom=-0.4)
    for _, row in frame[frame["quantity"] == "vanishing_depth"].iterrows():
        _mark_vanishing_depth(axes[2], row)
    label_panels(axes)
    handles, labels = axes[0].get_legend_handles_labels()
    lines = [Line2D([], [], color="0.2", linestyle=style) for style in ("-", "--", ":")]
    figure.legend(
        handles + lines,
        [*labels, "exact law", "recursion (30), an upper bound", "limit formula"],
        loc="outside lower center",
        ncols=3,
    )
    return figure


def _draw_setting(axis: Axes, rows: pd.DataFrame, name: str, over_depth: bool) -> None:
    """Exact law, recursion, limit formula and samples of one setting."""
    depths, colour = rows["L"], COLOURS.get(name, PALETTE[4])
    scale = 1.0 / depths if over_depth else 1.0
    axis.plot(depths, rows["theory_exact"] * scale, color=colour)
    if not np.allclose(rows["theory_recursion"], rows["theory_exact"]):
        axis.plot(depths, rows["theory_recursion"] * scale, color=colour, linestyle="--", linewidth=1.0)
    if name != "saturating":  # far from the assumptions of the limits
        axis.plot(depths, rows["theory_limit"] * scale, color=colour, linestyle=":", linewidth=1.2)
    draw_means(
        axis,
        depths,
        rows["empirical"] * scale,
        2 * (rows["empirical_sem"] * scale).fillna(0.0),  # of one network there is none
        MARKS.get(name, "v"),
        colour,
        label=SETTINGS.get(name, name),
        zorder=3,
    )


def _mark_vanishing_depth(axis: Axes, row: pd.Series) -> None:
    """The depth where the weight of the atom reaches zero: a bar in theory, a mark of the networks."""
    colour = COLOURS.get(row["setting"], PALETTE[4])
    axis.plot(row["theory_exact"], 0, "|", color=colour, markersize=12, markeredgewidth=1.6, gid="vanishing")
    axis.errorbar(
        row["empirical"],
        0,
        xerr=2 * row["empirical_sem"],
        fmt=MARKS.get(row["setting"], "v"),
        color=colour,
        markerfacecolor="white",
        elinewidth=0.8,
        gid="vanishing, networks",
    )
