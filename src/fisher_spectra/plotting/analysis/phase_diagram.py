"""A quantity over the variances of weights and biases, with the edge of chaos."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from fisher_spectra.plotting.style import PAGE_WIDTH, legend_below

COLUMNS: tuple[str, ...] = ("sigma_w2", "sigma_b2")

LABELS = {
    "critical_learning_rate": r"critical learning rate $\eta_c$",
    "largest_eigenvalue": r"largest eigenvalue $\lambda_{\max}$",
    "kappa_1": r"$\kappa_1$",
    "kappa_2": r"$\kappa_2$",
    "chi": r"slope $\chi$",
    "correlation_length": r"correlation length $\xi$ (layers)",
}
_WIDE = 10.0  # a quantity that spans more than this factor is drawn on a logarithmic scale


def plot(frame: pd.DataFrame, edge: pd.DataFrame, quantity: str, title: str) -> Figure:
    """Colours, gray where there is no value, and a line where chi = 1.

    Parameters
    ----------
    frame
        Table with `COLUMNS` and that of the quantity, on a grid.
    edge
        sigma_b2 and sigma_w2 of the line; may be empty.
    quantity
        One of `LABELS`.
    title
        What it is of.
    """
    figure, axis = subplots(figsize=(0.6 * PAGE_WIDTH, 3.2))
    cells = frame.pivot_table(index="sigma_b2", columns="sigma_w2", values=quantity, dropna=False)
    values = np.ma.masked_invalid(cells.to_numpy(dtype=float))
    across, up = (labels.to_numpy(dtype=float) for labels in (cells.columns, cells.index))
    axis.set_facecolor("0.8")
    mesh = axis.pcolormesh(across, up, values, norm=_norm(values), cmap="viridis", shading="nearest", rasterized=True)
    figure.colorbar(mesh, ax=axis, label=LABELS[quantity])
    axis.set(xlabel=r"$\sigma_w^2$", ylabel=r"$\sigma_b^2$", title=title)
    if len(edge):
        (line,) = axis.plot(
            edge["sigma_w2"], edge["sigma_b2"], "--", color="white", label=r"$\chi = 1$: order left, chaos right"
        )
        limits = (across[0], across[-1]), (up[0], up[-1])
        axis.set(xlim=limits[0], ylim=limits[1])
        legend = legend_below(figure, [line])
        legend.get_lines()[0].set_color("black")  # on paper, not on colours
    return figure


def _norm(values: np.ma.MaskedArray) -> Normalize:
    there = values.compressed()
    if there.size and there.min() > 0.0 and there.max() > _WIDE * there.min():
        return LogNorm(there.min(), there.max())
    return Normalize()
