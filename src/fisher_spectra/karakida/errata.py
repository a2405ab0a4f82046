"""Formulas that Karakida, Akaho, Amari 2019 misprint: the printed value, the corrected one and a sampled one.

Each function draws what the formula speaks of, without using the formula: Gaussian pairs, random networks, or the
change of a network's output under a small change of its parameters. The printed and the corrected value are
predictions for the mean of the same draws.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fisher_spectra.activations.catalogue import Activation, get_activation
from fisher_spectra.common.erratum import SMALL_CHANGE, Erratum, erratum_of, gaussian_normalisation, sampled_divergence
from fisher_spectra.common.normal_numbers import standard_normal
from fisher_spectra.gaussian.integrals import kernel
from fisher_spectra.karakida.mean_field import eigenvalue_maximum, mean_field
from fisher_spectra.networks.dual_fisher import dual_fisher, eigenvalues
from fisher_spectra.networks.fully_connected import (
    FloatArray,
    RandomNetwork,
    backward,
    forward,
    gaussian_inputs,
    n_parameters,
    push_forward,
    sample_network,
)


@dataclass(frozen=True)
class Setting:
    """A random network, as in the captions of the paper's figures."""

    activation: Activation
    sigma_w2: float
    sigma_b2: float
    depth: int
    width: int

    def sample(self, rng: np.random.Generator, outputs: int = 1) -> RandomNetwork:
        """A network with `outputs` outputs."""
        widths = [*[self.width] * self.depth, outputs]
        return sample_network(rng, widths, self.activation, self.sigma_w2, self.sigma_b2)


def relu_derivative_kernel(rng: np.random.Generator, variance: float, covariance: float, draws: int) -> Erratum:
    """(B.12): I_phi' = (pi/2 + asin c) / (2 pi) with c = b / a; the printed factor a is too much.

    The derivative of a ReLU is 0 or 1, so its second moment does not depend on the scale of the pre-activations.
    """
    correlation = covariance / variance
    corrected = (math.pi / 2 + math.asin(correlation)) / (2 * math.pi)
    u = standard_normal(rng, draws)
    v = correlation * u + math.sqrt(1 - correlation**2) * standard_normal(rng, draws)
    return erratum_of(
        "relu_derivative_kernel",
        "(B.12)",
        f"E phi'(u) phi'(v), ReLU, a = {variance:g}, b = {covariance:g}",
        variance * corrected,
        corrected,
        (u > 0) & (v > 0),
    )


def relu_backward_start(rng: np.random.Generator, setting: Setting, networks: int) -> Erratum:
    """(B.10): with linear outputs the backward recursion of ReLU networks starts from q_tilde^L = 1, not 1/2."""
    sums = []
    for _ in range(networks):
        passed = forward(setting.sample(rng), gaussian_inputs(rng, 1, setting.width))
        sums.append(float(np.sum(backward(passed)[0] ** 2)))
    gain = (setting.sigma_w2 / 2) ** (setting.depth - 1)
    return erratum_of(
        "relu_backward_start",
        "(B.10)",
        f"sum_i delta_i^1(t)^2, ReLU, L = {setting.depth}, M = {setting.width}",
        gain / 2,
        gain,
        sums,
    )


def output_normalisation(rng: np.random.Generator, draws: int, outputs: int) -> Erratum:
    """Text below (1): exp(-|y - f|^2 / 2) integrates to (2 pi)^{C/2} over y in R^C, not to sqrt(2 pi)."""
    quantity = f"integral of exp(-|y - f|^2 / 2) over y, C = {outputs}"
    return gaussian_normalisation("output_normalisation", "text below (1)", quantity, rng, draws, outputs)


def kernel_definition(rng: np.random.Generator, setting: Setting, draws: int) -> Erratum:
    """Text below (10): both arguments of I_phi[a, b] have variance a; the second is printed with sqrt(b).

    Sampled: the activities of the first hidden layer for two orthogonal inputs of length sqrt(M_0), one unit for
    each draw. Their pre-activations have variance a = sigma_w^2 + sigma_b^2 and share the bias, b = sigma_b^2.
    """
    a, b = setting.sigma_w2 + setting.sigma_b2, setting.sigma_b2
    bias = math.sqrt(b) * standard_normal(rng, draws)
    u = math.sqrt(setting.sigma_w2) * standard_normal(rng, draws) + bias
    v = math.sqrt(setting.sigma_w2) * standard_normal(rng, draws) + bias
    return erratum_of(
        "kernel_definition",
        "text below (10)",
        f"E phi(u) phi(v), {setting.activation.name}, a = {a:g}, b = {b:g}",
        float(kernel(setting.activation, a, b, math.sqrt(a * b) * b / a)),
        float(kernel(setting.activation, a, a, b)),
        np.asarray(setting.activation(u)) * np.asarray(setting.activation(v)),
    )


