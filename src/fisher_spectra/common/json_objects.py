"""JSON objects that others may have written: whatever is wrong with them is one kind of error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fisher_spectra.common.errors import UserError


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
    return found


def read_object(path: Path) -> dict[str, Any]:
    """The object of a JSON file.

    Raises
    ------
    UserError
        One line that names the file, if it cannot be read or `parse_object` refuses it.
    """
    try:
        return parse_object(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UserError(f"{path} {error}") from error
