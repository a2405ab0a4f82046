"""Places of a configuration, such as ``karakida.fig1.widths[0]``, and the line that refuses what stands there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fisher_spectra.common.errors import UserError, shown


def refusal(place: str, value: object, must: str) -> UserError:
    """The one line for a value that must be otherwise."""
    return UserError(f"configuration: {place} = {shown(value)}: must be {must}")


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is neither a mapping nor a list, with its place."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from leaves(entry, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from leaves(entry, f"{place}[{index}]")
    else:
        yield place, value


def mappings(value: Any, place: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every mapping, with its place."""
    if isinstance(value, Mapping):
        yield place, value
        for key, entry in value.items():
            yield from mappings(entry, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from mappings(entry, f"{place}[{index}]")
