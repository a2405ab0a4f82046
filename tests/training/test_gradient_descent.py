"""Training grids against the plain PyTorch loop, and what counts as divergence."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from plain_training import half_mean_square, plain_network, train_plainly

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution
from fisher_spectra.common.progress import Progress
from fisher_spectra.common.seeds import generator
from fisher_spectra.networks.fully_connected import forward, gaussian_inputs
from fisher_spectra.training.bookkeeping import Bookkeeping
from fisher_spectra.training.grid import gradient_descent
from fisher_spectra.training.grid.gradient_descent import GradientDescent, NetworkEnsemble, TrainingGrid
from fisher_spectra.training.grid.mini_batch_order import steps_of_epochs
from fisher_spectra.training.grid.mini_batches import MiniBatches, train_on_data
from fisher_spectra.training.grid.student_teacher import train_student_teacher
from fisher_spectra.training.hopeless_loss import hopeless_loss

DOUBLE = Execution("cpu", "float64")
ACTIVATIONS = ("tanh", "relu", "linear", "gelu", "silu", "softplus", "leaky_relu(slope=0.1)", "hard_tanh(s=1,g=1)")


@pytest.fixture(autouse=True, params=["compiled", "batched"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every statement holds for one compiled loop for each cell, and for cells side by side as on a GPU."""
    monkeypatch.setattr(gradient_descent, "can_compile", lambda: request.param == "compiled")
    return str(request.param)


def ensemble_of(spec: str, widths: tuple[int, ...]) -> NetworkEnsemble:
    return NetworkEnsemble(get_activation(spec), widths, 1.5, 0.2)


def trials(number: int) -> list[np.random.Generator]:
    return [generator(0, "test_training", trial) for trial in range(number)]


# ---------------------------------------------------------------------------------------------------------------------
# Against the plain loop


def test_momentum_of_torch_sgd_is_equation_21() -> None:
    ensemble = ensemble_of("tanh", (3, 4, 2))
    rng = generator(0, "test_training", "momentum")
    x, teacher, student = gaussian_inputs(rng, 5, 3), ensemble.sample(rng), ensemble.sample(rng)
    y, eta, mu = forward(teacher, x).outputs, 0.3, 0.8
    network = plain_network(student, torch.float64)
    inputs, targets = torch.tensor(x), torch.tensor(y)
    current = [p.detach().clone() for p in network.parameters()]
    previous = [p.clone() for p in current]
    losses = []
    for _ in range(12):
        with torch.no_grad():
            for p, value in zip(network.parameters(), current, strict=True):
                p.copy_(value)
        loss = half_mean_square(network, inputs, targets)
        losses.append(loss.item())
        gradients = torch.autograd.grad(loss, list(network.parameters()))
        following = [t - eta * g + mu * (t - p) for t, g, p in zip(current, gradients, previous, strict=True)]
        current, previous = following, current
    batches = [np.arange(5)] * 11
    np.testing.assert_allclose(train_plainly(student, x, y, eta, mu, batches), losses, rtol=1e-12)


def student_teacher_plainly(
    ensemble: NetworkEnsemble, descent: GradientDescent, samples: int, number: int, dtype: torch.dtype
) -> np.ndarray:
    losses = np.empty((len(descent.learning_rates), number))
    for trial, rng in enumerate(trials(number)):
        x = gaussian_inputs(rng, samples, ensemble.widths[0])
        teacher, student = ensemble.sample(rng), ensemble.sample(rng)
        y = forward(teacher, x).outputs
        batches = [np.arange(samples)] * descent.steps
        for row, rate in enumerate(descent.learning_rates):
            losses[row, trial] = train_plainly(student, x, y, rate, descent.momentum, batches, dtype)[-1]
    return losses


@pytest.mark.parametrize("spec", ACTIVATIONS)
@pytest.mark.parametrize("samples", [7, 8, 20], ids=["in_span", "in_span_of_all_inputs", "more_samples_than_inputs"])
def test_full_batch_losses_are_those_of_the_plain_loop_in_float64(spec: str, samples: int) -> None:
    ensemble = ensemble_of(spec, (8, 11, 5, 3))
    descent = GradientDescent((0.005, 0.015), 15, 0.9)
    grid = train_student_teacher(ensemble, descent, samples, trials(2), DOUBLE)
    plain = student_teacher_plainly(ensemble, descent, samples, 2, torch.float64)
    np.testing.assert_allclose(grid.loss, plain, rtol=1e-10)
    assert not grid.diverged.any()


