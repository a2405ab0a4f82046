"""Where training begins to diverge, measured on one column of a (width, learning rate) map.

Karakida, Akaho, Amari 2019, Figure 2, draw the predicted border eta_c of Theorem 7 over such maps; here the measured
one is put into a number, so that the two can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DivergenceBorder:
    """The border and the two learning rates it lies between."""

    learning_rate: float  # the border itself; NaN if it is outside of the grid
    last_below: float  # largest rate of the grid below the border; 0 if there is none
    first_above: float  # smallest rate of the grid above the border; inf if there is none

    @property
    def half_width(self) -> float:
        """Uncertainty from the grid, as a natural logarithm: half the gap between the two rates; inf outside."""
        if np.isnan(self.learning_rate):
            return float("inf")
        return 0.5 * float(np.log(self.first_above / self.last_below))

    def log_distance(self, critical_learning_rate: float) -> float:
        """ln(border / eta_c): positive where training still converges above eta_c; NaN if there is no border.

        Raises
        ------
        ValueError
            If eta_c is not a finite number above 0.
        """
        if not (np.isfinite(critical_learning_rate) and critical_learning_rate > 0):
            raise ValueError(f"critical_learning_rate = {critical_learning_rate}: must be finite and above 0")
        return float(np.log(self.learning_rate / critical_learning_rate))


def divergence_border(learning_rates: npt.ArrayLike, diverged_fraction: npt.ArrayLike) -> DivergenceBorder:
    """Border between the learning rates that converge and those that diverge.

    Of all places to cut the rising rates in two, the one with the fewest misplaced trials is taken: converged ones
    above, diverged ones below. The border is the geometric mean of the two rates beside the cut. Where the
    fraction rises steadily this is where it passes one half. Where it does not (a ReLU network that dies from a large
    first step has a finite loss again), single cells on the wrong side do not move it. Several cuts that are equally
    good lie in one range, and the border is the geometric mean of that range's ends.

    Parameters
    ----------
    learning_rates
        Finite and above 0, no two alike, in any order; shape (n_rates,).
    diverged_fraction
        Share of trials that diverged at each, from 0 to 1; or, to follow the paper's gray cells, 1 where the mean loss
        is above 1000 or not a number, and 0 elsewhere. Shape (n_rates,).

    Raises
    ------
    ValueError
        If the two do not fit together, or a value is not allowed.

    Examples
    --------
    >>> border = fs.divergence_border([0.01, 0.1, 1.0, 10.0], [0.0, 0.0, 0.8, 1.0])
    >>> round(border.learning_rate, 4), round(border.half_width, 4)
    (0.3162, 1.1513)
    >>> round(border.log_distance(0.2), 4)
    0.4581
    """
    rates, fractions = np.asarray(learning_rates, dtype=np.float64), np.asarray(diverged_fraction, dtype=np.float64)
    if rates.ndim != 1 or rates.shape != fractions.shape or rates.size == 0:
        raise ValueError(f"learning_rates {rates.shape}, diverged_fraction {fractions.shape}: must be two equal lists")
    if not (np.all(np.isfinite(rates)) and np.all(rates > 0) and np.unique(rates).size == rates.size):
        raise ValueError("learning_rates: must be finite, above 0 and no two alike")
    if not np.all((fractions >= 0) & (fractions <= 1)):
        raise ValueError("diverged_fraction: must be from 0 to 1")
    order = np.argsort(rates)
    rates, fractions = rates[order], fractions[order]
    # misplaced[k] belongs to the cut with k rates below.
    below = np.concatenate([[0.0], np.cumsum(fractions)])
    above = np.concatenate([np.cumsum((1.0 - fractions)[::-1])[::-1], [0.0]])
    misplaced = below + above
    # Sums of fractions such as 3/5 differ in the last bits where they should be equal.
    best = np.flatnonzero(misplaced <= misplaced.min() + 1e-9 * rates.size)
    first, last = int(best[0]), int(best[-1])
    ends = np.concatenate([[0.0], rates, [np.inf]])  # of the cut k: ends[k] and ends[k + 1]
    last_below, first_above = float(ends[first]), float(ends[last + 1])
    if last_below == 0 or np.isinf(first_above):
        return DivergenceBorder(float("nan"), last_below, first_above)
    inner = np.sqrt(ends[first] * ends[first + 1]) * np.sqrt(ends[last] * ends[last + 1])
    return DivergenceBorder(float(np.sqrt(inner)), last_below, first_above)
