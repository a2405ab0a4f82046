"""Why a job would run again, in words: what its parameters, code and packages were and what they are now."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

LONGEST = 70  # characters of a value that are shown


def changed_parameters(old: Sequence[str], new: Mapping[str, str]) -> list[str]:
    """What differs between two sets of parameters.

    Parameters
    ----------
    old
        The recorded values, each as its `repr`: a workflow engine records them so, and without names.
    new
        The present ones, by name.

    Returns
    -------
    list of str
        One phrase for each difference, such as ``karakida.fig1.samples was 8, now 9``.
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
        place = "" if _is_settings(now) else name
        found += _differences(place, _parse(like), now)
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


def changed_files(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Files of code that are not what they were, from their fingerprints by path."""
    changed = [f"{name} changed" for name in now if name in before and before[name] != now[name]]
    gone = [f"{name} is no longer used" for name in before if name not in now]
    return changed + gone + [f"{name} is used now" for name in now if name not in before]


def _parse(text: str) -> Any:
    """The value that a `repr` stands for: settings as a mapping by place, or what it is."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    if not isinstance(value, str):
        return value
    try:
        settings = json.loads(value)
    except ValueError:
        return value
    return _by_place(settings) if _is_settings(settings) else value


def _is_settings(value: Any) -> bool:
    return isinstance(value, Mapping) and "scale" in value


def _by_place(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a job (`jobs.settings`) with each value at its place in the configuration."""
    found = {name: value for name, value in settings.items() if name not in ("sections", "job")}
    for place, section in settings.get("sections", {}).items():
        found |= {f"{place}.{key}" if place else key: value for key, value in section.items()}
    found |= settings.get("job", {})
    return found


def _likeness(old: Any, new: Any) -> int:
    """How well two values go together: the number of keys of both, or one for values of the same type."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return len(old.keys() & new.keys())
    return int(type(old) is type(new))


def _differences(place: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(key for key in new if key not in old)]:
            inner = f"{place}.{key}" if place else key
            if key not in new:
                yield f"{inner} is gone, it was {_short(old[key])}"
            elif key not in old:
                yield f"{inner} is new: {_short(new[key])}"
            else:
                yield from _differences(inner, old[key], new[key])
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and _nested(old) and _nested(new):
        for position, (before, now) in enumerate(zip(old, new, strict=True)):
            yield from _differences(f"{place}[{position}]", before, now)
    elif old != new:
        yield f"{place} was {_short(old)}, now {_short(new)}"


def _nested(values: list[Any]) -> bool:
    return all(isinstance(value, Mapping | list) for value in values)


def _short(value: Any) -> str:
    text = "not given" if value == "" else value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]} ..."
