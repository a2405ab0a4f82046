"""What people write in YAML, checked against a closed schema: each fault is one line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from fisher_spectra.common.errors import UserError, cut, shown


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
        return f"{place}.{cut(str(error.instance))}: the name must be {form}"
    about = f" ({schema['description'].rstrip('.')})" if "description" in schema else ""
    allowed: Any = error.validator_value
    match error.validator:
        case "additionalProperties":
            known = list(schema.get("properties", {}))
            unknown = next(key for key in error.instance if key not in known)
            close = difflib.get_close_matches(str(unknown), known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else "."
            return f"{place + '.' if place else ''}{cut(str(unknown))}: unknown key{hint} Allowed: {', '.join(known)}"
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
            what = f"such that {shown(error.message)}"
    return f"{place} = {shown(error.instance)}: must be {what}{about}"
