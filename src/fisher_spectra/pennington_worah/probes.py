"""How many probe vectors the Lanczos quadrature of one network takes."""

from __future__ import annotations

import math


def number_of_probes(probe_numbers: int, width: int) -> int:
    """Number of probe vectors, of 2 n^2 numbers each, that have at least `probe_numbers` numbers together.

    The error of a quadrature falls with the numbers drawn, so that wide networks need few probes.

    Examples
    --------
    >>> number_of_probes(65536, 64), number_of_probes(1, 64)
    (8, 1)
    """
    return math.ceil(probe_numbers / (2 * width**2))
