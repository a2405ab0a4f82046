"""The T - 1 eigenvalues of the dual Fisher matrix beside the largest: Karakida, Akaho, Amari 2019, Appendix A.4.

The leading part alpha M K / T of the dual matrix has one eigenvalue for the uniform vector, that of Theorem 4, and
T - 1 equal ones, alpha (kappa_1 - kappa_2) M / T. An odd activation without biases on uncorrelated inputs has
kappa_2 = 0 (footnote 4): no eigenvalue stands out then, and all T belong together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.karakida.mean_field import MeanField

Array = npt.NDArray[np.float64]

_FEWEST_SAMPLES = 3  # of which two eigenvalues are left


@dataclass(frozen=True)
class Bins:
    """Bins of eigenvalues over their mean, from 0 to `largest`, each in `fine` parts."""

    number: int
    largest: float
    fine: int

    @property
    def edges(self) -> Array:
        """Of the parts, shape (number fine + 1,)."""
        return np.linspace(0.0, self.largest, self.number * self.fine + 1)

    def coarse(self, cumulative: Array) -> tuple[Array, Array]:
        """Centres of the bins and the density in them, from the shares below the edges of the parts."""
        ends = self.edges[:: self.fine]
        return 0.5 * (ends[1:] + ends[:-1]), np.diff(cumulative[:: self.fine]) / np.diff(ends)


@dataclass(frozen=True)
class OtherEigenvalues:
    """Of one network.

    Attributes
    ----------
    mean
        Of the eigenvalues that do not stand out.
    second_moment, largest
        Mean square and largest of them, in units of their mean.
    counts
        How many lie in each part of the bins, in units of their mean.
    """

    mean: float
    second_moment: float
    largest: float
    counts: npt.NDArray[np.int64]


def bulk_cells(widths: Sequence[int], samples_per_width: Sequence[float]) -> list[tuple[float, int, int]]:
    """(T / M as given, M, T) of every ratio and width; T is rounded, and 3 at least."""
    return [
        (ratio, width, max(_FEWEST_SAMPLES, round(ratio * width))) for ratio in samples_per_width for width in widths
    ]


def predicted_mean(field: MeanField, width: int, samples: int) -> float:
    """alpha (kappa_1 - kappa_2) M / T; Appendix A.4, text below (A.33)."""
    return field.alpha * (field.kappa_1 - field.kappa_2) * width / samples


def other_eigenvalues(ascending: Array, kappa_2: float, bins: Bins) -> OtherEigenvalues:
    """Those beside the largest, or all if kappa_2 is 0.

    Parameters
    ----------
    ascending
        All eigenvalues of the dual matrix of one output, shape (T,), T >= 3.
    kappa_2
        (15), which says whether one stands out.
    bins
        For the counts; what lies beyond the last one is counted in it.
    """
    others = ascending if kappa_2 == 0.0 else ascending[:-1]
    mean = float(np.mean(others))
    scaled = np.clip(others / mean, 0.0, bins.largest)
    counts, _ = np.histogram(scaled, bins.edges)
    return OtherEigenvalues(mean, float(np.mean((others / mean) ** 2)), float(others[-1]) / mean, counts)


def distance_of_laws(counts: npt.ArrayLike, law: Array) -> tuple[float, float]:
    """Kolmogorov distance between the eigenvalues of all networks and a law, and its standard error.

    Parameters
    ----------
    counts
        Of each network in each part of the bins, shape (networks, parts).
    law
        Share below each edge of the parts, shape (parts + 1,).

    Returns
    -------
    Distance, and the jackknife estimate of its standard error, each network left out once; ``nan`` of a single network.
    """
    each = np.asarray(counts, dtype=np.float64)
    networks = len(each)
    distance = _largest_difference(each.sum(axis=0), law)
    if networks < 2:
        return distance, math.nan
    without = [_largest_difference(each.sum(axis=0) - one, law) for one in each]
    return distance, math.sqrt((networks - 1) * float(np.var(without)))


def _largest_difference(counts: Array, law: Array) -> float:
    shares = np.concatenate([[0.0], np.cumsum(counts) / counts.sum()])
    return float(np.max(np.abs(shares - law)))
