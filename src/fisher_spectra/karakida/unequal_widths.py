"""What Karakida, Akaho, Amari 2019 state of every shape of network, sampled where no figure of theirs has it.

Their Figure 1 has one output and hidden layers of equal width. Here the widths differ from layer to layer and there
are several outputs (Theorems 1, 3, 4 and 5); and the learning rate at which gradient descent from near a minimum
begins to diverge is compared with the largest eigenvalue of the very network (Lemma 6).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import numpy as np

from fisher_spectra.common.erratum import Erratum, erratum_of
from fisher_spectra.karakida.errata import Setting
from fisher_spectra.karakida.fisher_rao_norm import fisher_rao_norm, fisher_rao_norm_printed
from fisher_spectra.karakida.mean_field import (
    MeanField,
    eigenvalue_maximum,
    eigenvalue_mean,
    eigenvalue_second_moment,
    learning_rate_limit,
    mean_field,
)
from fisher_spectra.karakida.plain_descent import descend
from fisher_spectra.karakida.sampled_fisher_rao_norm import sampled_fisher_rao_norm
from fisher_spectra.networks.dual_fisher import fisher_statistics
from fisher_spectra.networks.fully_connected import (
    FloatArray,
    RandomNetwork,
    forward,
    gaussian_inputs,
    sample_network,
)

# alpha_0, alpha_1, ... of networks of unequal widths, again and again
_ALPHAS = (1.0, 0.5, 1.5)
# Outputs of one network are nearly independent, so that many of them make the mean norm of one output sharper.
_OUTPUTS_OF_NORM = 30
MOMENTUM = 0.9  # as in the paper's Section 4.2
_START = 1e-6  # distance from the minimum, as a share of the parameters: gradient descent is linear there
_STEPS = 80
# Far above the border the loss soon leaves the straight part around the minimum, and may settle at another one.
_FAR = 1e4  # times the loss at the start
_HALVINGS = 8
# Rates between these multiples of the predicted one are searched; without momentum the border would lie at 0.53.
_LOWEST, _HIGHEST = 0.4, 1.5


def unequal_widths(depth: int) -> tuple[float, ...]:
    """alpha_0 .. alpha_{L-1}: 1, 1/2, 3/2, and from the start again."""
    return tuple(_ALPHAS[layer % len(_ALPHAS)] for layer in range(depth))


def _widths(setting: Setting) -> list[int]:
    return [max(1, round(alpha * setting.width)) for alpha in unequal_widths(setting.depth)]


def _theory(setting: Setting) -> MeanField:
    alphas = unequal_widths(setting.depth)
    return mean_field(setting.activation, setting.sigma_w2, setting.sigma_b2, setting.depth, alphas)


def _sample(rng: np.random.Generator, setting: Setting, outputs: int) -> RandomNetwork:
    return sample_network(rng, [*_widths(setting), outputs], setting.activation, setting.sigma_w2, setting.sigma_b2)


def _name(setting: Setting) -> str:
    return f"{setting.activation.name}, M_l = {', '.join(map(str, _widths(setting)))}"


def statistics_of_outputs(
    rng: np.random.Generator, setting: Setting, samples: int, outputs: int, networks: int, name: str
) -> list[Erratum]:
    """Theorems 1, 3 and 4 with C outputs and unequal widths: mean, second moment and maximum of the eigenvalues.

    Each formula is named after the statistic and `name`.
    """
    theory = _theory(setting)
    found = []
    for _ in range(networks):
        network = _sample(rng, setting, outputs)
        found.append(fisher_statistics(network, gaussian_inputs(rng, samples, network.widths[0])))
    predictions = (
        ("mean", "Theorem 1, (13)", eigenvalue_mean(theory, setting.width, outputs)),
        ("second_moment", "Theorem 3, (14)", eigenvalue_second_moment(theory, samples, outputs)),
        ("maximum", "Theorem 4, (16)", eigenvalue_maximum(theory, setting.width, samples)),
    )
    return [
        erratum_of(
            f"{statistic}_{name}",
            place,
            f"{statistic.replace('_', ' ')} of the eigenvalues, {_name(setting)}, C = {outputs}, T = {samples}",
            value,
            value,
            [getattr(one, statistic) for one in found],
        )
        for statistic, place, value in predictions
    ]


def norm_of_unequal_widths(rng: np.random.Generator, setting: Setting, samples: int, networks: int) -> Erratum:
    """Theorem 5 where it is an inequality: the mean Fisher-Rao norm of one output, against the bound (20)."""
    theory = _theory(setting)
    norms = []
    for _ in range(networks):
        network = _sample(rng, setting, _OUTPUTS_OF_NORM)
        inputs = gaussian_inputs(rng, samples, network.widths[0])
        norms.append(sampled_fisher_rao_norm(network, inputs) / _OUTPUTS_OF_NORM)
    quantity = f"mean Fisher-Rao norm of one output, {_name(setting)}"
    return erratum_of(
        "norm_of_unequal_widths",
        "Theorem 5, (20)",
        quantity,
        fisher_rao_norm_printed(theory),
        fisher_rao_norm(theory),
        norms,
    )


def critical_rate(rng: np.random.Generator, setting: Setting, samples: int, outputs: int, networks: int) -> Erratum:
    """Lemma 6: the largest learning rate that converges, over 2 (1 + mu) / lambda_max of the same network."""
    ratios = []
    for _ in range(networks):
        teacher = _sample(rng, setting, outputs)
        inputs = gaussian_inputs(rng, samples, teacher.widths[0])
        predicted = learning_rate_limit(fisher_statistics(teacher, inputs).maximum, MOMENTUM)
        ratios.append(rate_border(rng, teacher, inputs, predicted))
    quantity = f"border of divergence over 2 (1 + mu) / lambda_max, {_name(setting)}, C = {outputs}, mu = {MOMENTUM:g}"
    return erratum_of("critical_rate", "Lemma 6", quantity, 1.0, 1.0, ratios)


def rate_border(
    rng: np.random.Generator,
    teacher: RandomNetwork,
    inputs: FloatArray,
    predicted: float,
    of_errors: Callable[[FloatArray], FloatArray] = lambda errors: errors,
) -> float:
    """Largest learning rate that converges from close to the teacher's parameters, over the predicted one.

    Parameters
    ----------
    rng
        Of the start.
    teacher, inputs
        The minimum, and the inputs (T, M_0).
    predicted
        Rates between 0.4 and 1.5 times this are searched.
    of_errors
        What takes the place of f - y (T, C) in the gradient; itself in gradient descent.
    """
    weights = tuple(w + _START * np.std(w) * rng.standard_normal(w.shape) for w in teacher.weights)
    start = replace(teacher, weights=weights)
    low, high = _LOWEST, _HIGHEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _moves_away(teacher, start, inputs, middle * predicted, of_errors):
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _moves_away(
    teacher: RandomNetwork,
    start: RandomNetwork,
    inputs: FloatArray,
    rate: float,
    of_errors: Callable[[FloatArray], FloatArray],
) -> bool:
    """Whether gradient descent (21) from `start` leaves the minimum at the teacher's parameters."""
    target = forward(teacher, inputs).outputs
    losses: list[float] = []
    for step in islice(descend(start, inputs, target, rate, MOMENTUM, of_errors), _STEPS):
        losses.append(step.loss)
        if not losses[-1] <= _FAR * losses[0]:  # or not a number
            return True
    half = _STEPS // 2
    return sum(losses[half:]) > sum(losses[:half])
