"""Formulas of Karakida, Akaho, Amari 2019 that are right as printed and that no figure shows, each sampled.

Recursions and integrals of Appendix B, the biases' share (A.9), the Hessian (4) and the critical line of Section 4.2.
As in `karakida.errata`, what is sampled does not use the formula. The natural gradient: `karakida.natural_gradient`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy

from fisher_spectra.common.erratum import Erratum, erratum_of
from fisher_spectra.common.normal_numbers import standard_normal
from fisher_spectra.datasets.overlaps import input_moments
from fisher_spectra.gaussian.integrals import derivative_second_moment
from fisher_spectra.karakida.errata import Setting
from fisher_spectra.karakida.mean_field import mean_field
from fisher_spectra.networks.fully_connected import (
    FloatArray,
    ForwardPass,
    RandomNetwork,
    backward,
    forward,
    gaussian_inputs,
    push_forward,
)

_OUTPUTS, _SAMPLES = 20, 10
_A, _B = 1.3, 0.7  # arguments of the integrals
# of a change of the parameters, as a share of their size: squares of it are far above rounding, cubes below the rest
_STEP = 3e-3
# depth of the networks whose gradients are compared from layer to layer, and the layers, far from both ends
_DEEP, _MIDDLE = 16, range(6, 12)


@dataclass(frozen=True)
class Recursion:
    """The four moments at the far end of the recursions: q_hat^{L-1}, q_tilde^1, and those of two samples."""

    q_hat: float
    q_tilde: float
    q_hat_st: float
    q_tilde_st: float


def recursion(function: str, sigma_w2: float, sigma_b2: float, depth: int) -> Recursion:
    """Appendix B as it is printed, but for the factor of (B.12) and the start of (B.10), which are errata.

    Raises
    ------
    ValueError
        If the function is none of erf, relu and linear.
    """
    layers = {"erf": _erf_layer, "relu": _relu_layer, "linear": _linear_layer}
    if function not in layers:
        raise ValueError(f"function = {function!r}: must be erf, relu or linear")
    q_hat, q_hat_st, gain, gain_st = 1.0, 0.0, 1.0, 1.0
    for _ in range(1, depth):
        q, q_st = sigma_w2 * q_hat + sigma_b2, sigma_w2 * q_hat_st + sigma_b2
        q_hat, q_hat_st, slope, slope_st = layers[function](q, q_st)
        gain, gain_st = gain * sigma_w2 * slope, gain_st * sigma_w2 * slope_st
    return Recursion(q_hat, gain, q_hat_st, gain_st)


def _erf_layer(a: float, b: float) -> tuple[float, float, float, float]:
    """(B.3), (B.7), (B.4) and (B.8)."""
    root = math.sqrt((1 + 2 * a) ** 2 - (2 * b) ** 2)
    return (
        2 / math.pi * math.atan(a / math.sqrt(a + 0.25)),
        2 / math.pi * math.atan(2 * b / root),
        2 / (math.pi * math.sqrt(a + 0.25)),
        4 / (math.pi * root),
    )


def _relu_layer(a: float, b: float) -> tuple[float, float, float, float]:
    """(B.9), (B.11), (B.10) and (B.12) without the factor a."""
    c = b / a
    kernel = a / (2 * math.pi) * (math.sqrt(1 - c**2) + c * math.pi / 2 + c * math.asin(c))
    return a / 2, kernel, 0.5, (math.pi / 2 + math.asin(c)) / (2 * math.pi)


def _linear_layer(a: float, b: float) -> tuple[float, float, float, float]:
    """(B.13) to (B.16)."""
    return a, b, 1.0, 1.0


_MOMENTS = ("q_hat", "q_tilde", "q_hat_st", "q_tilde_st")
_EQUATIONS = {
    "erf": ("(B.3)", "(B.4)", "(B.7)", "(B.8)"),
    "relu": ("(B.9)", "(B.10)", "(B.11)", "(B.12)"),
    "linear": ("(B.13)", "(B.14)", "(B.15)", "(B.16)"),
}


def _pass(rng: np.random.Generator, setting: Setting) -> ForwardPass:
    """Of a network with so many outputs and samples that their means scatter little."""
    return forward(setting.sample(rng, _OUTPUTS), gaussian_inputs(rng, _SAMPLES, setting.width))


def recursions(rng: np.random.Generator, setting: Setting, networks: int) -> list[Erratum]:
    """Appendix B of the activation of `setting`: the moments at the far end of the recursions, of sampled networks."""
    name = setting.activation.name
    theory = recursion(name, setting.sigma_w2, setting.sigma_b2, setting.depth)
    drawn: list[tuple[float, float, float, float]] = []
    for _ in range(networks):
        passed = _pass(rng, setting)
        upwards = input_moments(passed.activations[-1])
        downwards = [input_moments(delta) for delta in backward(passed)[0]]
        squared, shared = (
            setting.width * float(np.mean([getattr(one, name) for one in downwards]))
            for name in ("second_moment", "overlap")
        )
        drawn.append((upwards.second_moment, squared, upwards.overlap, shared))
    moments = zip(_MOMENTS, _EQUATIONS[name], zip(*drawn, strict=True), strict=True)
    found = []
    for moment, place, values in moments:
        value = getattr(theory, moment)
        quantity = f"{moment} after {setting.depth - 1} layers, {name}, M = {setting.width}"
        found.append(erratum_of(f"{name}_{moment}", f"Appendix B, {place}", quantity, value, value, values))
    return found


def erf_integrals(rng: np.random.Generator, draws: int) -> list[Erratum]:
    """(B.2), over the half line, and (B.6)."""
    x = standard_normal(rng, draws)
    products = np.where(x > 0, scipy.special.erf(_A * x) * scipy.special.erf(_B * x), 0.0)
    half = math.atan(math.sqrt(2) * _A * _B / math.sqrt(_A**2 + _B**2 + 0.5)) / math.pi
    inner = scipy.special.erf(math.sqrt(_A - _B) * standard_normal(rng, draws) + math.sqrt(_B))
    given = math.erf(math.sqrt(_B) / math.sqrt(1 + 2 * _A - 2 * _B))
    about = f"a = {_A:g}, b = {_B:g}"
    return [
        erratum_of(
            "erf_integral", "Appendix B, (B.2)", f"integral of erf(a x) erf(b x), x > 0, {about}", half, half, products
        ),
        erratum_of(
            "erf_given_y", "Appendix B, (B.6)", f"E erf(sqrt(a - b) x + sqrt(b) y), y = 1, {about}", given, given, inner
        ),
    ]


def share_of_biases(rng: np.random.Generator, setting: Setting, samples: int, networks: int) -> Erratum:
    """(A.9): the biases' part of the trace of F, over alpha M^2, is sum_l q_tilde^l / (alpha M^2)."""
    theory = mean_field(setting.activation, setting.sigma_w2, setting.sigma_b2, setting.depth)
    scale = theory.alpha * setting.width**2
    traces = []
    for _ in range(networks):
        passed = forward(setting.sample(rng), gaussian_inputs(rng, samples, setting.width))
        traces.append(sum(float(np.sum(delta**2)) for delta in backward(passed)) / samples / scale)
    value = math.fsum(theory.q_tilde[1:]) / scale
    quantity = f"biases' part of the mean eigenvalue, {setting.activation.name}, M = {setting.width}"
    return erratum_of("share_of_biases", "Appendix A.1, (A.9)", quantity, value, value, traces)


