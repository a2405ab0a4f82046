"""Captions of figures, filled from the configuration, as the report shows them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fisher_spectra.common.errors import UserError


def filled_caption(file: str | os.PathLike[str], configuration: Mapping[str, Any]) -> str:
    """The text of a caption in one line, with the settings that it names filled in.

    Parameters
    ----------
    file
        One of `report/*.rst`: reStructuredText with expressions of Jinja, which see the configuration as
        ``snakemake.config``.
    configuration
        Complete and valid.
    """
    import jinja2  # comes with Snakemake; not needed by whoever shows captions that are filled in

    text = Path(file).read_text(encoding="utf-8")
    filled = jinja2.Environment().from_string(text).render(snakemake={"config": configuration})
    return " ".join(filled.split())


def claim_of_caption(file: str | os.PathLike[str], configuration: Mapping[str, Any]) -> str:
    """What the figure shows: the bold words that every caption begins with. Arguments are those of `filled_caption`.

    Raises
    ------
    UserError
        If a caption begins otherwise.
    """
    found = re.match(r"\*\*(.+?)\*\*", filled_caption(file, configuration))
    if found is None:
        raise UserError(f"{file}: a caption begins with what the figure shows, **in bold**")
    return found[1]


def texts_of_figures(
    headings: Mapping[str, tuple[str, str]], folder: Path, configuration: Mapping[str, Any]
) -> dict[str, dict[str, str]]:
    """What the page of all figures says of each: ``title``, ``category`` and ``claim``.

    Parameters
    ----------
    headings
        Title and category of each figure by its name, which is that of its caption in `folder`, too.
    folder, configuration
        Where the captions are, and what they are filled from.

    Raises
    ------
    UserError
        As `claim_of_caption`.
    """
    return {
        name: {"title": title, "category": category, "claim": claim_of_caption(folder / f"{name}.rst", configuration)}
        for name, (title, category) in headings.items()
    }
