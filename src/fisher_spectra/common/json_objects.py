"""JSON objects that others may have written: whatever is wrong with them is one kind of error."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fisher_spectra.common.errors import UserError

DEEPEST = 100  # levels of brackets: more than any record has, and fewer than recursion over them bears


def parse_object(text: str | bytes) -> dict[str, Any]:
    """The object of a JSON text.

    Raises
    ------
    ValueError
        If it is no JSON, nested too deeply to be read, or no object; the message continues a sentence that begins with
        the name of the text.
    """
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    except ValueError as error:  # JSONDecodeError, UnicodeDecodeError, integers of thousands of digits
        raise ValueError(f"is not JSON ({error})") from error
    if not isinstance(found, dict):
        raise ValueError("is not a JSON object")
    if _is_deep(found):
        raise ValueError("is nested too deeply")
    return found


def _is_deep(found: Any) -> bool:
    level: list[Any] = [found]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _within(outer)]
    return bool(level)


def _within(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def read_object(path: Path) -> dict[str, Any]:
    """The object of a JSON file.

    Raises
    ------
    UserError
        One line that names the file, if it cannot be read or `parse_object` refuses it.
    """
    try:
        if path.exists() and not path.is_file():
            raise UserError(f"{path}: not a file")  # to read from a pipe could take for ever
        content = path.read_bytes()
    except (OSError, ValueError) as error:  # the second of a name that no file can have
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"{path}: cannot be read ({reason})") from error
    try:
        return parse_object(content)
    except ValueError as error:
        raise UserError(f"{path} {error}") from error
