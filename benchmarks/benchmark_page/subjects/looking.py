"""The look at all results before a run: whether each is what its record says, beside `sha256sum` of the same files."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verification import make_results

from benchmark_page.comparison import Prepared
from fisher_spectra.workflow.verification import faults

LOOK, HASHES = "look at all results", "`sha256sum` of the same files"
NAMES = (LOOK, HASHES)
SCALE = Path("results", "laptop")  # where `make_results` puts them


def prepare(candidate: str, settings: Mapping[str, Any]) -> Prepared:
    """A candidate for so many made-up results, which go when the process ends."""
    folder = tempfile.TemporaryDirectory()
    os.chdir(folder.name)
    files = [str(file) for file in make_results(settings["results"])]

    def look(_kept: object = folder) -> None:
        if found := faults(SCALE):
            raise ValueError(f"{found[0].file}: {found[0].reason}")

    def hashes(_kept: object = folder) -> None:
        subprocess.run(["sha256sum", *files], stdout=subprocess.DEVNULL, check=True)

    return Prepared(look) if candidate == LOOK else Prepared(hashes, in_children=True)
