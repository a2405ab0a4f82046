"""Documents of the repository that are generated: their Markdown, and whether the committed one is current."""

from __future__ import annotations

import sys
from pathlib import Path

from fisher_spectra.common.atomic_files import write_text


def cell(text: str) -> str:
    """A text as it stands in a cell of a table in Markdown, every sign as itself."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")


def write_or_check(file: Path, text: str, only_check: bool, script: str) -> int:
    """Write a document, or say whether it is current.

    Parameters
    ----------
    file, text
        The document, and what it has to hold.
    only_check
        Write nothing.
    script
        What makes it, for the message.

    Returns
    -------
    int
        Exit status: 1 if it is not current and nothing is to be written.
    """
    if not only_check:
        write_text(file, text)
        return 0
    current = file.is_file() and file.read_text(encoding="utf-8") == text
    if not current:
        print(f"error: {file}: not current; run {script}", file=sys.stderr)
    return 0 if current else 1
