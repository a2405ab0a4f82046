"""Order parameters of networks whose pre-activations are layer-normalised, at infinite width.

Of each sample, U^l = W^l h^{l-1} + b^l over the M_l neurons is brought to mean 0 and variance 1,

    u^l = (U^l - mean) / sqrt(variance + epsilon),   h^l = phi_l(u^l),   f = W^L h^{L-1} + b^L.

A derivation of this project. The mean over neurons vanishes and their variance is Q^l = sigma_w2_l q_hat^{l-1} +
sigma_b2_l, up to M^-1/2, so that with n^l = 1 / (Q^l + epsilon)

    q^l = n^l Q^l,   q_st^l = n^l (sigma_w2_l q_hat_st^{l-1} + sigma_b2_l),
    q_tilde^l = n^l sigma_w2_{l+1} q_tilde^{l+1} E phi_l'(u^l)^2,

and q_tilde_st^l likewise. q_tilde is that of U, the derivative by which is that by u over sqrt(Q + epsilon), without
its parts along 1 and u; these are of relative order 1/M. So F* has the form of a plain network in q_hat and q_tilde.

Gains g (1 at first) and shifts s (0 at first) in g u + s, if they are parameters, add terms of the order of the biases'
ones: with the backward moment p^l = q_tilde^l / n^l of g u + s,

    shifts: p_st^l,    gains: sigma_w2_{l+1} q_tilde_st^{l+1} E u(s) phi'(u(s)) u(t) phi'(u(t)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.common.arguments import check_not_negative, check_type
from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.inputs import checked_moments
from fisher_spectra.finite_size.variables import OrderParameters, layer_recursion, slope_moments
from fisher_spectra.gaussian.line_rules import gaussian_mean

Array = npt.NDArray[np.float64]

# Terms of the Hermite series of u phi'(u). The gains' part of F* is of order 1/M of the whole; what is left out here is
# below 2e-5 of that part at correlations up to .85; at .99 it is 2e-4 for ReLU, 3 % for hard tanh, 5e-6 for tanh.
_TERMS = 40


@dataclass(frozen=True)
class LayerNormalisation:
    """Layer normalisation of one layer's pre-activations.

    Attributes
    ----------
    epsilon
        What is added to the variance, >= 0; torch's default.
    gains, shifts
        Whether there are such, and they are parameters of F. They are 1 and 0, as at the start of training.

    Raises
    ------
    TypeError, ValueError
        If epsilon is no number >= 0, or gains or shifts are not True or False.

    Examples
    --------
    >>> from fisher_spectra.finite_size.layer_normalisation import LayerNormalisation
    >>> LayerNormalisation(shifts=False)
    LayerNormalisation(epsilon=1e-05, gains=True, shifts=False)
    """

    epsilon: float = 1e-5
    gains: bool = True
    shifts: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "epsilon", check_not_negative("epsilon", self.epsilon))
        check_type("gains", self.gains, bool, "True or False")
        check_type("shifts", self.shifts, bool, "True or False")


def normalised_order_parameters(
    ensemble: LayeredEnsemble,
    normalisations: Sequence[LayerNormalisation | None],
    input_moment: float = 1.0,
    input_overlap: float = 0.0,
) -> OrderParameters:
    """Upwards q and q_hat, downwards q_tilde: q of what enters phi, q_tilde of the pre-activations before it.

    Parameters
    ----------
    ensemble
        Widths, phi_1 .. phi_{L-1}, variances of each layer.
    normalisations
        That of each hidden layer, L - 1; ``None`` for one that is not normalised.
    input_moment, input_overlap
        q_hat^0 > 0 and q_hat_st^0.

    Raises
    ------
    TypeError, ValueError
        If an argument is none of these, or the moments grow beyond floating point.

    Examples
    --------
    >>> from fisher_spectra.finite_size.layer_normalisation import LayerNormalisation, normalised_order_parameters
    >>> ensemble, norm = fs.layered_ensemble((50, 80, 80, 1), "relu", 2.0, 0.1), LayerNormalisation(epsilon=0.0)
    >>> fields = normalised_order_parameters(ensemble, (norm, norm))
    >>> [round(value, 4) for value in fields.q[1:]], [round(value, 4) for value in fields.q_tilde[1:]]
    ([1.0, 1.0, 1.1], [0.4329, 0.9091, 1.0])
    """
    check_type("ensemble", ensemble, LayeredEnsemble, "what layered_ensemble returns")
    norms = _checked(ensemble, normalisations)
    moment, overlap = checked_moments(input_moment, input_overlap)

    def scale(layer: int, raw: float) -> float:
        norm = norms[layer - 1] if layer < ensemble.depth else None
        return 1.0 if norm is None else 1.0 / (raw + norm.epsilon)

    return layer_recursion(ensemble, moment, overlap, scale=scale)


def gains_and_shifts(
    ensemble: LayeredEnsemble, normalisations: Sequence[LayerNormalisation | None], fields: OrderParameters
) -> tuple[float, float]:
    """What gains and shifts add to T F*_ss and T F*_st of one output.

    Parameters
    ----------
    ensemble, normalisations
        As of `normalised_order_parameters`, and
    fields
        what it gives.

    Returns
    -------
    tuple
        Of one sample, and of two.

    Raises
    ------
    TypeError, ValueError
        If there are other than L - 1 normalisations.

    Examples
    --------
    >>> from fisher_spectra.finite_size.layer_normalisation import LayerNormalisation, gains_and_shifts
    >>> from fisher_spectra.finite_size.layer_normalisation import normalised_order_parameters
    >>> ensemble, norms = fs.layered_ensemble((50, 80, 1), "linear", 2.0), (LayerNormalisation(epsilon=0.0),)
    >>> one, two = gains_and_shifts(ensemble, norms, normalised_order_parameters(ensemble, norms))
    >>> round(one, 6), round(two, 6)  # of one sample sigma_w2 by each of the two; a correlation of 0 leaves the shift's
    (4.0, 2.0)
    """
    one = two = 0.0
    for layer, norm in enumerate(_checked(ensemble, normalisations), start=1):
        if norm is None:
            continue
        phi, q, q_st = ensemble.activations[layer - 1], fields.q[layer], fields.q_st[layer]
        above = ensemble.sigma_w2[layer] * fields.q_tilde[layer + 1]
        above_st = ensemble.sigma_w2[layer] * fields.q_tilde_st[layer + 1]
        if norm.shifts:
            same, other = slope_moments(phi, q, q_st)
            one, two = one + above * same, two + above_st * other
        if norm.gains:
            same, other = gain_moments(phi, q, q_st)
            one, two = one + above * same, two + above_st * other
    return one, two


def _checked(
    ensemble: LayeredEnsemble, normalisations: Sequence[LayerNormalisation | None]
) -> tuple[LayerNormalisation | None, ...]:
    kind = "a sequence of LayerNormalisation or None, one for each hidden layer"
    check_type("normalisations", normalisations, (list, tuple), kind)
    for one in normalisations:
        check_type("normalisations", one, (LayerNormalisation, type(None)), kind)
    if len(normalisations) != ensemble.depth - 1:
        raise ValueError(f"normalisations: {len(normalisations)} of them; must be {ensemble.depth - 1}")
    return tuple(normalisations)


@lru_cache(maxsize=64)
def gain_moments(phi: Activation, q: float, q_st: float) -> tuple[float, float]:
    """E (u phi'(u))^2, and E u phi'(u) v phi'(v) of variance q and covariance q_st, by its Hermite series."""
    root, c = math.sqrt(q), q_st / q
    kinks = tuple(kink / root for kink in phi.kinks)

    def gain(z: Array) -> Any:
        return root * z * phi.derivative(root * z)

    def coefficient(n: int) -> float:
        return float(gaussian_mean(lambda z: gain(z) * _hermite(n, z), kinks))

    same = gaussian_mean(lambda z: gain(z) ** 2, kinks)
    if c >= 1.0:
        return same, same
    other = 0.0
    for n in range(_TERMS):
        if phi.is_odd and n % 2 == 0:
            continue  # u phi'(u) is odd as well
        other += coefficient(n) ** 2 * c**n
    return same, other


def _hermite(n: int, z: Array) -> Array:
    """He_n(z) / sqrt(n!), by its recursion."""
    before, now = np.zeros_like(z), np.ones_like(z)
    for k in range(n):
        before, now = now, (z * now - math.sqrt(k) * before) / math.sqrt(k + 1.0)
    return now
