"""Bins of eigenvalues that are known before any eigenvalue is: the same number in each decade, on the whole line."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import finite_array

Array = npt.NDArray[np.float64]

PER_DECADE = 20
# Eigenvalues below this share of the largest are rounding: those of a matrix of too small a rank.
_LEAST = 1e-12


def bin_counts(eigenvalues: npt.ArrayLike) -> dict[int, int]:
    """Numbers of eigenvalues by bin, in rising order; the bin k reaches from 10^(k/20) to 10^((k+1)/20).

    Parameters
    ----------
    eigenvalues
        Of a positive semi-definite matrix, any shape, at least one above 0; those that are 0 but for rounding are in
        no bin.

    Raises
    ------
    ValueError
        If none is positive.

    Examples
    --------
    >>> from fisher_spectra.own_networks.eigenvalue_bins import bin_counts
    >>> bin_counts([0.0, 1.05, 1.1, 10.5])
    {0: 2, 20: 1}
    """
    values = finite_array("eigenvalues", eigenvalues).ravel()
    if not values.size or values.max() <= 0.0:
        raise ValueError("eigenvalues: at least one must be > 0")
    positive = values[values > _LEAST * values.max()]
    bins, counts = np.unique(np.floor(PER_DECADE * np.log10(positive)).astype(int), return_counts=True)
    return dict(zip(bins.tolist(), counts.tolist(), strict=True))


def bin_edges(bins: npt.ArrayLike) -> Array:
    """Edges of consecutive bins, one more than there are bins."""
    numbers = np.asarray(bins)
    return np.asarray(10.0 ** (np.append(numbers, numbers[-1] + 1) / PER_DECADE))
