"""The best conditioned nonlinearities (Pennington and Worah 2018, (28) and (29))."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fisher_spectra.plotting.pennington_worah.nonlinearities import colour_of, name_of, style_of
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels, legend_below

COLUMNS: tuple[str, ...] = ("nonlinearity", "m2_over_m1_squared", "panel", "x", "value", "gain", "threshold")

SATURATING = "best_saturating"
FOUND = "numerical_optimum"  # the best polynomial found


def plot(frame: pd.DataFrame) -> Figure:
    """Activations, their limiting densities and their conditioning.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    frame = frame[list(COLUMNS)]  # a table without the parameters of the saturating one is refused, too
    figure, axes = plt.subplots(1, 3, figsize=(PAGE_WIDTH, 2.6), width_ratios=(1, 1, 0.9))
    names = list(frame["nonlinearity"].unique())
    _draw_functions(axes[0], frame[frame["panel"] == "activation"], names)
    densities = frame[frame["panel"] == "density"]
    densities = densities.assign(value=densities["value"].where(densities["value"] > 0))
    _draw_functions(axes[1], densities, names, hidden=FOUND)  # it would hide that of f_opt
    axes[0].set(xlabel="$x$", ylabel="$f(x)$", ylim=(-2.6, 4.2))
    _draw_whole_saturating(axes[0], frame)
    axes[1].set(xlabel=r"eigenvalue $\lambda$", ylabel=r"density $\rho(\lambda)$", yscale="log", ylim=(2e-3, 60))
    _draw_conditioning(axes[2], frame, names)
    handles, labels = axes[0].get_legend_handles_labels()
    legend_below(figure, handles, labels, columnspacing=1.0, handlelength=2.2)
    label_panels(list(axes))
    return figure


def _draw_functions(axis: Axes, frame: pd.DataFrame, names: Sequence[str], hidden: str = "") -> None:
    """A line for each nonlinearity but the hidden one, crosses for the best polynomial."""
    for position, name in enumerate(names):
        if name == hidden:
            continue
        rows = frame[frame["nonlinearity"] == name].sort_values("x")
        sparse = name == FOUND
        axis.plot(
            rows["x"],
            rows["value"],
            color=colour_of(name, position),
            linestyle="none" if sparse else style_of(name),
            marker="+" if sparse else None,
            markersize=4,
            markevery=max(1, len(rows) // 20) if sparse else None,
            label=name_of(name),
        )


def _draw_whole_saturating(axis: Axes, frame: pd.DataFrame) -> None:
    """An inset with the whole of the best saturating activation, as far as it rises."""
    rows = frame[(frame["panel"] == "saturation") & (frame["nonlinearity"] == SATURATING)].sort_values("x")
    if rows.empty:
        return
    inset = axis.inset_axes((0.66, 0.09, 0.32, 0.19))
    inset.plot(rows["x"], rows["value"], color=colour_of(SATURATING, 0), linewidth=1.0)
    inset.set_xticks([float(rows["x"].min()), float(rows["x"].max())])
    inset.set_yticks([0, round(float(rows["value"].max()))])
    inset.tick_params(labelsize=5.5, length=1.5, pad=1)


def _draw_conditioning(axis: Axes, frame: pd.DataFrame, names: Sequence[str]) -> None:
    """A bar for each nonlinearity, the worst conditioned at the bottom, with its value beside it."""
    ratios = frame.drop_duplicates("nonlinearity").sort_values("m2_over_m1_squared", ascending=False)
    for height, (_, row) in enumerate(ratios.iterrows()):
        name = str(row["nonlinearity"])
        value = float(row["m2_over_m1_squared"])
        colour = colour_of(name, names.index(name))
        axis.plot([1, value], [height, height], color=colour, linewidth=1.0)
        axis.plot([value], [height], marker="o", color=colour)
        axis.text(value + 0.11, height, f"{value:.4f}", va="center", fontsize=7)
        if name == SATURATING:
            formula = rf"$\mathrm{{erf}}({row['gain']:.2f}\,(x - {row['threshold']:.2f}))$"
            axis.text(1.08, height - 0.38, formula, va="center", fontsize=6)
    axis.set_yticks(range(len(ratios)), [name_of(str(name)) for name in ratios["nonlinearity"]], fontsize=7)
    axis.set(xlabel=r"conditioning $m_2/m_1^2$", xlim=(1, 3.95), ylim=(-0.6, len(ratios) - 0.4))
