"""The controls, numbers and plots of the interactive page: tables of the library and a script that looks things up.

The documentation site has them in its page, which needs no network. Drawn by Bokeh, which only the environment of the
site has (`make docs`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.document import Document
from bokeh.embed import components
from bokeh.models import (
    ColorBar,
    ColumnDataSource,
    CustomJS,
    LinearColorMapper,
    Model,
    Range1d,
    Select,
    Slider,
    Spinner,
)
from bokeh.plotting import figure
from bokeh.resources import Resources

from fisher_spectra.analysis.learning_rate_tables import (
    LearningRateTable,
    VarianceGrid,
    bulk_shapes,
    learning_rate_table,
)

ACTIVATIONS = ("tanh", "erf", "relu", "gelu", "silu", "linear")
GRID = VarianceGrid(np.arange(1, 41) / 10, np.arange(21) / 20, tuple(range(2, 13)))
# A density takes some tenths of a second, so the bulk has a coarse grid. Its shape changes slowly over it.
BULK_GRID = VarianceGrid(np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.1, 0.5]), (2, 3, 5))
BULK_RATIO = 0.1  # T / M of the sliders' first setting
BULK_POINTS = np.linspace(0.0, 3.0, 91)  # in units of the mean; at this T / M bulks end below 2.2
START = {"activation": "tanh", "sigma_w2": 2.0, "sigma_b2": 0.1, "depth": 4, "width": 1000, "samples": 100}
# Colours of Okabe and Ito, which the colour-blind tell apart.
MEAN, OTHERS, LARGEST, EDGE = "#56B4E9", "#009E73", "#D55E00", "#CC79A7"
NUMBERS = {
    "critical_learning_rate": "critical learning rate, the papers' loss",
    "critical_learning_rate_mse": "critical learning rate, mean squared error of one output",
    "eigenvalue_maximum": "largest eigenvalue λ<sub>max</sub>",
    "eigenvalue_mean": "mean of all eigenvalues m<sub>λ</sub>",
    "eigenvalue_second_moment": "mean of their squares s<sub>λ</sub>",
    "kappa_1": "κ<sub>1</sub>",
    "kappa_2": "κ<sub>2</sub>",
    "chi": "χ, the slope of the map of correlations",
}
_ABOVE = 1e3  # beyond the upper end of any plot
SCRIPT = Path(__file__).with_suffix(".js")


@dataclass(frozen=True)
class Tables:
    """What the page carries, by activation."""

    rates: dict[str, LearningRateTable]
    bulks: dict[str, np.ndarray]


def tables(activations: Sequence[str] = ACTIVATIONS) -> Tables:
    """Compute all of them, as many activations at a time as there are cores."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        rates = pool.map(learning_rate_table, activations, [GRID] * len(activations))
        bulks = pool.map(_bulk, activations)
        return Tables(dict(zip(activations, rates, strict=True)), dict(zip(activations, bulks, strict=True)))


def _bulk(activation: str) -> np.ndarray:
    return bulk_shapes(activation, BULK_GRID, BULK_RATIO, BULK_POINTS)


def fragment(given: Tables) -> str:
    """The page's part that works: BokehJS, controls, numbers and plots, as HTML."""
    controls, sources = _controls(tuple(given.rates)), _sources(given)
    spectrum, ranges = _spectrum(sources)
    phases, mapper = _phases(sources)
    change = CustomJS(
        args={
            "data": {"axes": _axes(GRID), "bulk_axes": {**_axes(BULK_GRID), **_bulk_points()}},
            "controls": controls,
            "sources": sources,
            "color_mapper": mapper,
            "x_range": ranges[0],
            "y_range": ranges[1],
        },
        code=SCRIPT.read_text(encoding="utf-8"),
    )
    for control in controls.values():
        control.js_on_change("value", change)
    roots: dict[str, Model] = {**controls, "spectrum": spectrum, "phases": phases}
    document = Document()
    for root in roots.values():
        document.add_root(root)
    document.js_on_event("document_ready", change)
    script, parts = components(roots)
    resources = Resources(mode="inline", components=["bokeh", "bokeh-widgets"])
    places = {name: f'<div class="interactive-{name}">{part}</div>' for name, part in parts.items()}
    return "\n".join(
        [
            resources.render(),
            '<div id="interactive">',
            f'<div class="interactive-controls">{"".join(places[name] for name in controls)}</div>',
            '<p id="interactive-network"></p>',
            f'<div class="interactive-results">{_numbers()}{places["phases"]}{places["spectrum"]}</div>',
            '<ul id="interactive-notes"></ul>',
            "</div>",
            script,
        ]
    )


def _axes(grid: VarianceGrid) -> dict[str, Any]:
    return {
        "sigma_w2": grid.sigma_w2.round(10).tolist(),
        "sigma_b2": grid.sigma_b2.round(10).tolist(),
        "depths": list(grid.depths),
    }


def _bulk_points() -> dict[str, Any]:
    return {"points": BULK_POINTS.tolist(), "samples_over_width": BULK_RATIO}


def _controls(activations: Sequence[str]) -> dict[str, Any]:
    w2, b2, depths = GRID.sigma_w2, GRID.sigma_b2, GRID.depths
    wide: dict[str, Any] = {"sizing_mode": "stretch_width"}
    return {
        "activation": Select(title="activation", value=START["activation"], options=list(activations), **wide),
        "sigma_w2": Slider(title="σw²", start=w2[0], end=w2[-1], step=0.1, value=START["sigma_w2"], **wide),
        "sigma_b2": Slider(title="σb²", start=b2[0], end=b2[-1], step=0.05, value=START["sigma_b2"], **wide),
        "depth": Slider(title="depth L", start=depths[0], end=depths[-1], step=1, value=START["depth"], **wide),
        "width": Spinner(title="width M", low=1, step=100, value=START["width"], **wide),
        "samples": Spinner(title="samples T", low=2, step=10, value=START["samples"], **wide),
        "momentum": Slider(title="momentum μ", start=0.0, end=0.99, step=0.01, value=0.0, **wide),
    }


