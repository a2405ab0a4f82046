"""What networks of other kinds of layers take in memory and time, estimated before their jobs start."""

from __future__ import annotations

from fisher_spectra.workflow.estimates.karakida import STEP_SECONDS, sampled_network_mb
from fisher_spectra.workflow.estimates.rates import DOUBLE_RATE, EIGENVALUES_RATE, FLOAT64, MB

Cell = tuple[int, int, int, int]
_COTANGENTS = 4  # arrays of derivatives by all samples held at once


def layers_mb(cell: Cell, mixed: int) -> int:
    """Memory of sampling one network, in MB.

    Parameters
    ----------
    cell
        L, M, T, C.
    mixed
        Hidden layers that make a sample depend on others: derivatives by all samples are held below the last of them.
    """
    depth, width, samples, outputs = cell
    numbers = _COTANGENTS * outputs * samples**2 * width if mixed else 0
    return sampled_network_mb(depth, width, samples, outputs, all_eigenvalues=True) + round(FLOAT64 * numbers / MB)


def mixed_seconds(cell: Cell, mixed: int) -> float:
    """What derivatives by all samples add to the time of one network, in seconds; as `layers_mb`."""
    _, width, samples, outputs = cell
    if not mixed:
        return 0.0
    order = outputs * samples
    each = 2 * order * samples * width * (width + order + samples)
    return (mixed + 1) * each / DOUBLE_RATE


def descent_seconds(cell: Cell, steps: int) -> float:
    """Time of gradient descent of one network (L, M, T, C) on the cross-entropy, in seconds."""
    depth, width, samples, outputs = cell
    order = outputs * samples
    passes = 6 * samples * depth * width**2
    start = (2 * depth * width * order**2 + 4 * order**3) / DOUBLE_RATE + order**3 / EIGENVALUES_RATE
    return start + steps * (STEP_SECONDS + passes / DOUBLE_RATE)