@pytest.mark.parametrize("samples", [10, 40])
def test_full_batch_losses_in_float32_are_those_of_the_plain_loop_in_float64_to_1e_5(samples: int) -> None:
    # Far from the border rounding (6e-8) is not amplified; 100 times that covers the sums of 30 steps.
    ensemble = ensemble_of("tanh", (20, 24, 16, 3))
    descent = GradientDescent((0.005, 0.02), 30, 0.5)
    grid = train_student_teacher(ensemble, descent, samples, trials(2), Execution("cpu", "float32"))
    plain = student_teacher_plainly(ensemble, descent, samples, 2, torch.float64)
    np.testing.assert_allclose(grid.loss, plain, rtol=1e-5)


@pytest.mark.parametrize("spec", ["tanh", "relu", "linear", "silu"])
@pytest.mark.parametrize("batch", [10, 8, 30], ids=["divides", "leaves_a_remainder", "full"])
def test_mini_batch_losses_are_those_of_the_plain_loop_in_float64(spec: str, batch: int) -> None:
    rng = generator(0, "test_training", "data")
    x, y = rng.standard_normal((30, 6)), rng.standard_normal((30, 2))
    ensemble = ensemble_of(spec, (6, 9, 7, 2))
    steps = steps_of_epochs(30, batch, 2)
    descent = GradientDescent((0.01, 0.03), steps, 0.7)
    grid = train_on_data(ensemble, descent, MiniBatches(x, y, batch), trials(2), DOUBLE)
    for trial, rng in enumerate(trials(2)):
        student = ensemble.sample(rng)
        orders = [rng.permutation(30) for _ in range(2)]
        batches = [order[start : start + batch] for order in orders for start in range(0, 30, batch)]
        assert len(batches) == steps
        for row, rate in enumerate(descent.learning_rates):
            plain = train_plainly(student, x, y, rate, 0.7, batches)
            assert grid.loss[row, trial] == pytest.approx(plain[-1], rel=1e-10)


def test_one_epoch_of_50000_samples_in_batches_of_500_has_100_steps() -> None:
    assert steps_of_epochs(50000, 500) == 100
    assert steps_of_epochs(1797, 100) == 18
    assert steps_of_epochs(1797, 100, 3) == 54


def test_training_may_end_within_an_epoch() -> None:
    rng = generator(0, "test_training", "data")
    x, y = rng.standard_normal((30, 6)), rng.standard_normal((30, 2))
    ensemble = ensemble_of("tanh", (6, 9, 2))
    grid = train_on_data(ensemble, GradientDescent((0.02,), 4, 0.7), MiniBatches(x, y, 10), trials(1), DOUBLE)
    rng = trials(1)[0]
    student = ensemble.sample(rng)
    first, second = rng.permutation(30), rng.permutation(30)
    plain = train_plainly(student, x, y, 0.02, 0.7, [first[:10], first[10:20], first[20:], second[:10]])
    assert grid.loss[0, 0] == pytest.approx(plain[-1], rel=1e-10)


# ---------------------------------------------------------------------------------------------------------------------
# Divergence. With all hidden units of a shifted ReLU at its floor b, the network is f = W^L (b, .., b) + b^L, and
# the loss is quadratic with one curvature, lambda = 1 + M b^2, for every output.

FLOOR, WIDTH, OUTPUTS = 3.0, 4, 2
CURVATURE = 1 + WIDTH * FLOOR**2


def quadratic(
    descent: GradientDescent, sigma_b2: float = 1e-4, dtype: str = "float64", number: int = 2
) -> TrainingGrid:
    # Pre-activations have a standard deviation of 1e-2: none comes near the kink at 3.
    ensemble = NetworkEnsemble(get_activation(f"shifted_relu(a=1,b={FLOOR})"), (5, WIDTH, OUTPUTS), 1e-4, sigma_b2)
    return train_student_teacher(ensemble, descent, 6, trials(number), Execution("cpu", dtype))


def quadratic_start(trial: int) -> float:
    """Loss at the start, from the numpy networks."""
    ensemble = NetworkEnsemble(get_activation(f"shifted_relu(a=1,b={FLOOR})"), (5, WIDTH, OUTPUTS), 1e-4, 1e-4)
    rng = trials(trial + 1)[trial]
    x = gaussian_inputs(rng, 6, 5)
    error = forward(ensemble.sample(rng), x).outputs - forward(ensemble.sample(rng), x).outputs
    return float((error**2).sum() / 12)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_divergence_begins_at_2_times_1_plus_mu_over_lambda(momentum: float, dtype: str) -> None:
    border = 2 * (1 + momentum) / CURVATURE
    descent = GradientDescent((0.99 * border, 1.01 * border), 3000, momentum)
    grid = quadratic(descent, dtype=dtype)
    np.testing.assert_array_equal(grid.diverged, [[False, False], [True, True]])
    np.testing.assert_array_equal(grid.diverged_fraction, [0.0, 1.0])
    assert np.all(grid.loss[0] < 1e-6 * quadratic_start(0))
    assert np.all(grid.loss[1] > 1000)


