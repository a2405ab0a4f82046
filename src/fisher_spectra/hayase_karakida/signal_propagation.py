"""Signal propagation of networks close to dynamical isometry, and what follows from it without free convolutions.

Hayase, Karakida 2020 (preprint) and 2021 (AISTATS): an L-layer network of constant width M without biases,
h^l = W_l x^{l-1}, x^l = phi(h^l), with W_l / sigma_l Haar distributed on the orthogonal group. In the wide limit the
entries of h^l are Gaussian with variance sigma_l^2 q_{l-1}, and D_l = diag phi'(h^l) has the spectral law nu_l of
phi'(h)^2 for such a Gaussian h. The dual conditional Fisher matrix obeys (14),

    H_{l+1} = q_l + W_{l+1} D_l H_l D_l W_{l+1}^T,   H_1 = q_0,

and its spectral law is mu_L. This module has q_l and nu_l, the atoms of mu_L (Lemma 4.5 and Proposition 4.4 of the
preprint), the recursions of its maximum (30) and mean (32), the limits of large depth, and the scatter of all this at
finite width. Equation numbers are those of 2021 unless the preprint is named.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.gaussian.integrals import gaussian_mean, second_moment
from fisher_spectra.networks.layer_variances import layer_variances

Array = npt.NDArray[np.float64]

# Quadrature of a smooth derivative law: the trapezoid rule on |z| <= 7 with 156 nodes has an error below 1e-11 for
# Gaussian means of smooth bounded functions, which is the weight beyond (3e-12). Nodes further out have so little
# weight that eigenvalues near them, in bands of their own, would be lost in rounding.
_QUADRATURE_REACH = 7.0
_QUADRATURE_NODES = 156
# Error that rounding leaves, for each layer, in one minus a sum of weights; ten times that of 1 - alpha.
_WEIGHT_ROUNDING = 1e-15


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

    def moment(self, order: int) -> float:
        """m_k(nu) = sum of weight * value^k."""
        return math.fsum(w * v**order for v, w in zip(self.values, self.weights, strict=True))


def two_point_law(alpha: float, gamma: float) -> DerivativeLaw:
    """nu = (1 - alpha) delta_0 + alpha delta_gamma, (16), with 0 < alpha <= 1 and gamma > 0."""
    if not 0 < alpha <= 1:
        raise ValueError(f"alpha = {alpha}: must be above 0 and at most 1")
    if alpha == 1:
        return DerivativeLaw((gamma,), (1.0,))
    return DerivativeLaw((0.0, gamma), (1 - alpha, alpha))


def derivative_law(activation: Activation, variance: float) -> DerivativeLaw:
    """Law of phi'(h)^2 for a centred Gaussian h of the given variance.

    Exact, with tails that do not cancel, for piecewise linear phi. For smooth phi the law of a quadrature: the nodes
    of a trapezoid rule with their Gaussian weights. (One value in double precision, that of phi linear over the
    nodes, is no quadrature.)

    Raises
    ------
    ValueError
        If the variance is not positive and finite, or phi has kinks without being piecewise linear.
    """
    if not (variance > 0 and math.isfinite(variance)):
        raise ValueError(f"variance = {variance}: must be positive and finite")
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
    is_quadrature = activation.slopes is None and len(values) > 1
    return DerivativeLaw(tuple(values[kept].tolist()), tuple(total[kept].tolist()), is_quadrature)


def _interval_probabilities(edges: Array) -> Array:
    """P(edges[i] < z < edges[i+1]); right of the origin from upper tails, so that small ones keep their digits."""
    low, high = edges[:-1], edges[1:]
    return np.asarray(np.where(low > 0, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low)), dtype=np.float64)


@dataclass(frozen=True)
class SignalPropagation:
    """Everything that the spectral law of H_L depends on.

    Raises
    ------
    ValueError
        If the lengths do not fit, or a moment or variance is not positive.
    """

    moments: tuple[float, ...]  # q_0 .. q_{L-1}: q_l = lim ||x^l||^2 / M
    laws: tuple[DerivativeLaw, ...]  # nu_1 .. nu_{L-1}
    sigma2: tuple[float, ...]  # sigma_1^2 .. sigma_L^2

    def __post_init__(self) -> None:
        if not self.moments or len(self.laws) != len(self.moments) - 1 or len(self.sigma2) != len(self.moments):
            raise ValueError(
                f"{len(self.moments)} moments, {len(self.laws)} laws, {len(self.sigma2)} variances: must be L, L - 1, L"
            )
        for name, values in (("moments", self.moments), ("sigma2", self.sigma2)):
            if not all(value > 0 and math.isfinite(value) for value in values):
                raise ValueError(f"{name} = {values}: each must be positive and finite")

    @property
    def depth(self) -> int:
        """L."""
        return len(self.moments)

    @property
    def alpha(self) -> Array:
        """alpha_1 .. alpha_{L-1}, shape (L-1,)."""
        return np.array([law.alpha for law in self.laws])

    @property
    def gamma(self) -> Array:
        """gamma_1 .. gamma_{L-1}, shape (L-1,)."""
        return np.array([law.gamma for law in self.laws])

    def truncated(self, depth: int) -> SignalPropagation:
        """The same network cut after `depth` layers; its laws are those of H_depth."""
        if not 1 <= depth <= self.depth:
            raise ValueError(f"depth = {depth}: must be from 1 to {self.depth}")
        return SignalPropagation(self.moments[:depth], self.laws[: depth - 1], self.sigma2[:depth])


def signal_propagation(
    activation: Activation, depth: int, sigma2: float | Sequence[float] = 1.0, input_moment: float = 1.0
) -> SignalPropagation:
    """q_l = E phi(sqrt(sigma_l^2 q_{l-1}) z)^2 from q_0, and nu_l, for l = 1..L-1.

    Parameters
    ----------
    activation
        phi of all hidden layers.
    depth
        L, at least 1.
    sigma2
        sigma_l^2, one number for all layers or L of them.
    input_moment
        q_0 = ||x||^2 / M.

    Raises
    ------
    ValueError
        If the depth is below 1, there are not L variances, or a moment or variance is not positive.
    """
    variances = layer_variances(sigma2, depth)
    moments, laws = [float(input_moment)], []
    for layer in range(depth - 1):
        variance = variances[layer] * moments[-1]
        laws.append(derivative_law(activation, variance))
        moments.append(float(second_moment(activation, variance)))
    return SignalPropagation(tuple(moments), tuple(laws), variances)


def constant_propagation(
    depth: int, alpha: float, gamma: float, q: float = 1.0, sigma2: float = 1.0
) -> SignalPropagation:
    """The same q, alpha, gamma, sigma in all layers: Assumption 4.1, and the independent projections of Figure 1."""
    if depth < 1:
        raise ValueError(f"depth = {depth}: must be at least 1")
    law = two_point_law(alpha, gamma)
    return SignalPropagation((q,) * depth, (law,) * (depth - 1), (sigma2,) * depth)


# ---------------------------------------------------------------------------------------------------------------------
# Atoms, maximum, mean


@dataclass(frozen=True)
class Atoms:
    """Atoms of a spectral law, ascending.

    A position is linear in the second moments of the layers, which is how their finite-width scatter moves it.
    """

    positions: Array  # (K,)
    weights: Array  # (K,), positive
    coefficients: Array  # (K, L): position = coefficients @ (q_0 .. q_{L-1})

    @property
    def mass(self) -> float:
        """Sum of the weights."""
        return float(math.fsum(self.weights))


def atoms(propagation: SignalPropagation, gaussian_weights: bool = False) -> Atoms:
    """Atoms of mu_L by the rule of Bercovici, Voiculescu and Belinschi (Proposition 4.4 of the preprint).

    nu [x] mu has the atom a b, a and b not zero, if mu({a}) + nu({b}) > 1, with the weight mu({a}) + nu({b}) - 1, and
    at zero the larger of mu({0}) and nu({0}); there is nothing else. Gaussian weights add a free factor without atoms
    (Marchenko-Pastur of ratio 1), so that of each layer only the atom at zero is left.

    Raises
    ------
    ValueError
        If mu_L has as its atoms single nodes of a quadrature, as for a smooth activation and L = 2.
    """
    depth = propagation.depth
    unit = np.eye(depth)
    coefficients, weights = unit[:1], np.ones(1)
    # What each weight was before anything was taken away from it, and whether the atom comes from a node.
    initial, is_node = weights, np.zeros(1, dtype=bool)
    for layer, (law, sigma2) in enumerate(zip(propagation.laws, propagation.sigma2[1:], strict=True), start=1):
        # mu_l has no atom at zero: its support begins at q_{l-1} > 0.
        new_coefficients, new_weights = [unit[layer]], [law.weight_at_zero]
        new_initial, new_is_node = [law.weight_at_zero], [False]
        for k, value in enumerate(law.values):
            if value == 0 or gaussian_weights:
                continue
            missing = math.fsum(law.weights[:k] + law.weights[k + 1 :])
            new_coefficients.extend(unit[layer] + sigma2 * value * coefficients)
            new_weights.extend(weights - missing)
            new_initial.extend(initial)
            new_is_node.extend(is_node | law.is_quadrature)
        kept = np.array(new_weights) > depth * _WEIGHT_ROUNDING * np.array(new_initial)
        coefficients, weights = np.array(new_coefficients)[kept].reshape(-1, depth), np.array(new_weights)[kept]
        initial, is_node = np.array(new_initial)[kept], np.array(new_is_node, dtype=bool)[kept]
    if is_node.any():
        raise ValueError(
            f"L = {depth}: nodes of the quadrature of a smooth activation would be atoms of mu_L, whose law is "
            "continuous; take L >= 3 (at L = 2 it is that of q_1 + sigma_2^2 q_0 phi'(h)^2 itself)"
        )
    positions = coefficients @ np.array(propagation.moments)
    order = np.argsort(positions, kind="stable")
    return Atoms(positions[order], weights[order], coefficients[order])


def largest_eigenvalue_recursion(propagation: SignalPropagation) -> Array:
    """lambda_1 .. lambda_L of (30): lambda_{l+1} = q_l + sigma_{l+1}^2 gamma_l lambda_l, lambda_1 = q_0.

    The maximum of the support of mu_l as long as it is an atom, that is while `largest_atom_weight` is positive; an
    upper bound beyond. Orthogonal weights.

    Raises
    ------
    ValueError
        If phi is smooth: gamma_l is then the largest slope squared, which no quadrature has.
    """
    largest = [propagation.moments[0]]
    for q, law, sigma2 in zip(propagation.moments[1:], propagation.laws, propagation.sigma2[1:], strict=True):
        largest.append(q + sigma2 * law.gamma * largest[-1])
    return np.array(largest)


def largest_atom_weight(propagation: SignalPropagation) -> Array:
    """beta_1 .. beta_L of Lemma 4.5 (preprint): beta_l = 1 - sum_{k<l} (1 - alpha_k).

    The weight of the atom at the maximum of mu_l while positive; where it is not, there is no such atom. Zero where it
    is zero up to rounding, so that the border is where it is on paper.

    Raises
    ------
    ValueError
        If phi is smooth: there is no such atom.
    """
    deficits = [0.0, *(law.deficit for law in propagation.laws)]
    return _zero_where_rounding(1.0 - np.cumsum(deficits), np.arange(1, propagation.depth + 1))


def _zero_where_rounding(weights: npt.ArrayLike, depths: npt.ArrayLike) -> Array:
    """Weights of the atom at the maximum at these depths, set to zero where they are zero up to rounding."""
    return np.where(np.abs(weights) <= _WEIGHT_ROUNDING * np.asarray(depths), 0.0, weights)


def depth_of_vanishing_atom(propagation: SignalPropagation) -> int | None:
    """Smallest depth l <= L at which the atom at the maximum has vanished (beta_l <= 0); None if it has not."""
    gone = np.flatnonzero(largest_atom_weight(propagation) <= 0)
    return int(gone[0]) + 1 if len(gone) else None


def mean_eigenvalue_recursion(propagation: SignalPropagation) -> Array:
    """m_1(mu_1) .. m_1(mu_L) of (32): m' = q_l + sigma_{l+1}^2 m_1(nu_l) m."""
    means = [propagation.moments[0]]
    for q, law, sigma2 in zip(propagation.moments[1:], propagation.laws, propagation.sigma2[1:], strict=True):
        means.append(q + sigma2 * law.moment(1) * means[-1])
    return np.array(means)


