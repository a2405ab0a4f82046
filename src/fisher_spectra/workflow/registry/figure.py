"""An entry of the registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fisher_spectra.workflow.estimates.rates import FIGURE_MB, SHORT_SECONDS, TABLE_MB


@dataclass(frozen=True)
class Figure:
    """A figure and its table: how they are made and how the report presents them.

    Its name, the key in the registry, names its target, its table, its files and its caption in `report/`.

    Attributes
    ----------
    title, panels
        What the report calls it and says of its panels.
    called
        What it is called in messages, e.g. ``Karakida Figure 1``.
    table
        Script below `scripts/` that makes the table.
    plot
        Module below `fisher_spectra.plotting` that draws it: its ``plot`` from the table's ``COLUMNS``.
    sections
        Places of the configuration from which the table's script takes its settings.
    parts
        Tables of which the table is put together, each with a sidecar.
    predictions
        Tables of predictions that it needs besides.
    table_mb, figure_mb
        Memory of the two jobs.
    table_seconds
        Estimated run time of the table.
    """

    title: str
    panels: str
    called: str
    table: str
    plot: str
    sections: Sequence[str] = ()
    parts: Sequence[str] = ()
    predictions: Sequence[str] = ()
    table_mb: int = TABLE_MB
    figure_mb: int = field(default=FIGURE_MB, kw_only=True)
    table_seconds: float = field(default=SHORT_SECONDS, kw_only=True)


@dataclass(frozen=True)
class Paper:
    """The figures of one paper.

    Attributes
    ----------
    category
        What the report calls the paper.
    called
        What it is called in messages.
    figures
        By name.
    """

    category: str
    called: str
    figures: dict[str, Figure]
