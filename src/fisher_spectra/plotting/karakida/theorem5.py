"""The mean Fisher-Rao norm against depth (Karakida et al. 2019, Section 4.1, Theorem 5)."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fisher_spectra.plotting.activations import colour_of, name_of
from fisher_spectra.plotting.sampled_means import draw_means
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels, legend_below

COLUMNS: tuple[str, ...] = ("activation", "L", "M", "paper", "corrected", "empirical_mean", "empirical_sem")

MARKS_OF_WIDTHS = "ovsDP^X"


def plot(frame: pd.DataFrame) -> Figure:
    """The mean Fisher-Rao norm against depth, one panel for each activation.

    Solid line: corrected formula. Dashed line: as printed. Points: sampled networks, one mark for each width,
    with two standard errors of the mean.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    activations = list(frame["activation"].unique())
    widths = sorted(frame["M"].unique())
    figure, axes = plt.subplots(1, len(activations), figsize=(PAGE_WIDTH, 2.6), squeeze=False)
    for position, (axis, activation) in enumerate(zip(axes[0], activations, strict=True)):
        rows = frame[frame["activation"] == activation].sort_values("L")
        _draw_norm(axis, rows, widths, colour_of(activation, position))
        axis.set(title=name_of(activation), xlabel=r"depth $L$", yscale="log")
        axis.set_xticks(sorted(rows["L"].unique()))
    axes[0, 0].set_ylabel(r"Fisher-Rao norm $\langle\Vert\theta\Vert_{FR}\rangle$")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    legend_below(figure, handles, labels)
    label_panels(list(axes[0]))
    return figure


def _draw_norm(axis: Axes, rows: pd.DataFrame, widths: Sequence[int], colour: str) -> None:
    """Both formulas and the networks of every width, of one activation."""
    lines = rows.drop_duplicates("L")
    axis.plot(lines["L"], lines["corrected"], color=colour, label="corrected")
    axis.plot(lines["L"], lines["paper"], color="0.35", linestyle="--", label="as printed (20)")
    for index, width in enumerate(widths):
        cell = rows[rows["M"] == width]
        shift = 1 + 0.02 * (index - (len(widths) - 1) / 2)  # marks side by side
        draw_means(
            axis,
            cell["L"] * shift,
            cell["empirical_mean"],
            2 * cell["empirical_sem"],
            MARKS_OF_WIDTHS[index % len(MARKS_OF_WIDTHS)],
            colour,
            label=f"networks, M = {width}",
        )
