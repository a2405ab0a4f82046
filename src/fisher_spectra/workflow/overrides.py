"""Settings that a command line gives, ``KEY=VALUE`` with dots in KEY for what lies deeper: ``karakida.fig1.depth=4``.

Snakemake takes keys of the first level alone, with YAML in the value (``karakida={fig1: {depth: 4}}``); both are read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from fisher_spectra.common.errors import UserError
from fisher_spectra.common.strict_yaml import DEEPEST, read_value
from fisher_spectra.workflow.configuration import merge


def read_overrides(entries: Iterable[str]) -> dict[str, Any]:
    """The settings as nested mappings; of two values of one key the last counts.

    Raises
    ------
    UserError
        If an entry is not ``KEY=VALUE``, or its value cannot be read.
    """
    overrides: dict[str, Any] = {}
    for entry in entries:
        key, equals, text = entry.partition("=")
        path = key.split(".")
        if not equals or not all(path) or len(path) > DEEPEST:
            raise UserError(f"--config {entry}: must be KEY=VALUE, such as root_seed=1 or karakida.fig1.depth=4")
        first, *deeper = path
        value = read_value(text, f"--config {key}") if text.strip() else ""
        for part in reversed(deeper):
            value = {part: value}
        overrides = merge(overrides, {first: value})
    return overrides


def as_entries(overrides: Mapping[str, Any]) -> list[str]:
    """The settings as Snakemake takes them: one entry for each key of the first level."""
    return [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in overrides.items()]
