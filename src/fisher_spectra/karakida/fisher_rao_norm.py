"""Fisher-Rao norm theta^T F theta of the weights of a random network: Theorem 5 as printed, and corrected.

Karakida, Akaho, Amari 2019, (19), (20) and appendix A.6. The printed value keeps only the diagonal l = l' of the
double sum over layers (A.46)-(A.48), with the argument that weights of different layers are independent and of mean
zero. But the Fisher matrix depends on these very weights, and the cross terms are of the same order as the diagonal
ones. In a linear network without biases, for example, each of the L layers contributes the output itself: the norm
is L^2 E f^2, not L E f^2.

The corrected value rests on theta^T F theta = (1/T) sum_t sum_k (sum_l <W^l, df_k(t)/dW^l>)^2: the output moves with
speed T^L when all weights (not the biases) are scaled up at unit rate. This derivative is carried forward
through the layers together with the pre-activation u: T^1 = W^1 x and T^{l+1} = W^{l+1} (phi(u^l) + phi'(u^l) T^l). In
the limit of large width (u, T) is a centred Gaussian pair in each layer, with variances q and S and covariance R.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.common.arguments import check_integer, check_type
from fisher_spectra.gaussian.line_rules import gaussian_mean
from fisher_spectra.karakida.mean_field import MeanField


def fisher_rao_norm_printed(mf: MeanField, outputs: int = 1) -> float:
    """Theorem 5 as printed, (20): sigma_w^2 (alpha / alpha_min) C kappa_1.

    Printed as an upper bound of the mean norm, and as its value for equal widths. It is neither: see
    :func:`fisher_rao_norm`.

    Parameters
    ----------
    mf
        Of :func:`mean_field`.
    outputs
        C >= 1.

    Examples
    --------
    >>> field = fs.mean_field(fs.get_activation("linear"), sigma_w2=1.0, sigma_b2=0.0, depth=3)
    >>> round(fs.fisher_rao_norm_printed(field), 6), round(fs.fisher_rao_norm(field), 6)  # L and L^2
    (3.0, 9.0)
    """
    check_type("mf", mf, MeanField, "what mean_field returns")
    check_integer("outputs", outputs, 1)
    return mf.sigma_w2 * mf.alpha / min(mf.architecture.alphas) * outputs * mf.kappa_1


def fisher_rao_norm(mf: MeanField, outputs: int = 1) -> float:
    """Mean of theta^T F theta over the weights in the limit of large width: C S^L; corrects Theorem 5.

    S^1 = R^1 = sigma_w^2 q_hat^0, and for each hidden layer, with (u, T) Gaussian of variances q, S and covariance R,
    S' = sigma_w^2 E (phi(u) + phi'(u) T)^2 and R' = sigma_w^2 E phi(u) (phi(u) + phi'(u) T).
    theta are the weights of all layers without the biases, as in the paper; F is that of all samples. Like the
    macroscopic variables, the result depends neither on the widths alpha_l nor on M.

    Parameters
    ----------
    mf
        The network; from :func:`fisher_spectra.karakida.mean_field.mean_field`.
    outputs
        C >= 1.

    Raises
    ------
    ValueError
        If a Gaussian mean does not settle, see :func:`gaussian_mean`.

    Examples
    --------
    >>> field = fs.mean_field(fs.get_activation("relu"), sigma_w2=2.0, sigma_b2=0.0, depth=3)
    >>> round(fs.fisher_rao_norm(field), 6), round(fs.fisher_rao_norm_printed(field), 6)
    (18.0, 6.0)
    """
    check_type("mf", mf, MeanField, "what mean_field returns")
    check_integer("outputs", outputs, 1)
    norm = covariance = mf.sigma_w2 * mf.q_hat[0]
    for q in mf.q[1:-1]:
        norm, covariance = _next_layer(mf.activation, mf.sigma_w2, q, norm, covariance)
    return outputs * norm


def _next_layer(
    activation: Activation, sigma_w2: float, q: float, norm: float, covariance: float
) -> tuple[float, float]:
    # Given u, the speed T is Gaussian with mean (R / q) u and variance S - R^2 / q.
    slope = covariance / q
    remainder = max(norm - covariance * slope, 0.0)

    def squared_speed(u: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        value, derivative = activation.value_and_derivative(u)
        return (value + derivative * slope * u) ** 2 + derivative**2 * remainder

    def value_times_speed(u: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        value, derivative = activation.value_and_derivative(u)
        return value * (value + derivative * slope * u)

    return (
        sigma_w2 * gaussian_mean(squared_speed, activation.kinks, q),
        sigma_w2 * gaussian_mean(value_times_speed, activation.kinks, q),
    )
