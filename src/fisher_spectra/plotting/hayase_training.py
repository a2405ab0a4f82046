"""Online training over depth and learning rate (Hayase, Karakida 2020 and 2021, Figures 4 and 5)."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fisher_spectra.plotting.style import DIVERGED, PAGE_WIDTH, PALETTE
from fisher_spectra.plotting.training import TITLES, log_edges

FIG4_COLUMNS = (
    "dataset",
    "L",
    "eta",
    "train_loss",
    "test_loss",
    "train_accuracy",
    "test_accuracy",
    "eta_boundary",
    "eta_paper",
    "diverged_fraction",
    "border",
    "border_loss",
    "loss_limit",
    "epochs",
)
FIG5_COLUMNS = (
    "dataset",
    "L",
    "eta",
    "lambda",
    "weight",
    "weight_initial",
    "bin_low",
    "bin_high",
    "diverged",
    "eta_boundary",
    "eta_paper",
    "n_eigenvalues",
)
# The two lie within a few per cent of each other: the paper's is a broad band below the other, so that both are seen.
LINES: dict[str, tuple[str, dict[str, Any]]] = {
    "eta_paper": (r"$2/L$", {"color": "red", "linestyle": "-", "linewidth": 2.8}),
    "eta_boundary": (
        r"$2/\lambda_{\max}$, exact recursion",
        {"color": "black", "linestyle": (0, (4, 3)), "linewidth": 1.1},
    ),
}
SHORT = {"eta_paper": r"$2/L$", "eta_boundary": r"$2/\lambda_{\max}$"}
# quantity, its name, and the column of its measured border; the first row is the paper's, the second the preprint's
ACCURACIES = (
    ("train_accuracy", "training accuracy", "border"),
    ("test_accuracy", "test accuracy", "border"),
)
LOSSES = (("train_loss", "training loss", "border_loss"), ("test_loss", "test loss", "border_loss"))
ABOVE = "#fbe3e0"  # light red of the region above 2 / L
AFTER = PALETTE[1]
_ONE_TWO_FIVE = [digit * 10.0**power for power in range(-6, 7) for digit in (1, 2, 5)]


def _line(edges: np.ndarray, depths: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A line through the centres of the columns, continued to the edges of the map along the same power law."""
    logs = np.interp(np.log(edges), np.log(depths), np.log(values))
    if len(depths) > 1:
        slope = np.diff(np.log(values)) / np.diff(np.log(depths))
        logs[0] = np.log(values[0]) + slope[0] * np.log(edges[0] / depths[0])
        logs[-1] = np.log(values[-1]) + slope[-1] * np.log(edges[-1] / depths[-1])
    return np.asarray(np.exp(logs))


def _heat_map(axis: Axes, rows: pd.DataFrame, quantity: str, border: str, norm: Normalize) -> None:
    """One quantity over (L, eta); cells most of whose trials diverged are gray."""
    shown = rows[quantity].where((rows["diverged_fraction"] <= 0.5) & np.isfinite(rows[quantity]))
    grid = rows.assign(shown=shown).pivot_table(index="eta", columns="L", values="shown", aggfunc="first", dropna=False)
    depths, rates = grid.columns.to_numpy(dtype=float), grid.index.to_numpy(dtype=float)
    edges = log_edges(depths)
    axis.set_facecolor(DIVERGED)
    values = np.ma.masked_invalid(grid.to_numpy(dtype=float))
    axis.pcolormesh(edges, log_edges(rates), values, norm=norm, cmap="viridis", rasterized=True)
    columns = rows.drop_duplicates("L").sort_values("L")
    for name, (_, style) in LINES.items():
        axis.plot(edges, _line(edges, depths, columns[name].to_numpy()), **style)
    axis.plot(columns["L"], columns[border], "D", color=PALETTE[1], markeredgecolor="black", markersize=3.2)
    axis.set(xscale="log", yscale="log", xlim=(edges[0], edges[-1]), ylim=tuple(log_edges(rates)[[0, -1]]))
    ticks = _spread(depths)
    axis.set_xticks(ticks, [f"{depth:g}" for depth in ticks])
    axis.minorticks_off()
    _write_distances(axis, columns, border)


def _spread(depths: np.ndarray) -> list[float]:
    """Depths to be written on a logarithmic axis: no two closer than a factor of 1.6."""
    chosen: list[float] = []
    for depth in depths:
        if not chosen or depth >= 1.6 * chosen[-1]:
            chosen.append(float(depth))
    return chosen


def _write_distances(axis: Axes, columns: pd.DataFrame, border: str) -> None:
    """Say in the panel how far each line lies from the measured border, as a typical factor."""
    if not columns[border].notna().any():
        return
    texts = []
    for name, short in SHORT.items():
        factor = float(np.exp(np.nanmedian(np.abs(np.log(columns[border] / columns[name])))))
        texts.append(rf"{short}: $\times$ {factor:.2f}")
    axis.text(0.96, 0.96, "\n".join(texts), transform=axis.transAxes, ha="right", va="top", fontsize=6.5)


