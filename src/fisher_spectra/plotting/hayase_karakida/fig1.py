"""Spectra of the conditional Fisher matrix and their limiting laws (Hayase, Karakida 2020 and 2021, Figure 1)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fisher_spectra.plotting.hayase_karakida.histograms import (
    EIGENVALUE,
    THEORY,
    bars_handle,
    draw_bars,
    draw_outline,
    line_handle,
)
from fisher_spectra.plotting.style import PAGE_WIDTH, label_panels, legend_below

COLUMNS: tuple[str, ...] = (
    "panel",
    "M",
    "bin_width",
    "lambda",
    "bin_low",
    "bin_high",
    "density_theory",
    "density_continuous",
    "atom_weight",
    "density_empirical",
    "deficit",
    "n_networks",
)

TITLES = {
    "isometry": r"near isometry, $s^2 = 0.125$",
    "saturating": r"$s = g = 1$",
    "projections": "independent projections",
    "printed": r"as printed, $s = 0.125$",
}
# An atom with less weight than this is not drawn: one eigenvalue in a hundred thousand.
_LEAST_ATOM = 1e-5


def plot(frame: pd.DataFrame) -> Figure:
    """One panel for each setting, density on a logarithmic axis.

    Bars: sampled eigenvalues in the papers' bins. Dotted outline: the law in the same bins. Solid line: its continuous
    density, in finer bins. Diamonds: its atoms, as high as their weight makes a bin of the papers.

    Parameters
    ----------
    frame
        Table with `COLUMNS`; for each panel rows of two bin widths.
    """
    panels = list(frame["panel"].unique())
    columns = 2 if len(panels) > 1 else 1
    rows_of_panels = -(-len(panels) // columns)
    figure, axes = plt.subplots(
        rows_of_panels, columns, figsize=(PAGE_WIDTH, 0.4 + 2.0 * rows_of_panels), squeeze=False
    )
    for axis, panel in zip(axes.flat, panels, strict=False):
        _draw_panel(axis, frame[frame["panel"] == panel])
        axis.set_title(TITLES.get(panel, panel))
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_visible(False)
    label_panels(list(axes.flat)[: len(panels)])
    handles = [
        bars_handle(int(frame["n_networks"].iloc[0]), frame["M"].iloc[0]),
        line_handle("density", linewidth=1.1),
        line_handle("atom", linewidth=1.1, marker="D", markersize=3.5),
        line_handle("law in the same bins", linewidth=0.9, linestyle=":"),
    ]
    legend_below(figure, handles)
    return figure


def _draw_panel(axis: Axes, rows: pd.DataFrame) -> None:
    """Bars, law, axes and the share of saturated units of one setting."""
    coarse = rows[rows["bin_width"] == rows["bin_width"].max()]
    fine = rows[rows["bin_width"] == rows["bin_width"].min()]
    draw_bars(axis, coarse, "density_empirical")
    draw_outline(axis, coarse, "density_theory", linewidth=0.9, linestyle=":")
    # in steps down to the axis: a band of two or three fine bins would be a stroke that hangs in the air
    draw_outline(axis, fine, "density_continuous", linewidth=1.1)
    for _, atom in fine[fine["atom_weight"] > _LEAST_ATOM].iterrows():
        height = atom["atom_weight"] / coarse["bin_width"].iloc[0]
        axis.plot([atom["lambda"]] * 2, [1e-12, height], color=THEORY, linewidth=1.1)
        axis.plot(atom["lambda"], height, "D", color=THEORY, markersize=3.5, gid="atom")
    least = 1.0 / (rows["M"].iloc[0] * rows["n_networks"].iloc[0]) / rows["bin_width"].max()  # one eigenvalue
    highest = rows["bin_high"][rows["density_empirical"] > 0].max()
    axis.set(xlabel=EIGENVALUE, ylabel="density", yscale="log")
    axis.set(xlim=(0, max(highest, 3.2)), ylim=(0.3 * least, 30))
    axis.text(
        0.03,
        0.95,
        rf"$1-\alpha_1$ = {_scientific(rows['deficit'].iloc[0])}",
        transform=axis.transAxes,
        va="top",
        fontsize=7.5,
    )


def _scientific(value: float) -> str:
    """0.0047, or 1.4 x 10^-15."""
    if value >= 1e-4:
        return f"{value:.2g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return rf"${mantissa} \times 10^{{{int(exponent)}}}$"
