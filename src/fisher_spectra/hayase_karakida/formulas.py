"""Formulas of Hayase and Karakida 2020 and 2021 that no figure shows, each sampled.

The transform of Theorem 3.2's proof, networks of the other activation that (16) names, and Theta of two inputs. As in
`hayase_karakida.errata`, what is sampled does not use the formula.
"""

from __future__ import annotations

import math

import numpy as np

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.erratum import Erratum, erratum_of
from fisher_spectra.hayase_karakida.conditional_fisher import sample_conditional_eigenvalues, sample_orthogonal_network
from fisher_spectra.hayase_karakida.eigenvalue_recursions import mean_eigenvalue_recursion
from fisher_spectra.hayase_karakida.errata import Setting, jacobian, repeated
from fisher_spectra.hayase_karakida.signal_propagation import signal_propagation
from fisher_spectra.hayase_karakida.theorem_3_2 import theorem_3_2
from fisher_spectra.networks.fully_connected import backward, forward
from fisher_spectra.networks.haar_measure import sphere_inputs

_TWO_HIDDEN_LAYERS = 3  # L of Theorem 3.2
_PLACE = 0.0  # of the Cauchy transform, below all eigenvalues: minus the mean of 1 / lambda
# a and b of phi(x) = a x for x > b, else a b: more units are cut than not, and no other constant is 1
_SLOPE, _KINK = 1.2, 0.4
# Depth and width of networks whose Jacobian is formed entry by entry, and the overlap of their two inputs.
_EXPLICIT_DEPTH, _EXPLICIT_WIDTH, _OVERLAP = 3, 8, 0.8


def transform_of_three_layers(rng: np.random.Generator, setting: Setting, networks: int) -> Erratum:
    """(A.6) to (A.10) of the preprint: the Cauchy transform of mu_3, below its smallest eigenvalue."""
    law = theorem_3_2(signal_propagation(setting.activation, _TWO_HIDDEN_LAYERS))
    value = float(law.cauchy_transform(_PLACE).real)
    means = []
    for _ in range(networks):
        found = sample_conditional_eigenvalues(rng, setting.width, _TWO_HIDDEN_LAYERS, setting.activation)
        means.append(float(np.mean(1 / (_PLACE - found.eigenvalues))))
    quantity = f"G({_PLACE:g}) of mu_3, s^2 = {setting.s**2:g}, g = {setting.g:g}, M = {setting.width}"
    return erratum_of("transform", "(A.6) to (A.10) (2020)", quantity, value, value, means)


def shifted_relu(rng: np.random.Generator, width: int, networks: int) -> list[Erratum]:
    """Text below (16): the shifted ReLU has a derivative of two values, so that H_3 has the law of Theorem 3.2.

    Sampled: the share of the eigenvalues at lambda_min, 1 - alpha_2 = P(h <= b), and the mean of all.
    """
    activation = get_activation(f"shifted_relu(a={_SLOPE!r},b={_KINK!r})")
    propagation = signal_propagation(activation, _TWO_HIDDEN_LAYERS)
    shares, means = [], []
    for _ in range(networks):
        eigenvalues = sample_conditional_eigenvalues(rng, width, _TWO_HIDDEN_LAYERS, activation).eigenvalues
        (_, lowest), *_ = repeated(eigenvalues)
        shares.append(lowest / width)
        means.append(float(eigenvalues.mean()))
    variance = propagation.moments[1]  # of the pre-activations of layer 2
    share = (1 + math.erf(_KINK / math.sqrt(2 * variance))) / 2
    mean = float(mean_eigenvalue_recursion(propagation)[-1])
    about = f"shifted ReLU, a = {_SLOPE:g}, b = {_KINK:g}, L = 3, M = {width}"
    place = "text below (16)"
    return [
        erratum_of("shifted_relu_weight", place, f"weight at lambda_min, {about}", share, share, shares),
        erratum_of("shifted_relu_mean", place, f"mean eigenvalue of H_3, {about}", mean, mean, means),
    ]


def overlaps_of_two_inputs(rng: np.random.Generator, setting: Setting, networks: int) -> Erratum:
    """Text below (34) for m != n: tr Theta(m, n) is made of the overlaps of x_{l-1}(m) and x_{l-1}(n), not of x_l.

    Sampled: tr Theta(1, 2) from the derivatives of all outputs by all weights, for two inputs of a given overlap, over
    M / N sum_l Sigma_{l-1}(1, 2) tr delta_{L->l}(1) delta_{L->l}(2)^T.
    """
    width = _EXPLICIT_WIDTH
    ratios, as_printed = [], []
    for _ in range(networks):
        network = sample_orthogonal_network(rng, width, _EXPLICIT_DEPTH, setting.activation)
        first, second = sphere_inputs(rng, 2, width)
        inputs = np.stack([first, _OVERLAP * first + math.sqrt(1 - _OVERLAP**2) * second])
        passed = forward(network, inputs)
        signals = [float(np.sum(d[:, 0] * d[:, 1])) for d in backward(passed)]
        layers = [*passed.activations, passed.outputs]
        overlap = [float(x[0] @ x[1]) for x in layers]
        formula = sum(o * s for o, s in zip(overlap[:-1], signals, strict=True))
        rows = jacobian(passed)
        ratios.append(float(np.sum(rows[:width] * rows[width:])) / formula)
        as_printed.append(sum(o * s for o, s in zip(overlap[1:], signals, strict=True)) / formula)
    quantity = f"tr Theta(1, 2) over the sum with x_(l-1), L = {_EXPLICIT_DEPTH}, M = {width}"
    return erratum_of("overlaps_of_two", "text below (34)", quantity, float(np.mean(as_printed)), 1.0, ratios)
