"""The largest eigenvalue at the sizes that people use: Theorem 4, the prediction at finite size, sampled networks."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from fisher_spectra.plotting.activations import colour_of, mark_of, name_of
from fisher_spectra.plotting.karakida.labels import STATISTICS
from fisher_spectra.plotting.sampled_means import draw_means
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels

COLUMNS: tuple[str, ...] = (
    "activation",
    "varied",
    "value",
    "theorem_4",
    "theory",
    "empirical_mean",
    "empirical_std",
)

# what goes along the axis of each panel, with the scale of that axis
PANELS = {
    "hidden_scale": ("hidden widths, times those given", "log"),
    "samples": ("samples $T$", "log"),
    "outputs": ("outputs $C$", "log"),
    "sigma_b2": (r"variance of the biases $\sigma_b^2$", "symlog"),
}

_LABELLED = 7  # labels that fit along a panel


def plot(frame: pd.DataFrame) -> Figure:
    """One panel for each sweep: Theorem 4 dashed, the finite-size value as a line, networks as points.

    Parameters
    ----------
    frame
        Table with `COLUMNS`; bars are one standard deviation of a network.
    """
    figure, axes = plt.subplots(2, 2, figsize=(PAGE_WIDTH, 4.6), sharey=True)
    for axis, (varied, (label, scale)) in zip(axes.flat, PANELS.items(), strict=True):
        rows = frame[frame["varied"] == varied]
        for position, (activation, group) in enumerate(rows.groupby("activation", sort=False)):
            _draw(axis, str(activation), position, group.sort_values("value"))
        if scale == "symlog":
            smallest = rows.loc[rows["value"] > 0, "value"].min()
            axis.set_xscale("symlog", linthresh=smallest, linscale=0.5)
            axis.set_xlim(left=-0.1 * smallest)
        else:
            axis.set_xscale(scale)
        _label_values(axis, sorted(rows["value"].unique()))
        axis.set(yscale="log", xlabel=label)
    for axis in axes[:, 0]:
        axis.set_ylabel(STATISTICS["maximum"])
    label_panels(axes.flat)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    third = len(labels) // 3
    order = sorted(range(len(labels)), key=lambda place: _activation_of(place, third))
    figure.legend(
        [handles[place] for place in order],
        [labels[place] for place in order],
        loc="outside lower center",
        ncols=third,
        handlelength=1.8,
    )
    return figure


def _label_values(axis: Axes, values: list[float]) -> None:
    """The values themselves along the axis, unless there are too many to be read."""
    if len(values) <= _LABELLED:
        axis.set_xticks(values, [f"{value:g}" for value in values])
        axis.xaxis.set_minor_locator(NullLocator())


def _activation_of(place: int, activations: int) -> tuple[int, int]:
    """Lines come first, two for each activation, then points: one column of the legend for each activation."""
    lines = 2 * activations
    return (place // 2, place % 2) if place < lines else (place - lines, 2)


def _draw(axis: Axes, activation: str, position: int, rows: pd.DataFrame) -> None:
    colour, name = colour_of(activation, position), name_of(activation)
    axis.plot(rows["value"], rows["theorem_4"], "--", color=colour, linewidth=0.9, label=f"{name}, Theorem 4")
    axis.plot(rows["value"], rows["theory"], color=colour, label=f"{name}, finite size")
    draw_means(
        axis,
        rows["value"],
        rows["empirical_mean"],
        rows["empirical_std"],
        mark_of(activation, position),
        colour,
        label=f"{name}, networks",
    )
