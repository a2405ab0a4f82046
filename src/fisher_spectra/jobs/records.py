"""Sidecars as they are read: whoever wrote them, every field that is there is of its kind.

What depends on a field that is missing says so in one line; nothing is taken for granted of a file that may have been
edited, cut short or made by another program.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from fisher_spectra.common.errors import UserError
from fisher_spectra.common.json_objects import read_object

WAY_OUT = "delete it and its result and run the workflow again"


def read_record(sidecar: Path) -> dict[str, Any]:
    """The fields of a sidecar, as `jobs.provenance.write_sidecar` writes them, those that are there.

    Raises
    ------
    UserError
        One line that names the file, if it cannot be read, is no JSON object or has a field of another kind.
    """
    record = read_object(sidecar)
    for name, is_right in _KINDS.items():
        if name in record and not is_right(record[name]):
            raise UserError(f"{sidecar}: {name} is not what a job records; {WAY_OUT}")
    return record


def field_of(sidecar: Path, *names: str) -> Any:
    """A field of a sidecar; with several names, a field within a field.

    Raises
    ------
    UserError
        One line that names the file and the field, if `read_record` refuses it or the field is not there.
    """
    found: Any = read_record(sidecar)
    for name in names:
        if not isinstance(found, Mapping) or name not in found:
            raise UserError(f"{sidecar}: does not record {'.'.join(names)}; {WAY_OUT}")
        found = found[name]
    return found


def is_whole(record: Mapping[str, Any]) -> bool:
    """Whether every field is there that a job records and others read; ``exact`` may be missing for None."""
    return record.keys() >= _KINDS.keys() - {"exact"} and "device" in record["machine"]


def is_code(found: Any) -> bool:
    """Whether these are fingerprints of Python files of this repository, by their paths in it."""
    return _is_texts(found) and all(_is_source(name) for name in found)


def _is_source(name: str) -> bool:
    path = PurePosixPath(name)
    plain = path.as_posix() == name and not path.is_absolute() and ".." not in path.parts
    return plain and path.suffix == ".py" and "\0" not in name


def _is_texts(found: Any) -> bool:
    return isinstance(found, dict) and all(isinstance(text, str) for text in found.values())


def _is_number(found: Any) -> bool:
    return isinstance(found, int | float) and 0 <= found <= sys.float_info.max


def _is_text_or_none(found: Any) -> bool:
    return found is None or isinstance(found, str)


def _is_settings(found: Any) -> bool:
    sections = found.get("sections", {}) if isinstance(found, dict) else None
    return isinstance(sections, dict) and all(isinstance(section, dict) for section in sections.values())


_KINDS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("outputs", "inputs", "versions", "machine"), _is_texts),
    **dict.fromkeys(
        ("settings_sha256", "requirements_sha256", "git_commit", "record_sha256", "exact"), _is_text_or_none
    ),
    **dict.fromkeys(("seconds", "peak_memory_mb"), _is_number),
    "settings": _is_settings,
    "code": is_code,
}
