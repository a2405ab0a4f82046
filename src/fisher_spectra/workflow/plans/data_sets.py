"""Named data sets: where they are sought, and how long it takes to have one."""

from __future__ import annotations

from shlex import quote
from typing import Any

from fisher_spectra.datasets.registry import DATASETS

EMBEDDED_SECONDS = 2  # to write what lies in a package
DOWNLOAD_SECONDS = 120  # of 170 MB at most


def fetching_seconds(wildcards: Any) -> int:
    """Estimated time of the job that makes a data set."""
    return EMBEDDED_SECONDS if DATASETS[wildcards.dataset].embedded else DOWNLOAD_SECONDS


def mirror_option(dataset: str, mirror: str) -> str:
    """Option that says where a published file is sought.

    Empty for an embedded data set, and without a mirror: Snakemake's own quoting leaves nothing of an empty text.
    """
    return "" if DATASETS[dataset].embedded or not mirror else f"--mirror {quote(mirror)}"
