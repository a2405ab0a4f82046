"""The configuration of a run: base file, overlay of the scale, overrides; checked before any job starts."""

from __future__ import annotations

import copy
import difflib
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from fisher_spectra.activations import get_activation
from fisher_spectra.errors import UserError

SCALES = ("smoke", "laptop", "paper")


class _StrictLoader(yaml.SafeLoader):
    """YAML loader that refuses a key given twice, of which YAML would silently keep the last."""


def _mapping_without_duplicates(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        mark = key_node.start_mark
        if not isinstance(key_node, yaml.ScalarNode):
            raise UserError(f"{mark.name}, line {mark.line + 1}: a key must be a name, not a list or a mapping")
        key = loader.construct_object(key_node)
        if key in seen:
            raise UserError(f"{mark.name}, line {mark.line + 1}: key {key!r} is given twice; keep one of them")
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_duplicates)


# YAML 1.1, which PyYAML follows, takes 1e-3 for a text; every scientist takes it for a number.
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Raises
    ------
    UserError
        If the file cannot be read, is not YAML, gives a key twice or holds something else than a mapping.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            content = yaml.load(stream, _StrictLoader)  # a SafeLoader: builds plain data, runs nothing
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise UserError(f"{path}, line {line}: not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid YAML: must be text in UTF-8 without control characters") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UserError(f"{path}: must hold keys and values, not {type(content).__name__}")
    return content


def merge(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Copy of `base` with the values of `overlay`; mappings are merged key by key, all else is replaced."""
    merged = copy.deepcopy(dict(base))
    for key, value in overlay.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def _typed(value: Any) -> Any:
    """Numbers and truth values as such: Snakemake hands nested values of its command line over as text."""
    if isinstance(value, Mapping):
        return {key: _typed(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_typed(entry) for entry in value]
    if isinstance(value, str) and "\n" not in value:
        try:
            scalar = yaml.load(value, _StrictLoader)
        except (yaml.YAMLError, UserError):
            return value
        return scalar if isinstance(scalar, int | float | bool) else value
    return value


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
    overrides = _typed(dict(overrides or {}))
    base = read_yaml(root / "config.yaml")
    scale = overrides.get("scale", base.get("scale"))
    if scale not in SCALES:
        raise UserError(f"scale = {scale!r}: must be one of {', '.join(SCALES)}")
    overlay_file = root / "config" / f"{scale}.yaml"
    overlay = read_yaml(overlay_file) if scale != "laptop" else {}
    configuration = merge(merge(base, overlay), overrides)
    configuration["scale"] = scale
    check_configuration(configuration, read_yaml(root / "config" / "config.schema.yaml"))
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
    errors = list(Draft202012Validator(schema).iter_errors(configuration))
    if errors:
        raise UserError(f"configuration: {_explain(_worst(errors))}")
    for place, settings in _mappings(configuration):
        _check_relations(place, settings)


def _check_relations(place: str, settings: Mapping[str, Any]) -> None:
    """What depends on more than one key, on the activations that exist or on files, which no schema can state."""
    function, dataset = settings.get("function"), settings.get("dataset")
    if isinstance(function, str):
        try:
            get_activation(function)
        except (UserError, ValueError) as error:
            raise UserError(f"configuration: {place}.function: {error}") from error
    if isinstance(dataset, str) and dataset.endswith(".npz") and not Path(dataset).is_file():
        raise UserError(f"configuration: {place}.dataset = {dataset!r}: no such file, seen from {Path.cwd()}")
    for key, other, allowed in (("smallest", "largest", "less than"), ("batch_size", "samples", "at most")):
        if {key, other} <= settings.keys():
            value, bound = settings[key], settings[other]
            if value > bound or (value == bound and allowed == "less than"):
                raise UserError(f"configuration: {place}.{key} = {value}: must be {allowed} {other}, which is {bound}")


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


def _place(path: Any) -> str:
    place = ""
    for part in path:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    return place


_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "array": "a list",
    "object": "keys with values",
    "boolean": "true or false",
}


def _worst(errors: list[ValidationError]) -> ValidationError:
    """The first fault in the order of the keys; an unknown key before the missing one it was meant to be."""
    return min(errors, key=lambda error: (list(map(str, error.absolute_path)), error.validator == "required"))


def _explain(error: ValidationError) -> str:
    """One line: the key, its value and what is allowed."""
    place = _place(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        return f"{place}.{error.instance}: the name must be a text of lower-case letters and digits, a letter first"
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    about = f" ({schema['description'].rstrip('.')})" if "description" in schema else ""
    allowed: Any = error.validator_value
    match error.validator:
        case "additionalProperties":
            known = list(schema.get("properties", {}))
            unknown = next(key for key in error.instance if key not in known)
            close = difflib.get_close_matches(str(unknown), known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else "."
            return f"{place + '.' if place else ''}{unknown}: unknown key{hint} Allowed: {', '.join(known)}"
        case "required":
            missing = next(key for key in allowed if key not in error.instance)
            return f"{place + '.' if place else ''}{missing}: missing"
        case "type":
            names = [allowed] if isinstance(allowed, str) else allowed
            what = " or ".join(_TYPES.get(name, name) for name in names)
        case "enum":
            what = f"one of {', '.join(map(str, allowed))}"
        case "minimum":
            what = f"at least {allowed}"
        case "exclusiveMinimum":
            what = f"greater than {allowed}"
        case "maximum":
            what = f"at most {allowed}"
        case "exclusiveMaximum":
            what = f"less than {allowed}"
        case "minItems":
            what = f"a list of at least {allowed} entries"
        case "uniqueItems":
            what = "a list without repeated entries"
        case "pattern":
            what = f"of the form {allowed}"
        case "minProperties":
            what = f"at least {allowed} entries"
        case _:
            what = f"such that {error.message}"
    return f"{place} = {error.instance!r}: must be {what}{about}"
