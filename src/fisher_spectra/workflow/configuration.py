"""The configuration of a run: base file, overlay of the scale, overrides; checked before any job starts."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.checked_yaml import check, closed
from fisher_spectra.common.errors import UserError, cut, shown
from fisher_spectra.common.strict_yaml import check_size, read_yaml, typed
from fisher_spectra.workflow.data_sets import check_data_sets
from fisher_spectra.workflow.kept_answers import kept_answer
from fisher_spectra.workflow.network_moments import check_moments
from fisher_spectra.workflow.own_networks import check_own_networks, with_defaults
from fisher_spectra.workflow.places import leaves, mappings, refusal
from fisher_spectra.workflow.relations import check_relations

SCALES = ("smoke", "laptop", "paper")


def merge(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Copy of `base` with the values of `overlay`; mappings are merged key by key, all else is replaced."""
    merged = copy.deepcopy(dict(base))
    for key, value in overlay.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def load_configuration(root: Path, overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Configuration of a run.

    Parameters
    ----------
    root
        Folder with `config.yaml` and `config/`.
    overrides
        Values given on the command line; they win over the overlay of the scale, which wins over the base.

    Returns
    -------
    dict
        Plain, complete and valid.

    Raises
    ------
    UserError
        With one line that names the key, the value and what is allowed.
    """
    check_size(overrides or {}, "--config")
    # Snakemake hands over an empty value, data_mirror=, as None
    overrides = typed({key: "" if value is None else value for key, value in (overrides or {}).items()})
    base = read_yaml(root / "config.yaml")
    scale = overrides.get("scale", base.get("scale"))
    if scale not in SCALES:
        raise UserError(f"scale = {shown(scale)}: must be one of {', '.join(SCALES)}")
    overlay_file = root / "config" / f"{scale}.yaml"
    overlay = read_yaml(overlay_file) if scale != "laptop" else {}
    configuration = merge(merge(base, overlay), overrides)
    configuration["scale"] = scale
    schema = read_yaml(root / "config" / "config.schema.yaml")
    configuration = with_defaults(configuration, schema)
    check_configuration(configuration, closed(schema))
    canonical: dict[str, Any] = _canonical(configuration)
    if canonical.get("exact"):
        # auto would take the GPU of one machine and the processor of another
        canonical["device"] = "cpu"
    return canonical


def _canonical(value: Any) -> Any:
    """Whole numbers as integers: 1000, 1000.0 and 1e3 name one number, one file and one job."""
    if isinstance(value, Mapping):
        return {key: _canonical(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_canonical(entry) for entry in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def check_configuration(configuration: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Refuse a configuration that the schema, or a rule that a schema cannot state, forbids.

    Raises
    ------
    UserError
        For the first fault: of what is written, in the order of the keys, then of what does not go together
        (`workflow.relations`), of the data (`workflow.data_sets`), of the networks (`workflow.network_moments`), of the
        reader's own networks (`workflow.own_networks`).
    """
    for place, value in leaves(configuration):
        if isinstance(value, float) and not math.isfinite(value):
            raise UserError(f"configuration: {place} = {value}: must be a finite number")
        if isinstance(value, str) and not value.isprintable():
            raise refusal(place, value, "one line of signs that can be printed")
    for place, settings in mappings(configuration):
        for key in settings:
            if not str(key).isprintable():
                raise UserError(f"configuration: {place + '.' if place else ''}{cut(str(key))}: a key must be one line")
    check(configuration, schema, "configuration")
    for place, settings in mappings(configuration):
        _check_function(place, settings.get("function"))
    if configuration.get("exact") and configuration["device"] == "cuda":
        raise refusal("device", "cuda", "cpu or auto where exact is true: no GPU gives the bytes of a processor")
    check_relations(configuration)
    check_data_sets(configuration)
    kept_answer(check_moments, configuration, depends_on=configuration)
    check_own_networks(configuration)


def _check_function(place: str, function: object) -> None:
    """Refuse activations that there are not; those of a family, whose parameter is not given here, by their name."""
    if isinstance(function, str):
        try:
            get_activation(function)
        except (UserError, ValueError) as error:
            raise UserError(f"configuration: {place}.function: {error}") from error
