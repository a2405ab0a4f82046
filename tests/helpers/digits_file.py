"""The embedded data set as the file that the workflow makes of it."""

from __future__ import annotations

from pathlib import Path

from fisher_spectra.datasets.fetching import fetch_dataset


def digits_file(folder: Path) -> Path:
    """Write the handwritten digits to `folder`; gives the file."""
    return fetch_dataset("digits", folder / "digits.npz").path
