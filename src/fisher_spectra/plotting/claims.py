"""All claims at a glance, and the misprinted formulas beside what was sampled."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE

CLAIM_COLUMNS = (
    *("claim", "paper", "location", "deviation", "tolerance", "verdict"),
    *("printed_deviation", "printed_tolerance"),
)
ERRATA_COLUMNS = ("formula", "place", "printed", "corrected", "sampled", "standard_error")

# shape and colour both tell the verdict, so that the figure can be read in gray and by the colour-blind
VERDICTS = {
    "holds": ("o", PALETTE[0], "holds"),
    "erratum": ("D", PALETTE[1], "erratum: corrected statement"),
    "fails": ("s", PALETTE[3], "fails"),
}
PRINTED = ("X", "black", "the same as printed")
SMALLEST, LARGEST = 1e-2, 1e2  # ratios beyond are drawn at the edges
ROW_HEIGHT = 0.145  # inches


def plot_claims(frame: pd.DataFrame) -> Figure:
    """Deviation over tolerance of every claim, one row each, one panel for each paper; what is left of 1 holds.

    Parameters
    ----------
    frame
        Table with `CLAIM_COLUMNS`.
    """
    papers = list(frame["paper"].unique())
    heights = [int((frame["paper"] == paper).sum()) for paper in papers]
    figure, axes = plt.subplots(
        len(papers),
        1,
        figsize=(PAGE_WIDTH, ROW_HEIGHT * sum(heights) + 0.45 * len(papers) + 0.6),
        sharex=True,
        squeeze=False,
        gridspec_kw={"height_ratios": [height + 1 for height in heights]},
    )
    for axis, paper in zip(axes[:, 0], papers, strict=True):
        _plot_paper(axis, frame[frame["paper"] == paper], paper)
    axes[-1, 0].set_xlabel("deviation / tolerance (the claim holds left of 1)")
    present = [VERDICTS[verdict] for verdict in VERDICTS if (frame["verdict"] == verdict).any()]
    if frame["printed_deviation"].notna().any():
        present.append(PRINTED)
    handles = [
        Line2D([], [], linestyle="none", marker=mark, color=colour, label=label) for mark, colour, label in present
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _plot_paper(axis: Axes, rows: pd.DataFrame, paper: str) -> None:
    ratios = _ratio(rows["deviation"], rows["tolerance"])
    printed = _ratio(rows["printed_deviation"], rows["printed_tolerance"])
    places = np.arange(len(rows))
    axis.axvspan(1.0, LARGEST * 1.5, color="0.93", linewidth=0)
    axis.axvline(1.0, color="0.3", linewidth=0.8)
    axis.hlines(places, SMALLEST, ratios, color="0.75", linewidth=0.6)
    for verdict, (mark, colour, _) in VERDICTS.items():
        chosen = (rows["verdict"] == verdict).to_numpy()
        axis.plot(ratios[chosen], places[chosen], mark, color=colour, markersize=3.8, clip_on=False, zorder=3)
    was_printed = rows["printed_deviation"].notna().to_numpy()
    mark, colour, _ = PRINTED
    axis.plot(printed[was_printed], places[was_printed], mark, color=colour, markersize=4.2, clip_on=False, zorder=3)
    axis.set(xscale="log", xlim=(SMALLEST, LARGEST), ylim=(len(rows) - 0.4, -0.6))
    axis.set_yticks(places, list(rows["claim"]), fontsize=6)
    axis.tick_params(axis="y", length=0)
    axis.set_title(paper, loc="left", fontsize=8)


def _ratio(deviation: pd.Series, tolerance: pd.Series) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = deviation.to_numpy(dtype=float) / tolerance.to_numpy(dtype=float)
    return np.clip(np.where(np.isnan(ratio), LARGEST, ratio), SMALLEST, LARGEST)


def plot_errata(frame: pd.DataFrame) -> Figure:
    """Printed and corrected value of each formula over the sampled one, with two standard errors of the latter.

    Parameters
    ----------
    frame
        Table with `ERRATA_COLUMNS`.
    """
    places = np.arange(len(frame))
    figure, axis = plt.subplots(figsize=(PAGE_WIDTH, 0.26 * len(frame) + 1.0))
    sampled = frame["sampled"].to_numpy(dtype=float)
    error = 2 * frame["standard_error"].to_numpy(dtype=float) / np.abs(sampled)
    axis.errorbar(
        np.ones_like(sampled),
        places,
        xerr=error,
        fmt="|",
        color="0.2",
        markersize=9,
        label="sampled, two standard errors",
    )
    corrected, printed = frame["corrected"] / sampled, frame["printed"] / sampled
    axis.plot(corrected, places, "D", color=PALETTE[1], markersize=4.5, label="corrected")
    axis.plot(printed, places, "X", color="black", markersize=5, label="as printed")
    axis.set(xscale="log", ylim=(len(frame) - 0.4, -0.6), xlabel="value / sampled value")
    spread = float(np.max(np.abs(np.log(np.concatenate([corrected, printed]))))) + 0.1
    axis.set_xlim(np.exp(-spread), np.exp(spread))
    shown = [tick for tick in (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10) if abs(np.log(tick)) <= spread]
    axis.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axis.minorticks_off()
    labels = [f"{row['formula'].replace('_', ' ')}: {row['place']}" for _, row in frame.iterrows()]
    axis.set_yticks(places, labels, fontsize=7)
    figure.legend(loc="outside lower center", ncols=3)
    return figure
