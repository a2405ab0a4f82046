"""Formulas that Hayase and Karakida 2020 and 2021 misprint: the printed value, the corrected one and a sampled one.

Each function draws what the formula speaks of, without using the formula: random networks, eigenvalues of matrices of
their definition, or the change of a network's output under a small change of its parameters. Equation numbers are those
of 2021 unless the preprint is named. The printed formulas that are more than a factor are in
`hayase_karakida.printed_formulas`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.activations.catalogue import Activation, get_activation
from fisher_spectra.common import erratum
from fisher_spectra.common.erratum import SMALL_CHANGE, Erratum, erratum_of, sampled_divergence
from fisher_spectra.hayase_karakida import printed_formulas as printed
from fisher_spectra.hayase_karakida.conditional_fisher import (
    conditional_fisher,
    sample_conditional_eigenvalues,
    sample_orthogonal_network,
)
from fisher_spectra.hayase_karakida.eigenvalue_recursions import largest_eigenvalue_recursion, mean_eigenvalue_recursion
from fisher_spectra.hayase_karakida.independent_projections import sample_projected_eigenvalues
from fisher_spectra.hayase_karakida.limits_of_large_depth import isometry_rates, stationary_hard_tanh
from fisher_spectra.hayase_karakida.sampled_atoms import EQUAL_SHARE
from fisher_spectra.hayase_karakida.signal_propagation import constant_propagation, signal_propagation
from fisher_spectra.hayase_karakida.theorem_3_2 import theorem_3_2
from fisher_spectra.networks.fully_connected import (
    ForwardPass,
    RandomNetwork,
    backward,
    forward,
    pull_back,
    push_forward,
)
from fisher_spectra.networks.haar_measure import haar_orthogonal, sphere_inputs

Array = npt.NDArray[np.float64]

# Depths, widths and numbers of inputs of networks whose Jacobian or Theta is formed entry by entry.
_EXPLICIT_DEPTH, _EXPLICIT_WIDTH, _EXPLICIT_INPUTS = 3, 8, 4
_BATCHES = 100  # of draws, each of which gives one value of an S-transform
_TWO_HIDDEN_LAYERS = 3  # L of Theorem 3.2


@dataclass(frozen=True)
class Setting:
    """A random network of the paper: hard tanh with s and g, Haar distributed weights, width M."""

    s: float
    g: float
    width: int

    @property
    def activation(self) -> Activation:
        """The continuous hard tanh."""
        return get_activation(f"hard_tanh(s={self.s!r},g={self.g!r})")


# ---------------------------------------------------------------------------------------------------------------------
# Definitions


def hard_tanh_outside(setting: Setting) -> Erratum:
    """(17): a continuous hard tanh is sgn(x) / s beyond the kinks at s g |x| = 1, not g sgn(x).

    Taken just inside the kink, where printed and corrected function are the same g x.
    """
    kink = 1 / (setting.s * setting.g)
    inside, outside = kink * (1 - 1e-12), kink * (1 + 1e-12)
    return erratum_of(
        "hard_tanh",
        "(17)",
        f"phi at the kink, from inside, s^2 = {setting.s**2:g}, g = {setting.g:g}",
        float(printed.hard_tanh(outside, setting.s, setting.g)),
        float(setting.activation(np.array(outside))),
        setting.activation(np.array([inside])),
    )


def gaussian_normalisation(rng: np.random.Generator, draws: int, outputs: int = 2) -> Erratum:
    """Text above (4): exp(-L(f - y)) integrates to (2 pi)^{M/2} over y in R^M, not to sqrt(2 pi)."""
    quantity = f"integral of exp(-|u|^2 / 2) over R^M, M = {outputs}"
    return erratum.gaussian_normalisation("gaussian_normalisation", "text above (4)", quantity, rng, draws, outputs)


def divergence(rng: np.random.Generator, setting: Setting, samples: int, networks: int) -> Erratum:
    """Text below (7): the Kullback-Leibler divergence is one half of d theta^T I(theta) d theta.

    The mean of ln p(y|x; theta) - ln p(y|x; theta + d theta) over y drawn from p(y|x; theta), unit Gaussian noise on
    the output, over a small random change and the opposite one.
    """
    ratios = []
    for _ in range(networks):
        network = sample_orthogonal_network(rng, setting.width, _EXPLICIT_DEPTH, setting.activation)
        inputs = sphere_inputs(rng, samples, setting.width)
        passed = forward(network, inputs)
        changes = [SMALL_CHANGE / math.sqrt(setting.width) * rng.standard_normal(w.shape) for w in network.weights]
        along = [h @ change.T for h, change in zip(passed.activations, changes, strict=True)]
        form = float(np.sum(push_forward(passed, along) ** 2)) / samples
        found = []
        for sign in (1.0, -1.0):
            difference = forward(_moved(network, changes, sign), inputs).outputs - passed.outputs
            found.append(sampled_divergence(rng, difference))
        ratios.append(np.mean(found) / form)
    quantity = f"Kullback-Leibler divergence over d theta^T I d theta, L = {_EXPLICIT_DEPTH}, M = {setting.width}"
    return erratum_of("divergence", "text below (7)", quantity, 1.0, 0.5, ratios)


def _moved(network: RandomNetwork, changes: Sequence[Array], factor: float) -> RandomNetwork:
    weights = tuple(w + factor * change for w, change in zip(network.weights, changes, strict=True))
    return RandomNetwork(weights, network.biases, network.activation)


def s_transform_example(rng: np.random.Generator, alpha: float, gamma: float, w: float, draws: int) -> Erratum:
    """Example after (10): S(w) = (w + 1) / (gamma (w + alpha)) is that of (1 - alpha) delta_0 + alpha delta_gamma.

    Draws from the law that is printed, alpha delta_0 + (1 - alpha) delta_gamma; S from the root u of the empirical
    h(u) = mean of t / (u - t) = w.
    """
    law = printed.law_of_s_transform_example(alpha, gamma)
    values = []
    for _ in range(_BATCHES):
        batch = rng.choice(np.array(law.values), size=max(1, draws // _BATCHES), p=np.array(law.weights))

        def excess(u: float, t: Array = batch) -> float:
            return float(np.mean(t / (u - t))) - w

        root = scipy.optimize.brentq(excess, gamma * (1 + 1e-6), gamma * (2 + 2 / w), xtol=1e-14)
        values.append((1 + w) / (w * root))
    return erratum_of(
        "s_transform",
        "example after (10)",
        f"S({w:g}) of {alpha:.3g} delta_0 + {1 - alpha:.3g} delta_{gamma:g}",
        (w + 1) / (gamma * (w + alpha)),
        (w + 1) / (gamma * (w + 1 - alpha)),
        values,
    )


def atom_at_zero(rng: np.random.Generator, width: int, first: float, second: float, networks: int) -> Erratum:
    """Proposition 4.4 of the preprint holds for c != 0; at c = 0 the weight is the larger of mu({0}) and nu({0}).

    Sampled: the share of zeros among the eigenvalues of P U Q U^T P with projections P and Q of ranks `first` M and
    `second` M and a random rotation U.
    """
    shares = []
    for _ in range(networks):
        rotation = haar_orthogonal(rng, width)[: round(first * width), : round(second * width)]
        eigenvalues = scipy.linalg.eigvalsh(rotation.T @ rotation)
        # Of the M eigenvalues those outside the range of Q are zero, too.
        shares.append((width - len(eigenvalues) + np.count_nonzero(eigenvalues < EQUAL_SHARE)) / width)
    zeros = 1 - round(first * width) / width, 1 - round(second * width) / width
    quantity = f"share of zeros of the product of free projections of ranks {first:g} M and {second:g} M"
    return erratum_of("atom_at_zero", "Proposition 4.4 (2020)", quantity, sum(zeros) - 1, max(zeros), shares)


def sum_of_moments(rng: np.random.Generator, draws: int) -> Erratum:
    """(C.5) of the preprint: the binomial sum begins at m = 0, not at m = 1. For the square of uniform variables."""
    squares = (rng.random(draws) + rng.random(draws)) ** 2
    whole = 2 * (1 / 3) + 2 * (1 / 2) ** 2
    quantity = "E (X_1 + X_2)^2, independent and uniform on [0, 1]"
    return erratum_of("sum_of_moments", "(C.5) (2020)", quantity, whole - 1 / 3, whole, squares)


# ---------------------------------------------------------------------------------------------------------------------
# Theorem 3.2


def two_hidden_layer_atoms(rng: np.random.Generator, setting: Setting, networks: int) -> list[Erratum]:
    """(18): the second atom is at lambda_mid, so that the one at lambda_min has the weight 1 - alpha_2 alone.

    Atoms of a sampled H_3 are its eigenvalues of multiplicity above one.
    """
    propagation = signal_propagation(setting.activation, _TWO_HIDDEN_LAYERS)
    law = theorem_3_2(propagation)
    as_printed = printed.atoms_of_theorem_3_2(propagation)
    at_minimum = sum(weight for position, weight in as_printed if position == law.lambda_min)
    weights, positions = [], []
    for _ in range(networks):
        sample = sample_conditional_eigenvalues(rng, setting.width, _TWO_HIDDEN_LAYERS, setting.activation)
        (_, lowest), (second, _), *_ = repeated(sample.eigenvalues)
        weights.append(lowest / setting.width)
        positions.append(second)
    about = f"L = 3, s^2 = {setting.s**2:g}, g = {setting.g:g}, M = {setting.width}"
    return [
        erratum_of("second_atom", "(18)", f"second atom of H_3, {about}", as_printed[1][0], law.lambda_mid, positions),
        erratum_of("weight_at_minimum", "(18)", f"weight at lambda_min, {about}", at_minimum, law.weights[0], weights),
    ]


def repeated(eigenvalues: npt.ArrayLike) -> list[tuple[float, int]]:
    """(value, multiplicity) of the eigenvalues that occur more than once up to rounding, ascending."""
    found = np.sort(np.asarray(eigenvalues, dtype=np.float64))
    groups = np.split(found, np.flatnonzero(np.diff(found) > EQUAL_SHARE * found[-1]) + 1)
    return [(float(np.mean(group)), len(group)) for group in groups if len(group) > 1]


def recursion_of_maximum(rng: np.random.Generator, width: int, rank: float, networks: int) -> Erratum:
    """(30): where the weights of Lemma 4.5 are negative the recursion is only an upper bound of the maximum.

    For L = 3 and independent projections of rank `rank` M < M / 2, as in Figure 1, right.
    """
    propagation = constant_propagation(_TWO_HIDDEN_LAYERS, round(rank * width) / width, gamma=1.0)
    maxima = [sample_projected_eigenvalues(rng, width, _TWO_HIDDEN_LAYERS, rank)[-1] for _ in range(networks)]
    return erratum_of(
        "recursion_of_maximum",
        "(30)",
        f"maximum of H_3 with independent projections of rank {rank:g} M, M = {width}",
        float(largest_eigenvalue_recursion(propagation)[-1]),
        theorem_3_2(propagation).lambda_plus,
        maxima,
    )


# ---------------------------------------------------------------------------------------------------------------------
# Large depth


def limits_of_large_depth(
    rng: np.random.Generator, depth: int, epsilon_1: float, width: int, networks: int
) -> list[Erratum]:
    """Theorem 4.6 and Proposition 4.3 of the preprint: the limits expand with minus, q (1 - epsilon / 2).

    Networks that meet Assumptions 4.1 and 4.2 with q = 1 (`stationary_hard_tanh`).
    """
    s, g = stationary_hard_tanh(depth, epsilon_1)
    activation = get_activation(f"hard_tanh(s={s!r},g={g!r})")
    rates = isometry_rates(signal_propagation(activation, depth))
    samples = [sample_conditional_eigenvalues(rng, width, depth, activation).eigenvalues for _ in range(networks)]
    total = rates.epsilon_1 + rates.epsilon_2
    about = f"q = 1, L = {depth}, M = {width}, epsilon_1 = {rates.epsilon_1:.3g}, epsilon_2 = {rates.epsilon_2:.3g}"
    return [
        erratum_of(
            "maximum_expansion",
            "Theorem 4.6 (2020)",
            f"maximum of H_L over L, {about}",
            printed.expansion_of_limiting_maximum(1.0, rates.epsilon_2),
            1 - rates.epsilon_2 / 2,
            [sample[-1] / depth for sample in samples],
        ),
        erratum_of(
            "mean_expansion",
            "Proposition 4.3 (2020)",
            f"mean of H_L over L, {about}",
            printed.expansion_of_limiting_mean(1.0, rates.epsilon_1, rates.epsilon_2),
            1 - total / 2,
            [sample.mean() / depth for sample in samples],
        ),
    ]


def constant_moment(rng: np.random.Generator, setting: Setting, depth: int, networks: int) -> Erratum:
    """Assumption 4.1 with Section 5.2: with s and g of the figures q_l is not constant but falls with the depth."""
    moments = signal_propagation(setting.activation, depth).moments
    lasts = []
    for _ in range(networks):
        h = sphere_inputs(rng, 1, setting.width)[0]
        for _ in range(depth - 1):
            # given its length, a vector turned by a Haar distributed matrix is uniform on the sphere
            x = setting.activation(h)
            h = sphere_inputs(rng, 1, setting.width, float(x @ x) / setting.width)[0]
        lasts.append(float(h @ h) / setting.width)
    quantity = f"q_(L-1), L = {depth}, s^2 = {setting.s**2:g}, g = {setting.g:g}, M = {setting.width}"
    return erratum_of("constant_moment", "Assumption 4.1, Section 5.2", quantity, moments[0], moments[-1], lasts)


# ---------------------------------------------------------------------------------------------------------------------
# Several inputs, and the whole Fisher matrix


def jacobian(passed: ForwardPass) -> Array:
    """d f(x(n)) / d theta, shape (N M, L M^2), entry by entry: d f_k / d W^l_ij = delta^l_{k,i} x^{l-1}_j."""
    blocks = [np.einsum("kni,nj->nkij", d, x) for d, x in zip(backward(passed), passed.activations, strict=True)]
    rows = passed.n_samples * passed.network.n_outputs
    return np.concatenate([block.reshape(rows, -1) for block in blocks], axis=1)


def dual_weight(rng: np.random.Generator, setting: Setting, networks: int) -> Erratum:
    """(9): M of the L M^2 eigenvalues of I(theta | x) / M are not zero, a share of 1 / (L M), not 1 / L."""
    depth, width = _EXPLICIT_DEPTH, _EXPLICIT_WIDTH
    _, as_printed = printed.weight_of_dual_spectrum(depth, width)
    shares = []
    for _ in range(networks):
        network = sample_orthogonal_network(rng, width, depth, setting.activation)
        rows = jacobian(forward(network, sphere_inputs(rng, 1, width)))
        eigenvalues = scipy.linalg.eigvalsh(rows.T @ rows / width)
        shares.append(np.count_nonzero(eigenvalues > EQUAL_SHARE) / len(eigenvalues))
    quantity = f"share of eigenvalues of I(theta|x) that are not zero, L = {depth}, M = {width}"
    return erratum_of("dual_weight", "(9)", quantity, as_printed, 1 / (depth * width), shares)


def overlaps(rng: np.random.Generator, setting: Setting, networks: int) -> Erratum:
    """Text below (34): Sigma_l is made of the inputs x_{l-1} of layer l, as in (13), not of its outputs x_l.

    For L = 2 and one input. Sampled: M^{-1} times the squared change of the output, over that of the parameters, along
    a random direction of unit Gaussian entries; its mean is tr Theta / M, M times the mean eigenvalue of Theta / M.
    """
    depth = 2
    propagation = signal_propagation(setting.activation, depth)
    law, (_, q1) = propagation.laws[0], propagation.moments
    step = 1e-6
    means = []
    for _ in range(networks):
        network = sample_orthogonal_network(rng, setting.width, depth, setting.activation)
        x = sphere_inputs(rng, 1, setting.width)
        direction = [rng.standard_normal(w.shape) for w in network.weights]
        change = forward(_moved(network, direction, step), x).outputs - forward(network, x).outputs
        means.append(float(np.sum(change**2)) / step**2 / setting.width**2)
    return erratum_of(
        "overlaps",
        "text below (34)",
        f"mean eigenvalue of Theta / M, N = 1, L = {depth}, s^2 = {setting.s**2:g}, M = {setting.width}",
        # x_1 at the first layer, and the output, of the same length, at the second
        q1 * law.moment(1) + q1,
        float(mean_eigenvalue_recursion(propagation)[-1]),
        means,
    )


def scale_of_theta(rng: np.random.Generator, setting: Setting, networks: int) -> Erratum:
    """Text below (35): the blocks H_L(x(n)) are those of N M^{-1} Theta, not of M N^{-1} Theta."""
    depth, width, samples = _EXPLICIT_DEPTH, _EXPLICIT_WIDTH, _EXPLICIT_INPUTS
    ratios = []
    for _ in range(networks):
        network = sample_orthogonal_network(rng, width, depth, setting.activation)
        inputs = sphere_inputs(rng, samples, width)
        theta_mean = float(np.sum(jacobian(forward(network, inputs)) ** 2)) / samples / (samples * width)
        block_mean = np.mean([np.trace(conditional_fisher(network, x)) / width for x in inputs])
        ratios.append(block_mean / theta_mean)
    quantity = f"mean eigenvalue of the H_L(x(n)) over that of Theta, N = {samples}, M = {width}"
    return erratum_of("scale_of_theta", "text below (35)", quantity, width / samples, samples / width, ratios)


def online_step(rng: np.random.Generator, setting: Setting, rate: float, networks: int) -> Erratum:
    """(38): the second term has a factor eta; with it one step takes the residual y - f to (I - eta H_L)(y - f).

    Sampled: the length of the residual after one step of (37) over that before. Printed: the same from (38) as it
    stands, for the linear model f + J d theta.
    """
    depth = 2
    sampled, as_printed, corrected = [], [], []
    for _ in range(networks):
        network = sample_orthogonal_network(rng, setting.width, depth, setting.activation)
        x, y = sphere_inputs(rng, 2, setting.width)
        passed = forward(network, x[None])
        residual = y - passed.outputs[0]
        signals = pull_back(passed, residual[None])
        gradients = [np.outer(signal[0], h[0]) for signal, h in zip(signals, passed.activations, strict=True)]
        after = y - forward(_moved(network, gradients, rate / setting.width), x[None]).outputs[0]
        matrix = conditional_fisher(network, x)
        # J theta: the change of the output if all parameters grow at unit rate
        along = push_forward(passed, [h @ w.T for h, w in zip(passed.activations, network.weights, strict=True)])[0]
        first_order = residual - matrix @ (residual + along - rate * along)
        length = float(np.linalg.norm(residual))
        sampled.append(float(np.linalg.norm(after)) / length)
        as_printed.append(float(np.linalg.norm(first_order)) / length)
        corrected.append(float(np.linalg.norm(residual - rate * matrix @ residual)) / length)
    quantity = f"|y - f| after one online step over that before, eta = {rate:g}, L = {depth}, M = {setting.width}"
    return erratum_of("online_step", "(38)", quantity, float(np.mean(as_printed)), float(np.mean(corrected)), sampled)
