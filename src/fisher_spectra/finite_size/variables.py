"""Order parameters of the mean-field theory layer by layer, each layer with its own activation and variances.

The recursions (9) to (12) of Karakida, Akaho, Amari 2019 with phi_l, sigma_w2_l and sigma_b2_l in place of one phi and
one pair of variances: q^l = sigma_w2_l q_hat^{l-1} + sigma_b2_l, q_hat^l with phi_l, and q_tilde^l = sigma_w2_{l+1}
q_tilde^{l+1} E phi_l'(u)^2 (the variance is that of the layer above).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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
    depth, w2, b2 = ensemble.depth, ensemble.sigma_w2, ensemble.sigma_b2
    q, q_st = [math.nan], [math.nan]
    q_hat, q_hat_st = [input_moment], [input_overlap]
    for layer in range(1, depth + 1):
        q.append(w2[layer - 1] * q_hat[layer - 1] + b2[layer - 1])
        q_st.append(w2[layer - 1] * q_hat_st[layer - 1] + b2[layer - 1])
        if not math.isfinite(q[layer]):
            raise ValueError(
                f"input_moment = {input_moment:g}, sigma_w2 = {max(w2):g}: the second moment of the pre-activations of "
                f"layer {layer} overflows"
            )
        if layer < depth:
            phi = ensemble.activations[layer - 1]
            q_hat.append(float(second_moment(phi, q[layer])))
            # An odd phi keeps uncorrelated samples uncorrelated, exactly.
            uncorrelated = phi.is_odd and q_st[layer] == 0.0
            q_hat_st.append(0.0 if uncorrelated else float(kernel(phi, q[layer], q[layer], q_st[layer])))
    q_tilde, q_tilde_st = [math.nan] * depth + [1.0], [math.nan] * depth + [1.0]
    for layer in range(depth - 1, 0, -1):
        phi = ensemble.activations[layer - 1]
        q_tilde[layer] = w2[layer] * q_tilde[layer + 1] * float(derivative_second_moment(phi, q[layer]))
        gain = float(derivative_kernel(phi, q[layer], q[layer], q_st[layer]))
        q_tilde_st[layer] = w2[layer] * q_tilde_st[layer + 1] * gain
    return OrderParameters(tuple(q), tuple(q_st), tuple(q_hat), tuple(q_hat_st), tuple(q_tilde), tuple(q_tilde_st))


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