def plot_fig4(frame: pd.DataFrame) -> Figure:
    """Heat maps over depth and learning rate: accuracies above, losses below, training and test for each data set.

    Lines: 2 / L and 2 / lambda_max of the exact recursion. Diamonds: measured borders, where the training accuracy
    collapses (upper row) and where the test loss explodes (lower row). The text gives the median factor between the
    border and each line.

    Parameters
    ----------
    frame
        Table with `FIG4_COLUMNS`.
    """
    datasets = list(frame["dataset"].unique())
    figure, axes = plt.subplots(
        2,
        2 * len(datasets),
        figsize=((1.3 if len(datasets) > 1 else 0.75) * PAGE_WIDTH, 4.6),
        squeeze=False,
        sharex="col",
    )
    losses = frame[["train_loss", "test_loss"]].to_numpy(dtype=float)
    drawn = losses[np.isfinite(losses) & (losses > 0) & (losses <= frame["loss_limit"].max())]
    low = drawn.min() if drawn.size else 0.1
    norms: dict[int, Normalize] = {0: Normalize(0.0, 1.0), 1: LogNorm(low, frame["loss_limit"].max())}
    for position, dataset in enumerate(datasets):
        rows = frame[frame["dataset"] == dataset]
        for line, quantities in enumerate((ACCURACIES, LOSSES)):
            for side, (quantity, name, border) in enumerate(quantities):
                axis = axes[line, 2 * position + side]
                _heat_map(axis, rows, quantity, border, norms[line])
                axis.set_title(_title(dataset, int(rows["epochs"].iloc[0])) + name if line == 0 else name, fontsize=8)
                if position == 0 and side == 0:
                    axis.set_ylabel(r"learning rate $\eta$")
                if side == 1:  # the same rates as in the panel to its left
                    axis.tick_params(labelleft=False)
                if line == 1:
                    axis.set_xlabel(r"depth $L$")
    for line, label in enumerate(("accuracy", "loss")):
        mappable = ScalarMappable(norms[line], "viridis")
        extend = ("neither", "max")[line]
        bar = figure.colorbar(mappable, ax=list(axes[line]), label=label, aspect=25, pad=0.01, extend=extend)
        if line == 1:
            ticks = [tick for tick in _ONE_TWO_FIVE if low <= tick <= frame["loss_limit"].max()]
            bar.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
        bar.ax.minorticks_off()
    handles: list[Line2D | Patch] = [Line2D([], [], label=label, **style) for label, style in LINES.values()]
    handles += [
        Line2D(
            [], [], linestyle="none", marker="D", color=PALETTE[1], markeredgecolor="black", label="measured border"
        ),
        Patch(facecolor=DIVERGED, label="diverged"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return figure


def _title(dataset: str, epochs: int) -> str:
    label = dataset.partition(" (")[0]  # maps of one data set have their epochs in brackets
    name, comma, variant = label.partition(", ")
    title = "digits" if name == "digits" else TITLES.get(name, name)
    return f"{title}{comma}{variant}\n{epochs} epoch{'s' if epochs > 1 else ''}, "


def plot_fig5(frame: pd.DataFrame) -> Figure:
    """Grid of histograms of eigenvalues over L after training: depth across, learning rate upwards.

    Bars: after training. Outline: before. Panels of the region eta > 2 / L have a red ground, those of networks that
    diverged hold that word.

    Parameters
    ----------
    frame
        Table with `FIG5_COLUMNS`, one data set.
    """
    depths, rates = sorted(frame["L"].unique()), sorted(frame["eta"].unique(), reverse=True)
    figure, axes = plt.subplots(
        len(rates),
        len(depths),
        figsize=(PAGE_WIDTH, 0.7 + 0.95 * len(rates)),
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    for column, depth in enumerate(depths):
        for line, eta in enumerate(rates):
            axis = axes[line, column]
            rows = frame[(frame["L"] == depth) & (frame["eta"] == eta)]
            if rows.empty:
                axis.set_visible(False)
                continue
            if eta > rows["eta_paper"].iloc[0]:
                axis.set_facecolor(ABOVE)
            axis.set_yscale("log")
            if rows["diverged"].max() > 0:
                axis.text(0.5, 0.5, "diverged", transform=axis.transAxes, ha="center", va="center", fontsize=7)
                continue
            edges = np.append(rows["bin_low"], rows["bin_high"].iloc[-1]) / depth
            for name, style in (
                ("weight", {"color": AFTER, "fill": True}),
                ("weight_initial", {"color": "black", "linewidth": 0.7}),
            ):
                weights = rows[name].to_numpy(dtype=float)
                axis.stairs(np.where(weights > 0, weights, np.nan), edges, **style)
    least = 0.5 / frame["n_eigenvalues"].max()
    axes[0, 0].set(ylim=(least, 2), xlim=(0, (frame["bin_high"] / frame["L"]).max()))
    for column, depth in enumerate(depths):
        axes[0, column].set_title(f"$L = {depth}$")
        axes[-1, column].set_xlabel(r"$\lambda / L$")
    for line, eta in enumerate(rates):
        axes[line, 0].set_ylabel(rf"$\eta = {eta:g}$" + "\nweight")
        for axis in axes[line]:
            axis.minorticks_off()
    handles = [
        Patch(facecolor=AFTER, label="after training"),
        Line2D([], [], color="black", linewidth=0.7, label="initial weights"),
        Patch(facecolor=ABOVE, edgecolor="0.7", label=r"$\eta > 2/L$"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure
