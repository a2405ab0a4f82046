"""Limiting densities and how sampled spectra reach them (Pennington and Worah 2018, Figure 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from fisher_spectra.plotting.pennington_worah.histograms import histogram_of
from fisher_spectra.plotting.pennington_worah.nonlinearities import colour_of, name_of, style_of
from fisher_spectra.plotting.style import PAGE_WIDTH

COLUMNS: tuple[str, ...] = (
    "panel",
    "nonlinearity",
    "n",
    "method",
    "lambda",
    "density_theory",
    "density_empirical",
    "bin_low",
    "bin_high",
    "atom_theory",
    *(f"z{k}" for k in range(1, 7)),
    "kolmogorov_distance",
    "kolmogorov_distance_std",
)


def plot(frame: pd.DataFrame) -> Figure:
    """(a) limiting densities with their features; (b) sampled spectra against n; (c) their distance to the limit.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    figure = plt.figure(figsize=(PAGE_WIDTH, 4.4))
    left, right = np.asarray(figure.subfigures(1, 2))
    _draw_limits(left, [rows for _, rows in frame[frame["panel"] == "a"].groupby("nonlinearity", sort=False)])
    _draw_convergence(right, [rows for _, rows in frame[frame["panel"] == "b"].groupby("n", sort=True)])
    return figure


def _draw_limits(figure: SubFigure, limits: Sequence[pd.DataFrame]) -> None:
    """Figure 2a: densities above, their features below."""
    density, marks = figure.subplots(2, 1, sharex=True, height_ratios=(1.5, 1))
    for position, rows in enumerate(limits):
        name = str(rows["nonlinearity"].iloc[0])
        atom = float(rows["atom_theory"].iloc[0])
        shown = rows.sort_values("lambda")
        density.plot(
            shown["lambda"],
            shown["density_theory"].where(shown["density_theory"] > 0),
            color=colour_of(name, position),
            linestyle=style_of(name),
            label=name_of(name) + (f", atom {atom:g} at 0" if atom else ""),
        )
    largest = max(float(rows["z6"].iloc[0]) for rows in limits)
    density.set(yscale="log", ylim=(2e-3, 30), xlim=(-0.06 * largest, 1.05 * largest))
    density.set_ylabel(r"density $\rho(\lambda)$")
    density.legend(loc="upper right", handlelength=2.6)
    _mark_features(marks, limits)
    marks.set_xlabel(r"eigenvalue $\lambda$, with $z_1$ to $z_6$")
    density.set_title("(a)", loc="left", fontweight="bold")


def _mark_features(axis: Axes, limits: Sequence[pd.DataFrame]) -> None:
    """A row for each nonlinearity with a tick and a number at each of z_1 .. z_6; equal ones share a tick."""
    for position, rows in enumerate(limits):
        name = str(rows["nonlinearity"].iloc[0])
        places: dict[float, str] = {}
        for k in range(1, 7):
            place = float(rows[f"z{k}"].iloc[0])
            same = next((other for other in places if abs(other - place) < 1e-9), place)
            places[same] = ", ".join([*([places[same]] if same in places else []), str(k)])
        axis.axhline(position, color="0.88", linewidth=0.5, zorder=0)
        for order, place in enumerate(sorted(places)):
            above = order % 2 == 0  # neighbours on either side of the line, so that close ones can be read
            axis.plot(
                [place, place], [position - 0.13, position + 0.13], color=colour_of(name, position), linewidth=1.1
            )
            axis.text(
                place,
                position - 0.16 if above else position + 0.16,
                places[place],
                ha="center",
                va="bottom" if above else "top",
                fontsize=5.5,
            )
    axis.set_ylim(len(limits) - 0.4, -0.65)
    axis.set_yticks(range(len(limits)), [name_of(str(rows["nonlinearity"].iloc[0])) for rows in limits])
    axis.tick_params(axis="y", length=0)


def _draw_convergence(figure: SubFigure, sampled: Sequence[pd.DataFrame]) -> None:
    """Figure 2b: spectra of growing width against the limit above, their distance to it below."""
    spectra, distances = figure.subplots(2, 1, height_ratios=(1.5, 1))
    colours = [mpl.colormaps["viridis"](value) for value in np.linspace(0.92, 0.12, len(sampled))]
    for rows, colour in zip(sampled, colours, strict=True):
        edges, heights = histogram_of(rows)
        spectra.stairs(heights, edges, color=colour, linewidth=1.0, label=f"$n = {rows['n'].iloc[0]:.0f}$")
    limit = sampled[-1].sort_values("lambda")
    spectra.plot(
        limit["lambda"],
        limit["density_theory"].where(limit["density_theory"] > 0),
        color="black",
        linewidth=1.2,
        label="limit",
    )
    spectra.set(xscale="log", yscale="log", ylim=(2e-3, 30), xlabel=r"eigenvalue $\lambda$")
    spectra.set_xlim(limit["bin_low"].min(), limit["bin_high"].max())
    spectra.set_ylabel(r"density $\rho(\lambda)$")
    spectra.legend(ncols=2, loc="upper right", fontsize=6.5, handlelength=1.4, columnspacing=0.8)
    _draw_distances(distances, sampled, colours)
    spectra.set_title(name_of(str(limit["nonlinearity"].iloc[0])))
    for letter, axis in (("b", spectra), ("c", distances)):
        axis.set_title(f"({letter})", loc="left", fontweight="bold")


def _draw_distances(axis: Axes, sampled: Sequence[pd.DataFrame], colours: Sequence[Any]) -> None:
    """Distance to the limit against n; squares: from dense matrices."""
    for rows, colour in zip(sampled, colours, strict=True):
        first = rows.iloc[0]
        axis.errorbar(
            first["n"],
            first["kolmogorov_distance"],
            yerr=first["kolmogorov_distance_std"],
            fmt="s" if first["method"] == "dense" else "o",
            color=colour,
            markeredgecolor="black",
            markeredgewidth=0.5,
            ecolor="0.3",
            elinewidth=0.8,
        )
    widths = [int(rows["n"].iloc[0]) for rows in sampled]
    values = [float(rows["kolmogorov_distance"].iloc[0]) for rows in sampled]
    axis.set(xscale="log", yscale="log", xlabel=r"width $n$", ylabel="Kolmogorov distance")
    axis.set_xticks(widths, [str(width) for width in widths])
    axis.set_ylim(0.7 * min(values), 1.4 * max(values))
    axis.minorticks_off()
    ticks = [tick for tick in (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2) if 0.7 * min(values) < tick < 1.4 * max(values)]
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