# ---------------------------------------------------------------------------------------------------------------------
# Limits of large depth


@dataclass(frozen=True)
class IsometryRates:
    """Assumption 4.2: the limits of these two numbers, both below 1 in absolute value."""

    epsilon_1: float  # L (1 - alpha_{L-1}), (27)
    epsilon_2: float  # - L log(sigma_L^2 gamma_{L-1}), (28)


def isometry_rates(propagation: SignalPropagation) -> IsometryRates:
    """epsilon_1 and epsilon_2 at depth L, from the last hidden layer, whose indices Theorem 4.3 has."""
    if propagation.depth < 2:
        raise ValueError("depth = 1: a network without hidden layer has no such rates")
    law, depth = propagation.laws[-1], propagation.depth
    return IsometryRates(depth * law.deficit, -depth * math.log(propagation.sigma2[-1] * law.gamma))


def limiting_maximum(q: float, epsilon_2: float) -> float:
    """lim ||mu_L||_inf / L = q (1 - exp(-epsilon_2)) / epsilon_2: Theorem 4.3 (31), Theorem 4.6 of the preprint."""
    return q * _mean_of_exponential(epsilon_2)


def limiting_mean(q: float, epsilon_1: float, epsilon_2: float) -> float:
    """lim m_1(mu_L) / L = q (1 - exp(-epsilon_1 - epsilon_2)) / (epsilon_1 + epsilon_2): Proposition 4.4 (33)."""
    return q * _mean_of_exponential(epsilon_1 + epsilon_2)