def test_step_of_divergence_is_the_first_step_above_the_divergence_loss() -> None:
    # Without momentum the error is multiplied by 1 - eta lambda in each step.
    rate = 2.5 / CURVATURE
    grid = quadratic(GradientDescent((rate,), 60, 0.0, divergence_loss=50.0))
    for trial in range(2):
        losses = quadratic_start(trial) * (1 - rate * CURVATURE) ** (2.0 * np.arange(61))
        assert grid.step_of_divergence[0, trial] == np.flatnonzero(losses > 50.0)[0] > 0
        assert grid.loss[0, trial] == pytest.approx(losses[-1], rel=1e-9)
        assert grid.diverged[0, trial]


def test_a_loss_that_returns_below_the_divergence_loss_has_not_diverged() -> None:
    descent = GradientDescent((0.5 / CURVATURE,), 100, 0.0, divergence_loss=1e-8)
    assert quadratic_start(0) > 1e-6
    grid = quadratic(descent, number=1)
    assert grid.loss[0, 0] < 1e-8
    assert not grid.diverged[0, 0]
    assert grid.step_of_divergence[0, 0] == -1


def test_a_cell_above_the_give_up_loss_is_given_up_at_once() -> None:
    descent = GradientDescent((0.5 / CURVATURE,), 100, 0.0, divergence_loss=1e-8, give_up_loss=1e-8)
    grid = quadratic(descent, number=1)
    assert np.isinf(grid.loss[0, 0])
    assert grid.diverged[0, 0]
    assert grid.step_of_divergence[0, 0] == 0


