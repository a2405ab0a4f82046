"""Training loss of an own network over the factor of its widths and the learning rate, with predicted borders."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from fisher_spectra.plotting.learning_rate_map import (
    Prediction,
    draw_borders,
    draw_cells,
    legend_handles,
    typical_factor,
)
from fisher_spectra.plotting.own.factors import FACTOR, show_factors
from fisher_spectra.plotting.style import PAGE_WIDTH, legend_below

COLUMNS: tuple[str, ...] = (
    "factor",
    "rate_factor",
    "loss",
    "finite_rate",
    "infinite_rate",
    "sampled_rate",
    "border",
    "divergence_loss",
)
# The unit of the vertical axis is the first, a line at 1; of lines that coincide the broader is drawn first.
PREDICTIONS = (
    Prediction(
        "infinite_rate",
        r"$\eta_c$, infinite width",
        "infinite width",
        {"color": "red", "linestyle": "-", "linewidth": 3.4},
    ),
    Prediction(
        "sampled_rate",
        r"$\eta_c$, sampled networks",
        "sampled networks",
        {"color": "white", "linestyle": "-", "linewidth": 2.0},
    ),
    Prediction(
        "finite_rate",
        r"$\eta_c$, this size",
        "this size",
        {"color": "black", "linestyle": (0, (1.2, 1.2)), "linewidth": 1.2},
    ),
)


def plot(frame: pd.DataFrame) -> Figure:
    """A colour map; learning rates are in units of the critical one that is predicted for the network's own size.

    Cells whose mean loss is above `divergence_loss` or not a number are gray. Diamonds: measured border of divergence.
    The numbers beside the map are the median factors between it and each line.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    figure, axis = plt.subplots(figsize=(0.72 * PAGE_WIDTH, 3.2))
    limit = frame["divergence_loss"].iloc[0]
    finite = frame["loss"][(frame["loss"] <= limit) & (frame["loss"] > 0)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.1, 1.0)
    shown = frame.assign(shown=frame["loss"].where(frame["loss"] <= limit))
    cells = shown.pivot_table(index="rate_factor", columns="factor", values="shown", aggfunc="first", dropna=False)
    mesh = draw_cells(axis, cells, LogNorm(low, max(high, 1.01 * low)))
    columns = frame.drop_duplicates("factor").sort_values("factor")
    unit = columns["finite_rate"]
    names = [prediction.column for prediction in PREDICTIONS]
    relative = columns.assign(**{name: columns[name] / unit for name in [*names, "border"]})
    draw_borders(
        axis, relative["factor"].to_numpy(dtype=float), relative, PREDICTIONS, relative["border"], markersize=5
    )
    axis.set(xlabel=FACTOR, ylabel=r"learning rate $\eta$ / predicted $\eta_c$")
    show_factors(axis, columns["factor"])
    ticks = [tick for tick in (0.1, 0.25, 0.5, 1, 2, 4, 10) if axis.get_ylim()[0] <= tick <= axis.get_ylim()[1]]
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.yaxis.minorticks_off()
    figure.colorbar(mesh, ax=axis, label="training loss", aspect=30, pad=0.02)
    if columns["border"].notna().any():
        factors = {one.short: typical_factor(columns["border"], columns[one.column]) for one in PREDICTIONS}
        said = ", ".join(f"{name} {factor:.2f}" for name, factor in factors.items())
        axis.set_title(f"factor between border and line: {said}", fontsize=6.5)
    elif len(finite) == len(frame):
        axis.set_title("no training diverged", fontsize=6.5)
    legend = legend_below(figure, legend_handles(PREDICTIONS), frameon=True)
    legend.get_frame().set(facecolor="0.88", edgecolor="none")  # so that the white line can be seen
    return figure
