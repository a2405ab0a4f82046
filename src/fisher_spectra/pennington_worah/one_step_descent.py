"""Loss reduction by one optimal gradient step: Pennington and Worah (2018), section 4.2, equations (31) to (33).

The student starts at the teacher's weights W, targets are Y_i = W2 f(W1 x_i) + eps_i with eps_i ~ N(0, eps^2 1), the
loss is L = sum_i |Y_i - y(x_i)|^2 / 2 (a sum over samples, not a mean), and

    Delta L = min_step [ L(W - step g) - L(W) ],   g = grad L(W).

Quadratic prediction. At W the residuals are the eps_i, so that g = -sum_i J_i^T eps_i and, to second order,
L(W - step g) - L(W) = -step |g|^2 + step^2 g^T A g / 2 with A = sum_i J_i^T J_i (the term with second derivatives of
the network is a sum of eps_i of random sign and drops out). With M samples A -> M H and, over the noise,
E |g|^2 = eps^2 M tr H and E g^T A g = eps^2 M^2 tr H^2. The best step |g|^2 / g^T A g gives

    -Delta L = |g|^4 / (2 g^T A g)  ->  eps^2 (tr H)^2 / (2 tr H^2) = eps^2 n^2 m_1^2 / m_2,

the sums over 2 n^2 eigenvalues being 2 n^2 m_1 and 2 n^2 m_2: M cancels, and the reduction is inversely proportional to
the conditioning m_2 / m_1^2. Both sums concentrate: relative fluctuations are of order 1/n.

For a nonlinear f no statistics smaller than the samples themselves determine g, so all M samples are drawn. They
come in blocks, and several activations share them: the differences between activations then carry little noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import Activation, as_activation_like
from fisher_spectra.activations.protocol import ActivationLike
from fisher_spectra.common.arguments import check_integer, check_positive, check_type
from fisher_spectra.common.normal_numbers import standard_normal
from fisher_spectra.pennington_worah.constants import NonlinearityConstants
from fisher_spectra.pennington_worah.fisher_matrix import FisherMatrix, population_fisher, sample_weights
from fisher_spectra.pennington_worah.limits import ROWS_AT_A_TIME, SAMPLES_AT_A_TIME

Array = npt.NDArray[np.float64]

# Steps at which the loss is evaluated, relative to the predicted best one, and the range in which its minimum must lie.
_TRIAL_STEPS = (0.5, 1.0, 1.5)
_TRUSTED = (0.4, 1.6)
_MAXIMUM_ROUNDS = 20
_LARGEST_PERTURBATION = 1e100  # sums of squares stay finite


@dataclass(frozen=True)
class OneStepDescent:
    """One optimal step of gradient descent from the teacher's weights.

    Attributes
    ----------
    loss_reduction
        -Delta L of (33), positive.
    step
        The minimising step.
    initial_loss
        L at the teacher's weights, about M n eps^2 / 2.
    predicted_reduction
        eps^2 (tr H)^2 / (2 tr H^2) with the exact traces of this network's population Fisher matrix.
    """

    loss_reduction: float
    step: float
    initial_loss: float
    predicted_reduction: float


def limiting_loss_reduction(constants: NonlinearityConstants, width: int, perturbation: float) -> float:
    """eps^2 n^2 m_1^2 / m_2, the quadratic prediction with the moments (27) of infinite width.

    Parameters
    ----------
    constants
        Of :func:`nonlinearity_constants`.
    width
        n.
    perturbation
        eps, the standard deviation of the noise on each output.

    Examples
    --------
    >>> constants = fs.nonlinearity_constants(fs.get_activation("tanh"))
    >>> round(fs.limiting_loss_reduction(constants, width=100, perturbation=0.01), 4)
    0.4053
    """
    check_type("constants", constants, NonlinearityConstants, "NonlinearityConstants")
    width, perturbation = check_integer("width", width, 1), _checked_perturbation(perturbation)
    return perturbation**2 * width**2 / constants.conditioning


def one_step_descent(
    activations: Sequence[ActivationLike | str],
    width: int,
    samples: int,
    perturbation: float,
    rng: np.random.Generator,
) -> list[OneStepDescent]:
    """Measure (33) for several activations with the same weights, inputs and perturbations.

    Parameters
    ----------
    activations
        Activation functions f, one result for each.
    width, samples, perturbation
        n, M and eps; the paper has 2^7, 2^17 and 1e-3.
    rng
        Generator of the weights and of the seed of the samples. The result does not depend on which other activations
        are measured along.

    Raises
    ------
    ValueError
        If a number is not positive and finite, the gradient is zero (a ReLU network of which no unit is active), or the
        search along the gradient does not find a minimum.

    Notes
    -----
    Double precision: the loss changes by 1e-3 of itself, and the sum over samples is formed from the differences of
    outputs, which are 1e-5 of the outputs. Cost for each activation: seven products of (M, n) and (n, n) matrices, and
    five evaluations of f on M n numbers. Memory: blocks of 2048 samples.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> (step,) = fs.one_step_descent([fs.get_activation("tanh")], width=10, samples=2000, perturbation=0.01, rng=rng)
    >>> round(step.loss_reduction, 4), round(step.predicted_reduction, 4)
    (0.0046, 0.0037)
    """
    check_type("rng", rng, np.random.Generator, "a numpy.random.Generator")
    check_type("activations", activations, (list, tuple), "a list of activations")
    functions = [as_activation_like(activation) for activation in activations]
    width, samples = check_integer("width", width, 1), check_integer("samples", samples, 1)
    perturbation = _checked_perturbation(perturbation)
    w_1, w_2 = sample_weights(rng, width)
    source = _Samples(width, samples, perturbation, int(rng.integers(2**63)))
    return _line_searches(functions, w_1, w_2, source)


def _checked_perturbation(perturbation: float) -> float:
    if not check_positive("perturbation", perturbation) <= _LARGEST_PERTURBATION:
        raise ValueError(f"perturbation = {perturbation}: must be at most {_LARGEST_PERTURBATION:g}")
    return float(perturbation)


def _line_searches(
    activations: Sequence[ActivationLike], w_1: Array, w_2: Array, source: _Samples
) -> list[OneStepDescent]:
    """The minimum of the loss along each gradient; rounds of trial steps until all have been found."""
    evaluated = [_evaluated(activation) for activation in activations]
    gradients = _gradients(evaluated, w_1, w_2, source)
    for activation, parts in zip(activations, gradients, strict=True):
        if not any(part.any() for part in parts):
            raise ValueError(
                f"activation {activation.spec}, width = {source.width}, samples = {source.samples}: the gradient is "
                "zero, as no unit is active; use more of both"
            )
    fishers = [population_fisher(w_1, w_2, activation) for activation in activations]
    steps = [
        _quadratic_step(fisher, *gradient, source.samples) for fisher, gradient in zip(fishers, gradients, strict=True)
    ]
    results: list[OneStepDescent | None] = [None] * len(activations)
    for _ in range(_MAXIMUM_ROUNDS):
        pending = [i for i, result in enumerate(results) if result is None]
        if not pending:
            break
        changes, initial_loss = _loss_changes(
            [evaluated[i] for i in pending],
            w_1,
            w_2,
            [gradients[i] for i in pending],
            [[trial * steps[i] for trial in _TRIAL_STEPS] for i in pending],
            source,
        )
        for i, change in zip(pending, changes, strict=True):
            squared_gradient = sum(float(np.sum(part**2)) for part in gradients[i])
            factor, reduction = _minimum(change, -squared_gradient * steps[i])
            if _TRUSTED[0] <= factor <= _TRUSTED[1]:
                predicted = _predicted_reduction(fishers[i], source.perturbation)
                results[i] = OneStepDescent(reduction, factor * steps[i], initial_loss, predicted)
            else:
                steps[i] *= min(max(factor, _TRIAL_STEPS[0]), _TRIAL_STEPS[-1])
    if any(result is None for result in results):
        raise ValueError("the loss along the gradient has no minimum near its quadratic prediction")
    return [result for result in results if result is not None]


def _predicted_reduction(fisher: FisherMatrix, perturbation: float) -> float:
    """eps^2 (tr H)^2 / (2 tr H^2)."""
    trace, squared_norm = fisher.trace(), fisher.squared_norm()
    return 0.5 * perturbation**2 * trace**2 / squared_norm


@dataclass(frozen=True)
class _Samples:
    """Inputs and perturbations in blocks, the same ones each time they are asked for, in pieces for the cache."""

    width: int
    samples: int
    perturbation: float
    seed: int

    def blocks(self) -> Iterator[tuple[Array, Array]]:
        """(inputs, perturbations), each (k, n)."""
        for index, start in enumerate(range(0, self.samples, SAMPLES_AT_A_TIME)):
            rng = np.random.default_rng([self.seed, index])
            count = min(SAMPLES_AT_A_TIME, self.samples - start)
            inputs = standard_normal(rng, (count, self.width))
            noise = self.perturbation * standard_normal(rng, (count, self.width))
            for first in range(0, count, ROWS_AT_A_TIME):
                yield inputs[first : first + ROWS_AT_A_TIME], noise[first : first + ROWS_AT_A_TIME]


class _Evaluated(Protocol):
    """What all samples are taken through."""

    def __call__(self, x: Array, /) -> Array: ...

    def derivative(self, x: Array, /) -> Array: ...


def _evaluated(activation: ActivationLike) -> _Evaluated:
    """The activation in the form that is fast on many numbers."""
    if not isinstance(activation, Activation) or activation.slopes is not None:
        return activation
    from fisher_spectra.activations.vectorised import Vectorised  # PyTorch: what only predicts does without it

    return Vectorised(activation)


def _gradients(
    activations: Sequence[_Evaluated], w_1: Array, w_2: Array, source: _Samples
) -> list[tuple[Array, Array]]:
    """Gradient of L with respect to W1 and W2 at the teacher's weights."""
    sums = [(np.zeros_like(w_1), np.zeros_like(w_2)) for _ in activations]
    for inputs, noise in source.blocks():
        z = inputs @ w_1.T
        back = noise @ w_2
        for activation, (first, second) in zip(activations, sums, strict=True):
            second -= noise.T @ activation(z)
            first -= (back * activation.derivative(z)).T @ inputs
    return sums