def limiting_mean_of_many_inputs(ratio: float, q: float, epsilon_1: float, epsilon_2: float) -> float:
    """Limit of the mean eigenvalue of Theta / M for L, N -> infinity with L / N -> `ratio`: Corollary 4.5 (36)."""
    return ratio * limiting_mean(q, epsilon_1, epsilon_2)


def limiting_atom_weight(propagation: SignalPropagation) -> float:
    """1 - (L - 1)(1 - alpha_{L-1}): weight of the maximum in Theorem 4.3, exact if alpha is the same in all layers."""
    if not propagation.laws:
        return 1.0
    return float(_zero_where_rounding(1.0 - (propagation.depth - 1) * propagation.laws[-1].deficit, propagation.depth))


def _mean_of_exponential(rate: float) -> float:
    """(1 - exp(-rate)) / rate, the mean of exp(-rate t) over [0, 1]."""
    return -math.expm1(-rate) / rate if rate != 0 else 1.0


def stationary_hard_tanh(depth: int, epsilon_1: float, q: float = 1.0) -> tuple[float, float]:
    """(s, g) of the hard tanh for which Assumption 4.1 holds with q_l = q and L (1 - alpha) = epsilon_1.

    With sigma = 1 the kinks are at 1 / (s g), so 1 - alpha = P(|h| > 1 / (s g)) fixes the product s g. That q is
    constant, q = E phi(sqrt(q) z)^2, then fixes g. Hence epsilon_2 = - L log g^2 < 0 is not free.

    Raises
    ------
    ValueError
        If the depth is below 1, q is not positive, or 1 - alpha = epsilon_1 / L is not between 0 and 1.
    """
    if depth < 1:
        raise ValueError(f"depth = {depth}: must be at least 1")
    if not (q > 0 and math.isfinite(q)):
        raise ValueError(f"q = {q}: must be positive and finite")
    tail = epsilon_1 / depth
    if not 0 < tail < 1:
        raise ValueError(f"epsilon_1 / L = {tail}: must be between 0 and 1")
    threshold = float(brentq(lambda t: math.log(2 * ndtr(-t)) - math.log(tail), 0.0, 37.0, xtol=1e-15))
    # E min(z^2, t^2) = 1 - tail - 2 t n(t) + t^2 tail, and g^2 times it must be 1.
    density = math.exp(-0.5 * threshold**2) / math.sqrt(2 * math.pi)
    lost = tail + 2 * threshold * density - threshold**2 * tail
    g = 1 / math.sqrt(1 - lost)
    return 1 / (g * threshold * math.sqrt(q)), g


