"""What Hayase and Karakida print, where it is not right, so that it can be measured beside what is.

Each function is the formula as printed; its docstring says where, and what is right. The right ones are in
`derivative_law`, `limits_of_large_depth` and `theorem_3_2`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.hayase_karakida.derivative_law import DerivativeLaw, two_point_law
from fisher_spectra.hayase_karakida.signal_propagation import SignalPropagation
from fisher_spectra.hayase_karakida.theorem_3_2 import theorem_3_2

Array = npt.NDArray[np.float64]


def hard_tanh(x: npt.ArrayLike, s: float, g: float) -> Array:
    """(17) of 2021, (11) of the preprint: g x for s g |x| < 1, else g sgn(x).

    It jumps at the kinks, against the assumption that phi is continuous. Right: sgn(x) / s outside.
    """
    x = np.asarray(x, dtype=np.float64)
    return np.where(s * g * np.abs(x) < 1, g * x, g * np.sign(x))


def law_of_s_transform_example(alpha: float, gamma: float) -> DerivativeLaw:
    """nu = alpha delta_0 + (1 - alpha) delta_gamma, for which S = (z + 1) / (gamma (z + alpha)) is given.

    After (10) of 2021 and (6) of the preprint. Right: (1 - alpha) delta_0 + alpha delta_gamma, as used in the proofs.
    """
    return two_point_law(1 - alpha, gamma)


def atoms_of_theorem_3_2(propagation: SignalPropagation) -> tuple[tuple[float, float], ...]:
    """(position, weight) of the three atoms in (18) of 2021 and (12) of the preprint.

    The second is at lambda_min, as the first. Right: lambda_mid.
    """
    law = theorem_3_2(propagation)
    first, second, third = law.weights
    return (law.lambda_min, first), (law.lambda_min, second), (law.lambda_max, third)


def weight_of_dual_spectrum(depth: int, width: int) -> tuple[float, float]:
    """Weights of delta_0 and of mu_{H_L} in the spectral law of I(theta | x) / M: (9) of 2021.

    1/L for the M of L M^2 eigenvalues that may differ from zero, so that the sum exceeds 1. Right: 1 / (L M).
    """
    parameters = depth * width**2
    return (parameters - width) / parameters, 1 / depth


def expansion_of_limiting_maximum(q: float, epsilon_2: float) -> float:
    """q (1 + epsilon_2 / 2): Theorem 4.6 of the preprint. Right: q (1 - epsilon_2 / 2), as in 2021."""
    return q * (1 + epsilon_2 / 2)


def expansion_of_limiting_mean(q: float, epsilon_1: float, epsilon_2: float) -> float:
    """q (1 + (epsilon_1 + epsilon_2) / 2): Proposition 4.3 of the preprint. Right: minus, as in 2021."""
    return q * (1 + (epsilon_1 + epsilon_2) / 2)
