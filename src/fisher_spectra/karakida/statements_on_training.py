"""Sentences of Karakida, Akaho, Amari 2019, Section 4.2, on training, which they quote: each sampled.

That half of the critical learning rate is fastest around a minimum (after Lemma 6), and that the weights change little
during training if the network is wide (at the end of the section).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import scipy

from fisher_spectra.common.erratum import Erratum, erratum_of
from fisher_spectra.karakida.errata import Setting
from fisher_spectra.karakida.mean_field import learning_rate_limit
from fisher_spectra.karakida.natural_gradient import natural
from fisher_spectra.karakida.plain_descent import descend
from fisher_spectra.karakida.unequal_widths import MOMENTUM
from fisher_spectra.networks.dual_fisher import dual_fisher, eigenvalues
from fisher_spectra.networks.fully_connected import forward, gaussian_inputs, pull_back

# Distances from the minimum, as a share of the parameters: gradient descent is linear there. Of one eigenvalue the
# rates of single networks differ by what is not linear, which has to be far above rounding if their scatter is to be
# known.
_NEAR, _NEAR_OF_ONE = 1e-6, 1e-3
# Steps after which losses are compared: of all directions, and where there is one. Of that, losses after two steps and
# more are rounding wherever they are close to the smallest, and the place found is one of rounding.
_STEPS, _STEPS_OF_ONE = 60, 1
# Rates over the critical one among which the fastest is sought, and to which accuracy, of the eigenvalues and of runs.
_SLOWEST, _EXACT, _ACCURACY = 0.05, 1e-9, 2e-3
# Samples and steps of trained networks with one output: the loss falls by many orders.
_TRAINED_SAMPLES, _TRAINED_STEPS = 10, 150
_WIDER = 4  # the larger width over the smaller one


def fastest_rates(
    rng: np.random.Generator, setting: Setting, samples: int, outputs: int, networks: int
) -> list[Erratum]:
    """Text below Lemma 6: the fastest learning rate around a minimum over eta_c = 2 / lambda_max, without momentum.

    Corrected: a displacement in a random direction leaves the loss sum_i lambda_i (1 - eta lambda_i)^(2 k) after k
    steps, which is smallest where the largest and the smallest eigenvalues shrink alike: for large k at
    2 / (lambda_max + lambda_min), close to eta_c. With one sample and one output there is one eigenvalue, and half of
    eta_c is right. Sampled: the rate at which gradient descent ends with the smallest loss.
    """
    several = [_fastest(rng, setting, samples, outputs, _STEPS, _NEAR) for _ in range(networks)]
    single = [_fastest(rng, setting, 1, 1, _STEPS_OF_ONE, _NEAR_OF_ONE) for _ in range(networks)]
    about = f"{setting.activation.name}, M = {setting.width}"
    place = "Section 4.2, below Lemma 6"
    return [
        erratum_of(
            "fastest_rate",
            place,
            f"fastest rate over eta_c, {_STEPS} steps, {about}, T = {samples}, C = {outputs}",
            0.5,
            float(np.mean([predicted for predicted, _ in several])),
            [found for _, found in several],
        ),
        erratum_of(
            "fastest_rate_of_one",
            place,
            f"fastest rate over eta_c, {about}, T = C = 1",
            0.5,
            0.5,
            [found for _, found in single],
        ),
    ]


def _fastest(
    rng: np.random.Generator, setting: Setting, samples: int, outputs: int, steps: int, near: float
) -> tuple[float, float]:
    """Fastest rate over 2 / lambda_max: of the eigenvalues of the network's F, and of its gradient descent."""
    teacher = setting.sample(rng, outputs)
    inputs = gaussian_inputs(rng, samples, setting.width)
    values = eigenvalues(dual_fisher(teacher, inputs))
    limit = learning_rate_limit(float(values[-1]), 0.0)
    weights = tuple(w + near * np.std(w) * rng.standard_normal(w.shape) for w in teacher.weights)
    start, targets = replace(teacher, weights=weights), forward(teacher, inputs).outputs

    def predicted(share: float) -> float:
        return float(values @ (1 - share * limit * values) ** (2 * steps))

    def found(share: float) -> float:
        run = descend(start, inputs, targets, share * limit, 0.0)
        return next(islice(run, steps, None)).loss

    return _place_of_smallest(predicted, _EXACT), _place_of_smallest(found, _ACCURACY)