# ---------------------------------------------------------------------------------------------------------------------
# Finite width


def moment_scatter(
    activation: Activation, propagation: SignalPropagation, width: int, gaussian_weights: bool = False
) -> Array:
    """Covariance matrix (L, L) of the empirical second moments qhat_l = ||x^l||^2 / M at width M, to leading order.

    Given x^{l-1}, h^l is uniform on the sphere of radius ||W_l x^{l-1}||, so qhat_l has the mean that the recursion
    gives for qhat_{l-1} and the variance (Var phi(h)^2 - Cov(phi(h)^2, z^2)^2 / 2) / M with h = sqrt(v) z: the part of
    phi^2 along z^2 is fixed by the norm. With Gaussian weights the norm is free and this part is kept. The response to
    qhat_{l-1} is d q_l / d q_{l-1} = Cov(phi^2, z^2) / (2 q_{l-1}). qhat_0 = q_0 does not scatter.
    """
    depth = propagation.depth
    covariance = np.zeros((depth, depth))
    for layer in range(1, depth):
        previous = propagation.moments[layer - 1]
        variance = propagation.sigma2[layer - 1] * previous

        def square(x: Array) -> Array:
            return np.square(activation(x))

        mean = propagation.moments[layer]
        kinks = activation.kinks
        fourth = gaussian_mean(lambda x: square(x) ** 2, kinks, variance)
        along = gaussian_mean(lambda x, v=variance: square(x) * (x**2 / v - 1), kinks, variance)  # type: ignore[misc]
        noise = fourth - mean**2 - (0.0 if gaussian_weights else along**2 / 2)
        response = along / (2 * previous)
        covariance[layer, :layer] = covariance[:layer, layer] = response * covariance[layer - 1, :layer]
        covariance[layer, layer] = response**2 * covariance[layer - 1, layer - 1] + max(noise, 0.0) / width
    return covariance


def atom_scatter(found: Atoms, covariance: Array) -> Array:
    """Standard deviation (K,) of the positions of atoms at finite width, from `moment_scatter`."""
    variances = np.einsum("ki,ij,kj->k", found.coefficients, covariance, found.coefficients)
    return np.asarray(np.sqrt(np.maximum(variances, 0.0)))