def _sources(given: Tables) -> dict[str, ColumnDataSource]:
    """What the script reads (kappas, chi, edges, bulks) and what it writes (the others)."""
    rates = given.rates
    return {
        "kappas": ColumnDataSource(
            {
                f"{name} {which}": getattr(table, which).ravel()
                for name, table in rates.items()
                for which in ("kappa_1", "kappa_2")
            }
        ),
        "chi": ColumnDataSource({name: table.chi.ravel() for name, table in rates.items()}),
        "edges": ColumnDataSource(_padded_edges(rates)),
        "bulks": ColumnDataSource({name: shapes.ravel() for name, shapes in given.bulks.items()}),
        "map": ColumnDataSource({"image": [np.zeros((len(GRID.sigma_b2), len(GRID.sigma_w2)))]}),
        "edge": ColumnDataSource({"sigma_w2": [], "sigma_b2": []}),
        "point": ColumnDataSource({"sigma_w2": [START["sigma_w2"]], "sigma_b2": [START["sigma_b2"]]}),
        "bulk": ColumnDataSource({"x": [], "y": []}),
        "lines": ColumnDataSource(
            {
                "x": [1.0, 1.0, 1.0],
                "top": [_ABOVE] * 3,
                "what": ["mean of all eigenvalues", "mean of the bulk", "largest eigenvalue"],
                "colour": [MEAN, OTHERS, LARGEST],
            }
        ),
    }


def _padded_edges(rates: dict[str, LearningRateTable]) -> dict[str, np.ndarray]:
    """Columns of one length, as a source has them: the missing points are ``nan``, where a line has a gap."""
    length = max(len(table.edge_sigma_w2) for table in rates.values())
    found = {}
    for name, table in rates.items():
        for axis in ("sigma_w2", "sigma_b2"):
            points = getattr(table, f"edge_{axis}")
            found[f"{name} {axis}"] = np.concatenate([points, np.full(length - len(points), np.nan)])
    return found


def _phases(sources: dict[str, ColumnDataSource]) -> tuple[Any, LinearColorMapper]:
    mapper = LinearColorMapper(palette="Viridis256", low=-3.0, high=0.0, nan_color="lightgrey")
    half = (0.05, 0.025)  # of a cell: its middle is the point of the grid
    plot = figure(
        title="Critical learning rate",
        x_axis_label="σw²",
        y_axis_label="σb²",
        x_range=Range1d(GRID.sigma_w2[0] - half[0], GRID.sigma_w2[-1] + half[0]),
        y_range=Range1d(GRID.sigma_b2[0] - half[1], GRID.sigma_b2[-1] + half[1]),
        height=380,
        sizing_mode="stretch_width",
        toolbar_location=None,
        tools="",
    )
    plot.image(
        image="image",
        x=GRID.sigma_w2[0] - half[0],
        y=GRID.sigma_b2[0] - half[1],
        dw=GRID.sigma_w2[-1] - GRID.sigma_w2[0] + 2 * half[0],
        dh=GRID.sigma_b2[-1] - GRID.sigma_b2[0] + 2 * half[1],
        color_mapper=mapper,
        source=sources["map"],
    )
    line = {"source": sources["edge"], "line_width": 3, "line_color": EDGE, "legend_label": "χ = 1, edge of chaos"}
    plot.line("sigma_w2", "sigma_b2", **line)
    point = {"fill_color": "white", "line_color": "black", "line_width": 2, "legend_label": "this network"}
    plot.scatter("sigma_w2", "sigma_b2", source=sources["point"], size=13, **point)
    plot.add_layout(ColorBar(color_mapper=mapper, title="log₁₀ rate"), "right")
    _legend_below(plot, columns=1)
    return plot, mapper


def _spectrum(sources: dict[str, ColumnDataSource]) -> tuple[Any, tuple[Range1d, Range1d]]:
    ranges = Range1d(1e-4, 1e3), Range1d(0.0, 1.0)
    plot = figure(
        title="Spectrum of the Fisher matrix",
        x_axis_label="eigenvalue",
        y_axis_label="share of the bulk per factor e",
        x_axis_type="log",
        x_range=ranges[0],
        y_range=ranges[1],
        height=380,
        sizing_mode="stretch_width",
        toolbar_location=None,
        tools="",
    )
    plot.varea(x="x", y1=0, y2="y", source=sources["bulk"], fill_color=OTHERS, fill_alpha=0.35, legend_label="bulk")
    plot.line("x", "y", source=sources["bulk"], line_color=OTHERS, line_width=2, legend_label="bulk")
    plot.segment(
        x0="x", x1="x", y0=0, y1="top", line_color="colour", line_width=3, source=sources["lines"], legend_field="what"
    )
    _legend_below(plot, columns=2)
    return plot, ranges


def _legend_below(plot: Any, columns: int) -> None:
    """Move the legend of a plot out of it, where it hides nothing; narrow enough for a phone."""
    (legend,) = plot.legend
    plot.add_layout(legend, "below")
    legend.orientation, legend.border_line_color, legend.ncols = "horizontal", None, columns


def _numbers() -> str:
    rows = (f'<tr><th>{title}</th><td id="interactive-{name}"></td></tr>' for name, title in NUMBERS.items())
    phase = '<tr><th>phase</th><td id="interactive-phase"></td></tr>'
    return f'<table class="interactive-numbers"><tbody>{"".join(rows)}{phase}</tbody></table>'
