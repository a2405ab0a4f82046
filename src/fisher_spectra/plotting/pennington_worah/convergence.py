"""How far networks of finite width are from the limiting spectrum (Pennington and Worah 2018, Theorem 1)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from fisher_spectra.plotting.pennington_worah.nonlinearities import colour_of, mark_of, name_of, style_of
from fisher_spectra.plotting.sampled_means import draw_means
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels, legend_below

COLUMNS: tuple[str, ...] = (
    "nonlinearity",
    "terms",
    "n",
    "kolmogorov_distance",
    "kolmogorov_distance_std",
    "gap_share",
    "gap_share_std",
    "theory",
    "gap_theory",
)

WHOLE = "lengths+correlations+curvature"
# What a network keeps beside the terms of the limit: label, colour, mark, style of the line. With all of them it is the
# network itself, which the legend has by its name; the others have looks of their own.
SELECTIONS = {
    WHOLE: ("_network", PALETTE[1], "D", (0, (1.2, 0.8))),
    "lengths": ("lengths alone", PALETTE[3], "P", "-"),
    "correlations": ("correlations alone", PALETTE[9], "X", "--"),
    "curvature": ("curvature alone", PALETTE[7], "<", "-."),
    "none": ("none of them", "0.45", "v", ":"),
}
DISTANCE = ("kolmogorov_distance", "kolmogorov_distance_std", "theory")
GAP = ("gap_share", "gap_share_std", "gap_theory")


def plot(frame: pd.DataFrame) -> Figure:
    """(a) distance to the limit for every nonlinearity; (b) one of them term by term; (c) its share in the gap.

    Points are sampled networks with one standard deviation, lines the spectrum predicted at that width.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    figure, (every, terms, gap) = plt.subplots(1, 3, figsize=(PAGE_WIDTH, 2.9))
    whole = frame[frame["terms"] == WHOLE]
    for position, name in enumerate(whole["nonlinearity"].unique()):
        rows = whole[whole["nonlinearity"] == name]
        _draw(every, rows, DISTANCE, (name_of(name), colour_of(name, position), mark_of(name), style_of(name)))
    apart = frame.loc[frame["terms"] != WHOLE, "nonlinearity"].unique()
    sampled = frame[frame["kolmogorov_distance"].notna()]
    rows = sampled[sampled["nonlinearity"].isin(apart)]
    for selection, look in SELECTIONS.items():
        _draw(terms, rows[rows["terms"] == selection], DISTANCE, look)
    _draw(gap, whole[whole["gap_theory"].notna()], GAP, SELECTIONS[WHOLE])
    for axis, title in ((every, "all terms"), (terms, f"terms of {name_of(str(apart[0]))}" if len(apart) else "terms")):
        axis.set(yscale="log", title=title)
        _label_decades(axis)
    every.set_ylabel("Kolmogorov distance to the limit")
    gap.set(title="share in the gap", ylim=(0, None))
    for axis in (every, terms, gap):
        widths = sorted((sampled if axis is terms else frame)["n"].unique())
        widths = widths[:: 1 + len(widths) // 5]
        axis.set(xscale="log", xlabel=r"width $n$")
        axis.set_xticks(widths, [str(int(width)) for width in widths])
        axis.xaxis.set_minor_locator(NullLocator())
    handles, labels = _together(every, terms)
    legend_below(figure, handles, labels, columnspacing=1.2)
    label_panels([every, terms, gap])
    return figure


def _draw(axis: Axes, rows: pd.DataFrame, columns: tuple[str, str, str], look: tuple[str, str, str, object]) -> None:
    """One series: points of the networks, and the line of the prediction where there is one."""
    label, colour, mark, style = look
    ordered = rows.sort_values("n")
    mean, spread, theory = columns
    if ordered.empty:
        return
    if ordered[theory].notna().any():
        axis.plot(ordered["n"], ordered[theory], color=colour, linestyle=style)
    sampled = ordered[ordered[mean].notna()]
    draw_means(axis, sampled["n"], sampled[mean], sampled[spread], mark, colour, label=label)


def _label_decades(axis: Axes) -> None:
    low, high = axis.get_ylim()
    ticks = [tick for tick in (1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3) if low <= tick <= high]
    axis.yaxis.set_major_locator(FixedLocator(ticks))
    axis.yaxis.set_major_formatter(FixedFormatter([f"{tick:g}" for tick in ticks]))
    axis.yaxis.set_minor_locator(NullLocator())


def _together(*axes: Axes) -> tuple[list[object], list[str]]:
    """Handles and labels of all panels, one after the other."""
    pairs = [pair for axis in axes for pair in zip(*axis.get_legend_handles_labels(), strict=True)]
    return [handle for handle, _ in pairs], [label for _, label in pairs]