@dataclass(frozen=True)
class _SmallChange:
    """A small change of a network's parameters, forwards and backwards."""

    quadratic_form: float  # d theta^T F d theta
    output_changes: tuple[FloatArray, FloatArray]  # f_{theta + d theta} - f_theta and f_{theta - d theta} - f_theta


def _small_change(rng: np.random.Generator, setting: Setting, samples: int) -> _SmallChange:
    network = setting.sample(rng)
    inputs = gaussian_inputs(rng, samples, setting.width)
    passed = forward(network, inputs)
    weights = [SMALL_CHANGE * np.std(w) * rng.standard_normal(w.shape) for w in network.weights]
    biases = [SMALL_CHANGE * rng.standard_normal(b.shape) for b in network.biases]
    along = [h @ w.T + b for h, w, b in zip(passed.activations, weights, biases, strict=True)]
    form = float(np.sum(push_forward(passed, along) ** 2)) / samples

    def change(sign: float) -> FloatArray:
        moved = RandomNetwork(
            tuple(w + sign * dw for w, dw in zip(network.weights, weights, strict=True)),
            tuple(b + sign * db for b, db in zip(network.biases, biases, strict=True)),
            network.activation,
        )
        return forward(moved, inputs).outputs - passed.outputs

    return _SmallChange(form, (change(1.0), change(-1.0)))


def divergence_over_quadratic_form(
    rng: np.random.Generator, setting: Setting, samples: int, networks: int
) -> list[Erratum]:
    """(3) and Lemma 6: the Kullback-Leibler divergence and the loss are one half of d theta^T F d theta.

    The divergence is the mean of ln p(y|x; theta) - ln p(y|x; theta + d theta) over y drawn from p(y|x; theta), unit
    Gaussian noise on the output; the loss is E(theta* + d theta) = sum_t |f_{theta* + d theta}(t) - y(t)|^2 / (2 T),
    with the teacher's signal y = f_theta*.
    """
    divergences, losses = [], []
    for _ in range(networks):
        change = _small_change(rng, setting, samples)
        divergence, loss = [], []
        for difference in change.output_changes:
            divergence.append(sampled_divergence(rng, difference))
            loss.append(float(np.sum(difference**2)) / (2 * samples))
        divergences.append(np.mean(divergence) / change.quadratic_form)
        losses.append(np.mean(loss) / change.quadratic_form)
    about = f"over d theta^T F d theta, {setting.activation.name}, L = {setting.depth}, M = {setting.width}"
    return [
        erratum_of("divergence", "(3)", f"Kullback-Leibler divergence {about}", 1.0, 0.5, divergences),
        erratum_of("loss_at_minimum", "Lemma 6", f"E(theta* + d theta) {about}", 1.0, 0.5, losses),
    ]


def number_of_outliers(
    rng: np.random.Generator, setting: Setting, samples: int, outputs: int, networks: int
) -> Erratum:
    """Theorem 4 with C > 1: C eigenvalues are of the order of the maximum; the paper does not count them.

    Sampled: the number of eigenvalues above half of the predicted maximum (16).
    """
    theory = mean_field(setting.activation, setting.sigma_w2, setting.sigma_b2, setting.depth)
    half = eigenvalue_maximum(theory, setting.width, samples) / 2
    counts = []
    for _ in range(networks):
        inputs = gaussian_inputs(rng, samples, setting.width)
        values = eigenvalues(dual_fisher(setting.sample(rng, outputs), inputs))
        counts.append(int(np.count_nonzero(values > half)))
    quantity = f"eigenvalues above half of (16), {setting.activation.name}, C = {outputs}, M = {setting.width}"
    return erratum_of("outliers", "Theorem 4, (A.34)", quantity, math.nan, float(outputs), counts)


def number_of_terms(depth: int, width: int) -> Erratum:
    """Text below Theorems 4 and 7: alpha is a sum of L - 1 terms, not of L; P = alpha M^2 to leading order."""
    count = n_parameters([*[width] * depth, 1]) / width**2
    quantity = f"P / M^2, L = {depth}, M = {width}"
    return erratum_of("terms_of_alpha", "Sections 3.3 and 4.2", quantity, float(depth), float(depth - 1), [count])


def relu(sigma_w2: float, sigma_b2: float, depth: int, width: int) -> Setting:
    """A ReLU network, the only one of which appendix B.2 speaks."""
    return Setting(get_activation("relu"), sigma_w2, sigma_b2, depth, width)
