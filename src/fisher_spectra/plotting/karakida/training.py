"""Colour maps of the training loss over width and learning rate (Karakida et al. 2019, Figures 2 and C.2)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from fisher_spectra.plotting.activations import name_of
from fisher_spectra.plotting.karakida.labels import WIDTH
from fisher_spectra.plotting.learning_rate_map import (
    DIVERGED,
    LEARNING_RATE,
    Prediction,
    draw_borders,
    draw_cells,
    legend_handles,
    title_of,
    typical_factor,
)
from fisher_spectra.plotting.style import PAGE_WIDTH, legend_below

COLUMNS: tuple[str, ...] = (
    "dataset",
    "activation",
    "M",
    "eta",
    "loss",
    "eta_c",
    "eta_c_overlap",
    "eta_c_data",
    "divergence_loss",
    "border",
    "eta_c_finite_size",
)

# Styles and widths differ as well as colours, so that the four predictions can be told apart in gray print. Where
# samples do not overlap they coincide: each is broader than the one drawn over it, so that all can be seen.
PREDICTIONS = (
    Prediction("eta_c", r"$\eta_c$ of the paper", "paper", {"color": "red", "linestyle": "-", "linewidth": 3.4}),
    Prediction(
        "eta_c_overlap",
        r"$\eta_c$, data's mean overlap",
        "mean overlap",
        {"color": "white", "linestyle": "-", "linewidth": 2.0},
    ),
    Prediction(
        "eta_c_finite_size",
        r"$\eta_c$ at finite size",
        "finite size",
        {"color": "cyan", "linestyle": (0, (4, 1.2)), "linewidth": 1.6},
    ),
    Prediction(
        "eta_c_data",
        r"$\eta_c$, data's overlap matrix",
        "overlap matrix",
        {"color": "black", "linestyle": (0, (1.2, 1.2)), "linewidth": 1.0},
    ),
)


def plot(frame: pd.DataFrame) -> Figure:
    """One colour map for each data set (across) and activation (down), with the predicted and measured borders.

    Cells whose mean loss over the trials is above `divergence_loss` or not a number are gray. The four lines are the
    critical learning rate of the paper, with the data's mean overlap, at finite size, and from the data's own overlap
    matrix; diamonds are the measured border of divergence. The text in each panel gives the median factor between the
    border and each line, the smallest in bold.

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
        norm = _norm_of_losses(part)
        for row, activation in enumerate(activations):
            axis = axes[row, column]
            mesh = _draw_map(axis, part[part["activation"] == activation], norm)
            axis.set_ylabel(f"{name_of(activation)}\n{LEARNING_RATE}" if column == 0 else "")
        axes[0, column].set_title(title_of(dataset))
        axes[-1, column].set_xlabel(WIDTH)
        figure.colorbar(mesh, ax=list(axes[:, column]), label="training loss", aspect=40, pad=0.02)
    legend = legend_below(figure, legend_handles(PREDICTIONS), frameon=True)
    legend.get_frame().set(facecolor="0.88", edgecolor="none")  # so that the white line can be seen
    return figure


def _norm_of_losses(rows: pd.DataFrame) -> LogNorm:
    """Colours of the losses of one data set, from the smallest to the largest that is no divergence."""
    finite = rows["loss"][(rows["loss"] <= rows["divergence_loss"]) & (rows["loss"] > 0)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.1, 1.0)
    return LogNorm(low, max(high, 1.01 * low))


def _draw_map(axis: Axes, rows: pd.DataFrame, norm: LogNorm) -> QuadMesh:
    shown = rows.assign(shown=rows["loss"].where(rows["loss"] <= rows["divergence_loss"].iloc[0]))
    cells = shown.pivot_table(index="eta", columns="M", values="shown", aggfunc="first", dropna=False)
    widths = cells.columns.to_numpy(dtype=float)
    columns = rows.drop_duplicates("M").sort_values("M")
    mesh = draw_cells(axis, cells, norm)
    draw_borders(axis, widths, columns, PREDICTIONS, columns["border"], markersize=3.5)
    axis.set_xticks(widths, [f"{width:g}" for width in widths])
    axis.minorticks_off()
    _write_factors(axis, columns)
    return mesh


def _write_factors(axis: Axes, columns: pd.DataFrame) -> None:
    """Say in the panel how far each line lies from the measured border, as a typical factor; the best is bold."""
    if not columns["border"].notna().any():
        return
    factors = [typical_factor(columns["border"], columns[prediction.column]) for prediction in PREDICTIONS]
    for line, (prediction, factor) in enumerate(zip(PREDICTIONS, factors, strict=True)):
        axis.text(
            0.97,
            0.97 - 0.09 * line,
            f"{prediction.short}: x {factor:.2f}",
            transform=axis.transAxes,
            ha="right",
            va="top",
            fontsize=6.0,
            fontweight="bold" if line == factors.index(min(factors)) else "normal",
            bbox={"facecolor": DIVERGED, "edgecolor": "none", "alpha": 0.8, "pad": 0.4},  # lines pass below
            zorder=6,
        )
