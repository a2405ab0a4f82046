"""Which display a run has: its own quiet one, or Snakemake's, for those who ask Snakemake for more or less to read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from fisher_spectra.jobs.log_file import LOG_ONLY

PLUGINS = Path(__file__).resolve().parent / "plugins"
SOURCE = Path(__file__).resolve().parents[2] / "src"
# Options of Snakemake that change what it says; with a dry run, what it says is all there is.
OWN_WORDS = {"-n", "--dry-run", "--dryrun", "-p", "--printshellcmds", "-q", "--quiet", "--verbose", "--debug-dag"}
OWN_WORDS |= {"--logger", "--show-failed-logs"}


def display_options(options: Sequence[str]) -> list[str]:
    """Options of Snakemake that give a run the quiet display, and its log every command.

    Sets what the run inherits: where Snakemake finds the display, and that jobs write to their logs alone.

    Parameters
    ----------
    options
        Those that the run has besides; none are added if one of them asks for Snakemake's own words.
    """
    if any(option.partition("=")[0] in OWN_WORDS for option in options):
        return []
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(SOURCE), str(PLUGINS), *others])
    os.environ[LOG_ONLY] = "1"
    return ["--logger", "progress", "--printshellcmds"]
