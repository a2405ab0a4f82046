"""What made a figure, inside the figure itself: a text of a PNG, the keywords of a PDF.

The record holds no time and no absolute path, so that the same commit, table and code give the same bytes.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs.provenance import git_commit
from fisher_spectra.jobs.source_code import environment_hash

PNG_KEYWORD = "fisher-spectra"
PNG_BEGIN, PDF_BEGIN = b"\x89PNG\r\n\x1a\n", b"%PDF-"
# a PDF string is in parentheses, with a backslash before a parenthesis or a backslash inside
_PDF_KEYWORDS = re.compile(rb"/Keywords \((\{(?:[^\\()]|\\.)*\})\)")
_KNOWN, _PERHAPS_UNKNOWN = ("table", "table_sha256"), ("commit", "settings_sha256", "requirements_sha256")


def figure_record(table: str | os.PathLike[str], code: Mapping[str, str]) -> dict[str, Any]:
    """Provenance of a figure.

    Parameters
    ----------
    table
        The table that the figure is drawn from; the sidecar that lies beside it gives the settings.
    code
        Fingerprint of each file of this repository that the drawing depends on, by path (`jobs.source_code`).

    Returns
    -------
    dict
        ``commit`` of the repository, ``-dirty`` if tracked files were changed; ``settings_sha256`` of the table's
        settings; ``table``, its path; ``table_sha256``; ``code``; ``requirements_sha256`` of the pinned environment.
        None for what is not known.
    """
    file = Path(table)
    return {
        "commit": git_commit(),
        "settings_sha256": read_sidecar(file).get("settings_sha256"),
        "table": _relative(file),
        "table_sha256": sha256_of_file(file),
        "code": dict(code),
        "requirements_sha256": environment_hash(),
    }


def read_sidecar(result: Path) -> dict[str, Any]:
    """The sidecar that lies beside a result; empty if there is none that can be read."""
    try:
        record = json.loads(result.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _relative(file: Path) -> str:
    if not file.is_absolute():
        return file.as_posix()
    folder = Path.cwd()
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name


def metadata_of(record: dict[str, Any] | None, suffix: str) -> dict[str, Any]:
    """Metadata for matplotlib's `savefig`: the record, and nothing that changes from one run to the next."""
    fixed: dict[str, dict[str, Any]] = {
        ".png": {"Software": None},
        ".pdf": {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": None},
        ".svg": {"Date": None, "Creator": None},
    }
    place = {".png": PNG_KEYWORD, ".pdf": "Keywords"}.get(suffix)
    carried = {} if record is None or place is None else {place: json.dumps(record, sort_keys=True)}
    return fixed.get(suffix, {}) | carried


def read_record(figure: str | os.PathLike[str]) -> dict[str, Any]:
    """The record that a figure carries.

    Raises
    ------
    UserError
        If the file cannot be read, is neither PNG nor PDF, or carries no record.
    """
    file = Path(figure)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror})") from error
    if content.startswith(PNG_BEGIN):
        text = _text_of_png(file)
    elif content.startswith(PDF_BEGIN):
        found = _PDF_KEYWORDS.search(content)
        text = re.sub(rb"\\(.)", rb"\1", found[1]).decode("ascii", "replace") if found else None
    else:
        raise UserError(f"{file}: neither a PNG nor a PDF; only figures of these formats carry their provenance")
    try:
        record = json.loads(text or "")
    except ValueError:
        record = {}
    if not _is_record(record):
        raise UserError(f"{file}: carries no provenance; was it made by this workflow, and left as it was?")
    fields: dict[str, Any] = record
    return fields


def _is_record(record: Any) -> bool:
    """Whether this is what `figure_record` gives, and not what another program wrote into the file."""
    if not isinstance(record, dict) or not isinstance(code := record.get("code"), dict):
        return False
    texts = [*code.values(), *(record.get(name) for name in _KNOWN)]
    perhaps = [record.get(name, 0) for name in _PERHAPS_UNKNOWN]
    return all(isinstance(text, str) for text in texts) and all(
        text is None or isinstance(text, str) for text in perhaps
    )


def _text_of_png(file: Path) -> str | None:
    from PIL import Image

    try:
        with Image.open(file) as image:
            return image.info.get(PNG_KEYWORD)
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow raises for broken files
        raise UserError(f"{file}: not a whole PNG ({error})") from error