def _quadratic_step(fisher: FisherMatrix, first: Array, second: Array, samples: int) -> float:
    """|g|^2 / (M g^T H g)."""
    gradient = np.concatenate([first.ravel(), second.ravel()])
    return float(gradient @ gradient) / (samples * float(gradient @ fisher.apply(gradient)))


def _loss_changes(
    activations: Sequence[_Evaluated],
    w_1: Array,
    w_2: Array,
    gradients: Sequence[tuple[Array, Array]],
    steps: Sequence[Sequence[float]],
    source: _Samples,
) -> tuple[Array, float]:
    """L(W - step g) - L(W) for each activation and step, and L(W)."""
    totals = np.zeros((len(activations), len(_TRIAL_STEPS)))
    initial_loss = 0.0
    for inputs, noise in source.blocks():
        z = inputs @ w_1.T
        initial_loss += 0.5 * float(np.sum(noise**2))
        for row, (activation, (first, second)) in enumerate(zip(activations, gradients, strict=True)):
            direction = inputs @ first.T
            outputs = activation(z) @ w_2.T
            for column, step in enumerate(steps[row]):
                change = activation(z - step * direction) @ (w_2 - step * second).T
                change -= outputs
                # |noise - change|^2 / 2 - |noise|^2 / 2
                totals[row, column] += float(np.vdot(change, 0.5 * change - noise))
    return totals, initial_loss


def _minimum(changes: Array, slope: float) -> tuple[float, float]:
    """Minimum of the loss along the gradient, steps measured in units of the predicted one.

    The loss is interpolated by the quartic with its exact value and slope at 0 and its values at the trial steps. Its
    cubic part is the perturbation's size smaller than the quadratic one, so that this is exact for all purposes.

    Returns
    -------
    (position, loss reduction); position 0 or beyond the trial steps if there is no minimum among them.
    """
    trial = np.array(_TRIAL_STEPS)
    curvature = np.linalg.solve(trial[:, None] ** np.array([2, 3, 4]), changes - slope * trial)
    quartic = np.polynomial.Polynomial([0.0, slope, *curvature])
    roots = quartic.deriv().roots()
    real = roots[np.abs(roots.imag) < 1e-9].real
    candidates = real[(real > 0.0) & (real < 2.0 * trial[-1])]
    best = min([0.0, 2.0 * float(trial[-1]), *(float(root) for root in candidates)], key=lambda x: float(quartic(x)))
    return best, -float(quartic(best))
