"""Named data sets: where they are sought, and what it takes to have one."""

from __future__ import annotations

from shlex import quote
from typing import Any

from fisher_spectra.datasets.registry import DATASETS
from fisher_spectra.workflow.estimates.rates import BASE_MB, MB

EMBEDDED_SECONDS = 2  # to write what lies in a package
DOWNLOAD_SECONDS = 120  # of 170 MB at most


def fetching_seconds(wildcards: Any) -> int:
    """Estimated time of the job that makes a data set."""
    return EMBEDDED_SECONDS if DATASETS[wildcards.dataset].embedded else DOWNLOAD_SECONDS


def fetching_mb(wildcards: Any) -> int:
    """Estimated memory of that job, in MB: the arrays, and once more as they are read.

    Peaks: 143 for MNIST, for which this gives 360, and 359 for CIFAR-10, for which it gives 619.
    """
    return round(BASE_MB + 2 * DATASETS[wildcards.dataset].bytes / MB)


def mirror_option(dataset: str, mirror: str) -> str:
    """Option that says where a published file is sought.

    Empty for an embedded data set, and without a mirror: Snakemake's own quoting leaves nothing of an empty text.
    """
    return "" if DATASETS[dataset].embedded or not mirror else f"--mirror {quote(mirror)}"
