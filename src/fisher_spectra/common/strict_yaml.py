"""YAML that people write, read strictly: plain data or one line that names the file and the line of it.

YAML 1.1, which PyYAML follows, reads some texts as nobody means them: ``010`` as 8, ``1:30`` as 90, ``1e-3`` as a text,
``2024-02-30`` as a day that there is not. Here numbers are what they look like, or are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from fisher_spectra.common.errors import UserError, shown

# The ledger of claims is the largest file, with 10^4 values. Aliases within aliases grow to any number of them.
MOST_VALUES = 10**6
DEEPEST = 50  # mappings and lists within each other; the configuration has six

_TAG = "tag:yaml.org,2002:"
_PLAIN = tuple(_TAG + name for name in ("null", "bool", "int", "float", "str", "seq", "map"))
_OCTAL = re.compile(r"[-+]?0[0-9_]+")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")


def _refuse(node: yaml.Node, problem: str) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def _mapping_without_duplicates(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    """A mapping; refuses a key given twice, of which YAML would silently keep the last, and merge keys."""
    seen: set[Any] = set()
    for key_node, _ in node.value:
        mark = key_node.start_mark
        place = f"{mark.name}, line {mark.line + 1}"
        if not isinstance(key_node, yaml.ScalarNode):
            raise UserError(f"{place}: a key must be a name, not a list or a mapping")
        if key_node.tag == f"{_TAG}merge":
            raise UserError(f"{place}: '<<', which takes over another mapping, is not read; write its keys out")
        key = loader.construct_object(key_node)
        if key in seen:
            raise UserError(f"{place}: key {shown(key)} is given twice; keep one of them")
        seen.add(key)
    mapping: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return mapping


def _number(build: Callable[[Any, Any], Any]) -> Callable[[Any, yaml.Node], Any]:
    """A number that is what it looks like."""

    def number(loader: Any, node: yaml.Node) -> Any:
        text = node.value if isinstance(node, yaml.ScalarNode) else None
        if text is not None and _OCTAL.fullmatch(text):
            decimal = text.replace("_", "").lstrip("+-0") or "0"
            raise _refuse(node, f"{shown(text)} is in base 8 by its first 0; write {decimal}, or {text!r} for a text")
        if text is not None and _SEXAGESIMAL.fullmatch(text):
            raise _refuse(node, f"{shown(text)} is a number in base 60; write it in full, or {text!r} for a text")
        return build(loader, node)

    return number


def _buildable(build: Callable[[Any, Any], Any]) -> Callable[[Any, yaml.Node], Any]:
    """A scalar, or the fault of a text that is none of its kind, such as ``!!int abc``."""

    def scalar(loader: Any, node: yaml.Node) -> Any:
        try:
            return build(loader, node)
        except (ValueError, KeyError, OverflowError, IndexError) as error:
            kind = node.tag.removeprefix(_TAG)
            raise _refuse(node, f"{shown(node.value)} cannot be read as {kind}") from error

    return scalar


def _strict(base: Any) -> Any:
    """A loader like `base`, one of PyYAML's safe ones, that builds plain data alone: texts, numbers, truth values."""
    loader: Any = type("StrictLoader", (base,), {})
    constructors = {tag: base.yaml_constructors[tag] for tag in _PLAIN}
    constructors[f"{_TAG}map"] = _mapping_without_duplicates
    for name in ("int", "float"):
        constructors[_TAG + name] = _buildable(_number(constructors[_TAG + name]))
    constructors[f"{_TAG}bool"] = _buildable(constructors[f"{_TAG}bool"])
    loader.yaml_constructors = {**constructors, None: base.yaml_constructors[None]}
    # Dates are texts: nothing here is a day, and 2024-02-30 is none.
    loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != f"{_TAG}timestamp"]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    # YAML 1.1 takes 1e-3 for a text; every scientist takes it for a number.
    number = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$")
    loader.add_implicit_resolver(f"{_TAG}float", number, list("-+.0123456789"))
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
        If the file cannot be read, is not YAML, gives a key twice, has a number that is not what it looks like, a tag,
        or a merge key, is nested too deeply, or holds something else than a mapping.
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
    except RecursionError as error:
        raise UserError(_too_deep(str(path))) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid YAML: must be text in UTF-8 without control characters") from error
    except (ValueError, OverflowError) as error:  # an escape such as \UFFFFFFFF, which is no character
        raise UserError(f"{path}: not valid YAML: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UserError(f"{path}: must hold keys and values, not {type(content).__name__}")
    check_size(content, str(path))
    return content


def _too_deep(name: str) -> str:
    return f"{name}: lists or mappings are nested more than {DEEPEST} deep"


def check_size(content: Any, name: str) -> None:
    """Refuse what is nested too deeply, or too large when its aliases are written out, before anything walks it.

    Raises
    ------
    UserError
        Which of the two, with `name` before it.
    """
    waiting, number = [(content, 0)], 0
    while waiting:
        value, depth = waiting.pop()
        number += 1
        if depth > DEEPEST:
            raise UserError(_too_deep(name))
        if number + len(waiting) > MOST_VALUES:
            raise UserError(f"{name}: holds more than {MOST_VALUES} values when its aliases are written out")
        if isinstance(value, Mapping):
            waiting += [(entry, depth + 1) for entry in value.values()]
        elif isinstance(value, list):
            waiting += [(entry, depth + 1) for entry in value]


def read_value(text: str, name: str) -> Any:
    """A value that a command line gives as text: a number, a text, or a list or mapping as YAML writes them in a line.

    Raises
    ------
    UserError
        As `read_yaml`, with `name` in place of file and line.
    """
    try:
        value = yaml.load(text, _LOADER)
    except yaml.MarkedYAMLError as error:
        raise UserError(f"{name}: not a value of YAML: {error.problem}") from error
    except RecursionError as error:
        raise UserError(_too_deep(name)) from error
    except UserError as error:  # of a mapping in it
        raise UserError(f"{name}: {str(error).partition(': ')[2]}") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise UserError(f"{name}: not a value of YAML: {error}") from error
    check_size(value, name)
    return value


def typed(value: Any) -> Any:
    """Numbers and truth values as such, where a command line handed them over as text."""
    if isinstance(value, Mapping):
        return {key: typed(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [typed(entry) for entry in value]
    if isinstance(value, str) and "\n" not in value:
        try:
            scalar = read_value(value, "text")
        except UserError:
            return value
        return scalar if isinstance(scalar, int | float | bool) else value
    return value
