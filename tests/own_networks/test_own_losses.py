"""Losses: their curvature against second derivatives by PyTorch, and the critical rate of a linear model."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fisher_spectra.own_networks.losses import LOSSES, critical_rate, curvature_factor, loss_curvature

LINEAR_IN_OUTPUTS = {
    "half_sum": lambda f, y: ((f - y) ** 2).sum() / (2 * len(f)),
    "mse": torch.nn.functional.mse_loss,
    "cross_entropy": lambda f, y: -(y * torch.log_softmax(f, 1)).sum() / len(f),
}


def hessian_by_outputs(loss, outputs):
    """d^2 E / df df T, ordered by output, then by sample."""
    samples, count = outputs.shape
    y = torch.eye(count, dtype=torch.float64)[torch.arange(samples) % count]

    def of(flat):
        return LINEAR_IN_OUTPUTS[loss](flat.reshape(count, samples).T, y)

    return torch.func.hessian(of)(torch.tensor(outputs.T.ravel().copy())).numpy() * samples


@pytest.mark.parametrize("loss", LOSSES)
def test_eigenvalues_are_those_of_the_gauss_newton_matrix(loss):
    rng = np.random.default_rng(0)
    jacobian, outputs = rng.normal(size=(12, 7)), rng.normal(size=(4, 3))
    dual = jacobian @ jacobian.T / 4
    kept = dual.copy()
    found = np.linalg.eigvalsh(loss_curvature(dual, outputs, loss))
    expected = np.linalg.eigvalsh(jacobian.T @ hessian_by_outputs(loss, outputs) @ jacobian / 4)
    np.testing.assert_allclose(found[-7:], expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(dual, kept)


def test_the_cross_entropy_of_equal_probabilities_has_the_factor_of_theory():
    rng = np.random.default_rng(1)
    # one output alone would lose the mean over the outputs: here every direction of the outputs is as good
    dual = np.kron(np.eye(5), np.diag(rng.uniform(1, 2, size=6)))
    found = np.linalg.eigvalsh(loss_curvature(dual, np.full((6, 5), 3.0), "cross_entropy"))
    assert found[-1] == pytest.approx(curvature_factor("cross_entropy", 5) * dual.max(), rel=1e-12)


@pytest.mark.parametrize("loss", ["half_sum", "mse"])
@pytest.mark.parametrize(("factor", "converges"), [(0.95, True), (1.05, False)])
def test_gradient_descent_on_a_linear_model_converges_just_below_the_rate(loss, factor, converges):
    rng = np.random.default_rng(2)
    x, y = torch.tensor(rng.normal(size=(8, 5))), torch.tensor(rng.normal(size=(8, 3)))
    weight = torch.zeros(5, 3, dtype=torch.float64, requires_grad=True)
    largest = float(np.linalg.eigvalsh(x.numpy().T @ x.numpy() / 8)[-1])
    rate = factor * critical_rate(largest, loss, 3, 0.5)
    optimiser = torch.optim.SGD([weight], lr=rate, momentum=0.5)
    losses = []
    for _ in range(500):
        optimiser.zero_grad()
        value = LINEAR_IN_OUTPUTS[loss](x @ weight, y)
        value.backward()
        optimiser.step()
        losses.append(value.item())
    assert (losses[-1] < losses[0]) is converges


def test_what_is_no_loss_is_refused():
    with pytest.raises(ValueError, match="must be one of half_sum, mse, cross_entropy"):
        curvature_factor("hinge", 2)
    with pytest.raises(ValueError, match="needs at least two outputs"):
        curvature_factor("cross_entropy", 1)
    with pytest.raises(ValueError, match=r"largest = 0\.0: must be a finite number > 0"):
        critical_rate(0.0, "mse", 2, 0.0)
