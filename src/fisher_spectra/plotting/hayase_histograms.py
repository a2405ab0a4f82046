"""Histograms of eigenvalues beside limiting laws (Hayase, Karakida, Figures 1 and 3; Gaussian weights)."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels, legend_below

FIG1_COLUMNS = (
    "panel",
    "L",
    "M",
    "bin_width",
    "lambda",
    "bin_low",
    "bin_high",
    "density_theory",
    "density_continuous",
    "atom_weight",
    "density_empirical",
    "deficit",
    "n_networks",
)
FIG3_COLUMNS = (
    "L",
    "M",
    "N",
    "lambda",
    "bin_low",
    "bin_high",
    "count_full",
    "count_block",
    "count_theory",
    "n_networks",
)
GAUSSIAN_COLUMNS = (
    "panel",
    "L",
    "M",
    "lambda",
    "bin_low",
    "bin_high",
    "density_theory",
    "density_empirical",
    "n_networks",
)
SAMPLED = PALETTE[1]  # orange, as in the papers
THEORY = "black"
TITLES = {
    "isometry": r"near isometry, $s^2 = 0.125$",
    "saturating": r"$s = g = 1$",
    "projections": "independent projections",
    "printed": r"as printed, $s = 0.125$",
    "orthogonal": "orthogonal weights",
    "gaussian": "Gaussian weights",
}
EIGENVALUE = r"eigenvalue $\lambda$"
# An atom with less weight than this is not drawn: one eigenvalue in a hundred thousand.
_LEAST_ATOM = 1e-5


def _bars(axis: Axes, rows: pd.DataFrame, column: str) -> None:
    axis.bar(
        rows["bin_low"],
        rows[column],
        width=rows["bin_high"] - rows["bin_low"],
        align="edge",
        color=SAMPLED,
        edgecolor="white",
        linewidth=0.3,
    )


def _outline(axis: Axes, rows: pd.DataFrame, column: str, **style: Any) -> None:
    """A line along the tops of the bins; bins without mass are gaps."""
    values = rows[column].to_numpy(dtype=float)
    edges = np.append(rows["bin_low"].to_numpy(), rows["bin_high"].to_numpy()[-1])
    axis.stairs(np.where(values > 0, values, np.nan), edges, color=THEORY, **style)


def _fig1_panel(axis: Axes, rows: pd.DataFrame) -> None:
    coarse = rows[rows["bin_width"] == rows["bin_width"].max()]
    fine = rows[rows["bin_width"] == rows["bin_width"].min()]
    _bars(axis, coarse, "density_empirical")
    _outline(axis, coarse, "density_theory", linewidth=0.9, linestyle=":")
    atoms = fine[fine["atom_weight"] > _LEAST_ATOM]
    density = fine["density_continuous"].where(fine["density_continuous"] > 0)
    axis.plot(fine["lambda"], density, color=THEORY, linewidth=1.1, marker=".", markersize=1.0)
    for _, atom in atoms.iterrows():
        height = atom["atom_weight"] / coarse["bin_width"].iloc[0]
        axis.plot([atom["lambda"]] * 2, [1e-12, height], color=THEORY, linewidth=1.1)
        axis.plot(atom["lambda"], height, "D", color=THEORY, markersize=3.5, gid="atom")


def plot_fig1(frame: pd.DataFrame) -> Figure:
    """One panel for each setting, density on a logarithmic axis.

    Bars: sampled eigenvalues in the papers' bins. Dotted outline: the law in the same bins. Solid line: its continuous
    density, in finer bins. Diamonds: its atoms, as high as their weight makes a bin of the papers.

    Parameters
    ----------
    frame
        Table with `FIG1_COLUMNS`; for each panel rows of two bin widths.
    """
    panels = list(frame["panel"].unique())
    columns = 2 if len(panels) > 1 else 1
    rows_of_panels = -(-len(panels) // columns)
    figure, axes = plt.subplots(
        rows_of_panels, columns, figsize=(PAGE_WIDTH, 0.4 + 2.0 * rows_of_panels), squeeze=False
    )
    for axis, panel in zip(axes.flat, panels, strict=False):
        rows = frame[frame["panel"] == panel]
        _fig1_panel(axis, rows)
        least = 1.0 / (rows["M"].iloc[0] * rows["n_networks"].iloc[0]) / rows["bin_width"].max()  # one eigenvalue
        highest = rows["bin_high"][rows["density_empirical"] > 0].max()
        axis.set(title=TITLES.get(panel, panel), xlabel=EIGENVALUE, ylabel="density", yscale="log")
        axis.set(xlim=(0, max(highest, 3.2)), ylim=(0.3 * least, 30))
        axis.text(
            0.03,
            0.95,
            rf"$1-\alpha_1$ = {_scientific(rows['deficit'].iloc[0])}",
            transform=axis.transAxes,
            va="top",
            fontsize=7.5,
        )
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_visible(False)
    label_panels(list(axes.flat)[: len(panels)])
    networks = int(frame["n_networks"].iloc[0])
    handles = [
        Patch(facecolor=SAMPLED, label=f"{networks} network{'s' if networks > 1 else ''}, $M$ = {frame['M'].iloc[0]}"),
        Line2D([], [], color=THEORY, linewidth=1.1, label="density"),
        Line2D([], [], color=THEORY, linewidth=1.1, marker="D", markersize=3.5, label="atom"),
        Line2D([], [], color=THEORY, linewidth=0.9, linestyle=":", label="law in the same bins"),
    ]
    legend_below(figure, handles)
    return figure


def _scientific(value: float) -> str:
    """0.0047, or 1.4 x 10^-15."""
    if value >= 1e-4:
        return f"{value:.2g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return rf"${mantissa} \times 10^{{{int(exponent)}}}$"


def plot_fig3(frame: pd.DataFrame) -> Figure:
    """Counts of the eigenvalues of Theta / M and of its block diagonal, in the same bins.

    Parameters
    ----------
    frame
        Table with `FIG3_COLUMNS`.
    """
    figure, axes = plt.subplots(1, 2, figsize=(PAGE_WIDTH, 2.5), sharex=True, sharey=True)
    for axis, column, title in zip(
        axes, ("count_full", "count_block"), (r"full, $\Theta/M$", r"block diagonal, $H_L(x(n))/N$"), strict=True
    ):
        _bars(axis, frame, column)
        axis.set(title=title, xlabel=EIGENVALUE, yscale="log")
    _outline(axes[1], frame, "count_theory", linewidth=1.1)
    first = frame.iloc[0]
    for axis in axes:
        axis.axvline(first["L"] / first["N"], color=PALETTE[0], linestyle="--", linewidth=1.0)
    axes[0].set(ylabel="number of eigenvalues", ylim=(0.5, None))
    label_panels(list(axes))
    networks = int(first["n_networks"])
    handles = [
        Patch(facecolor=SAMPLED, label=f"{networks} network{'s' if networks > 1 else ''}, $M$ = {int(first['M'])}"),
        Line2D([], [], color=THEORY, linewidth=1.1, label=r"law $\mu_L$, scaled by $1/N$"),
        Line2D([], [], color=PALETTE[0], linestyle="--", linewidth=1.0, label="$L/N$"),
    ]
    legend_below(figure, handles)
    return figure


def plot_gaussian(frame: pd.DataFrame) -> Figure:
    """The law of H_L with orthogonal (left) and Gaussian weights (right), one row for each depth.

    Parameters
    ----------
    frame
        Table with `GAUSSIAN_COLUMNS`.
    """
    depths, panels = sorted(frame["L"].unique()), list(frame["panel"].unique())
    figure, axes = plt.subplots(
        len(depths), len(panels), figsize=(PAGE_WIDTH, 0.4 + 1.6 * len(depths)), squeeze=False, sharey="row"
    )
    for line, depth in enumerate(depths):
        for axis, panel in zip(axes[line], panels, strict=True):
            rows = frame[(frame["panel"] == panel) & (frame["L"] == depth)]
            _bars(axis, rows, "density_empirical")
            _outline(axis, rows, "density_theory", linewidth=1.1)
            least = 1.0 / (rows["M"].iloc[0] * rows["n_networks"].iloc[0])
            width = (rows["bin_high"] - rows["bin_low"]).max()
            axis.set(yscale="log", xlim=(0, None), ylim=(0.5 * least / width, None))
        axes[line, 0].set_ylabel(f"$L = {depth}$\ndensity")
    for axis, panel in zip(axes[0], panels, strict=True):
        axis.set_title(TITLES.get(panel, panel))
    for axis in axes[-1]:
        axis.set_xlabel(EIGENVALUE)
    label_panels(list(axes.flat))
    networks = int(frame["n_networks"].iloc[0])
    handles = [
        Patch(facecolor=SAMPLED, label=f"{networks} networks, $M$ = {frame['M'].iloc[0]}"),
        Line2D([], [], color=THEORY, linewidth=1.1, label=r"limiting law $\mu_L$"),
    ]
    legend_below(figure, handles)
    return figure