def test_a_cell_that_is_given_up_takes_no_further_step(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from fisher_spectra.training.grid.batched_network import BatchedNetwork
    from fisher_spectra.training.grid.compiled_descent import CompiledDescent

    steps, loops = [], []
    descend, loop = BatchedNetwork.descend, CompiledDescent.train
    monkeypatch.setattr(BatchedNetwork, "descend", lambda self: steps.append(1) or descend(self))
    monkeypatch.setattr(CompiledDescent, "train", lambda self, *given: loops.append(self) or loop(self, *given))
    grid = quadratic(GradientDescent((10 / CURVATURE,), 1000, 0.0, give_up_loss=1e3), number=1)
    step = int(grid.step_of_divergence[0, 0])
    assert 0 < step < 20
    if way == "batched":
        assert (len(steps), len(loops)) == (step, 0)
        return
    # the parameters are left where as many steps in all lead to
    (given_up,) = loops
    quadratic(GradientDescent((10 / CURVATURE,), step, 0.0), number=1)
    np.testing.assert_array_equal(given_up._work.parameters, loops[1]._work.parameters)
    quadratic(GradientDescent((10 / CURVATURE,), step + 1, 0.0), number=1)
    assert not np.array_equal(given_up._work.parameters, loops[2]._work.parameters)


def test_a_loss_that_is_not_a_number_has_diverged() -> None:
    x, y = np.ones((4, 3)), np.full((4, 2), np.nan)
    descent = GradientDescent((0.1,), 3, 0.9)
    grid = train_on_data(ensemble_of("tanh", (3, 4, 2)), descent, MiniBatches(x, y, 2), trials(1), DOUBLE)
    assert grid.diverged[0, 0]
    assert grid.step_of_divergence[0, 0] == 0
    assert np.isinf(grid.loss[0, 0])


def test_mini_batch_training_may_diverge_in_the_loss_of_all_samples_only() -> None:
    # The last sample alone has a large target: batches without it end far below the divergence loss.
    x, y = np.zeros((4, 3)), np.zeros((4, 2))
    y[-1] = 1e3
    rng = next(seed for k in range(50) if _last_of_order(seed := generator(0, "outlier", k)) == 0)
    descent = GradientDescent((1e-6,), 3, 0.0)
    grid = train_on_data(ensemble_of("tanh", (3, 4, 2)), descent, MiniBatches(x, y, 1), [rng], DOUBLE)
    assert grid.diverged[0, 0]
    assert grid.step_of_divergence[0, 0] == 3
    assert grid.loss[0, 0] == pytest.approx(1e6 / 4, rel=0.01)


def _last_of_order(rng: np.random.Generator) -> int:
    """0 if sample 3 of 4 comes last in the order that training will draw from a copy of `rng`."""
    copy = np.random.Generator(type(rng.bit_generator)())
    copy.bit_generator.state = rng.bit_generator.state
    ensemble_of("tanh", (3, 4, 2)).sample(copy)
    return 0 if copy.permutation(4)[-1] == 3 else 1


def test_hopeless_loss_is_infinite_without_momentum_and_grows_with_the_steps() -> None:
    assert hopeless_loss(1000.0, 0.0, 10) == float("inf")
    assert hopeless_loss(1000.0, 0.9, 10000) == float("inf")
    assert hopeless_loss(1000.0, 0.9, 100) == pytest.approx(3.76e11, rel=0.01)
    assert hopeless_loss(1000.0, 0.9, 200) > hopeless_loss(1000.0, 0.9, 100)


@pytest.mark.parametrize("spec", ["tanh", "relu", "linear"])
def test_giving_up_changes_no_verdict(spec: str) -> None:
    variances = {"tanh": (3.0, 0.64), "relu": (2.0, 0.1), "linear": (1.0, 0.1)}[spec]
    ensemble = NetworkEnsemble(get_activation(spec), (16, 16, 16, 16, 10), *variances)
    # From a twentieth to ten times the critical rate of tanh at this width, 0.55.
    descent = GradientDescent(tuple(np.geomspace(0.03, 5.5, 8)), 100, 0.9)
    patient = dataclasses.replace(descent, give_up_loss=float("inf"))
    given_up = train_student_teacher(ensemble, descent, 100, trials(3), DOUBLE)
    never = train_student_teacher(ensemble, patient, 100, trials(3), DOUBLE)
    np.testing.assert_array_equal(given_up.diverged, never.diverged)
    finished = np.isfinite(given_up.loss)
    assert finished.any()
    assert (~finished).any()
    np.testing.assert_array_equal(given_up.loss[finished], never.loss[finished])


# ---------------------------------------------------------------------------------------------------------------------
# Seeds, trials, progress, refusals


def test_all_rates_of_a_trial_share_samples_and_start() -> None:
    descent = GradientDescent((1e-13, 2e-13), 1, 0.0)
    grid = train_student_teacher(ensemble_of("tanh", (5, 6, 2)), descent, 4, trials(3), DOUBLE)
    np.testing.assert_allclose(grid.loss[0], grid.loss[1], rtol=1e-10)
    assert np.unique(grid.loss[0].round(6)).size == 3


def test_progress_counts_every_cell() -> None:
    with Progress(6, "training") as progress:
        descent = GradientDescent((0.01, 100.0), 5, 0.9)
        train_student_teacher(ensemble_of("tanh", (5, 6, 2)), descent, 4, trials(3), DOUBLE, Bookkeeping(progress))
    assert progress.done == 6


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"learning_rates": ()}, "learning_rates"),
        ({"learning_rates": (0.1, -0.1)}, "learning_rates"),
        ({"learning_rates": (float("nan"),)}, "learning_rates"),
        ({"steps": 0}, "steps = 0"),
        ({"momentum": 1.0}, "momentum = 1.0"),
        ({"momentum": -0.1}, "momentum = -0.1"),
        ({"divergence_loss": 0.0}, "divergence_loss"),
        ({"give_up_loss": 10.0}, "give_up_loss = 10.0"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(changed: dict[str, Any], named: str) -> None:
    allowed: dict[str, Any] = {"learning_rates": (0.1,), "steps": 1, "momentum": 0.9}
    with pytest.raises(ValueError, match=named):
        GradientDescent(**(allowed | changed))


def test_no_trial_is_refused() -> None:
    with pytest.raises(ValueError, match="generators"):
        train_student_teacher(ensemble_of("tanh", (5, 6, 2)), GradientDescent((0.1,), 1, 0.9), 4, [], DOUBLE)


@pytest.mark.parametrize(
    ("x", "y", "batch", "named"),
    [
        ((10, 4), (10, 2), 5, r"inputs \(10, 4\)"),
        ((10, 5), (10, 3), 5, r"targets \(10, 3\)"),
        ((10, 5), (9, 2), 5, "10 inputs, 9 targets"),
        ((10, 5), (10, 2), 11, "batch = 11"),
        ((10, 5), (10, 2), 0, "batch = 0"),
    ],
)
def test_data_that_do_not_fit_are_refused(x: tuple[int, int], y: tuple[int, int], batch: int, named: str) -> None:
    descent = GradientDescent((0.1,), 1, 0.9)
    with pytest.raises(ValueError, match=named):
        train_on_data(
            ensemble_of("tanh", (5, 6, 2)), descent, MiniBatches(np.ones(x), np.ones(y), batch), trials(1), DOUBLE
        )
