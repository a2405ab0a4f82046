"""What a figure shows, read back from its artists."""

from __future__ import annotations

import numpy as np
from matplotlib.container import ErrorbarContainer


def curves(axis):
    """Points of every line that is drawn through points, by line style and colour; error bars left out."""
    bars = {id(line) for container in axis.containers for line in (container.lines[0], *container.lines[1])}
    return [line for line in axis.get_lines() if id(line) not in bars]


def points_of(line):
    return np.column_stack([np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)])


def error_bars(axis):
    """For every series with error bars: (points, half the lengths of the bars)."""
    series = []
    for container in axis.containers:
        assert isinstance(container, ErrorbarContainer)
        data, _, (bars,) = container.lines
        ends = np.array([segment[:, 1] for segment in bars.get_segments()])
        series.append((points_of(data), (ends[:, 1] - ends[:, 0]) / 2))
    return series


def panel(figure, text):
    """The one panel with this text in its title or labels."""
    found = [
        axis
        for axis in figure.axes
        if text in " ".join([*map(axis.get_title, ("left", "center", "right")), axis.get_xlabel(), axis.get_ylabel()])
    ]
    assert len(found) == 1, f"{len(found)} panels with {text!r}"
    return found[0]


def legend_texts(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]
