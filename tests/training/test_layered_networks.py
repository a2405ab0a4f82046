"""Networks whose layers differ, in compiled loops and side by side: against the plain PyTorch loop, for every loss."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from explicit_jacobian import torch_parameters
from layered_jacobian import layered_outputs

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution
from fisher_spectra.networks.layered import forward, sample_layered_network
from fisher_spectra.training.grid import gradient_descent
from fisher_spectra.training.grid.compiled_descent import CompiledDescent
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


@pytest.fixture(autouse=True, params=["compiled", "batched"])
def way(request, monkeypatch):
    """Every statement holds for one compiled loop for each cell, and for cells side by side as on a GPU."""
    monkeypatch.setattr(gradient_descent, "can_compile", lambda: request.param == "compiled")
    return request.param


def network(rng, specs=SPECS):
    return sample_layered_network(rng, WIDTHS, specs, (1.5, 2.0, 1.0), (0.1, 0.2, 0.3))


def task_for(loss, specs=SPECS):
    def draw(rng):
        x = rng.normal(size=(SAMPLES, WIDTHS[0]))
        y = forward(network(rng, specs), x).outputs
        return Task(network(rng, specs), x, np.eye(3)[y.argmax(axis=1)] if loss == "cross_entropy" else np.asarray(y))

    return draw


def shape_of(loss, *, biases=True, specs=SPECS):
    activations = tuple(map(get_activation, specs))
    return LayeredShape(WIDTHS, activations[0], SAMPLES, MOMENTUM, False, activations, biases, loss)


def trained_plainly(task, loss, rate, *, biases, specs=SPECS):
    """The last loss of torch's own optimiser."""
    weights, offsets = torch_parameters(task.start)
    moved = [p.requires_grad_() for p in (weights + offsets if biases else weights)]
    x, y = torch.tensor(task.inputs), torch.tensor(task.targets)
    optimiser = torch.optim.SGD(moved, lr=rate, momentum=MOMENTUM)
    for _ in range(STEPS):
        optimiser.zero_grad()
        LOSSES[loss](layered_outputs((weights, offsets), x, specs), y).backward()
        optimiser.step()
    return LOSSES[loss](layered_outputs((weights, offsets), x, specs), y).item()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("specs", [SPECS, ("relu", "tanh"), ("erf", "tanh")])
@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_cell_ends_as_the_plain_loop_does(loss, biases, specs, dtype):
    draw, seeds = task_for(loss, specs), [np.random.default_rng(seed) for seed in (0, 1)]
    descent = GradientDescent(RATES, STEPS, MOMENTUM)
    grid = train_layered(shape_of(loss, biases=biases, specs=specs), descent, draw, seeds, Execution("cpu", dtype))
    for trial in range(2):
        task = draw(np.random.default_rng(trial))
        for index, rate in enumerate(RATES):
            expected = trained_plainly(task, loss, rate, biases=biases, specs=specs)
            assert grid.loss[index, trial] == pytest.approx(expected, rel=1e-10 if dtype == "float64" else 1e-5)
    assert not grid.diverged.any()


@pytest.mark.parametrize(("specs", "known"), [(SPECS, True), (("erf", "silu"), True), (("relu", "softplus"), False)])
def test_a_compiled_loop_trains_what_it_knows(specs, known, way, monkeypatch):
    loops, loop = [], CompiledDescent.train
    monkeypatch.setattr(CompiledDescent, "train", lambda self, *given: loops.append(self) or loop(self, *given))
    descent, seeds = GradientDescent(RATES, STEPS, MOMENTUM), [np.random.default_rng(0)]
    train_layered(shape_of("mse", specs=specs), descent, task_for("mse", specs), seeds, Execution("cpu", "float32"))
    assert len(loops) == (len(RATES) if known and way == "compiled" else 0)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_cross_entropy_of_large_outputs_and_of_soft_targets_is_that_of_torch(dtype):
    # one step of 1e-20 leaves the outputs, of order 1e3, as they are
    task = task_for("cross_entropy")(np.random.default_rng(0))
    soft = np.abs(np.random.default_rng(1).normal(size=task.targets.shape)) * [1.0, 1.0, 0.0]
    soft /= soft.sum(axis=1, keepdims=True)
    start = network(np.random.default_rng(2))
    start.weights[-1][...] *= 1e3
    grid = train_layered(
        shape_of("cross_entropy"),
        GradientDescent((1e-20,), 1, MOMENTUM, divergence_loss=1e9),
        lambda rng: Task(start, task.inputs, soft),
        [np.random.default_rng(0)],
        Execution("cpu", dtype),
    )
    parameters = torch_parameters(start)
    outputs = layered_outputs(parameters, torch.tensor(task.inputs), SPECS)
    assert outputs.abs().max() > 500
    expected = torch.nn.functional.cross_entropy(outputs, torch.tensor(soft)).item()
    assert grid.loss[0, 0] == pytest.approx(expected, rel=1e-10 if dtype == "float64" else 1e-5)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_that_is_not_a_number_has_diverged(loss):
    task = task_for(loss)(np.random.default_rng(0))
    task.inputs[3, 1] = np.nan
    descent, seeds = GradientDescent(RATES, STEPS, MOMENTUM), [np.random.default_rng(0)]
    grid = train_layered(shape_of(loss), descent, lambda rng: task, seeds, Execution("cpu", "float32"))
    assert grid.diverged.all()
    assert np.isinf(grid.loss).all()
    assert (grid.step_of_divergence == 0).all()


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