def hessian(rng: np.random.Generator, setting: Setting, samples: int, outputs: int, networks: int) -> list[Erratum]:
    """(4): the curvature of the loss along a random direction v, by second differences of the loss.

    With labels of the network itself and noise it is v^T F v on average; with labels that have nothing to do with the
    network, it is that less the labels' errors times the second derivatives of the outputs.
    """
    with_noise, elsewhere = [], []
    for _ in range(networks):
        network = setting.sample(rng, outputs)
        inputs = gaussian_inputs(rng, samples, setting.width)
        # by the deviation of the law: that of the weights at hand is 0 where a layer has one
        direction: list[FloatArray] = [
            math.sqrt(setting.sigma_w2 / w.shape[1]) * rng.standard_normal(w.shape) for w in network.weights
        ]
        passed = forward(network, inputs)
        along = [h @ w.T for h, w in zip(passed.activations, direction, strict=True)]
        form = float(np.sum(push_forward(passed, along) ** 2)) / samples
        values = [_moved(network, direction, step, inputs) for step in (-_STEP, 0.0, _STEP)]
        noise, labels = rng.standard_normal((2, *values[1].shape))
        with_noise.append(_curvature_of_loss(values, values[1] + noise) / form)
        bend = (values[0] - 2 * values[1] + values[2]) / _STEP**2
        second = float(np.sum((labels - values[1]) * bend)) / samples
        elsewhere.append(_curvature_of_loss(values, labels) / (form - second))
    about = f"{setting.activation.name}, C = {outputs}, M = {setting.width}"
    return [
        erratum_of(
            "hessian_with_noise", "Section 2.1, (4)", f"v^T H v / v^T F v, noise, {about}", 1.0, 1.0, with_noise
        ),
        erratum_of("hessian", "Section 2.1, (4)", f"v^T H v / both terms of (4), {about}", 1.0, 1.0, elsewhere),
    ]


def _moved(network: RandomNetwork, direction: list[FloatArray], step: float, inputs: FloatArray) -> FloatArray:
    """Outputs with the weights moved along a direction."""
    weights = tuple(w + step * v for w, v in zip(network.weights, direction, strict=True))
    return forward(replace(network, weights=weights), inputs).outputs


def _curvature_of_loss(values: list[FloatArray], labels: FloatArray) -> float:
    """Second difference of E = sum |y - f|^2 / (2 T) over the step squared."""
    low, middle, high = (float(np.sum((labels - one) ** 2)) / (2 * len(labels)) for one in values)
    return (low - 2 * middle + high) / _STEP**2


def critical_line(rng: np.random.Generator, setting: Setting, networks: int) -> Erratum:
    """Section 4.2: the variances of the figures lie near the line between order and chaos, where chi_1 = 1.

    chi_1 = sigma_w^2 E phi'(u)^2 is the factor of squared gradients from layer to layer, far from both ends of a deep
    network. Printed is the line itself; of linear and ReLU networks the figures are on it.
    """
    deep = replace(setting, depth=_DEEP)
    theory = mean_field(deep.activation, deep.sigma_w2, deep.sigma_b2, _DEEP)
    slopes = [float(derivative_second_moment(deep.activation, theory.q[layer])) for layer in _MIDDLE]
    factors = []
    for _ in range(networks):
        deltas = backward(_pass(rng, deep))
        squares = [float(np.sum(delta**2)) for delta in deltas]
        factors.append(np.mean([squares[layer - 1] / squares[layer] for layer in _MIDDLE]))
    name = setting.activation.name
    return erratum_of(
        f"critical_line_{name}",
        "Section 4.2",
        f"chi_1, {name}, L = {_DEEP}, M = {deep.width}",
        1.0,
        deep.sigma_w2 * float(np.mean(slopes)),
        factors,
    )
