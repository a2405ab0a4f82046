"""The configuration of a run: base file, overlay of the scale, overrides; checked before any job starts."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.checked_yaml import check, closed
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.strict_yaml import read_yaml, typed
from fisher_spectra.datasets.registry import DATASETS, is_own_file

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
    overrides = typed(dict(overrides or {}))
    base = read_yaml(root / "config.yaml")
    scale = overrides.get("scale", base.get("scale"))
    if scale not in SCALES:
        raise UserError(f"scale = {scale!r}: must be one of {', '.join(SCALES)}")
    overlay_file = root / "config" / f"{scale}.yaml"
    overlay = read_yaml(overlay_file) if scale != "laptop" else {}
    configuration = merge(merge(base, overlay), overrides)
    configuration["scale"] = scale
    check_configuration(configuration, closed(read_yaml(root / "config" / "config.schema.yaml")))
    canonical: dict[str, Any] = _canonical(configuration)
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
        For the first fault, in the order of the keys.
    """
    for place, number in _leaves(configuration):
        if isinstance(number, float) and not math.isfinite(number):
            raise UserError(f"configuration: {place} = {number}: must be a finite number")
    check(configuration, schema, "configuration")
    for place, settings in _mappings(configuration):
        _check_relations(place, settings)
    _check_own_files_have_names_of_their_own(configuration)


def _check_relations(place: str, settings: Mapping[str, Any]) -> None:
    """What depends on more than one key, on the activations that exist or on files, which no schema can state."""
    function, dataset = settings.get("function"), settings.get("dataset")
    if isinstance(function, str):
        try:
            get_activation(function)
        except (UserError, ValueError) as error:
            raise UserError(f"configuration: {place}.function: {error}") from error
    if isinstance(dataset, str):
        _check_dataset(f"configuration: {place}.dataset = {dataset!r}", dataset)
    for key, other, allowed in (("smallest", "largest", "less than"), ("batch_size", "samples", "at most")):
        if {key, other} <= settings.keys():
            value, bound = settings[key], settings[other]
            if value > bound or (value == bound and allowed == "less than"):
                raise UserError(f"configuration: {place}.{key} = {value}: must be {allowed} {other}, which is {bound}")


def _check_dataset(said: str, dataset: str) -> None:
    """Refuse what is neither a name of the registry nor a file of the user's."""
    if is_own_file(dataset):
        if not dataset.isprintable():
            raise UserError(f"{said}: holds signs that cannot be printed; give the file another name")
        if {"{", "}"} & set(dataset):
            raise UserError(f"{said}: holds braces, in which Snakemake fills something in; give the file another name")
        if not Path(dataset).is_file():
            raise UserError(f"{said}: no such file, seen from {Path.cwd()}")
    elif dataset not in DATASETS:
        names = ", ".join(DATASETS)
        raise UserError(f"{said}: must be one of {names}, or the path of an .npz file with arrays x and y")


def _check_own_files_have_names_of_their_own(configuration: Mapping[str, Any]) -> None:
    """Refuse two files of the reader's own with one name in two folders: tables could not tell them apart."""
    known: dict[str, tuple[str, Path]] = {}
    for place, settings in _mappings(configuration):
        dataset = settings.get("dataset")
        if isinstance(dataset, str) and is_own_file(dataset):
            first, file = known.setdefault(Path(dataset).stem, (place, Path(dataset).resolve()))
            if file != Path(dataset).resolve():
                raise UserError(
                    f"configuration: {place}.dataset = {dataset!r}: has the name of another file, that of "
                    f"{first}.dataset, and tables could not tell them apart; rename one"
                )


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _leaves(entry, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _leaves(entry, f"{place}[{index}]")
    else:
        yield place, value


def _mappings(value: Any, place: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        yield place, value
        for key, entry in value.items():
            yield from _mappings(entry, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _mappings(entry, f"{place}[{index}]")
