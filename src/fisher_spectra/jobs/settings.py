"""The settings of a job: one JSON text, from which the arguments of its function are filled.

::

    {"scale": "smoke", "root_seed": 1,
     "sections": {"karakida.corollary2": {"thresholds": [0.1, 1.0]}},
     "job": {"activation": "tanh", "first": 0, "stop": 20}}

`sections` has values of the configuration under their places there, `job` what tells this job from others of its rule.
The workflow puts in what the function takes and nothing else (`workflow.settings`), so that every setting a number
depends on is seen to change, and no other.
"""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Callable, Collection, Mapping
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

from fisher_spectra.common.errors import UserError

# Arguments that are no settings: the job itself, and the tables of its parts and predictions.
NO_SETTINGS = frozenset({"job", "parts", "predictions"})
_GENERAL = ("scale", "root_seed")


def read_settings(text: str) -> dict[str, Any]:
    """Settings from their JSON text.

    Raises
    ------
    UserError
        If the text is no JSON, or not of the form above.
    """
    try:
        settings = json.loads(text)
    except ValueError as error:
        raise UserError(f"--settings: not valid JSON: {error}") from error
    if not isinstance(settings, dict):
        raise UserError("--settings: must be an object")
    for name, kind in (("sections", Mapping), ("job", Mapping)):
        if not isinstance(settings.get(name, {}), kind):
            raise UserError(f"--settings: {name}: must be an object")
    for place, section in settings.get("sections", {}).items():
        if not isinstance(section, Mapping):
            raise UserError(f"--settings: sections.{place}: must be an object")
    return settings


def values_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The values of all sections by their names alone, and each section whole by its own.

    Values of the job win, then those of earlier sections.
    """
    values: dict[str, Any] = {name: settings[name] for name in _GENERAL if name in settings}
    sections = settings.get("sections", {})
    values |= {name_of(place): section for place, section in sections.items()}
    for section in reversed(sections.values()):
        values |= section
    values |= settings.get("job", {})
    return values


def name_of(place: str) -> str:
    """The name of a section from its place in the configuration."""
    return place.rpartition(".")[2]


def arguments_from(
    function: Callable[..., Any], settings: Mapping[str, Any], given: Collection[str] = NO_SETTINGS
) -> dict[str, Any]:
    """Arguments of a function from settings, each as the type that its annotation says.

    Parameters
    ----------
    function
        Its arguments have annotations that `pydantic` knows: numbers, texts, lists, mappings, dataclasses of them.
    settings
        As `read_settings` gives them.
    given
        Arguments that come from somewhere else.

    Raises
    ------
    UserError
        With the first argument that is missing or of another type, or a value of the job that is no argument.
    """
    values = values_of(settings)
    hints = typing.get_type_hints(function)
    found = {}
    taken = {name: one for name, one in inspect.signature(function).parameters.items() if name not in given}
    for name, parameter in taken.items():
        if name in values:
            found[name] = _typed(name, values[name], hints[name])
        elif parameter.default is inspect.Parameter.empty:
            raise UserError(f"--settings: {name}: missing")
    if unknown := [name for name in settings.get("job", {}) if name not in taken]:
        raise UserError(f"--settings: {unknown[0]}: unknown. Allowed: {', '.join(taken) or 'none'}")
    return found


def _typed(name: str, value: Any, hint: Any) -> Any:
    try:
        return _adapter(hint).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, (name, *first["loc"])))
        message = first["msg"].removeprefix("Input ")
        raise UserError(f"--settings: {place} = {first['input']!r}: {message}") from error


def _adapter(hint: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError:  # a type with a configuration of its own, such as a dataclass
        return TypeAdapter(hint)
