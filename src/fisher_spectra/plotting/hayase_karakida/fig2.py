"""Maximum and mean eigenvalue against depth and inputs (Hayase, Karakida 2020 and 2021, Figure 2)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fisher_spectra.plotting.sampled_means import draw_means
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels

COLUMNS: tuple[str, ...] = (
    "varied",
    "L",
    "N",
    "statistic",
    "full",
    "block_diagonal",
    "theory",
    "theory_full",
    "full_sem",
    "block_diagonal_sem",
)

AXES = {"L": r"depth $L$", "N": r"number of inputs $N$"}


def plot(frame: pd.DataFrame) -> Figure:
    """Maximum and mean of the eigenvalues of Theta / M and its block diagonal against L (left) and N (right).

    Parameters
    ----------
    frame
        Table with `COLUMNS`. Bars are two standard errors.
    """
    figure, axes = plt.subplots(1, 2, figsize=(PAGE_WIDTH, 2.9))
    for axis, (varied, fixed) in zip(axes, (("L", "N"), ("N", "L")), strict=True):
        part = frame[frame["varied"] == varied].sort_values(varied)
        _draw_panel(axis, part, varied)
        axis.set(xscale="log", yscale="log", xlabel=AXES[varied], ylabel=r"eigenvalue of $\Theta/M$")
        axis.set_title(f"${fixed} = {part[fixed].iloc[0]}$")
    label_panels(list(axes))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def _draw_panel(axis: Axes, rows: pd.DataFrame, varied: str) -> None:
    top, mean = (rows[rows["statistic"] == name] for name in ("maximum", "mean"))
    axis.plot(top[varied], top["theory_full"], color="0.4", linestyle=":", label="maximum, full, at exact isometry")
    axis.plot(top[varied], top["theory"], color=PALETTE[0], label=r"maximum, theory $\Vert\mu_L\Vert_\infty/N$")
    axis.plot(mean[varied], mean["theory"], color=PALETTE[2], linestyle="--", label=r"mean, theory $m_1(\mu_L)/N$")
    for part, matrix, mark, colour, label in (
        (top, "full", "D", PALETTE[3], "maximum, full"),
        (top, "block_diagonal", "o", PALETTE[0], "maximum, block diagonal"),
        (mean, "full", "^", PALETTE[2], "mean, both"),
    ):
        error = 2 * part[f"{matrix}_sem"].fillna(0.0)  # of one network there is none
        draw_means(axis, part[varied], part[matrix], error, mark, colour, label=label, zorder=3)
