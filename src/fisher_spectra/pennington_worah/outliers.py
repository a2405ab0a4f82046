"""Eigenvalues beyond the edges z_1 and z_6 of the limiting density: bounds of the extreme eigenvalues of wide networks.

Each hidden unit a has two directions of its own: its weights W1[a, :] and W2[:, a], each growing in proportion to
itself. Moved by alpha_a and beta_a along them, the outputs change by sum_a W2[:, a] g_a(z_a), g_a = alpha_a x f' +
beta_a f. The 2 n directions are orthogonal with norms that tend to 1, and E |change|^2 = sum_ab S_ab E g_a g_b with
S = W2^T W2. For a != b only the means of g_a and g_b contribute to order one, as S_ab and the covariance of z_a and z_b
are both of order 1/sqrt(n). So H restricted to these directions is, for large n, the 2 x 2 matrix C + s m m^T for every
eigenvalue s of S, where m = E (x f', f), C is the covariance matrix of (x f', f), and s fills [0, 4].

Eigenvalues of a restriction lie between the extreme ones of the whole (Rayleigh, Ritz): lambda_min is at most the
smallest eigenvalue of C (s = 0), and lambda_max at least the largest of C + 4 m m^T (s = 4), and at least z_6. As there
are 2 n directions among 2 n^2, the limiting density does not see them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fisher_spectra.activations.catalogue import as_activation_like
from fisher_spectra.activations.protocol import ActivationLike
from fisher_spectra.gaussian.line_rules import gaussian_mean
from fisher_spectra.pennington_worah.constants import nonlinearity_constants

_TOP_OF_S = 4.0  # largest eigenvalue of W2^T W2 for large n


@dataclass(frozen=True)
class ExtremeBounds:
    """Bounds of the extreme eigenvalues of the Fisher matrix in the limit of large width.

    Attributes
    ----------
    smallest_at_most
        At least one eigenvalue, and of the order of n of them, lie at or below this.
    largest_at_least
        At least one lies at or above this.
    """

    smallest_at_most: float
    largest_at_least: float


def extreme_bounds(activation: ActivationLike | str) -> ExtremeBounds:
    """Bounds from the two directions that belong to each hidden unit, and from the edges of the limiting density.

    Parameters
    ----------
    activation
        f of zero Gaussian mean, continuous, with its kinks declared.

    Raises
    ------
    UserError
        As `nonlinearity_constants`.

    Examples
    --------
    >>> bounds = fs.extreme_bounds(fs.get_activation("normalised_erf"))
    >>> round(bounds.smallest_at_most, 4), round(bounds.largest_at_least, 4)
    (0.0664, 7.5097)
    """
    activation = as_activation_like(activation)
    z_1, *_, z_6 = nonlinearity_constants(activation).features
    functions = (lambda x: x * activation.derivative(x), activation)
    means = np.array([gaussian_mean(function, kinks=activation.kinks) for function in functions])

    def second_moment(i: int, j: int) -> float:
        return gaussian_mean(lambda x: functions[i](x) * functions[j](x), kinks=activation.kinks)

    moments = np.array([[second_moment(i, j) for j in range(2)] for i in range(2)])
    covariance = moments - np.outer(means, means)
    lowest = float(np.linalg.eigvalsh(covariance)[0])
    highest = float(np.linalg.eigvalsh(covariance + _TOP_OF_S * np.outer(means, means))[-1])
    return ExtremeBounds(min(max(lowest, 0.0), z_1), max(highest, z_6))
