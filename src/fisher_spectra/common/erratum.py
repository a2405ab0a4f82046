"""One formula of a paper: what is printed, what is right, and what was sampled without using either."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.normal_numbers import standard_normal

_ROUNDING = 1e-12  # relative
# A change of the parameters by this share of their size: small enough that the output changes linearly to about
# one per cent of its change, large enough that the divergence stands out from the noise of its samples.
SMALL_CHANGE = 0.05
# Draws of the output's noise for each input and sign, in the estimate of the Kullback-Leibler divergence: so many that
# the noise, not of interest, scatters less than networks do.
_NOISE_DRAWS = 100


@dataclass(frozen=True)
class Erratum:
    """One formula: what is printed, what is right and what was sampled.

    Where the printed formula is right, and is sampled because no figure has it, both are the same.
    """

    formula: str  # name, the key of the table
    place: str  # in the paper
    quantity: str  # what was sampled
    printed: float  # nan where the paper gives no value
    corrected: float
    sampled: float
    standard_error: float  # of `sampled`; 0 where nothing is random
    n_samples: int  # number of independent draws behind it


def erratum_of(
    formula: str, place: str, quantity: str, printed: float, corrected: float, draws: npt.ArrayLike
) -> Erratum:
    """An erratum with the mean of independent draws and its standard error."""
    values = np.asarray(draws, dtype=np.float64)
    mean = float(np.mean(values))
    scatter = float(np.std(values, ddof=1)) if values.size > 1 else 0.0
    # draws that all agree up to rounding, which differs from machine to machine, do not scatter
    error = scatter / math.sqrt(values.size) if scatter > _ROUNDING * abs(mean) else 0.0
    return Erratum(formula, place, quantity, printed, corrected, mean, error, values.size)


def sampled_divergence(rng: np.random.Generator, change: npt.NDArray[np.floating]) -> float:
    """Kullback-Leibler divergence of p(y|x; theta) from p(y|x; theta + d theta), unit Gaussian noise on the output.

    The mean over y drawn from p(y|x; theta) of ln p(y|x; theta) - ln p(y|x; theta + d theta), and over the inputs.

    Parameters
    ----------
    rng
        Generator of the noise.
    change
        f_{theta + d theta} - f_theta, shape (inputs, outputs).
    """
    noise = standard_normal(rng, (_NOISE_DRAWS, *change.shape))
    log_ratio = ((noise - change) ** 2 - noise**2) / 2
    return float(np.sum(log_ratio)) / (_NOISE_DRAWS * len(change))


def gaussian_normalisation(
    formula: str, place: str, quantity: str, rng: np.random.Generator, draws: int, outputs: int
) -> Erratum:
    """exp(-|u|^2 / 2) integrates to (2 pi)^{C/2} over R^C, not to sqrt(2 pi), as both papers of the group print.

    Sampled by importance sampling with twice the variance.
    """
    squares = (2 * standard_normal(rng, (draws, outputs)) ** 2).sum(1)
    samples = (4 * math.pi) ** (outputs / 2) * np.exp(-squares / 4)
    return erratum_of(formula, place, quantity, math.sqrt(2 * math.pi), (2 * math.pi) ** (outputs / 2), samples)
