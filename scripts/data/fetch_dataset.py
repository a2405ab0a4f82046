"""Fetch a data set: download it, or take it from a mirror folder, verify it, and write one .npz file.

Beside the result NAME.npz a file NAME.source.json says where the data came from and with which checksums.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from fisher_spectra.datasets.download import RetryPolicy
from fisher_spectra.datasets.fetching import fetch_dataset
from fisher_spectra.datasets.finding import BY_HAND, Origins
from fisher_spectra.datasets.registry import DATASETS
from fisher_spectra.jobs.run_job import job_parser, running


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value}: must be at least 1")
    return value


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{value}: must be positive and finite")
    return value


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point."""
    default = RetryPolicy()
    parser = job_parser(__doc__)
    parser.add_argument("--dataset", required=True, choices=list(DATASETS))
    parser.add_argument(
        "--mirror", default="", help="folder to use instead of a download (default: the variable DATA_MIRROR)"
    )
    parser.add_argument(
        "--by-hand", type=Path, default=BY_HAND, help="folder with files downloaded by hand (default %(default)s)"
    )
    parser.add_argument(
        "--address", action="append", default=[], help="web folder to download from; repeat it for more than one"
    )
    parser.add_argument(
        "--attempts", type=_at_least_one, default=default.attempts, help="for each address (%(default)s)"
    )
    parser.add_argument(
        "--timeout", type=_positive, default=default.read_timeout, help="seconds of silence (%(default)s)"
    )
    with running(parser, argv) as job:
        arguments = job.arguments
        policy = RetryPolicy(
            attempts=arguments.attempts,
            connect_timeout=min(default.connect_timeout, arguments.timeout),
            read_timeout=arguments.timeout,
        )
        fetched = fetch_dataset(
            arguments.dataset,
            arguments.output,
            Origins(arguments.mirror, arguments.by_hand, tuple(arguments.address), policy),
        )
        print(f"{fetched.path}: {arguments.dataset}, {fetched.variant}", file=sys.stderr)


if __name__ == "__main__":
    main()
