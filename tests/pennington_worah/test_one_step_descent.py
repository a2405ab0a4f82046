"""Loss reduction by one optimal gradient step (33) and its quadratic prediction."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy.optimize import minimize_scalar

from fisher_spectra.activations.catalogue import Activation, get_activation
from fisher_spectra.pennington_worah import one_step_descent as module
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.fisher_matrix import sample_weights
from fisher_spectra.pennington_worah.one_step_descent import limiting_loss_reduction, one_step_descent

Array = npt.NDArray[np.float64]

WIDTH, SAMPLES, PERTURBATION = 10, 3000, 1e-3  # two blocks, the second one not full


def all_samples(rng: np.random.Generator) -> tuple[Array, Array, Array, Array]:
    """Weights, inputs and noise of a run with that generator."""
    w_1, w_2 = sample_weights(rng, WIDTH)
    source = module._Samples(WIDTH, SAMPLES, PERTURBATION, int(rng.integers(2**63)))
    inputs, noise = (np.concatenate(parts) for parts in zip(*source.blocks(), strict=True))
    return w_1, w_2, inputs, noise


def direct_loss(f: Activation, w_1: Array, w_2: Array, inputs: Array, targets: Array) -> float:
    """(32) as printed."""
    return 0.5 * float(np.sum((targets - f(inputs @ w_1.T) @ w_2.T) ** 2))


@pytest.mark.parametrize("spec", ["normalised_erf", "shifted_leaky_relu(alpha=0.5)", "optimal_quadratic"])
def test_loss_reduction_equals_a_direct_minimisation_of_the_loss_along_the_gradient(spec: str) -> None:
    f = get_activation(spec)
    result = one_step_descent([f], WIDTH, SAMPLES, PERTURBATION, np.random.default_rng(0))[0]
    w_1, w_2, inputs, noise = all_samples(np.random.default_rng(0))
    targets = f(inputs @ w_1.T) @ w_2.T + noise
    tensors = [torch.tensor(w, requires_grad=True) for w in (w_1, w_2)]
    residual = torch.tensor(targets) - f(torch.tensor(inputs) @ tensors[0].T) @ tensors[1].T
    loss = 0.5 * (residual**2).sum()
    g_1, g_2 = (g.numpy() for g in torch.autograd.grad(loss, tensors))
    start = direct_loss(f, w_1, w_2, inputs, targets)

    def along(scaled: float) -> float:
        step = scaled * result.step
        return (direct_loss(f, w_1 - step * g_1, w_2 - step * g_2, inputs, targets) - start) / result.loss_reduction

    best = minimize_scalar(along, bracket=(0.0, 0.9, 3.0), method="brent", options={"xtol": 1e-10})
    assert result.initial_loss == pytest.approx(start, rel=1e-9)
    assert best.fun == pytest.approx(-1.0, rel=1e-6)
    assert best.x == pytest.approx(1.0, rel=1e-3)  # the minimum is flat: its place is found less well than its depth


def test_gradient_equals_automatic_differentiation() -> None:
    f = get_activation("tanh")
    w_1, w_2, inputs, noise = all_samples(np.random.default_rng(1))
    targets = f(inputs @ w_1.T) @ w_2.T + noise
    tensors = [torch.tensor(w, requires_grad=True) for w in (w_1, w_2)]
    loss = 0.5 * ((torch.tensor(targets) - f(torch.tensor(inputs) @ tensors[0].T) @ tensors[1].T) ** 2).sum()
    rng = np.random.default_rng(1)
    sample_weights(rng, WIDTH)
    source = module._Samples(WIDTH, SAMPLES, PERTURBATION, int(rng.integers(2**63)))
    ((first, second),) = module._gradients([f], w_1, w_2, source)
    expected = torch.autograd.grad(loss, tensors)
    assert np.allclose(first, expected[0].numpy(), rtol=1e-9, atol=1e-12)
    assert np.allclose(second, expected[1].numpy(), rtol=1e-9, atol=1e-12)


def test_mean_loss_reduction_is_the_quadratic_prediction() -> None:
    specs = ["linear", "normalised_erf", "shifted_leaky_relu", "optimal_quadratic"]
    activations = [get_activation(spec) for spec in specs]
    ratios = np.array(
        [
            [r.loss_reduction / r.predicted_reduction for r in one_step_descent(activations, 16, 4096, 1e-3, rng)]
            for rng in (np.random.default_rng([2, run]) for run in range(24))
        ]
    )
    error = np.std(ratios, axis=0, ddof=1) / np.sqrt(24)
    # Corrections are of order 1/n^2 and n/M: below 3 % here; the sampling error is about 2 %.
    assert np.all(np.abs(np.mean(ratios, axis=0) - 1.0) < 0.03 + 3 * error)
    assert np.all(error < 0.03)


def test_prediction_with_the_limiting_moments_is_inverse_to_the_conditioning() -> None:
    for spec in ("linear", "normalised_erf", "optimal_quadratic"):
        constants = nonlinearity_constants(get_activation(spec))
        expected = 1e-6 * 128**2 * constants.first_moment**2 / constants.second_moment
        assert limiting_loss_reduction(constants, 128, 1e-3) == pytest.approx(expected, rel=1e-12)


def test_finite_network_prediction_approaches_the_limit() -> None:
    f = get_activation("normalised_erf")
    result = one_step_descent([f], 150, 2048, 1e-3, np.random.default_rng(3))[0]
    limit = limiting_loss_reduction(nonlinearity_constants(f), 150, 1e-3)
    assert result.predicted_reduction == pytest.approx(limit, rel=0.03)


def test_result_does_not_depend_on_the_other_activations() -> None:
    erf, relu = get_activation("normalised_erf"), get_activation("shifted_leaky_relu")
    alone = one_step_descent([relu], WIDTH, SAMPLES, PERTURBATION, np.random.default_rng(4))
    together = one_step_descent([erf, relu], WIDTH, SAMPLES, PERTURBATION, np.random.default_rng(4))
    assert together[1] == alone[0]
    assert one_step_descent([relu], WIDTH, SAMPLES, PERTURBATION, np.random.default_rng(5)) != alone


def test_reduction_scales_with_the_square_of_the_perturbation() -> None:
    f = get_activation("normalised_erf")
    small = one_step_descent([f], WIDTH, SAMPLES, 1e-5, np.random.default_rng(6))[0]
    large = one_step_descent([f], WIDTH, SAMPLES, 1e-3, np.random.default_rng(6))[0]
    assert large.loss_reduction / small.loss_reduction == pytest.approx(1e4, rel=1e-3)


def test_search_recovers_from_a_bad_first_step(monkeypatch: pytest.MonkeyPatch) -> None:
    f = get_activation("normalised_erf")
    usual = one_step_descent([f], WIDTH, SAMPLES, PERTURBATION, np.random.default_rng(7))[0]
    original = module._quadratic_step
    for factor in (8.0, 0.1):
        monkeypatch.setattr(module, "_quadratic_step", lambda *a, factor=factor: factor * original(*a))
        result = one_step_descent([f], WIDTH, SAMPLES, PERTURBATION, np.random.default_rng(7))[0]
        assert result.loss_reduction == pytest.approx(usual.loss_reduction, rel=1e-6)
        assert result.step == pytest.approx(usual.step, rel=1e-4)


def test_numbers_that_are_not_positive_are_refused() -> None:
    f = [get_activation("linear")]
    for width, samples, perturbation in ((0, 10, 1e-3), (4, 0, 1e-3), (4, 10, 0.0), (4, 10, np.inf), (4, 10, np.nan)):
        with pytest.raises(
            ValueError, match=r"(width|samples|perturbation) = \S+: must be a (whole number >= 1|finite number > 0)"
        ):
            one_step_descent(f, width, samples, perturbation, np.random.default_rng(0))


def test_a_network_without_an_active_unit_is_refused() -> None:
    f = get_activation("relu")
    rng = np.random.default_rng(1)  # one unit and one sample: inactive in every second draw
    with pytest.raises(ValueError, match="activation relu, width = 1, samples = 1: the gradient is zero"):
        one_step_descent([f], 1, 1, 1e-3, rng)
