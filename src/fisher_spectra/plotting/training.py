"""Colour maps of the training loss over width and learning rate (Karakida et al. 2019, Figures 2 and C.2)."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fisher_spectra.plotting.style import DIVERGED, PAGE_WIDTH, PALETTE, legend_below, name_of

COLUMNS = (
    "dataset",
    "activation",
    "M",
    "eta",
    "loss",
    "diverged_fraction",
    "n_trials",
    "eta_c",
    "eta_c_overlap",
    "eta_c_data",
    "divergence_loss",
    "border",
)
# Styles and widths differ as well as colours, so that the three predictions can be told apart in gray print. Where
# samples do not overlap they coincide: each is broader than the one drawn over it, so that all can be seen.
LINES: dict[str, tuple[str, dict[str, Any]]] = {
    "eta_c": (r"$\eta_c$ of the paper", {"color": "red", "linestyle": "-", "linewidth": 3.4}),
    "eta_c_overlap": (r"$\eta_c$, data's mean overlap", {"color": "white", "linestyle": "-", "linewidth": 2.0}),
    "eta_c_data": (
        r"$\eta_c$, data's overlap matrix",
        {"color": "black", "linestyle": (0, (1.2, 1.2)), "linewidth": 1.0},
    ),
}
SHORT = {"eta_c": "paper", "eta_c_overlap": "mean overlap", "eta_c_data": "overlap matrix"}
TITLES = {
    "gaussian": "Gaussian inputs, teacher network",
    "digits": "handwritten digits (8 x 8)",
    "mnist": "MNIST",
    "fashion_mnist": "Fashion-MNIST",
    "cifar10": "CIFAR-10",
}


def log_edges(centres: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Edges of the cells whose centres lie at `centres` on a logarithmic axis; shape (n + 1,)."""
    logs = np.log(centres)
    if logs.size == 1:
        return np.asarray(np.exp([logs[0] - 0.5, logs[0] + 0.5]))
    middle = (logs[1:] + logs[:-1]) / 2
    return np.asarray(np.exp(np.concatenate([[2 * logs[0] - middle[0]], middle, [2 * logs[-1] - middle[-1]]])))


def _colour_map(axis: Axes, rows: pd.DataFrame, norm: LogNorm) -> QuadMesh:
    grid = rows.pivot_table(index="eta", columns="M", values="loss", aggfunc="first", dropna=False)
    widths = grid.columns.to_numpy(dtype=float)
    rates = grid.index.to_numpy(dtype=float)
    values = grid.to_numpy(dtype=float)
    loss = np.ma.masked_where(~(values <= rows["divergence_loss"].iloc[0]), values)  # not a number is masked too
    axis.set_facecolor(DIVERGED)
    mesh = axis.pcolormesh(log_edges(widths), log_edges(rates), loss, norm=norm, cmap="viridis", rasterized=True)
    columns = rows.drop_duplicates("M").sort_values("M")
    edges = log_edges(widths)
    for name, (_, style) in LINES.items():
        # through the centres, continued to the edges of the map along the same power law
        logs = np.interp(np.log(edges), np.log(columns["M"]), np.log(columns[name]))
        if len(columns) > 1:
            slope = np.diff(np.log(columns[name])) / np.diff(np.log(columns["M"]))
            logs[0] = np.log(columns[name].iloc[0]) + slope[0] * (np.log(edges[0]) - np.log(widths[0]))
            logs[-1] = np.log(columns[name].iloc[-1]) + slope[-1] * (np.log(edges[-1]) - np.log(widths[-1]))
        axis.plot(edges, np.exp(logs), **style)
    axis.plot(columns["M"], columns["border"], "D", color=PALETTE[1], markeredgecolor="black", markersize=3.5)
    axis.set(xscale="log", yscale="log", xlim=(edges[0], edges[-1]), ylim=tuple(log_edges(rates)[[0, -1]]))
    axis.set_xticks(widths, [f"{width:g}" for width in widths], minor=False)
    axis.minorticks_off()
    return mesh


def _write_distances(axis: Axes, rows: pd.DataFrame) -> None:
    """Say in the panel how far each line lies from the measured border, as a typical factor; the best is bold."""
    columns = rows.drop_duplicates("M")
    factors = {
        name: float(np.exp(np.nanmedian(np.abs(np.log(columns["border"] / columns[name])))))
        for name in LINES
        if columns["border"].notna().any()
    }
    if not factors:
        return
    best = min(factors, key=lambda name: factors[name])
    for line, (name, factor) in enumerate(factors.items()):
        axis.text(
            0.97,
            0.95 - 0.11 * line,
            f"{SHORT[name]}: x {factor:.2f}",
            transform=axis.transAxes,
            ha="right",
            va="top",
            fontsize=6.5,
            fontweight="bold" if name == best else "normal",
        )


def plot_training(frame: pd.DataFrame) -> Figure:
    """One colour map for each data set (across) and activation (down), with the predicted and measured borders.

    Cells whose mean loss over the trials is above `divergence_loss` or not a number are gray. The three lines are the
    critical learning rate of the paper, with the data's mean overlap, and from the data's own overlap matrix;
    diamonds are the measured border of divergence. The text in each panel gives the median factor between the border
    and each line, the smallest in bold.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    datasets = list(frame["dataset"].unique())
    activations = list(frame["activation"].unique())
    figure, axes = plt.subplots(
        len(activations),
        len(datasets),
        figsize=(PAGE_WIDTH if len(datasets) > 1 else 0.62 * PAGE_WIDTH, 0.3 + 1.75 * len(activations)),
        squeeze=False,
        sharex="col",
    )
    for column, dataset in enumerate(datasets):
        part = frame[frame["dataset"] == dataset]
        finite = part["loss"][(part["loss"] <= part["divergence_loss"]) & (part["loss"] > 0)]
        low, high = (finite.min(), finite.max()) if len(finite) else (0.1, 1.0)
        norm = LogNorm(low, max(high, 1.01 * low))
        for row, activation in enumerate(activations):
            axis = axes[row, column]
            mesh = _colour_map(axis, part[part["activation"] == activation], norm)
            _write_distances(axis, part[part["activation"] == activation])
            axis.set_ylabel(f"{name_of(activation)}\n" + r"learning rate $\eta$" if column == 0 else "")
        name, comma, variant = dataset.partition(", ")  # as in "cifar10, jpeg mirror"
        axes[0, column].set_title(f"{TITLES.get(name, name)}{comma}{variant}")
        axes[-1, column].set_xlabel(r"width $M$")
        figure.colorbar(mesh, ax=list(axes[:, column]), label="training loss", aspect=40, pad=0.02)
    handles: list[Artist] = [Line2D([], [], label=label, **style) for label, style in LINES.values()]
    handles += [
        Line2D(
            [],
            [],
            linestyle="none",
            marker="D",
            color=PALETTE[1],
            markeredgecolor="black",
            label="measured border",
        ),
        Patch(facecolor=DIVERGED, label="diverged"),
    ]
    legend = legend_below(figure, handles, frameon=True)
    legend.get_frame().set(facecolor="0.88", edgecolor="none")  # so that the white line can be seen
    return figure
