"""Conditioning and the loss that one step of descent takes off (Pennington and Worah 2018, Figure 3)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MultipleLocator

from fisher_spectra.plotting.sampled_means import draw_means
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels, legend_below

COLUMNS: tuple[str, ...] = (
    "family",
    "alpha",
    "m2_over_m1_squared",
    "loss_reduction",
    "loss_reduction_std",
    "predicted_limit",
    "predicted_network",
    "rank_correlation",
    "kind",
)

FAMILIES = {"srelu": (r"$\mathrm{srelu}_\alpha$", PALETTE[3]), "erf": (r"$\mathrm{erf}_\alpha$", PALETTE[0])}


def plot(frame: pd.DataFrame) -> Figure:
    """Conditioning (above) and loss reduction by one step (below) against alpha, a column for each family.

    Points are means over networks with one standard deviation; the solid line is the quadratic prediction with the
    moments of infinite width, crosses that with the moments of each network.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    families = list(frame["family"].unique())
    figure, axes = plt.subplots(
        2, len(families), figsize=(PAGE_WIDTH, 3.9), squeeze=False, sharex="col", height_ratios=(1, 1.4)
    )
    for position, family in enumerate(families):
        rows = frame[frame["family"] == family].sort_values("alpha")
        name, colour = FAMILIES.get(family, (family, PALETTE[4]))
        above, below = axes[:, position]
        networks, limit = rows[rows["kind"] == "networks"], rows[rows["kind"] == "limit"]
        above.plot(limit["alpha"], limit["m2_over_m1_squared"], color="black")
        above.plot(networks["alpha"], networks["m2_over_m1_squared"], "k.", markersize=4)
        above.set(title=name, ylim=(1.0, 3.15))
        _draw_reduction(below, networks, limit, colour)
    axes[0, 0].set_ylabel(r"$m_2/m_1^2$")
    axes[1, 0].set_ylabel(r"loss reduction $-\Delta L$")
    label_panels(list(axes[0]))
    handles, labels = axes[1, 0].get_legend_handles_labels()
    handles[labels.index("measured")] = Line2D(
        [], [], linestyle="none", marker="o", color="0.3", markerfacecolor="white"
    )
    order = [labels.index("measured"), *(k for k, label in enumerate(labels) if label != "measured")]
    legend_below(figure, [handles[k] for k in order], [labels[k] for k in order])
    return figure


def _draw_reduction(axis: Axes, rows: pd.DataFrame, limit: pd.DataFrame, colour: str) -> None:
    """What one step takes off the loss in one family, measured and predicted."""
    axis.plot(limit["alpha"], limit["predicted_limit"], color="black", label=r"$\varepsilon^2 n^2 m_1^2/m_2$, limit")
    axis.plot(
        rows["alpha"],
        rows["predicted_network"],
        linestyle="none",
        marker="x",
        markersize=5,
        color="black",
        markeredgewidth=0.9,
        label="with the exact moments of each network",
    )
    draw_means(axis, rows["alpha"], rows["loss_reduction"], rows["loss_reduction_std"], "o", colour, label="measured")
    axis.set_xlabel(r"$\alpha$")
    axis.xaxis.set_major_locator(MultipleLocator(0.5))
    axis.ticklabel_format(axis="y", style="sci", scilimits=(0, 0), useMathText=True)
    axis.text(
        0.97,
        0.06,
        f"rank correlation with $m_2/m_1^2$: {rows['rank_correlation'].iloc[0]:.3f}",
        transform=axis.transAxes,
        ha="right",
        fontsize=7,
    )
