"""Eigenvalues of the Fisher matrix of an own network, sampled and predicted."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, legend_below

COLUMNS: tuple[str, ...] = (
    "bin_low",
    "bin_high",
    "density_theory",
    "density_empirical",
    "infinite_maximum",
    "finite_maximum",
    "empirical_mean",
    "empirical_std",
    "n_seeds",
)


def plot(frame: pd.DataFrame) -> Figure:
    """Shares of the eigenvalues on a logarithmic axis: bars of sampled networks, the predicted bulk as an outline.

    Vertical lines: the largest eigenvalue, predicted for infinite width (dashed) and for the network's own size. The
    point above them with its bar: mean and standard deviation over sampled networks.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    figure, axis = plt.subplots(figsize=(0.8 * PAGE_WIDTH, 2.9))
    rows = frame.sort_values("bin_low")
    first = rows.iloc[0]
    axis.bar(
        rows["bin_low"],
        rows["density_empirical"],
        width=rows["bin_high"] - rows["bin_low"],
        align="edge",
        color=PALETTE[1],
        edgecolor="white",
        linewidth=0.3,
    )
    edges = np.append(rows["bin_low"].to_numpy(), rows["bin_high"].to_numpy()[-1])
    theory = rows["density_theory"].to_numpy(dtype=float)
    axis.stairs(np.where(theory > 0.0, theory, np.nan), edges, color="black", linewidth=1.2)
    positive = rows["density_empirical"][rows["density_empirical"] > 0.0]
    low, high = 0.5 * positive.min(), 3.0 * max(positive.max(), theory.max())
    axis.axvline(first["infinite_maximum"], color=PALETTE[0], linestyle="--", linewidth=1.2)
    axis.axvline(first["finite_maximum"], color="black", linestyle=":", linewidth=1.4)
    axis.errorbar(
        first["empirical_mean"],
        high / 1.6,
        xerr=first["empirical_std"],
        fmt="o",
        color=PALETTE[1],
        markerfacecolor="white",
        elinewidth=0.8,
    )
    left = min(edges[0], first["infinite_maximum"])
    right = 1.3 * max(edges[-1], first["infinite_maximum"], first["finite_maximum"])
    axis.set(xscale="log", yscale="log", ylim=(low, high), xlim=(left, right))
    axis.set(xlabel=r"eigenvalue $\lambda$", ylabel=r"share for each unit of $\ln \lambda$")
    networks = f"{int(first['n_seeds'])} networks"
    legend_below(
        figure,
        [
            Patch(facecolor=PALETTE[1], label=networks),
            Line2D([], [], color="black", linewidth=1.2, label="bulk, theory"),
            Line2D([], [], color=PALETTE[1], marker="o", markerfacecolor="white", label=r"$\lambda_{\max}$, networks"),
            Line2D([], [], color="black", linestyle=":", label=r"$\lambda_{\max}$, theory, this size"),
            Line2D([], [], color=PALETTE[0], linestyle="--", label=r"$\lambda_{\max}$, theory, infinite width"),
        ],
    )
    return figure
