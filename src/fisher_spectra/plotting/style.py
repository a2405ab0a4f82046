"""The look that all figures share: sizes, palette, panels, legends, and files that are the same bytes each time."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.rcsetup import cycler

from fisher_spectra.common.atomic_files import atomic_path
from fisher_spectra.jobs.figure_provenance import metadata_of
from fisher_spectra.plotting.theme import OURS, SEABORN
from fisher_spectra.plotting.theme import PALETTE as PALETTE  # what modules of figures take from here

PAGE_WIDTH = 7.0  # inches, both columns of a two-column paper
LEGEND_SHARE = 0.96  # of the width of a figure that a legend below the panels may take


def use_style() -> None:
    """Set matplotlib's defaults for all figures."""
    mpl.rcParams.update(SEABORN | OURS | {"axes.prop_cycle": cycler(color=PALETTE)})


def label_panels(axes: Sequence[Axes]) -> None:
    """Write (a), (b), ... at the upper left of the panels."""
    for letter, axis in zip("abcdefghijklmnopqrstuvwxyz", axes, strict=False):
        axis.set_title(f"({letter})", loc="left", fontweight="bold")


def legend_below(figure: Figure, handles: Sequence[Any], labels: Sequence[str] | None = None, **options: Any) -> Legend:
    """Legend below the panels, in as few rows as fit into the width of the figure.

    Parameters
    ----------
    figure
        Where it is drawn.
    handles, labels
        What it names, and how; by default by the labels of the handles.
    options
        Those of `matplotlib.figure.Figure.legend` besides place and columns.
    """
    names = [handle.get_label() for handle in handles] if labels is None else list(labels)
    for rows in range(1, len(names) + 1):
        columns = math.ceil(len(names) / rows)
        legend = figure.legend(handles, names, loc="outside lower center", ncols=columns, **options)
        width = legend.get_window_extent().width
        if columns == 1 or width <= LEGEND_SHARE * figure.bbox.width:
            break
        legend.remove()
    return legend


def save_figure(
    figure: Figure, files: Sequence[str | os.PathLike[str]], provenance: dict[str, Any] | None = None
) -> None:
    """Write a figure in the formats that the suffixes name, without time stamps, each file atomically.

    It is laid out for the first of them; the others have the same places.

    Parameters
    ----------
    figure, files
        What to write and where.
    provenance
        What PNG and PDF files carry of their origin, see `jobs.figure_provenance`.
    """
    engine = figure.get_layout_engine()
    try:
        for name in files:
            file = Path(name)
            with atomic_path(file) as temporary:
                figure.savefig(temporary, metadata=metadata_of(provenance, file.suffix))
            _keep_places(figure)
    finally:
        figure.set_layout_engine(engine)


def _keep_places(figure: Figure) -> None:
    """Lay the figure out no more. With an engine that does nothing matplotlib would draw it twice for each file."""
    with mpl.rc_context({"figure.constrained_layout.use": False, "figure.autolayout": False}):
        figure.set_layout_engine(None)
