"""Order parameters of residual networks, at infinite width.

    u^1 = W^1 x + b^1,   u^{l+1} = u^l + W^{l+1} phi_l(u^l) + b^{l+1}  (l + 1 < L),   f = W^L phi_{L-1}(u^{L-1}) + b^L.

A derivation of this project, by the steps of (9) to (12) of Karakida, Akaho, Amari 2019. Given u^l the products
W^{l+1} phi(u^l) are centred and independent of it, so that second moments add:

    q^{l+1} = q^l + sigma_w2_{l+1} q_hat^l + sigma_b2_{l+1},
    q_tilde^l = q_tilde^{l+1} (1 + sigma_w2_{l+1} E phi_l'(u^l)^2),   q_tilde^{L-1} = sigma_w2_L E phi_{L-1}'^2,

and the same of two samples, with E phi_l'(u^l(s)) phi_l'(u^l(t)). The derivative of an output by W^l is delta^l
h^{l-1}^T with delta^l that by u^l, as in a plain network, and F* has its form.
"""

from __future__ import annotations

from fisher_spectra.common.arguments import check_type
from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.inputs import checked_moments
from fisher_spectra.finite_size.variables import OrderParameters, layer_recursion


def residual_order_parameters(
    ensemble: LayeredEnsemble, input_moment: float = 1.0, input_overlap: float = 0.0
) -> OrderParameters:
    """Upwards q and q_hat, downwards q_tilde, of residual networks.

    Parameters
    ----------
    ensemble
        Widths (equal ones of all hidden layers), phi_1 .. phi_{L-1}, variances of each layer.
    input_moment, input_overlap
        q_hat^0 > 0 and q_hat_st^0.

    Raises
    ------
    TypeError, ValueError
        If an argument is none of these, hidden widths differ, or the moments grow beyond floating point.

    Examples
    --------
    >>> from fisher_spectra.finite_size.residual_networks import residual_order_parameters
    >>> fields = residual_order_parameters(fs.layered_ensemble((50, 80, 80, 80, 1), "relu", 1.0, 0.1))
    >>> [round(value, 4) for value in fields.q[1:]]  # 1.1, then 3/2 of it and 0.1 more; the output has no skip
    [1.1, 1.75, 2.725, 1.4625]
    """
    check_type("ensemble", ensemble, LayeredEnsemble, "what layered_ensemble returns")
    moment, overlap = checked_moments(input_moment, input_overlap)
    if len(set(ensemble.widths[1:-1])) > 1:
        raise ValueError(f"widths = {ensemble.widths}: hidden widths must be equal, as layers are added to each other")
    return layer_recursion(ensemble, moment, overlap, skips=range(2, ensemble.depth))
