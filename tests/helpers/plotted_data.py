"""What a figure shows, read back from its artists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, QuadMesh
from matplotlib.colors import to_hex, to_rgba_array
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle, StepPatch

Array = npt.NDArray[np.float64]


def curves(axis: Axes) -> list[Line2D]:
    """Every line that is drawn through points, in order of drawing; error bars left out."""
    bars = {
        id(line)
        for container in axis.containers
        if isinstance(container, ErrorbarContainer)
        for line in (container.lines[0], *container.lines[1])
    }
    return [line for line in axis.get_lines() if id(line) not in bars]


def points_of(line: Line2D) -> Array:
    return np.column_stack([np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)])


def series_with_bars(axis: Axes) -> list[ErrorbarContainer]:
    return [container for container in axis.containers if isinstance(container, ErrorbarContainer)]


def error_bars(axis: Axes, direction: Literal["x", "y"] = "y") -> list[tuple[Array, Array]]:
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


def bars_of(axis: Axes) -> Array:
    """(left, width, height) of every bar."""
    bars = [bar for bar in axis.patches if isinstance(bar, Rectangle)]
    assert all(bar.get_y() == 0 for bar in bars)
    return np.array([(bar.get_x(), bar.get_width(), bar.get_height()) for bar in bars])


def steps_of(axis: Axes) -> list[tuple[Array, Array]]:
    """(heights, edges) of every histogram that is drawn in one piece."""
    data = [patch.get_data() for patch in axis.patches if isinstance(patch, StepPatch)]
    return [(np.asarray(values), np.asarray(edges)) for values, edges, _ in data]


def maps_of(axis: Axes) -> list[QuadMesh]:
    return [mesh for mesh in axis.collections if isinstance(mesh, QuadMesh)]


def value_at(mesh: QuadMesh, x: float, y: float) -> Any:
    """The value of the cell of a colour map that holds a point; masked where the cell is not drawn."""
    corners = np.asarray(mesh.get_coordinates())
    column = np.searchsorted(corners[0, :, 0], x) - 1
    row = np.searchsorted(corners[:, 0, 1], y) - 1
    values = mesh.get_array()
    assert values is not None
    return values.reshape(corners.shape[0] - 1, corners.shape[1] - 1)[row, column]


def panel(figure: Figure | SubFigure, text: str) -> Axes:
    """The one panel with this text in its title or labels."""
    places: tuple[Literal["left", "center", "right"], ...] = ("left", "center", "right")
    found = [
        axis
        for axis in figure.axes
        if text in " ".join([*(axis.get_title(place) for place in places), axis.get_xlabel(), axis.get_ylabel()])
    ]
    assert len(found) == 1, f"{len(found)} panels with {text!r}"
    return found[0]


def panels_without_colour_bars(figure: Figure | SubFigure) -> list[Axes]:
    return [axis for axis in figure.axes if axis.get_label() != "<colorbar>"]


def labels_of(axis: Axes) -> tuple[str, str]:
    return axis.get_xlabel(), axis.get_ylabel()


def scales_of(axis: Axes) -> tuple[str, str]:
    return axis.get_xscale(), axis.get_yscale()


def letters_of(axes: Iterable[Axes]) -> list[str]:
    return [axis.get_title(loc="left") for axis in axes]


def look_of(artist: Artist | ErrorbarContainer) -> tuple[str, str]:
    """Colour, and style of line and mark: what tells a series from the others, and links it to the legend."""
    if isinstance(artist, ErrorbarContainer):
        return to_hex(artist.lines[0].get_color()), "bars"
    if isinstance(artist, LineCollection):  # the legend's picture of a series with error bars
        return _hex(artist.get_edgecolor()), "bars"
    if isinstance(artist, Line2D):
        style, mark = (str(part).replace("None", "") for part in (artist.get_linestyle(), artist.get_marker()))
        return to_hex(artist.get_color()), style + mark
    if isinstance(artist, StepPatch) and not artist.get_fill():
        return to_hex(artist.get_edgecolor()), "outline"
    assert isinstance(artist, Collection | Patch)
    return _hex(artist.get_facecolor()), "area"


def _hex(colours: Any) -> str:
    """The colour of an artist, which has one or the same for all its parts."""
    (colour,) = np.unique(to_rgba_array(colours), axis=0)
    return to_hex(colour)


def legend_looks(owner: Figure | SubFigure | Axes) -> dict[str, tuple[str, str]]:
    """{name: look} of the one legend of a figure or panel."""
    (legend,) = [owner.get_legend()] if isinstance(owner, Axes) else owner.legends
    assert legend is not None
    texts = [text.get_text() for text in legend.get_texts()]
    assert len(set(texts)) == len(texts), "a name stands twice in the legend"
    handles = [handle for handle in legend.legend_handles if handle is not None]
    return {text: look_of(handle) for text, handle in zip(texts, handles, strict=True)}


def legend_texts(figure: Figure | SubFigure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]