def _place_of_smallest(loss: Callable[[float], float], accuracy: float) -> float:
    """Of a convex loss, on a logarithmic scale, since it falls by many orders to its smallest."""

    def logarithm(share: float) -> float:
        return math.log(loss(share) + sys.float_info.min)

    bounds = (_SLOWEST, 1.0)
    return float(
        scipy.optimize.minimize_scalar(logarithm, bounds=bounds, method="bounded", options={"xatol": accuracy}).x
    )


def changes_of_weights(
    rng: np.random.Generator, setting: Setting, narrow: Setting, networks: tuple[int, int]
) -> list[Erratum]:
    """End of Section 4.2: the change of the weights by training is small at large width; here how small.

    To first order it is B^T (T F*)^(-1) e for the errors e at the start, of order one, and eigenvalues of T F* of order
    M: of a squared length of order 1/M, where that of the weights is of order M. So their ratio falls as 1/M.

    Sampled, of students of a teacher at half of their own critical rate: the change without momentum over that of first
    order; and with the paper's momentum, which makes it several times as large, the exponent between the width of
    `narrow` and four times that, of the change over the root of the loss at the start.

    Parameters
    ----------
    rng
        Of networks and inputs.
    setting, narrow
        Of the first and of the second number.
    networks
        Numbers of networks of the two.
    """
    over_first_order = []
    for _ in range(networks[0]):
        run = _trained(rng, setting, 0.0)
        over_first_order.append(run.change / run.first_order)
    wide, exponents = replace(narrow, width=_WIDER * narrow.width), []
    for _ in range(networks[1]):
        small, large = (_trained(rng, one, MOMENTUM) for one in (narrow, wide))
        fall = large.change / large.start_error / (small.change / small.start_error)
        exponents.append(math.log(fall) / math.log(_WIDER))
    about = f"{setting.activation.name}, T = {_TRAINED_SAMPLES}, C = 1"
    return [
        erratum_of(
            "change_of_weights",
            "Section 4.2, end",
            f"|theta - theta_0| over that of first order, {about}, M = {setting.width}, mu = 0",
            math.nan,  # no number is printed
            1.0,
            over_first_order,
        ),
        erratum_of(
            "order_of_change",
            "Section 4.2, end",
            f"exponent of |theta - theta_0| / |theta_0|, {about}, M = {narrow.width}, {wide.width}, mu = {MOMENTUM:g}",
            math.nan,
            -1.0,
            exponents,
        ),
    ]


@dataclass(frozen=True)
class _Trained:
    """What training has done to the weights; biases are trained, too, but not counted."""

    change: float  # |theta - theta_0| / |theta_0|
    first_order: float  # the same to first order in the errors
    start_error: float  # root of the loss at the start


def _trained(rng: np.random.Generator, setting: Setting, momentum: float) -> _Trained:
    inputs = gaussian_inputs(rng, _TRAINED_SAMPLES, setting.width)
    teacher, student = setting.sample(rng), setting.sample(rng)
    targets, passed = forward(teacher, inputs).outputs, forward(student, inputs)
    dual = dual_fisher(student, inputs)
    rate = learning_rate_limit(float(eigenvalues(dual)[-1]), momentum) / 2
    run = descend(student, inputs, targets, rate, momentum)
    loss = next(run).loss
    trained = next(islice(run, _TRAINED_STEPS - 1, None)).network
    pulled = pull_back(passed, natural(dual, 0.0)(passed.outputs - targets) / len(inputs))
    lengths = (
        sum(float(np.sum(part**2)) for part in parts)
        for parts in (
            (w - v for w, v in zip(trained.weights, student.weights, strict=True)),
            (d.T @ h for d, h in zip(pulled, passed.activations, strict=True)),
            student.weights,
        )
    )
    moved, linear, whole = map(math.sqrt, lengths)
    return _Trained(moved / whole, linear / whole, math.sqrt(loss))
