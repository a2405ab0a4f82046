"""YAML files that people write, read strictly and checked against a closed schema: each fault is one line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from fisher_spectra.common.errors import UserError


def _mapping_without_duplicates(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    """A mapping; refuses a key given twice, of which YAML would silently keep the last."""
    seen: set[Any] = set()
    for key_node, _ in node.value:
        mark = key_node.start_mark
        if not isinstance(key_node, yaml.ScalarNode):
            raise UserError(f"{mark.name}, line {mark.line + 1}: a key must be a name, not a list or a mapping")
        key = loader.construct_object(key_node)
        if key in seen:
            raise UserError(f"{mark.name}, line {mark.line + 1}: key {key!r} is given twice; keep one of them")
        seen.add(key)
    mapping: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return mapping


def _strict(base: Any) -> Any:
    """A loader like `base`, one of PyYAML's safe ones, which build plain data and run nothing."""
    loader: Any = type("StrictLoader", (base,), {})
    loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_duplicates)
    # YAML 1.1, which PyYAML follows, takes 1e-3 for a text; every scientist takes it for a number.
    number = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$")
    loader.add_implicit_resolver("tag:yaml.org,2002:float", number, list("-+.0123456789"))
    return loader


_LOADER = _strict(yaml.SafeLoader)
# On libyaml, which all wheels of PyYAML come with: ten times faster. Every start of Snakemake reads all claims.
_FAST_LOADER = _strict(getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _load(path: Path) -> Any:
    try:
        with path.open(encoding="utf-8") as stream:
            return yaml.load(stream, _FAST_LOADER)
    except yaml.YAMLError:  # said in clearer words by the other loader
        with path.open(encoding="utf-8") as stream:
            return yaml.load(stream, _LOADER)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Raises
    ------
    UserError
        If the file cannot be read, is not YAML, gives a key twice or holds something else than a mapping.
    """
    try:
        content = _load(path)
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


def typed(value: Any) -> Any:
    """Numbers and truth values as such, where a command line handed them over as text."""
    if isinstance(value, Mapping):
        return {key: typed(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [typed(entry) for entry in value]
    if isinstance(value, str) and "\n" not in value:
        try:
            scalar = yaml.load(value, _LOADER)
        except (yaml.YAMLError, UserError):
            return value
        return scalar if isinstance(scalar, int | float | bool) else value
    return value


def closed(schema: Any) -> Any:
    """A schema where an object with properties requires all of them and allows no others, unless it says so itself."""
    if isinstance(schema, list):
        return [closed(entry) for entry in schema]
    if not isinstance(schema, Mapping):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), Mapping) and isinstance(schema.get("type", "object"), str):
        found = {"additionalProperties": False, "required": list(schema["properties"])} | found
    return found


def check(content: Mapping[str, Any], schema: Mapping[str, Any], name: str) -> None:
    """Refuse what the schema forbids.

    Parameters
    ----------
    content
        What was read.
    schema
        JSON schema (2020-12).
    name
        What to call the content in a message, e.g. its file.

    Raises
    ------
    UserError
        For the first fault, in the order of the keys: the key, its value and what is allowed.
    """
    errors = list(Draft202012Validator(schema).iter_errors(content))
    if errors:
        raise UserError(f"{name}: {_explain(_worst(errors))}")


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
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    if "propertyNames" in error.absolute_schema_path:
        form = schema.get("description") or f"of the form {schema['pattern']}"
        return f"{place}.{error.instance}: the name must be {form}"
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
