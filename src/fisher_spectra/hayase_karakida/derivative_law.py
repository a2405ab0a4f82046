"""The spectral law nu of D^2 = diag phi'(h)^2 for Gaussian h: the layer's part in the free convolutions.

Hayase, Karakida 2020 and 2021, whose equation numbers are those of 2021: for hard tanh and ReLU it is the two-point law
(16), (1 - alpha) delta_0 + alpha delta_gamma.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.activations.catalogue import Activation, as_activation
from fisher_spectra.common.arguments import check_positive, real_number

Array = npt.NDArray[np.float64]

# Quadrature of a smooth derivative law: the trapezoid rule on |z| <= 7 with 156 nodes has an error below 1e-11 for
# Gaussian means of smooth bounded functions, which is the weight beyond (3e-12). Nodes further out have so little
# weight that eigenvalues near them, in bands of their own, would be lost in rounding.
_QUADRATURE_REACH = 7.0
_QUADRATURE_NODES = 156


@dataclass(frozen=True)
class DerivativeLaw:
    """Spectral law nu of D^2: finitely many values phi'^2 with their probabilities.

    Exact for piecewise linear activations. For the two-point law (16) `alpha` and `gamma` are the paper's.

    Parameters
    ----------
    values
        Different, ascending, finite, not negative.
    weights
        Their probabilities, positive, with sum 1.
    is_quadrature
        Whether the values are nodes in place of a continuous law, that of a smooth activation. Then means are right,
        but no single value has a weight.

    Raises
    ------
    ValueError
        If this is not so, or all weight is at zero; from `alpha`, `deficit` and `gamma` if the law is a quadrature.
    """

    values: tuple[float, ...]
    weights: tuple[float, ...]
    is_quadrature: bool = False

    def __post_init__(self) -> None:
        values = np.array(self.values)
        if len(values) != len(self.weights) or len(values) == 0:
            raise ValueError(f"{len(values)} values, {len(self.weights)} weights: must be as many, at least one")
        if not (values[0] >= 0 and np.all(np.diff(values) > 0) and 0 < values[-1] < math.inf):
            raise ValueError(f"values = {self.values}: must ascend from at least 0, the last one above 0 and finite")
        if not (all(weight > 0 for weight in self.weights) and abs(math.fsum(self.weights) - 1) <= 1e-12):
            raise ValueError(f"weights = {self.weights}: must be positive with sum 1")

    @property
    def alpha(self) -> float:
        """Weight of the largest value: alpha of (16)."""
        self._refuse_quadrature()
        return self.weights[-1]

    @property
    def deficit(self) -> float:
        """1 - alpha as the sum of the other weights, which does not cancel where alpha is close to 1."""
        self._refuse_quadrature()
        return math.fsum(self.weights[:-1])

    @property
    def gamma(self) -> float:
        """Largest value: gamma of (16)."""
        self._refuse_quadrature()
        return self.values[-1]

    def _refuse_quadrature(self) -> None:
        if self.is_quadrature:
            raise ValueError("phi' of a smooth activation has no largest value of positive weight: no alpha, no gamma")

    @property
    def weight_at_zero(self) -> float:
        """nu({0})."""
        return self.weights[0] if self.values[0] == 0 else 0.0

    @property
    def is_two_point(self) -> bool:
        """Whether nu = (1 - alpha) delta_0 + alpha delta_gamma, alpha = 1 included."""
        return not self.is_quadrature and (len(self.values) == 1 or (len(self.values) == 2 and self.values[0] == 0))

    @cached_property
    def unit(self) -> float:
        """A power of two near the largest value: in units of it, squares of values neither overflow nor vanish."""
        return 2.0 ** math.floor(math.log2(self.values[-1]))

    @cached_property
    def columns(self) -> tuple[Array, Array]:
        """Values in units of `unit`, and the products of these with the weights, each of shape (n, 1)."""
        values = np.array(self.values)[:, None] / self.unit
        return values, np.array(self.weights)[:, None] * values

    def moment(self, order: int) -> float:
        """m_k(nu) = sum of weight * value^k."""
        return math.fsum(w * v**order for v, w in zip(self.values, self.weights, strict=True))


def two_point_law(alpha: float, gamma: float) -> DerivativeLaw:
    """nu = (1 - alpha) delta_0 + alpha delta_gamma, (16), with 0 < alpha <= 1 and gamma > 0.

    Parameters
    ----------
    alpha
        Weight of gamma, above 0 and at most 1.
    gamma
        phi'^2 where it is not zero, positive and finite.

    Raises
    ------
    ValueError
        If a value is out of range.

    Examples
    --------
    >>> law = fs.two_point_law(alpha=0.75, gamma=2.0)
    >>> law.values, law.weights, law.moment(1)
    ((0.0, 2.0), (0.25, 0.75), 1.5)
    """
    alpha, gamma = real_number("alpha", alpha), check_positive("gamma", gamma)
    if not 0 < alpha <= 1:
        raise ValueError(f"alpha = {alpha}: must be above 0 and at most 1")
    if alpha == 1:
        return DerivativeLaw((gamma,), (1.0,))
    return DerivativeLaw((0.0, gamma), (1 - alpha, alpha))


def derivative_law(activation: Activation | str, variance: float) -> DerivativeLaw:
    """Law of phi'(h)^2 for a centred Gaussian h of the given variance.

    Exact, with tails that do not cancel, for piecewise linear phi. For smooth phi the law of a quadrature: the nodes
    of a trapezoid rule with their Gaussian weights. (One value in double precision, that of phi linear over the
    nodes, is no quadrature.)

    Parameters
    ----------
    activation
        phi.
    variance
        Of h, sigma_l^2 q_{l-1} in layer l.

    Raises
    ------
    ValueError
        If the variance is not positive and finite, or phi has kinks without being piecewise linear.

    Examples
    --------
    >>> law = fs.derivative_law(fs.get_activation("hard_tanh(s=1,g=1)"), variance=1.0)
    >>> law.values, [round(weight, 6) for weight in law.weights]
    ((0.0, 1.0), [0.317311, 0.682689])
    """
    activation, variance = as_activation(activation), check_positive("variance", variance)
    if activation.slopes is not None:
        edges = np.array([-np.inf, *activation.kinks, np.inf]) / math.sqrt(variance)
        squares = np.square(activation.slopes)
        weights = _interval_probabilities(edges)
    elif activation.kinks:
        raise ValueError(f"{activation.spec}: a derivative with jumps is supported for piecewise linear functions only")
    else:
        # Exactly symmetric, so that the two equal values of an even derivative are found to be equal.
        nodes = (np.arange(_QUADRATURE_NODES) - (_QUADRATURE_NODES - 1) / 2) * (
            2 * _QUADRATURE_REACH / (_QUADRATURE_NODES - 1)
        )
        density = np.exp(-0.5 * nodes**2)
        squares = np.square(activation.derivative(nodes * math.sqrt(variance)))
        weights = density / density.sum()
    values, group = np.unique(squares, return_inverse=True)
    total = np.array([math.fsum(weights[group == k]) for k in range(len(values))])
    # An interval so far out that its probability underflows carries no eigenvalue.
    kept = total > 0
    if not kept.any() or not values[kept][-1] > 0:
        raise ValueError(f"variance = {variance:g}: phi' of {activation.spec} is zero up to rounding")
    is_quadrature = activation.slopes is None and len(values) > 1
    return DerivativeLaw(tuple(values[kept].tolist()), tuple(total[kept].tolist()), is_quadrature)


def _interval_probabilities(edges: Array) -> Array:
    """P(edges[i] < z < edges[i+1]); right of the origin from upper tails, so that small ones keep their digits."""
    low, high = edges[:-1], edges[1:]
    return np.asarray(
        np.where(
            low > 0,
            scipy.special.ndtr(-low) - scipy.special.ndtr(-high),
            scipy.special.ndtr(high) - scipy.special.ndtr(low),
        ),
        dtype=np.float64,
    )
