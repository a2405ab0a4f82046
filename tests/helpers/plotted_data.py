"""What a figure shows, read back from its artists."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.container import ErrorbarContainer
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle, StepPatch


def curves(axis):
    """Every line that is drawn through points, in order of drawing; error bars left out."""
    bars = {
        id(line)
        for container in axis.containers
        if isinstance(container, ErrorbarContainer)
        for line in (container.lines[0], *container.lines[1])
    }
    return [line for line in axis.get_lines() if id(line) not in bars]


def points_of(line):
    return np.column_stack([np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)])


def series_with_bars(axis):
    return [container for container in axis.containers if isinstance(container, ErrorbarContainer)]


def error_bars(axis, direction="y"):
    """For every series with error bars: (points, half the lengths of the bars), bars having the points as middles."""
    along = "xy".index(direction)
    series = []
    for container in series_with_bars(axis):
        data, _, (bars,) = container.lines
        points = points_of(data)
        ends = np.array([segment[:, along] for segment in bars.get_segments()])
        across = np.array([segment[:, 1 - along] for segment in bars.get_segments()])
        np.testing.assert_allclose(ends.mean(axis=1), points[:, along], rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(across, np.repeat(points[:, 1 - along : 2 - along], 2, axis=1))
        series.append((points, (ends[:, 1] - ends[:, 0]) / 2))
    return series


def bars_of(axis):
    """(left, width, height) of every bar."""
    bars = [bar for bar in axis.patches if isinstance(bar, Rectangle)]
    assert all(bar.get_y() == 0 for bar in bars)
    return np.array([(bar.get_x(), bar.get_width(), bar.get_height()) for bar in bars])


def steps_of(axis):
    """(heights, edges) of every histogram that is drawn in one piece."""
    data = [patch.get_data() for patch in axis.patches if isinstance(patch, StepPatch)]
    return [(np.asarray(steps.values), np.asarray(steps.edges)) for steps in data]


def maps_of(axis):
    return [mesh for mesh in axis.collections if isinstance(mesh, QuadMesh)]


def value_at(mesh, x, y):
    """The value of the cell of a colour map that holds a point; masked where the cell is not drawn."""
    corners = np.asarray(mesh.get_coordinates())
    column = np.searchsorted(corners[0, :, 0], x) - 1
    row = np.searchsorted(corners[:, 0, 1], y) - 1
    return mesh.get_array().reshape(corners.shape[0] - 1, corners.shape[1] - 1)[row, column]


def panel(figure, text):
    """The one panel with this text in its title or labels."""
    found = [
        axis
        for axis in figure.axes
        if text in " ".join([*map(axis.get_title, ("left", "center", "right")), axis.get_xlabel(), axis.get_ylabel()])
    ]
    assert len(found) == 1, f"{len(found)} panels with {text!r}"
    return found[0]


def panels_without_colour_bars(figure):
    return [axis for axis in figure.axes if axis.get_label() != "<colorbar>"]


def labels_of(axis):
    return axis.get_xlabel(), axis.get_ylabel()


def scales_of(axis):
    return axis.get_xscale(), axis.get_yscale()


def letters_of(axes):
    return [axis.get_title(loc="left") for axis in axes]


def look_of(artist):
    """Colour, and style of line and mark: what tells a series from the others, and links it to the legend."""
    if isinstance(artist, ErrorbarContainer):
        return to_hex(artist.lines[0].get_color()), "bars"
    if isinstance(artist, LineCollection):  # the legend's picture of a series with error bars
        return to_hex(artist.get_edgecolor()[0]), "bars"
    if isinstance(artist, Line2D):
        style, mark = (str(part).replace("None", "") for part in (artist.get_linestyle(), artist.get_marker()))
        return to_hex(artist.get_color()), style + mark
    if isinstance(artist, StepPatch) and not artist.get_fill():
        return to_hex(artist.get_edgecolor()), "outline"
    return to_hex(artist.get_facecolor()), "area"


def legend_looks(owner):
    """{name: look} of the one legend of a figure or panel."""
    (legend,) = owner.legends if hasattr(owner, "legends") else [owner.get_legend()]
    texts = [text.get_text() for text in legend.get_texts()]
    assert len(set(texts)) == len(texts), "a name stands twice in the legend"
    return {text: look_of(handle) for text, handle in zip(texts, legend.legend_handles, strict=True)}


def legend_texts(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]
