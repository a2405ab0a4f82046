"""A quantity over the variances of weights and biases, with the edge of chaos."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from fisher_spectra.plotting.style import PAGE_WIDTH, legend_below

COLUMNS: tuple[str, ...] = ("kind", "sigma_w2", "sigma_b2", "quantity", "value")

LABELS = {
    "critical_learning_rate": r"critical learning rate $\eta_c$",
    "largest_eigenvalue": r"largest eigenvalue $\lambda_{\max}$",
    "kappa_1": r"$\kappa_1$",
    "kappa_2": r"$\kappa_2$",
    "chi": r"slope $\chi$",
    "correlation_length": r"correlation length $\xi$ (layers)",
}
_WIDE = 10.0  # a quantity that spans more than this factor is drawn on a logarithmic scale


def plot(frame: pd.DataFrame) -> Figure:
    """Colours, gray where there is no value, and a line where chi = 1.

    Parameters
    ----------
    frame
        Table with `COLUMNS`: rows of the kind ``cell``, on a grid, of one quantity, and ``edge``, in the order of the
        line; there may be none of the latter.
    """
    figure, axis = subplots(figsize=(0.6 * PAGE_WIDTH, 3.2))
    cells, edge = frame[frame["kind"] == "cell"], frame[frame["kind"] == "edge"]
    grid = cells.pivot_table(index="sigma_b2", columns="sigma_w2", values="value", dropna=False)
    values = np.ma.masked_invalid(grid.to_numpy(dtype=float))
    across, up = (labels.to_numpy(dtype=float) for labels in (grid.columns, grid.index))
    axis.set_facecolor("0.8")
    mesh = axis.pcolormesh(across, up, values, norm=_norm(values), cmap="viridis", shading="nearest", rasterized=True)
    figure.colorbar(mesh, ax=axis, label=LABELS[str(cells["quantity"].iloc[0])])
    axis.set(xlabel=r"$\sigma_w^2$", ylabel=r"$\sigma_b^2$", xlim=(across[0], across[-1]), ylim=(up[0], up[-1]))
    if len(edge):
        label = r"$\chi = 1$: order left, chaos right"
        (line,) = axis.plot(edge["sigma_w2"], edge["sigma_b2"], "--", color="white", label=label)
        legend = legend_below(figure, [line])
        legend.get_lines()[0].set_color("black")  # on paper, not on colours
    return figure


def _norm(values: np.ma.MaskedArray) -> Normalize:
    there = values.compressed()
    if there.size and there.min() > 0.0 and there.max() > _WIDE * there.min():
        return LogNorm(there.min(), there.max())
    return Normalize()
