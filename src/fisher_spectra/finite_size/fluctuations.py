"""What the samples of one network, and the networks of one ensemble, differ by: terms of order 1/M.

Samples. Row sums of F* are not the same for all samples s: norm and mean overlap of h^l(s), and the slopes phi'(u^l(s))
that its derivative goes through, fluctuate by M^-1/2. With relative row sums 1 + a_s the uniform vector is not the
outlier's eigenvector, and the largest eigenvalue exceeds the mean of all entries by a relative Var(a), which the
infinite-width theory has not. Var(a) is found by carrying the three sources of each layer l,

    n: sum_i phi_i(s)^2 / M_l,  g: sum_i m_i phi_i(s) / M_l,  d: sum_i p_i b_i^2 phi'_i(s) / M_l,

(m = E[phi|z], p = E[phi'|z], b_i^2 ~ chi^2_1 the backpropagated square, and what b_i itself differs by between samples)
through the linearised recursions to the row sum (1 - 1/T) sum_l M_{l-1} q_tilde_st^l q_hat_st^{l-1} + (1/T) sum_l
M_{l-1} q_tilde^l q_hat^{l-1} of s. The source d also couples the leading output vector to each of the C - 1 others.

Networks. The same sums over i of what is common to all samples, m_i^2, p_i^2 b_i^2 and E[phi^2|z_i], make the largest
eigenvalue scatter from network to network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.nodes import NeuronClasses, neuron_classes
from fisher_spectra.finite_size.variables import OrderParameters
from fisher_spectra.gaussian.integrals import derivative_kernel, derivative_second_moment, kernel, second_moment

Array = npt.NDArray[np.float64]

# Of the variance q: the step of central differences of the kernels, which are known to 1e-12.
_STEP = 1e-3
_N, _G, _D = 0, 1, 2


@dataclass(frozen=True)
class RelativeVariances:
    """Relative variances of order 1/M.

    Attributes
    ----------
    of_samples
        Var(a): of the row sums over the samples of a network, for one output vector.
    of_samples_across
        The same of the coupling to one other output vector.
    of_networks
        Of the mean entry over networks, without what the chain of outputs makes: of the forward pass, and its
        covariance with the squared slopes of the same neurons.
    """

    of_samples: float
    of_samples_across: float
    of_networks: float


@dataclass(frozen=True)
class _Derivatives:
    """Derivatives of a layer's kernels E phi(u) phi(v), E phi'(u) phi'(v) and of their values for one sample.

    `own_gain` is the logarithmic derivative of E phi'(u)^2.
    """

    moment: float
    own_gain: float
    kernel_by_variance: float
    gain: float
    gain_by_variance: float
    gain_by_covariance: float


def relative_variances(
    ensemble: LayeredEnsemble, fields: OrderParameters, samples: int, random_inputs: bool = True
) -> RelativeVariances:
    """Variances of a network with kappa_2 > 0.

    Parameters
    ----------
    ensemble, fields, samples
        The networks, their moments, and T.
    random_inputs
        Whether norms and overlaps of the inputs fluctuate as those of Gaussian vectors do. For given data they are
        known, and part of the infinite-width kernel.
    """
    depth = ensemble.depth
    derivatives = [_derivatives(ensemble, fields, layer) for layer in range(1, depth)]
    own, across, common = 0.0, 0.0, 0.0
    for layer in range(depth):
        if layer == 0:
            if random_inputs:
                response = _responses(ensemble, fields, samples, derivatives, layer, 1.0)
                own += float(response @ _input_noise(ensemble, fields) @ response)
            continue
        width = ensemble.widths[layer]
        noise, noise_across = sample_noise(ensemble, fields, layer)
        response = _responses(ensemble, fields, samples, derivatives, layer, 1.0)
        own += float(response @ noise @ response) / width
        across += float(response[_D] ** 2) * noise_across / width
        response = _responses(ensemble, fields, samples, derivatives, layer, 2.0)
        noise = _common_noise(_classes(ensemble, fields, layer))
        common += float(response @ noise @ response) / width
    return RelativeVariances(own, across, common)


def sample_noise(ensemble: LayeredEnsemble, fields: OrderParameters, layer: int) -> tuple[Array, float]:
    """Covariance (3, 3) over samples of the sources n, g, d of one neuron; that of d across two output vectors."""
    classes = _classes(ensemble, fields, layer)
    m, p = classes.activity, classes.slope
    above, above_st = fields.q_tilde[layer + 1], fields.q_tilde_st[layer + 1]
    from_above = classes.slope_moment * (above - above_st) / above_st
    covariance = np.zeros((3, 3))
    covariance[_N, _N] = float(np.mean(classes.square_variance))
    covariance[_G, _G] = float(np.mean(m**2 * classes.activity_variance))
    covariance[_D, _D] = float(np.mean(p**2 * (3.0 * classes.slope_variance + from_above)))  # E b^4 = 3
    covariance[_N, _G] = covariance[_G, _N] = float(np.mean(m * classes.activity_with_square))
    covariance[_N, _D] = covariance[_D, _N] = float(np.mean(p * classes.square_with_slope))
    covariance[_G, _D] = covariance[_D, _G] = float(np.mean(m * p * classes.activity_with_slope))
    return covariance, float(np.mean(p**2 * (classes.slope_variance + from_above)))


def slope_noise(ensemble: LayeredEnsemble, fields: OrderParameters, layer: int) -> float:
    """Variance of the source d across two output vectors over the square of its mean, times M_l."""
    mean = float(np.mean(_classes(ensemble, fields, layer).slope ** 2))
    return sample_noise(ensemble, fields, layer)[1] / mean**2 if mean > 0.0 else 0.0


def _classes(ensemble: LayeredEnsemble, fields: OrderParameters, layer: int) -> NeuronClasses:
    return neuron_classes(ensemble.activations[layer - 1], fields.q[layer], fields.q_st[layer])


def _input_noise(ensemble: LayeredEnsemble, fields: OrderParameters) -> Array:
    """Of Gaussian inputs with a common part of moment q_hat_st^0; the overlap with the mean of the others is g."""
    shared, rest = max(fields.q_hat_st[0], 0.0), fields.q_hat[0] - fields.q_hat_st[0]
    covariance = np.zeros((3, 3))
    covariance[_N, _N] = 4.0 * shared * rest + 2.0 * rest**2
    covariance[_G, _G] = shared * rest
    covariance[_N, _G] = covariance[_G, _N] = 2.0 * shared * rest
    return covariance / ensemble.widths[0]


def _common_noise(classes: NeuronClasses) -> Array:
    """Covariance over neurons of E[phi^2|z], m^2 and p^2 b^2, shape (3, 3), but the variance of the last."""
    means = np.array([classes.activity_variance + classes.activity**2, classes.activity**2, classes.slope**2])
    centred = means - means.mean(axis=1, keepdims=True)
    covariance = np.asarray(centred @ centred.T / means.shape[1])
    covariance[_D, _D] = 0.0
    return covariance


def _derivatives(ensemble: LayeredEnsemble, fields: OrderParameters, layer: int) -> _Derivatives:
    phi, q, q_st = ensemble.activations[layer - 1], fields.q[layer], fields.q_st[layer]
    step = min(_STEP * q, 0.5 * (q - q_st)) if q > q_st else 0.0
    if step == 0.0:
        return _Derivatives(0.0, 0.0, 0.0, float(derivative_kernel(phi, q, q, q_st)), 0.0, 0.0)
    variances, covariances = np.array([q + step, q - step, q, q]), np.array([q_st, q_st, q_st + step, q_st - step])
    gains = derivative_kernel(phi, variances, q, covariances)
    kernels = kernel(phi, variances[:2], q, q_st)
    moments = second_moment(phi, variances[:2])
    slopes = derivative_second_moment(phi, variances[:2])
    return _Derivatives(
        moment=float(moments[0] - moments[1]) / (2.0 * step),
        own_gain=float(slopes[0] - slopes[1]) / (step * float(slopes[0] + slopes[1])),
        kernel_by_variance=float(kernels[0] - kernels[1]) / (2.0 * step),
        gain=float(derivative_kernel(phi, q, q, q_st)),
        gain_by_variance=float(gains[0] - gains[1]) / (2.0 * step),
        gain_by_covariance=float(gains[2] - gains[3]) / (2.0 * step),
    )


def _responses(
    ensemble: LayeredEnsemble,
    fields: OrderParameters,
    samples: int,
    derivatives: list[_Derivatives],
    source_layer: int,
    sides: float,
) -> Array:
    """Relative change of the row sum of a sample by each source of a layer, shape (3,).

    `sides` is 1 if one of the two samples of an overlap changes, 2 if both do.
    """
    depth, w2 = ensemble.depth, ensemble.sigma_w2
    n, g, d, own = np.zeros((4, 3, depth))
    n[_N, source_layer] = g[_G, source_layer] = 1.0
    if source_layer > 0 and derivatives[source_layer - 1].gain > 0.0:
        # Where slopes are 0 or 1, as those of ReLU, their squares change as they do.
        d[_D, source_layer - 1] = own[_D, source_layer - 1] = 1.0 / derivatives[source_layer - 1].gain
    for layer in range(source_layer + 1, depth):
        at = derivatives[layer - 1]
        q, q_st = w2[layer - 1] * n[:, layer - 1], w2[layer - 1] * g[:, layer - 1]
        n[:, layer] = at.moment * q
        g[:, layer] = sides * at.kernel_by_variance * q + at.gain * q_st
        own[:, layer - 1] = at.own_gain * q
        if at.gain > 0.0:
            d[:, layer - 1] = (sides * at.gain_by_variance * q + at.gain_by_covariance * q_st) / at.gain
    pair, pair_change = _sum_and_change(ensemble, fields.q_tilde_st, fields.q_hat_st, g, d)
    itself, own_change = _sum_and_change(ensemble, fields.q_tilde, fields.q_hat, n, own)
    shared = 1.0 - 1.0 / samples
    return np.asarray((shared * pair_change + own_change / samples) / (shared * pair + itself / samples))


def _sum_and_change(
    ensemble: LayeredEnsemble, backward: tuple[float, ...], forward: tuple[float, ...], by_forward: Array, gains: Array
) -> tuple[float, Array]:
    """sum_l backward^l (M_{l-1} forward^{l-1} + beta), and its change by those of forward^l and of log gains."""
    widths, upper = np.array(ensemble.widths[:-1]), np.array(backward[1:])
    terms = upper * (widths * np.array(forward) + ensemble.bias_term)
    # backward^l is the product of the gains of the layers l .. L-1, and 1 for l = L.
    above = np.cumsum(gains[:, ::-1], axis=1)[:, ::-1]
    return float(terms.sum()), np.asarray(((upper * widths) * by_forward + terms * above).sum(axis=1))
