"""The code of a script as an input of its rule: a small file of fingerprints, written when the workflow is read.

Snakemake compares small input files by SHA-256, but does not look into what a script imports. So each rule depends on
a file that has the fingerprint (`jobs.source_code`) of the script, of every module of this repository that it imports,
and the digest of the pinned requirements. It is rewritten only when one of them changes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.jobs.parsed_sources import CACHE, ParsedSources
from fisher_spectra.jobs.source_code import code_of, environment_hash

FOLDER = Path("results", "code")
ENVIRONMENT = "envs/requirements.txt"


@dataclass(frozen=True)
class CodeRecords:
    """Records of the code of the repository `root`, in a folder of the working directory.

    One such object is made each time that the workflow is read, and reads each file once.
    """

    root: Path
    folder: Path = FOLDER
    _sources: ParsedSources = field(default_factory=lambda: ParsedSources(CACHE, still=True), repr=False, compare=False)

    def __call__(self, script: str, *modules: str) -> str:
        """The record of a script, such as ``karakida/sample_networks.py``, that is up to date when this returns.

        Parameters
        ----------
        script
            Below `scripts/`.
        modules
            Modules of the library that it loads by name, such as ``fisher_spectra.plotting.karakida.statistics``.
        """
        place = self.root / "scripts" / script
        if not place.is_file():
            raise FileNotFoundError(f"{place}: no such script")
        record = code_of(place, modules, self.root, self._sources)
        text = json.dumps(record | {ENVIRONMENT: environment_hash()}, indent=0, sort_keys=True) + "\n"
        name = "-".join([Path(script).with_suffix("").as_posix(), *modules])
        file = self.folder / f"{name}.json"
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            write_text(file, text)
        return file.as_posix()
