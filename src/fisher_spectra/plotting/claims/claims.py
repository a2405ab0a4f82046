"""All claims at a glance, one row each, with their verdicts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, legend_below

COLUMNS = (
    "claim",
    "paper",
    "deviation",
    "tolerance",
    "verdict",
    "printed_deviation",
    "printed_tolerance",
)

# shape and colour both tell the verdict, so that the figure can be read in gray and by the colour-blind
VERDICTS = {
    "holds": ("o", PALETTE[0], "holds"),
    "erratum": ("D", PALETTE[1], "erratum: corrected statement"),
    "fails": ("s", PALETTE[3], "fails"),
}
PRINTED = ("X", "black", "the same as printed")
SMALLEST, LARGEST = 1e-2, 1e2  # ratios beyond are drawn at the edges
ROW_HEIGHT = 0.12  # inches
NAME_SIZE = 6.0  # points: of three columns, the longest names leave a third to the panels
# More claims than fit on a page, title and legend besides, go into a second column, and so on.
ROWS_OF_COLUMN = 75
SHORTEST_PART = 4  # rows; a paper is not cut shorter than this at the end of a column


@dataclass(frozen=True)
class Part:
    """Consecutive claims of one paper that share a panel."""

    paper: str
    rows: pd.DataFrame
    continued: bool  # whether the paper started in the column before

    @property
    def title(self) -> str:
        """Name of the paper; in two lines if it goes on, which is wider than a column."""
        return f"{self.paper}\n(continued)" if self.continued else self.paper


def columns_of_parts(frame: pd.DataFrame) -> list[list[Part]]:
    """Claims grouped by paper and shared out over as few columns as hold them, all about equally long.

    A paper that does not end with its column goes on in the next one.
    """
    number = math.ceil(len(frame) / ROWS_OF_COLUMN)
    target = math.ceil(len(frame) / number)
    columns: list[list[Part]] = [[]]
    free = target
    for paper, rows in frame.groupby("paper", sort=False):
        start = 0
        while start < len(rows):
            left = len(rows) - start
            last = len(columns) == number
            if not last and left > free and free < SHORTEST_PART:
                columns.append([])
                free = target
                continue
            # what would be left of the paper is too short for a panel of its own: it stays
            stop = len(rows) if last or left - free < SHORTEST_PART else start + free
            columns[-1].append(Part(str(paper), rows.iloc[start:stop], start > 0))
            free -= stop - start
            start = stop
            if start < len(rows) or (free <= 0 and not last):
                columns.append([])
                free = target
    return [column for column in columns if column]


def plot(frame: pd.DataFrame) -> Figure:
    """Deviation over tolerance of every claim, one row each, grouped by paper; what is left of 1 holds.

    Parameters
    ----------
    frame
        Table with `COLUMNS`.
    """
    columns = columns_of_parts(frame)
    tallest = max(sum(len(part.rows) for part in column) for column in columns)
    panels = max(len(column) for column in columns)
    figure = plt.figure(figsize=(PAGE_WIDTH, ROW_HEIGHT * tallest + 0.36 * panels + 0.6))
    side_by_side = figure.add_gridspec(1, len(columns))
    for place, column in enumerate(columns):
        # an empty place below the last panel keeps rows of all columns equally high
        missing = tallest + panels - sum(len(part.rows) + 1 for part in column)
        heights = [len(part.rows) + 1 for part in column] + ([missing] if missing > 0 else [])
        grid = side_by_side[place].subgridspec(len(heights), 1, height_ratios=heights)
        axes = [figure.add_subplot(grid[row]) for row in range(len(column))]
        for axis, part in zip(axes, column, strict=True):
            _plot_paper(axis, part.rows, part.title)
            axis.tick_params(labelbottom=axis is axes[-1])
        axes[-1].set_xlabel("deviation / tolerance\n(holds left of 1)", loc="right")  # wider than the panel
    present = [VERDICTS[verdict] for verdict in VERDICTS if (frame["verdict"] == verdict).any()]
    if frame["printed_deviation"].notna().any():
        present.append(PRINTED)
    handles = [
        Line2D([], [], linestyle="none", marker=mark, color=colour, label=label) for mark, colour, label in present
    ]
    legend_below(figure, handles)
    return figure


def _plot_paper(axis: Axes, rows: pd.DataFrame, title: str) -> None:
    ratios = _ratio(rows["deviation"], rows["tolerance"])
    printed = _ratio(rows["printed_deviation"], rows["printed_tolerance"])
    places = np.arange(len(rows))
    axis.axvspan(1.0, LARGEST * 1.5, color="0.93", linewidth=0)
    axis.axvline(1.0, color="0.3", linewidth=0.8)
    axis.hlines(places, SMALLEST, ratios, color="0.75", linewidth=0.6)
    for verdict, (mark, colour, _) in VERDICTS.items():
        chosen = (rows["verdict"] == verdict).to_numpy()
        if not chosen.any():  # marks that are not clipped and not there would claim room at the figure's corner
            continue
        axis.plot(ratios[chosen], places[chosen], mark, color=colour, markersize=3.8, clip_on=False, zorder=3)
    was_printed = rows["printed_deviation"].notna().to_numpy()
    if was_printed.any():
        mark, colour, _ = PRINTED
        axis.plot(
            printed[was_printed], places[was_printed], mark, color=colour, markersize=4.2, clip_on=False, zorder=3
        )
    axis.set(xscale="log", xlim=(SMALLEST, LARGEST), ylim=(len(rows) - 0.4, -0.6))
    axis.set_xticks([SMALLEST, 0.1, 1.0, 10.0, LARGEST], ["0.01", "", "1", "", "100"])
    axis.minorticks_off()
    axis.set_yticks(places, list(rows["claim"]), fontsize=NAME_SIZE)
    axis.tick_params(axis="y", length=0)
    axis.set_title(title, loc="right", fontsize=8)  # above the names of the claims, too, where columns are narrow


def _ratio(deviation: pd.Series, tolerance: pd.Series) -> np.ndarray:
    """As `claims.verdicts.over_tolerance`, which no figure may import, within the axis."""
    deviations, tolerances = deviation.to_numpy(dtype=float), tolerance.to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(deviations == 0.0, 0.0, deviations / tolerances)
    ratio[~np.isfinite(tolerances) | np.isnan(deviations)] = LARGEST
    return np.clip(ratio, SMALLEST, LARGEST)
