"""Sizes of data sets, known before they are there."""

from __future__ import annotations

from fisher_spectra.datasets.registry import DATASETS


def pixels_of(dataset: str) -> tuple[int, int]:
    """Samples, with the test set, and pixels of a data set by name.

    A file of the user's is not looked at before it is there: the largest number of each that the registry has.
    """
    if dataset in DATASETS:
        return DATASETS[dataset].samples, DATASETS[dataset].pixels
    return max(known.samples for known in DATASETS.values()), max(known.pixels for known in DATASETS.values())
