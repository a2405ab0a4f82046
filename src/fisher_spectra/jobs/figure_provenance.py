"""What made a figure, inside the figure itself: a text of a PNG, the keywords of a PDF.

The record holds no time and no absolute path, so that the same commit, table and code give the same bytes.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.json_objects import parse_object
from fisher_spectra.jobs import records
from fisher_spectra.jobs.exact import mode
from fisher_spectra.jobs.provenance import git_commit
from fisher_spectra.jobs.source_code import environment_hash

PNG_KEYWORD = "fisher-spectra"
PNG_BEGIN, PDF_BEGIN = b"\x89PNG\r\n\x1a\n", b"%PDF-"
PDF_END, PDF_TAIL = b"%%EOF", 1024  # within so many bytes of the end, as readers of PDF seek it
LARGEST_FIGURE = 1 << 28  # bytes; the figures have some hundred thousand
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
        None for what is not known. In the exact mode (`jobs.exact`) ``exact``, its baseline.
    """
    file = Path(table)
    return {
        "commit": git_commit(),
        "settings_sha256": read_sidecar(file).get("settings_sha256"),
        "table": _relative(file),
        "table_sha256": sha256_of_file(file),
        "code": dict(code),
        "requirements_sha256": environment_hash(),
    } | ({} if (baseline := mode()) is None else {"exact": baseline})


def read_sidecar(result: Path) -> dict[str, Any]:
    """The sidecar that lies beside a result, each field of its kind; empty if there is none that can be read."""
    try:
        return records.read_record(result.with_suffix(".json"))
    except UserError:
        return {}


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
    content = _content_of(file)
    if content.startswith(PNG_BEGIN):
        text = _text_of_png(file, content)
    elif content.startswith(PDF_BEGIN):
        text = _keywords_of_pdf(file, content)
    else:
        raise UserError(f"{file}: neither a PNG nor a PDF; only figures of these formats carry their provenance")
    try:
        record = parse_object(text or "")
    except ValueError:
        record = {}
    if not _is_record(record):
        raise UserError(f"{file}: carries no provenance; was it made by this workflow, and left as it was?")
    return record


def _content_of(file: Path) -> bytes:
    try:
        if file.exists() and not file.is_file():
            raise UserError(f"{file}: not a file")  # to read from a pipe could take for ever
        if (size := file.stat().st_size) > LARGEST_FIGURE:
            raise UserError(f"{file}: has {size} bytes, more than any figure of this workflow")
        return file.read_bytes()
    except (OSError, ValueError) as error:  # the second of a name that no file can have
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"{file}: cannot be read ({reason})") from error


def _is_record(record: Mapping[str, Any]) -> bool:
    """Whether this is what `figure_record` gives, and not what another program wrote into the file."""
    if not records.is_code(record.get("code")) or not all(isinstance(record.get(name), str) for name in _KNOWN):
        return False
    perhaps = [*(record.get(name, 0) for name in _PERHAPS_UNKNOWN), record.get("exact")]
    return record["table"].endswith(".csv") and all(text is None or isinstance(text, str) for text in perhaps)


def _text_of_png(file: Path, content: bytes) -> str | None:
    """The text of a PNG under our keyword, by the chunks of its file, each of which has a checksum.

    A chunk is four bytes of length, four of kind, the data, and the CRC-32 of kind and data (PNG specification,
    Section 5); a text is a keyword, a zero byte and Latin-1 (Section 11.3.4.3). Pixels are not decompressed.
    """
    found: str | None = None
    at = len(PNG_BEGIN)
    while (kind := content[at + 4 : at + 8]) != b"IEND":
        stop = at + 8 + int.from_bytes(content[at : at + 4], "big")
        crc = content[stop : stop + 4]
        if len(kind) < 4 or len(crc) < 4:
            raise UserError(f"{file}: not a whole PNG (it ends within a chunk)")
        if zlib.crc32(content[at + 4 : stop]) != int.from_bytes(crc, "big"):
            raise UserError(f"{file}: not a whole PNG (a checksum is not that of its chunk)")
        keyword, _, text = content[at + 8 : stop].partition(b"\0")
        if kind == b"tEXt" and keyword == PNG_KEYWORD.encode():
            if found is not None:
                raise UserError(f"{file}: carries its provenance twice")
            found = text.decode("latin-1")
        at = stop + 4
    return found


def _keywords_of_pdf(file: Path, content: bytes) -> str | None:
    if PDF_END not in content[-PDF_TAIL:]:
        raise UserError(f"{file}: not a whole PDF (its end is missing)")
    found = _PDF_KEYWORDS.findall(content)
    if len(found) > 1:
        raise UserError(f"{file}: carries its provenance twice")
    return re.sub(rb"\\(.)", rb"\1", found[0]).decode("latin-1") if found else None
