"""Laws of independent entries other than the Gaussian one: weights, biases and inputs of one variance.

The mean-field theory of the papers rests on sums of many independent entries, of which mean and variance alone matter.
Here are laws of mean 0 that differ in everything else, and networks whose weights and biases are drawn from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation, as_activation
from fisher_spectra.common.arguments import check_not_negative, shown
from fisher_spectra.common.normal_numbers import standard_normal
from fisher_spectra.networks.layered import LayeredNetwork

Array = npt.NDArray[np.float64]
# binary: two values; laplace and student (5 degrees of freedom): heavier tails, of kurtosis 6 and 9
Law = Literal["gaussian", "uniform", "binary", "laplace", "student"]
LAWS: tuple[Law, ...] = get_args(Law)
STUDENT_DEGREES = 5.0


def draw(rng: np.random.Generator, law: Law, shape: tuple[int, ...], variance: float = 1.0) -> Array:
    """Independent entries of mean 0.

    Parameters
    ----------
    rng
        The only source of randomness.
    law
        One of `LAWS`.
    shape
        Of the result.
    variance
        Of the entries, >= 0.

    Raises
    ------
    ValueError
        If the law is none of these or the variance is negative.

    Examples
    --------
    >>> from fisher_spectra.networks.laws import draw
    >>> sorted({float(value) for value in draw(np.random.default_rng(0), "binary", (100,), variance=4.0)})
    [-2.0, 2.0]
    """
    deviation = np.sqrt(check_not_negative("variance", variance))
    values: Array
    match law:
        case "gaussian":
            values = standard_normal(rng, shape)
        case "uniform":
            values = rng.uniform(-np.sqrt(3.0), np.sqrt(3.0), shape)
        case "binary":
            values = np.asarray(2.0 * rng.integers(0, 2, shape) - 1.0)
        case "laplace":
            values = rng.laplace(scale=np.sqrt(0.5), size=shape)
        case "student":
            values = np.asarray(rng.standard_t(STUDENT_DEGREES, shape) * np.sqrt(1.0 - 2.0 / STUDENT_DEGREES))
        case _:
            raise ValueError(f"law = {shown(law)}: must be {', '.join(LAWS[:-1])} or {LAWS[-1]}")
    values *= deviation
    return values


def sample_network_of_laws(
    rng: np.random.Generator,
    widths: Sequence[int],
    activations: Sequence[Activation | str],
    sigma_w2: Sequence[float],
    sigma_b2: Sequence[float],
    laws: tuple[Law, Law] = ("gaussian", "gaussian"),
) -> LayeredNetwork:
    """A random network with weights of variance sigma_w2_l / M_{l-1} and biases of variance sigma_b2_l.

    Parameters
    ----------
    rng
        Source of all randomness. Drawn layer by layer, W^l before b^l.
    widths
        (M_0, M_1, .., M_{L-1}, C).
    activations
        phi_1 .. phi_{L-1}.
    sigma_w2, sigma_b2
        L variances each.
    laws
        Of weights and of biases.

    Raises
    ------
    ValueError
        If a law is none of `LAWS`, a variance is negative, or there are too few or too many of them.
    """
    weights, biases = [], []
    for (columns, rows), w2, b2 in zip(pairwise(widths), sigma_w2, sigma_b2, strict=True):
        weights.append(draw(rng, laws[0], (rows, columns), w2 / columns))
        biases.append(draw(rng, laws[1], (rows,), b2))
    phis = tuple(as_activation(phi) for phi in activations)
    return LayeredNetwork(tuple(weights), tuple(biases), phis[0], phis)
