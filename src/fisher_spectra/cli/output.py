"""What a command prints, and the files it writes."""

from __future__ import annotations

import json
import math
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import click


class Result(Protocol):
    """What the library's functions return."""

    def summary(self) -> str:
        """In words."""

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""

    def to_csv(self, path: str) -> None:
        """As a table."""

    def plot(self, path: str) -> object:
        """As a picture."""


def check_plot(plot: str | None) -> None:
    """Refuse, before anything is computed, a picture that cannot be drawn.

    Raises
    ------
    click.UsageError
        If the suffix is none that there is.
    ImportError
        If what draws is not installed; it says how to install it.
    """
    if plot is None:
        return
    from fisher_spectra.analysis.drawing import SUFFIXES

    if Path(plot).suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"--plot {plot}: must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    import_module("fisher_spectra.plotting")


def show(result: Result, plot: str | None, csv: str | None, as_json: bool) -> None:
    """Write the files that are asked for, then print the words or the JSON object."""
    if csv is not None:
        result.to_csv(csv)
    if plot is not None:
        result.plot(plot)
    if as_json:
        click.echo(json.dumps(plain(result.to_dict()), indent=2, allow_nan=False))
        return
    click.echo(result.summary())
    for file in (csv, plot):
        if file is not None:
            click.echo(f"wrote {file}")


def plain(value: Any) -> Any:
    """Values that JSON has: what is not a number or infinite becomes null."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
