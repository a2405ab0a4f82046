"""What a command prints, and the files it writes."""

from __future__ import annotations

import json
import math
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
