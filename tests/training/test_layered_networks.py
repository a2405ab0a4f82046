"""Networks whose layers differ, trained side by side: against the plain PyTorch loop, for every loss."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from explicit_jacobian import torch_parameters
from layered_jacobian import layered_outputs

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution
from fisher_spectra.networks.layered import forward, sample_layered_network
from fisher_spectra.training.grid.gradient_descent import GradientDescent
from fisher_spectra.training.grid.layered_networks import LayeredShape, Task, train_layered

WIDTHS, SPECS = (5, 6, 4, 3), ("tanh", "relu")
SAMPLES, STEPS, MOMENTUM = 7, 12, 0.6
RATES = (0.01, 0.1)
LOSSES = {
    "half_sum": lambda f, y: ((f - y) ** 2).sum() / (2 * len(f)),
    "mse": torch.nn.functional.mse_loss,
    "cross_entropy": torch.nn.functional.cross_entropy,
}


def network(rng):
    return sample_layered_network(rng, WIDTHS, SPECS, (1.5, 2.0, 1.0), (0.1, 0.2, 0.3))


def task_for(loss):
    def draw(rng):
        x = rng.normal(size=(SAMPLES, WIDTHS[0]))
        y = forward(network(rng), x).outputs
        return Task(network(rng), x, np.eye(3)[y.argmax(axis=1)] if loss == "cross_entropy" else np.asarray(y))

    return draw


def shape_of(loss, *, biases=True):
    activations = tuple(map(get_activation, SPECS))
    return LayeredShape(WIDTHS, activations[0], SAMPLES, MOMENTUM, False, activations, biases, loss)


def trained_plainly(task, loss, rate, *, biases):
    """The last loss of torch's own optimiser."""
    weights, offsets = torch_parameters(task.start)
    moved = [p.requires_grad_() for p in (weights + offsets if biases else weights)]
    x, y = torch.tensor(task.inputs), torch.tensor(task.targets)
    optimiser = torch.optim.SGD(moved, lr=rate, momentum=MOMENTUM)
    for _ in range(STEPS):
        optimiser.zero_grad()
        LOSSES[loss](layered_outputs((weights, offsets), x, SPECS), y).backward()
        optimiser.step()
    return LOSSES[loss](layered_outputs((weights, offsets), x, SPECS), y).item()


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_cell_ends_as_the_plain_loop_does(loss, biases):
    draw, seeds = task_for(loss), [np.random.default_rng(seed) for seed in (0, 1)]
    descent = GradientDescent(RATES, STEPS, MOMENTUM)
    grid = train_layered(shape_of(loss, biases=biases), descent, draw, seeds, Execution("cpu", "float64"))
    for trial in range(2):
        task = draw(np.random.default_rng(trial))
        for index, rate in enumerate(RATES):
            expected = trained_plainly(task, loss, rate, biases=biases)
            assert grid.loss[index, trial] == pytest.approx(expected, rel=1e-10)
    assert not grid.diverged.any()


def test_a_rate_far_above_the_border_diverges_and_a_small_one_does_not():
    descent = GradientDescent((0.01, 1e3), 50, 0.0)
    shape = LayeredShape(
        WIDTHS, get_activation("tanh"), SAMPLES, 0.0, activations=tuple(map(get_activation, SPECS)), loss="mse"
    )
    grid = train_layered(shape, descent, task_for("mse"), [np.random.default_rng(0)], Execution("cpu", "float64"))
    assert grid.diverged[:, 0].tolist() == [False, True]


def test_two_momenta_are_refused():
    with pytest.raises(ValueError, match=r"momentum = 0\.1: must be that of the shape, 0\.6"):
        train_layered(
            shape_of("mse"),
            GradientDescent(RATES, 2, 0.1),
            task_for("mse"),
            [np.random.default_rng(0)],
            Execution("cpu"),
        )
