"""Networks that are followed along training, against the plain loop and explicit Jacobians."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from explicit_jacobian import explicit_jacobian
from plain_training import half_mean_square, plain_network, train_plainly
from script_modules import script_module

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.labels import one_hot
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.datasets.preprocessing import normalise, subsample
from fisher_spectra.jobs.run_job import Job
from fisher_spectra.karakida.mean_field import learning_rate_limit
from fisher_spectra.networks.fully_connected import RandomNetwork, forward, gaussian_inputs, sample_network
from fisher_spectra.networks.largest_fisher_eigenvalue import largest_fisher_eigenvalue
from fisher_spectra.training.grid.batched_network import BatchedNetwork
from fisher_spectra.training.grid.catapult import doubling_steps
from fisher_spectra.training.grid.compiled_descent import CompiledDescent
from fisher_spectra.training.grid.followed_training import (
    Step,
    Task,
    dead_share,
    follow_training,
)
from fisher_spectra.training.grid.mini_batch_order import MiniBatchOrder
from fisher_spectra.training.grid.network_shape import NetworkShape
from fisher_spectra.training.learning_rates import LearningRates

SAMPLES = 6


@pytest.fixture(params=["compiled", "torch"])
def steps_by(request, monkeypatch):
    """The two ways to take steps; the same tests hold for both."""
    if request.param == "torch":
        monkeypatch.setattr("fisher_spectra.training.grid.followed_training.can_compile", lambda: False)
        monkeypatch.setattr(CompiledDescent, "advance", lambda *_: pytest.fail("a compiled loop was asked for"))
    else:
        monkeypatch.setattr(BatchedNetwork, "descend", lambda *_: pytest.fail("PyTorch was asked for"))


def student_and_task(spec: str, inputs: int = 5) -> tuple[RandomNetwork, np.ndarray, np.ndarray]:
    rng = generator(0, "test_catapult", spec)
    x = gaussian_inputs(rng, SAMPLES, inputs)
    teacher, student = (sample_network(rng, (inputs, 9, 7, 2), spec, 1.5, 0.2) for _ in range(2))
    return student, x, forward(teacher, x).outputs


def trained_plainly(
    start: RandomNetwork, x: np.ndarray, y: np.ndarray, step: Step, steps: int, batches: list[np.ndarray] | None = None
) -> RandomNetwork:
    network = plain_network(start, torch.float64)
    optimizer = torch.optim.SGD(network.parameters(), lr=step.learning_rate, momentum=step.momentum)
    for number in range(steps):
        seen = slice(None) if batches is None else batches[number]
        optimizer.zero_grad()
        torch.autograd.backward(half_mean_square(network, torch.tensor(x[seen]), torch.tensor(y[seen])))
        optimizer.step()
    values = [one.detach().numpy() for one in network.parameters()]
    return RandomNetwork(tuple(values[0::2]), tuple(values[1::2]), start.activation)


def explicit_maximum(network: RandomNetwork, x: np.ndarray, spec: str) -> float:
    jacobian = explicit_jacobian(network, x, spec, biases=True)
    return float(np.linalg.eigvalsh(jacobian @ jacobian.T / len(x))[-1])


@pytest.mark.usefixtures("steps_by")
@pytest.mark.parametrize("spec", ["tanh", "relu", "linear"])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("inputs", [5, 6, 11])  # from 6 on the compiled loop holds the first layer in their span
def test_losses_and_largest_eigenvalues_are_those_of_the_plain_loop_and_the_explicit_jacobian(spec, momentum, inputs):
    student, x, y = student_and_task(spec, inputs)
    step = Step(0.01, momentum)
    run = follow_training(student, Task(x, y), step, [2, 5])
    plain = train_plainly(student, x, y, step.learning_rate, momentum, [np.arange(SAMPLES)] * 5)
    np.testing.assert_allclose(run.loss, plain, rtol=1e-10)
    for number, found in zip(run.measured, run.eigenvalue, strict=True):
        expected = explicit_maximum(trained_plainly(student, x, y, step, number), x, spec)
        assert found == pytest.approx(expected, rel=1e-4)
        assert found != pytest.approx(explicit_maximum(student, x, spec), rel=1e-3)


@pytest.mark.usefixtures("steps_by")
@pytest.mark.parametrize("spec", ["tanh", "relu"])
@pytest.mark.parametrize("inputs", [5, 11])
def test_on_batches_the_losses_are_those_of_the_plain_loop_and_the_network_is_looked_at_on_all_samples(spec, inputs):
    student, x, y = student_and_task(spec, inputs)
    order = MiniBatchOrder(np.array([[4, 0, 1, 2, 3, 5], [5, 3, 0, 1, 4, 2]]), 4)
    batches = [np.array([4, 0, 1, 2]), np.array([3, 5]), np.array([5, 3, 0, 1]), np.array([4, 2])]
    step = Step(0.02, 0.9)
    run = follow_training(student, Task(x, y, order), step, [2, 4])
    on_all = train_plainly(student, x, y, step.learning_rate, step.momentum, batches)
    assert run.start_loss == pytest.approx(on_all[0], rel=1e-10)
    networks = [trained_plainly(student, x, y, step, number, batches) for number in range(5)]
    for batch, network, found in zip(batches, networks[:4], run.loss[:4], strict=True):
        error = forward(network, x[batch]).outputs - y[batch]
        assert found == pytest.approx(np.sum(error**2) / (2 * len(batch)), rel=1e-10)
    for place, number in enumerate(run.measured):
        network = networks[number]
        assert run.whole_loss[place] == pytest.approx(on_all[number], rel=1e-10)
        assert run.eigenvalue[place] == pytest.approx(explicit_maximum(network, x, spec), rel=1e-4)
        assert run.dead[place] == dead_share(network, x)
    assert run.loss[4] == run.whole_loss[1]


def test_batches_pass_through_all_samples_in_each_epoch_and_are_enough_for_the_steps():
    order = MiniBatchOrder.draw(generator(0, "test_catapult"), 7, 3, 8)
    assert order.steps == 9
    assert [len(order.of_step(step)) for step in range(8)] == [3, 3, 1, 3, 3, 1, 3, 3]
    epochs = [np.concatenate([order.of_step(step) for step in range(first, first + 3)]) for first in (0, 3)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(7))] * 2
    assert not np.array_equal(*epochs)


def test_fewer_batches_than_steps_are_refused():
    student, x, y = student_and_task("tanh")
    with pytest.raises(ValueError, match="2 batches: must be one for each of 3 steps"):
        follow_training(student, Task(x, y, MiniBatchOrder(np.arange(6)[None], 3)), Step(0.1, 0.0), [3])


@pytest.mark.usefixtures("steps_by")
def test_a_run_that_is_given_up_has_infinite_losses_from_there_and_nothing_else():
    student, x, y = student_and_task("linear")
    far_above = Step(50.0, 0.0)
    run = follow_training(student, Task(x, y), far_above, [1, 4], give_up_loss=1e3)
    assert np.isinf(run.whole_loss).all()
    assert run.loss[0] < 1e3
    assert np.isinf(run.loss[1:]).all()
    assert np.isnan(run.eigenvalue).all()
    assert np.isnan(run.dead).all()


@pytest.mark.usefixtures("steps_by")
def test_a_run_that_is_given_up_at_the_look_after_its_last_step_has_no_loss_there():
    student, x, y = student_and_task("linear")
    step = Step(50.0, 0.0)
    after_one = follow_training(student, Task(x, y), step, [1]).whole_loss[0]
    run = follow_training(student, Task(x, y), step, [1], give_up_loss=0.5 * after_one)
    assert np.isfinite(run.loss[0])
    assert np.isinf([run.loss[1], run.whole_loss[0]]).all()
    assert np.isnan([run.eigenvalue[0], run.dead[0]]).all()


def test_an_activation_without_a_compiled_loop_is_followed_as_well():
    student, x, y = student_and_task("softplus")
    run = follow_training(student, Task(x, y), Step(0.01, 0.9), [3])
    np.testing.assert_allclose(run.loss, train_plainly(student, x, y, 0.01, 0.9, [np.arange(SAMPLES)] * 3), rtol=1e-10)


def test_the_bits_of_a_run_do_not_depend_on_where_it_is_looked_at():
    student, x, y = student_and_task("tanh", 11)
    for order in (None, MiniBatchOrder.draw(generator(0, "test_catapult"), SAMPLES, 4, 20)):
        often, once = (follow_training(student, Task(x, y, order), Step(0.3, 0.9), at) for at in ([1, 2, 7, 20], [20]))
        assert often.loss.tobytes() == once.loss.tobytes()


def test_a_run_below_its_border_converges_and_one_above_is_thrown_out():
    student, x, y = student_and_task("linear")
    border = 2.0 / largest_fisher_eigenvalue(student, x)
    below, above = (follow_training(student, Task(x, y), Step(factor * border, 0.0), [30]) for factor in (0.5, 6.0))
    assert below.loss[-1] < below.loss[0] < above.loss.max()


def test_a_unit_is_dead_if_no_sample_gives_it_a_slope():
    last = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    weights = (np.eye(2), last, np.ones((1, 4)))
    biases = (np.zeros(2), np.array([0.0, 0.0, 0.0, -1.0]), np.zeros(1))
    network = RandomNetwork(weights, biases, get_activation("relu"))
    inputs = np.array([[1.0, 0.0], [2.0, 3.0]])
    # the second unit sees -1 and -2, the fourth -1 twice; the third sees 0 and 3
    assert dead_share(network, inputs) == 0.5


def test_steps_double_up_to_the_last_one():
    assert doubling_steps(1) == (1,)
    assert doubling_steps(8) == (1, 2, 4, 8)
    assert doubling_steps(9) == (1, 2, 4, 8, 9)


@pytest.mark.parametrize("measured", [[], [0, 3], [3, 3], [4, 2]])
def test_steps_that_do_not_rise_from_one_are_refused(measured):
    student, x, y = student_and_task("tanh")
    with pytest.raises(ValueError, match="rising numbers of steps"):
        follow_training(student, Task(x, y), Step(0.1, 0.0), measured)


def test_a_network_held_in_the_span_of_its_inputs_has_no_first_matrix():
    shape = NetworkShape((5, 9, 2), get_activation("tanh"), 3, 0.0, in_span=True)
    start = [[(torch.zeros(2, 9), torch.zeros(2))]]
    with pytest.raises(ValueError, match="in_span"):
        BatchedNetwork(shape, start, torch.tensor([0.1])).network(0)


def made(**changed) -> pd.DataFrame:
    settings = {"activation": "half", "function": "relu", "sigma_w2": 2.0, "sigma_b2": 0.1, "depth": 3, "outputs": 2}
    settings |= {"widths": [8], "samples": 6, "momenta": [0.9, 0.0], "factors": LearningRates(0.5, 20.0, 3)}
    settings |= {"trials": 2, "steps": 4, "steps_early": 3, "steps_late": 9, "loss_lenient": 1e6}
    job = Job(Namespace(output=Path("table.csv")))
    table: pd.DataFrame = script_module("karakida/train_catapult").train_catapult(
        job=job, root_seed=3, **settings | changed
    )
    return table


def test_the_rows_of_runs_are_those_of_runs_made_one_by_one():
    table = made()
    assert len(table) == 2 * 2 * 3
    for row in table.itertuples():
        rng = generator(3, "karakida_catapult", "half", 8, row.trial)
        x = gaussian_inputs(rng, 6, 8)
        teacher, student = (sample_network(rng, (8, 8, 8, 2), "relu", 2.0, 0.1) for _ in range(2))
        start = explicit_maximum(student, x, "relu")
        limit = 2 * (1 + row.momentum) / row.eta
        assert row.lambda_0 == pytest.approx(start, rel=1e-4)
        assert row.lambda_0 / limit == pytest.approx(row.factor, rel=1e-12)
        assert row.eta == pytest.approx(row.factor * learning_rate_limit(row.lambda_0, row.momentum), rel=1e-12)
        losses = train_plainly(
            student, x, forward(teacher, x).outputs, row.eta, row.momentum, [np.arange(6)] * 9, torch.float64
        )
        if max(losses) > 1e6:
            assert np.isinf(row.loss_late) or row.loss_late == pytest.approx(losses[9], rel=1e-6)
            continue
        found = (row.start_loss, row.peak_loss, row.loss_early, row.loss, row.loss_late)
        assert found == pytest.approx((losses[0], max(losses), losses[3], losses[4], losses[9]), rel=1e-8)
        step = Step(row.eta, row.momentum)
        looked = [trained_plainly(student, x, forward(teacher, x).outputs, step, k) for k in (1, 2, 3, 4, 8, 9)]
        ratios = [row.factor, *(explicit_maximum(network, x, "relu") / limit for network in looked)]
        assert (row.peak_ratio, row.end_ratio) == pytest.approx((max(ratios), ratios[-1]), rel=2e-4)
        assert row.dead == dead_share(looked[-1], x)
    assert (table["loss_late"] <= 1e6).sum() >= 4


def test_the_rows_of_runs_on_data_are_those_of_runs_made_one_by_one_on_the_batches_of_each_epoch(tmp_path):
    rng = np.random.default_rng(4)
    images, labels = rng.uniform(0, 9, (20, 5)), rng.integers(0, 3, 20)
    labels[:3] = 0, 1, 2
    np.savez(tmp_path / "mine.npz", x=images, y=labels)
    settings = {"activation": "half", "function": "relu", "sigma_w2": 2.0, "sigma_b2": 0.1, "depth": 3}
    settings |= {"dataset": str(tmp_path / "mine.npz"), "normalisation": "sample", "samples": 7, "batch_size": 3}
    settings |= {"widths": [8], "momenta": [0.9, 0.0], "factors": LearningRates(0.5, 5.0, 2), "trials": 2}
    settings |= {"steps": 4, "steps_early": 3, "steps_late": 9, "loss_lenient": 1e6}
    job = Job(Namespace(output=Path("table.csv")))
    table = script_module("karakida/train_catapult_on_data").train_catapult_on_data(job=job, root_seed=3, **settings)
    assert len(table) == 2 * 2 * 2
    assert set(table["dataset"]) == {"own:mine"}
    data = load_dataset(tmp_path / "mine.npz")
    chosen = subsample(generator(3, "karakida_catapult_data", "samples"), len(data.x_train), 7)
    x, y = normalise(data.x_train[chosen], "sample"), one_hot(data.y_train[chosen], 3)
    for row in table.itertuples():
        rng = generator(3, "karakida_catapult_data", "half", 8, row.trial)
        student = sample_network(rng, (5, 8, 8, 3), "relu", 2.0, 0.1)
        orders = [rng.permutation(7) for _ in range(3)]
        batches = [order[part] for order in orders for part in (slice(0, 3), slice(3, 6), slice(6, 7))]
        assert row.lambda_0 == pytest.approx(explicit_maximum(student, x, "relu"), rel=1e-4)
        assert row.eta == pytest.approx(row.factor * learning_rate_limit(row.lambda_0, row.momentum), rel=1e-12)
        losses = train_plainly(student, x, y, row.eta, row.momentum, batches)
        assert max(losses) < 1e6
        found = (row.start_loss, row.loss_early, row.loss, row.loss_late)
        assert found == pytest.approx((losses[0], losses[3], losses[4], losses[9]), rel=1e-8)
        step = Step(row.eta, row.momentum)
        end = trained_plainly(student, x, y, step, 9, batches)
        stable = 2 * (1 + row.momentum) / row.eta
        assert row.end_ratio == pytest.approx(explicit_maximum(end, x, "relu") / stable, rel=2e-4)
        assert row.peak_ratio >= max(row.factor, row.end_ratio) * (1 - 2e-4)
        seen = [
            half_mean_square_of(trained_plainly(student, x, y, step, k, batches), x, y, batches[k]) for k in range(9)
        ]
        looked_at = [losses[k] for k in (1, 2, 3, 4, 8, 9)]
        assert row.peak_loss == pytest.approx(max(*seen, *looked_at), rel=1e-8)
        assert row.dead == dead_share(end, x)


def half_mean_square_of(network: RandomNetwork, x: np.ndarray, y: np.ndarray, batch: np.ndarray) -> float:
    return float(np.sum((forward(network, x[batch]).outputs - y[batch]) ** 2) / (2 * len(batch)))


def test_a_width_gives_the_same_rows_whichever_widths_are_beside_it():
    alone, beside = made(), made(widths=[6, 8])
    pd.testing.assert_frame_equal(alone, beside[beside["M"] == 8].reset_index(drop=True))
