"""Why a job would run again, in words: what its parameters and packages were and what they are now.

A workflow engine records the parameters of a job as their `repr`, without names. They are options of a command line,
lists, numbers, or settings as JSON; each kind is compared in its own way.
"""

from __future__ import annotations

import ast
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LONGEST = 70  # characters of a value that are shown


def changed_parameters(
    old: Sequence[str], new: Mapping[str, str], configuration: Mapping[str, Any] | None = None
) -> list[str]:
    """What differs between two sets of parameters.

    Parameters
    ----------
    old
        The recorded values, each as its `repr`.
    new
        The present ones, by name.
    configuration
        The present configuration; a settings section that stands in it is called by its place there.

    Returns
    -------
    list of str
        One phrase for each difference, such as ``karakida.fig1.networks was 8, now 9``.
    """
    left = [value for value in old if value not in new.values()]
    found: list[str] = []
    for name, value in new.items():
        if value in old:
            continue
        now = _parse(value)
        like = max(left, key=lambda before: _likeness(_parse(before), now), default=None)
        if like is None or _likeness(_parse(like), now) == 0:
            found.append(f"parameter {name} is new: {_short(now)}")
            continue
        left.remove(like)
        found += _differences(name, _parse(like), now, configuration or {})
    found += [f"a parameter is gone, it was {_short(_parse(before))}" for before in left]
    return found


def changed_packages(before: Mapping[str, str], pinned: Mapping[str, str]) -> list[str]:
    """Packages whose pinned version is not the one that made a result.

    Parameters
    ----------
    before
        Versions that were installed, by package.
    pinned
        Versions that are pinned now. What follows a plus, such as the kind of a build, does not count.
    """
    changed = [
        f"package {name} was {before[name]}, now {version}"
        for name, version in pinned.items()
        if name in before and before[name].partition("+")[0] != version.partition("+")[0]
    ]
    gone = [f"package {name} is no longer pinned" for name in before if name not in pinned and name != "python"]
    return changed + gone + [f"package {name} is new" for name in pinned if before and name not in before]


def _parse(text: str) -> Any:
    """The value that a `repr` stands for: settings as a mapping, options as a mapping of theirs, or what it is."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    if not isinstance(value, str):
        return value
    try:
        settings = json.loads(value)
    except ValueError:
        return _options(value)
    return settings if isinstance(settings, dict) else value


def _options(text: str) -> Any:
    """Options of a command line as a mapping; the text itself if it is none."""
    try:
        words = shlex.split(text)
    except ValueError:
        return text
    if not words or not words[0].startswith("--"):
        return text
    options: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            name = word
            options.setdefault(name, [])
        else:
            options[name].append(word)
    return {name: " ".join(values) for name, values in options.items()}


def _likeness(old: Any, new: Any) -> int:
    """How well two values go together: the number of keys of both, or one for values of the same type."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return len(old.keys() & new.keys())
    return int(type(old) is type(new))


def _differences(place: str, old: Any, new: Any, configuration: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        place = _section(new, configuration) or place
        for key in [*old, *(key for key in new if key not in old)]:
            inner = key if key.startswith("--") or place in ("", "settings") else f"{place}.{key}"
            if key not in new:
                yield f"{inner} is gone, it was {_short(old[key])}"
            elif key not in old:
                yield f"{inner} is new: {_short(new[key])}"
            else:
                yield from _differences(inner, old[key], new[key], configuration)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and _nested(old) and _nested(new):
        for position, (before, now) in enumerate(zip(old, new, strict=True)):
            yield from _differences(f"{place}[{position}]", before, now, configuration)
    elif old != new:
        yield f"{place} was {_short(old)}, now {_short(new)}"


def _nested(values: list[Any]) -> bool:
    return all(isinstance(value, Mapping | list) for value in values)


def _section(value: Mapping[str, Any], node: Any, place: str = "") -> str | None:
    """Place in the configuration where this section stands."""
    if not isinstance(node, Mapping):
        return None
    if place and node == value:
        return place
    found = (_section(value, inner, f"{place}.{key}" if place else str(key)) for key, inner in node.items())
    return next((one for one in found if one), None)


def _short(value: Any) -> str:
    text = "not given" if value == "" else value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]} ..."
