"""Order parameters of the mean-field theory layer by layer, each layer with its own activation and variances.

The recursions (9) to (12) of Karakida, Akaho, Amari 2019 with phi_l, sigma_w2_l and sigma_b2_l in place of one phi and
one pair of variances: q^l = sigma_w2_l q_hat^{l-1} + sigma_b2_l, q_hat^l with phi_l, and q_tilde^l = sigma_w2_{l+1}
q_tilde^{l+1} E phi_l'(u)^2 (the variance is that of the layer above).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.gaussian.integrals import derivative_kernel, derivative_second_moment, kernel, second_moment


@dataclass(frozen=True)
class OrderParameters:
    """Moments of a layer for one sample and for two; indices as in the paper, ``nan`` where there is none.

    Attributes
    ----------
    q, q_st
        E u^l(s) u^l(t) for s = t and s != t; l = 1 .. L.
    q_hat, q_hat_st
        The same of the activities h^l; l = 0 .. L - 1.
    q_tilde, q_tilde_st
        sum_i delta^l_i(s) delta^l_i(t) of one output; l = 1 .. L.
    """

    q: tuple[float, ...]
    q_st: tuple[float, ...]
    q_hat: tuple[float, ...]
    q_hat_st: tuple[float, ...]
    q_tilde: tuple[float, ...]
    q_tilde_st: tuple[float, ...]


def order_parameters(
    ensemble: LayeredEnsemble, input_moment: float = 1.0, input_overlap: float = 0.0
) -> OrderParameters:
    """Upwards q and q_hat, downwards q_tilde.

    Parameters
    ----------
    ensemble
        The networks.
    input_moment, input_overlap
        q_hat^0 and q_hat_st^0.

    Raises
    ------
    ValueError
        If the moments grow from layer to layer beyond floating point.
    """
    return layer_recursion(ensemble, input_moment, input_overlap)


def layer_recursion(
    ensemble: LayeredEnsemble,
    input_moment: float,
    input_overlap: float,
    *,
    skips: Collection[int] = (),
    scale: Callable[[int, float], float] = lambda layer, raw: 1.0,
) -> OrderParameters:
    """The recursions of plain, residual and normalised networks: layer l has the second moment

        q^l = n^l Q^l,   Q^l = sigma_w2_l q_hat^{l-1} + sigma_b2_l (+ q^{l-1} for a skip connection around phi and W^l),
        q_tilde^l = n^l (sigma_w2_{l+1} q_tilde^{l+1} E phi_l'^2 (+ q_tilde^{l+1} if the layer above has one)),

    and two samples likewise with the factor n^l of one.

    Parameters
    ----------
    ensemble
        The networks.
    input_moment, input_overlap
        q_hat^0 and q_hat_st^0.
    skips
        Layers l with a skip connection.
    scale
        n^l from l and Q^l; 1 if not given.

    Raises
    ------
    ValueError
        If the moments grow from layer to layer beyond floating point.
    """
    depth, w2, b2 = ensemble.depth, ensemble.sigma_w2, ensemble.sigma_b2
    q, q_st, scales = [math.nan], [math.nan], [math.nan]
    q_hat, q_hat_st = [input_moment], [input_overlap]
    for layer in range(1, depth + 1):
        raw = w2[layer - 1] * q_hat[layer - 1] + b2[layer - 1]
        raw_st = w2[layer - 1] * q_hat_st[layer - 1] + b2[layer - 1]
        if layer in skips:
            raw, raw_st = q[-1] + raw, q_st[-1] + raw_st
        if not math.isfinite(raw):
            raise ValueError(
                f"input_moment = {input_moment:g}, sigma_w2 = {max(w2):g}: the second moment of the pre-activations of "
                f"layer {layer} overflows"
            )
        scales.append(scale(layer, raw))
        q.append(scales[layer] * raw)
        q_st.append(scales[layer] * raw_st)
        if layer < depth:
            same, other = activity_moments(ensemble.activations[layer - 1], q[layer], q_st[layer])
            q_hat.append(same)
            q_hat_st.append(other)
    q_tilde, q_tilde_st = [math.nan] * depth + [1.0], [math.nan] * depth + [1.0]
    for layer in range(depth - 1, 0, -1):
        same, other = slope_moments(ensemble.activations[layer - 1], q[layer], q_st[layer])
        skipped = 1.0 if layer + 1 in skips else 0.0
        for backward, slopes in ((q_tilde, same), (q_tilde_st, other)):
            # of a normalised layer q_tilde is that of Q, so that n^l goes with the layer itself
            through = w2[layer] * backward[layer + 1] * slopes + skipped * backward[layer + 1]
            backward[layer] = scales[layer] * through
    return OrderParameters(tuple(q), tuple(q_st), tuple(q_hat), tuple(q_hat_st), tuple(q_tilde), tuple(q_tilde_st))


def activity_moments(phi: Activation, q: float, q_st: float) -> tuple[float, float]:
    """E phi(u)^2, and E phi(u) phi(v) of u and v with variance q and covariance q_st."""
    # An odd phi keeps uncorrelated samples uncorrelated, exactly.
    other = 0.0 if phi.is_odd and q_st == 0.0 else float(kernel(phi, q, q, q_st))
    return float(second_moment(phi, q)), other


def slope_moments(phi: Activation, q: float, q_st: float) -> tuple[float, float]:
    """E phi'(u)^2, and E phi'(u) phi'(v) of u and v with variance q and covariance q_st."""
    return float(derivative_second_moment(phi, q)), float(derivative_kernel(phi, q, q, q_st))


def diagonal_sum(ensemble: LayeredEnsemble, fields: OrderParameters, biases: bool = True) -> float:
    """T F*_ss of one output, sum_l q_tilde^l (M_{l-1} q_hat^{l-1} + beta): alpha kappa_1 M of the paper, and biases.

    Without the biases' share if `biases` is false, as in the paper, whatever the ensemble says.
    """
    return _sum_of_layers(ensemble, fields.q_tilde, fields.q_hat, biases)


def off_diagonal_sum(ensemble: LayeredEnsemble, fields: OrderParameters, biases: bool = True) -> float:
    """T F*_st of one output and two samples: alpha kappa_2 M of the paper, and biases; see `diagonal_sum`."""
    return _sum_of_layers(ensemble, fields.q_tilde_st, fields.q_hat_st, biases)


def _sum_of_layers(
    ensemble: LayeredEnsemble, backward: tuple[float, ...], forward: tuple[float, ...], biases: bool
) -> float:
    beta = ensemble.bias_term if biases else 0.0
    return math.fsum(t * (m * h + beta) for m, t, h in zip(ensemble.widths[:-1], backward[1:], forward, strict=True))
