"""Maximum and mean eigenvalue against depth, inputs and width (Hayase, Karakida 2020 and 2021, Figure 2 and limits)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels

FIG2_COLUMNS = (
    "varied",
    "L",
    "N",
    "M",
    "statistic",
    "full",
    "block_diagonal",
    "theory",
    "theory_full",
    "full_sem",
    "block_diagonal_sem",
    "n_networks",
)
DEPTH_COLUMNS = (
    "setting",
    "L",
    "quantity",
    "theory_recursion",
    "theory_limit",
    "theory_exact",
    "empirical",
    "empirical_sem",
    "N",
    "M",
    "n_networks",
)
LAWS_COLUMNS = (
    "panel",
    "L",
    "M",
    "kolmogorov_distance",
    "maximum_theory",
    "maximum_empirical",
    "maximum_sem",
    "n_networks",
)
AXES = {"L": r"depth $L$", "N": r"number of inputs $N$"}
SETTINGS = {
    "isometry": "fixed $s, g$ (all figures)",
    "saturating": "$s = g = 1$",
    "stationary": r"$s, g$ that keep $q_\ell$",
}
SHORT = {"isometry": "near isometry", "saturating": "$s = g = 1$"}
COLOURS = {"isometry": PALETTE[0], "saturating": PALETTE[3], "stationary": PALETTE[2]}
MARKS = {"isometry": "o", "saturating": "s", "stationary": "^"}


def _points(axis: Axes, x: pd.Series, y: pd.Series, error: pd.Series, mark: str, colour: str, label: str) -> None:
    """Sampled means with bars of two standard errors."""
    axis.errorbar(
        x,
        y,
        yerr=2 * error.fillna(0.0),
        fmt=mark,
        color=colour,
        markerfacecolor="white",
        elinewidth=0.8,
        label=label,
        zorder=3,
    )


def plot_fig2(frame: pd.DataFrame) -> Figure:
    """Maximum and mean of the eigenvalues of Theta / M and its block diagonal against L (left) and N (right).

    Parameters
    ----------
    frame
        Table with `FIG2_COLUMNS`.
    """
    figure, axes = plt.subplots(1, 2, figsize=(PAGE_WIDTH, 2.9))
    for axis, varied in zip(axes, ("L", "N"), strict=True):
        part = frame[frame["varied"] == varied].sort_values(varied)
        top, mean = (part[part["statistic"] == name] for name in ("maximum", "mean"))
        axis.plot(top[varied], top["theory_full"], color="0.4", linestyle=":", label="maximum, full, at exact isometry")
        axis.plot(top[varied], top["theory"], color=PALETTE[0], label=r"maximum, theory $\Vert\mu_L\Vert_\infty/N$")
        axis.plot(mean[varied], mean["theory"], color=PALETTE[2], linestyle="--", label=r"mean, theory $m_1(\mu_L)/N$")
        _points(axis, top[varied], top["full"], top["full_sem"], "D", PALETTE[3], "maximum, full")
        _points(
            axis,
            top[varied],
            top["block_diagonal"],
            top["block_diagonal_sem"],
            "o",
            PALETTE[0],
            "maximum, block diagonal",
        )
        _points(axis, mean[varied], mean["full"], mean["full_sem"], "^", PALETTE[2], "mean, both")
        fixed = "N" if varied == "L" else "L"
        axis.set(xscale="log", yscale="log", xlabel=AXES[varied], ylabel=r"eigenvalue of $\Theta/M$")
        axis.set_title(f"${fixed} = {part[fixed].iloc[0]}$")
    label_panels(list(axes))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def _against_depth(axis: Axes, frame: pd.DataFrame, quantity: str) -> None:
    """Recursion, limit formula, exact law and samples of each setting; eigenvalues over L."""
    for setting, rows in frame[frame["quantity"] == quantity].groupby("setting", sort=False):
        name = str(setting)
        ordered, colour = rows.sort_values("L"), COLOURS.get(name, PALETTE[4])
        depths = ordered["L"]
        scale = 1.0 if quantity in ("atom_weight", "mean_many_inputs") else 1.0 / depths
        axis.plot(depths, ordered["theory_exact"] * scale, color=colour)
        if not np.allclose(ordered["theory_recursion"], ordered["theory_exact"]):
            axis.plot(depths, ordered["theory_recursion"] * scale, color=colour, linestyle="--", linewidth=1.0)
        if name != "saturating":  # far from the assumptions of the limits
            axis.plot(depths, ordered["theory_limit"] * scale, color=colour, linestyle=":", linewidth=1.2)
        _points(
            axis,
            depths,
            ordered["empirical"] * scale,
            ordered["empirical_sem"] * scale,
            MARKS.get(name, "v"),
            colour,
            SETTINGS.get(name, name),
        )
    axis.set(xscale="log", xlabel=AXES["L"])


def plot_depth_limits(frame: pd.DataFrame) -> Figure:
    """Maximum and mean over L, weight of the atom at the maximum, and mean with as many inputs as layers.

    Solid lines: the exact law. Dashed: the recursion (30) where it differs. Dotted: the limit formulas. Points: sampled
    networks with two standard errors.

    Parameters
    ----------
    frame
        Table with `DEPTH_COLUMNS`.
    """
    panels = {
        "maximum": r"maximum $\Vert\mu_L\Vert_\infty / L$",
        "mean": r"mean $m_1(\mu_L) / L$",
        "atom_weight": "weight of the top atom",
        "mean_many_inputs": r"mean of $\Theta/M$ for $N = L$",
    }
    figure, grid = plt.subplots(2, 2, figsize=(PAGE_WIDTH, 4.6))
    axes = list(grid.flat)
    for axis, (quantity, label) in zip(axes, panels.items(), strict=True):
        _against_depth(axis, frame, quantity)
        axis.set_ylabel(label)
    depths = sorted(frame["L"][frame["quantity"] == "mean_many_inputs"].unique())
    axes[3].set_xticks(depths, [f"{depth}" for depth in depths])
    axes[3].minorticks_off()
    axes[2].axhline(0, color="0.6", linewidth=0.8)
    axes[2].set_ylim(bottom=-0.4)
    for _, row in frame[frame["quantity"] == "vanishing_depth"].iterrows():
        colour = COLOURS.get(row["setting"], PALETTE[4])
        axes[2].plot(row["theory_exact"], 0, "|", color=colour, markersize=12, markeredgewidth=1.6, gid="vanishing")
        axes[2].errorbar(
            row["empirical"],
            0,
            xerr=2 * row["empirical_sem"],
            fmt=MARKS.get(row["setting"], "v"),
            color=colour,
            markerfacecolor="white",
            elinewidth=0.8,
            gid="vanishing, networks",
        )
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


def plot_laws(frame: pd.DataFrame) -> Figure:
    """Kolmogorov distance of the empirical to the limiting law, and relative deviation of the maximum, against M.

    Parameters
    ----------
    frame
        Table with `LAWS_COLUMNS`.
    """
    figure, axes = plt.subplots(1, 2, figsize=(PAGE_WIDTH, 2.7))
    cells = list(frame.groupby(["panel", "L"], sort=False))
    for position, ((panel, depth), rows) in enumerate(cells):
        ordered, colour = rows.sort_values("M"), PALETTE[[0, 1, 2, 3, 4, 5, 7, 9][position % 8]]
        mark = "osD^vPX*"[position % 8]
        axes[0].plot(
            ordered["M"],
            ordered["kolmogorov_distance"],
            color=colour,
            marker=mark,
            markerfacecolor="white",
            linewidth=0.8,
            label=f"{SHORT.get(str(panel), str(panel))}, $L = {depth}$",
        )
        shift = 1 + 0.03 * (position - (len(cells) - 1) / 2)  # marks of one width side by side
        axes[1].errorbar(
            ordered["M"] * shift,
            100 * (ordered["maximum_empirical"] / ordered["maximum_theory"] - 1),
            yerr=200 * ordered["maximum_sem"] / ordered["maximum_theory"],
            fmt=mark,
            color=colour,
            markerfacecolor="white",
            elinewidth=0.8,
        )
    axes[0].axhline(0.03, color="0.4", linestyle="--", linewidth=1.0)
    axes[0].set(xscale="log", xlabel="width $M$", ylabel="Kolmogorov distance", ylim=(0, None))
    axes[1].axhspan(-2, 2, color="0.9", zorder=0)
    axes[1].axhline(0, color="0.4", linewidth=0.8)
    axes[1].set(xscale="log", xlabel="width $M$", ylabel=r"maximum over theory $-\,1$ (%)")
    widths = sorted(frame["M"].unique())
    for axis in axes:
        axis.set_xticks(widths, [f"{width}" for width in widths])
        axis.minorticks_off()
    label_panels(list(axes))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure
