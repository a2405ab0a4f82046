"""Signal propagation: the second moments q_l and the laws nu_l of a network, on which all its spectral laws rest.

Hayase, Karakida 2020 (preprint) and 2021 (AISTATS): an L-layer network of constant width M without biases,
h^l = W_l x^{l-1}, x^l = phi(h^l), with W_l / sigma_l Haar distributed on the orthogonal group. In the wide limit the
entries of h^l are Gaussian with variance sigma_l^2 q_{l-1}, and D_l = diag phi'(h^l) has the spectral law nu_l of
phi'(h)^2 for such a Gaussian h. The dual conditional Fisher matrix obeys (14) of 2021,

    H_{l+1} = q_l + W_{l+1} D_l H_l D_l W_{l+1}^T,   H_1 = q_0,

and its spectral law is mu_L. At finite width M the second moments scatter: `moment_scatter`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation, as_activation
from fisher_spectra.common.arguments import check_integer, check_positive, check_type, real_array
from fisher_spectra.gaussian.integrals import second_moment
from fisher_spectra.gaussian.line_rules import gaussian_mean
from fisher_spectra.hayase_karakida.derivative_law import DerivativeLaw, derivative_law, two_point_law
from fisher_spectra.networks.layer_variances import layer_variances

Array = npt.NDArray[np.float64]


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
        for name in ("moments", "sigma2"):
            object.__setattr__(self, name, tuple(real_array(name, getattr(self, name)).ravel().tolist()))
        check_type("laws", self.laws, (list, tuple), "a tuple of derivative laws")
        object.__setattr__(self, "laws", tuple(self.laws))
        for law in self.laws:
            check_type("laws", law, DerivativeLaw, "a tuple of derivative laws")
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
    activation: Activation | str, depth: int, sigma2: float | Sequence[float] = 1.0, input_moment: float = 1.0
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

    Examples
    --------
    >>> propagation = fs.signal_propagation(fs.get_activation("relu"), depth=3, sigma2=2.0)
    >>> np.round(propagation.moments, 6), propagation.alpha, propagation.gamma
    (array([1., 1., 1.]), array([0.5, 0.5]), array([1., 1.]))
    """
    variances, activation = layer_variances(sigma2, depth), as_activation(activation)
    moments, laws = [check_positive("input_moment", input_moment)], []
    for layer in range(depth - 1):
        variance = variances[layer] * moments[-1]
        laws.append(derivative_law(activation, variance))
        moments.append(float(second_moment(activation, variance)))
    return SignalPropagation(tuple(moments), tuple(laws), variances)


def constant_propagation(
    depth: int, alpha: float, gamma: float, q: float = 1.0, sigma2: float = 1.0
) -> SignalPropagation:
    """The same q, alpha, gamma, sigma in all layers: Assumption 4.1, and the independent projections of Figure 1.

    Parameters
    ----------
    depth
        L.
    alpha, gamma
        nu_l = (1 - alpha) delta_0 + alpha delta_gamma of every layer.
    q, sigma2
        q_l and sigma_l^2 of every layer, positive.

    Raises
    ------
    ValueError
        If the depth is below 1 or a value is out of range.

    Examples
    --------
    >>> propagation = fs.constant_propagation(depth=3, alpha=0.5, gamma=1.0)
    >>> propagation.moments, propagation.alpha
    ((1.0, 1.0, 1.0), array([0.5, 0.5]))
    """
    check_integer("depth", depth, 1)
    q, sigma2 = check_positive("q", q), check_positive("sigma2", sigma2)
    law = two_point_law(alpha, gamma)
    return SignalPropagation((q,) * depth, (law,) * (depth - 1), (sigma2,) * depth)


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

        def along_the_variance(x: Array, v: float = variance) -> Array:
            return square(x) * (x**2 / v - 1)

        mean = propagation.moments[layer]
        kinks = activation.kinks
        fourth = gaussian_mean(lambda x: square(x) ** 2, kinks, variance)
        along = gaussian_mean(along_the_variance, kinks, variance)
        noise = fourth - mean**2 - (0.0 if gaussian_weights else along**2 / 2)
        response = along / (2 * previous)
        covariance[layer, :layer] = covariance[:layer, layer] = response * covariance[layer - 1, :layer]
        covariance[layer, layer] = response**2 * covariance[layer - 1, layer - 1] + max(noise, 0.0) / width
    return covariance
