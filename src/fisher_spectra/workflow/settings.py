"""Which settings a job is given: those that the function of its script takes, from named places of the configuration.

The arguments of the function are read from the source, without running it. So a setting stands in three places: its
value in `config.yaml`, its meaning in the schema, and the argument that uses it; and an edit of a value reruns the jobs
whose function takes it, and no other.
"""

from __future__ import annotations

import ast
import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fisher_spectra.jobs.provenance import without_sharing
from fisher_spectra.jobs.settings import NO_SETTINGS, name_of

# how wildcards name ranges of networks or rates, and lists of widths or depths
_NUMBERS = frozenset({"first", "stop"})
_LISTS = frozenset({"widths", "depths"})


@functools.cache
def arguments_of(script: Path) -> Mapping[str, bool]:
    """Settings that the function of a script takes, and whether it needs each.

    The function is the one that the script hands to `run_job`.

    Raises
    ------
    ValueError
        If the script runs no job.
    """
    tree = ast.parse(script.read_bytes(), filename=str(script))
    called = {
        node.args[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "run_job"
        if node.args and isinstance(node.args[0], ast.Name)
    }
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in called]
    if len(functions) != 1:
        raise ValueError(f"{script}: must hand one function of its own to run_job")
    arguments = functions[0].args
    plain = [*arguments.posonlyargs, *arguments.args]
    needed = {one.arg: index < len(plain) - len(arguments.defaults) for index, one in enumerate(plain)}
    needed |= {
        one.arg: default is None for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    }
    return {name: need for name, need in needed.items() if name not in NO_SETTINGS}


def section_at(configuration: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """The section of the configuration at a place such as ``karakida.fig1``; the top for an empty place.

    Raises
    ------
    KeyError
        If there is none.
    """
    section: Any = configuration
    for key in filter(None, place.split(".")):
        if not isinstance(section, Mapping):
            raise KeyError(f"{place}: not a section of the configuration")
        section = section[key]
    if not isinstance(section, Mapping):
        raise KeyError(f"{place}: not a section of the configuration")
    return section


def settings_of_job(
    script: Path, configuration: Mapping[str, Any], places: Sequence[str], own: Mapping[str, Any]
) -> str:
    """The settings of a job that computes a part, as the JSON text that `jobs.settings` reads.

    Parameters
    ----------
    script
        Its function names the settings that are taken.
    configuration
        Complete and valid. Keys that only share work out are left out: no number depends on them.
    places
        Sections from which settings are taken; of two that have the same key the earlier one counts. One whose own name
        is an argument is handed over whole.
    own
        Values that tell this job from others of its rule.

    Raises
    ------
    KeyError
        If a setting that the function needs is nowhere.
    """
    wanted = arguments_of(script)
    job = {name: value for name, value in own.items() if name in wanted}
    sections: dict[str, dict[str, Any]] = {}
    found = set(job) | {"scale", "root_seed"}
    for place in [*places, ""]:
        section = section_at(configuration, place)
        if place and name_of(place) in wanted:
            chosen, new = without_sharing(section), {name_of(place)}
        else:
            new = {name for name in wanted if name in section and name not in found}
            chosen = {name: without_sharing(section[name]) for name in wanted if name in new}
        found |= new
        if new:
            sections[place] = chosen
    missing = [name for name, need in wanted.items() if need and name not in found]
    if missing:
        raise KeyError(f"{script}: no setting {missing[0]!r} in {', '.join(places) or 'the configuration'}")
    return _text(configuration, sections, job)


def settings_of_table(
    script: Path, configuration: Mapping[str, Any], places: Sequence[str], own: Mapping[str, Any]
) -> str:
    """The settings of a job that makes a table: whole sections, so that the table's sidecar has all of its experiment.

    Parameters and errors are those of `settings_of_job`.
    """
    sections = {place: without_sharing(section_at(configuration, place)) for place in places}
    wanted = arguments_of(script)
    job = {name: value for name, value in own.items() if name in wanted}
    known = {"scale", "root_seed", *job, *map(name_of, places)}
    known |= {name for section in sections.values() for name in section}
    missing = [name for name, need in wanted.items() if need and name not in known]
    if missing:
        raise KeyError(f"{script}: no setting {missing[0]!r} in {', '.join(places) or 'the configuration'}")
    return _text(configuration, sections, job)


def _text(configuration: Mapping[str, Any], sections: Mapping[str, Any], job: Mapping[str, Any]) -> str:
    general = {name: configuration[name] for name in ("scale", "root_seed")}
    return json.dumps(general | {"sections": sections, "job": job})


@dataclass(frozen=True)
class Settings:
    """Makes the parameter ``settings`` of rules, for scripts of the repository `root`."""

    root: Path
    configuration: Mapping[str, Any]

    def __call__(self, script: str, *places: str, **own: Any) -> Callable[[Any], str]:
        """Settings of the jobs of a rule, from their wildcards.

        Parameters
        ----------
        script
            Below `scripts/`.
        places
            Sections of the configuration, with wildcards such as ``karakida.{experiment}``.
        own
            Values of the job besides its wildcards: texts with wildcards, or functions of the wildcards.
        """
        file = self.root / "scripts" / script

        def of(wildcards: Any) -> str:
            names = dict(wildcards.items())
            values = {name: self._own(value, wildcards, names) for name, value in own.items()}
            at = [filled_in(place, names) for place in places]
            return settings_of_job(file, self.configuration, at, values_of_wildcards(names) | values)

        return of

    def of_table(self, script: str, places: Sequence[str], experiment: str, **own: Any) -> str:
        """Settings of the job that makes a table; `own` has values of the job that are not in these places."""
        values = {"experiment": experiment, **own}
        return settings_of_table(self.root / "scripts" / script, self.configuration, places, values)

    @staticmethod
    def _own(value: Any, wildcards: Any, names: Mapping[str, str]) -> Any:
        if callable(value):
            return value(wildcards)
        return filled_in(value, names) if isinstance(value, str) else value


def values_of_wildcards(wildcards: Mapping[str, str]) -> dict[str, Any]:
    """Wildcards of a job as values: ranges as numbers, ``16-32`` as a list where widths or depths are meant."""
    found: dict[str, Any] = {}
    for name, text in wildcards.items():
        if name in _NUMBERS:
            found[name] = int(text)
        elif name in _LISTS:
            found[name] = [int(number) for number in text.split("-")]
        else:
            found[name] = text
    return found


def filled_in(text: str, wildcards: Mapping[str, str]) -> str:
    """A text with its wildcards, such as ``karakida.{experiment}``, replaced."""
    return re.sub(r"{(\w+)}", lambda match: wildcards[match[1]], text)
