"""Online training: autograd, all cells together against the plain loop, divergence, memory, border of collapse."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from online_problems import assert_same_outcome, online_problem
from plain_online_training import train_online_plainly
from sklearn.datasets import load_digits

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.eigenvalue_recursions import largest_eigenvalue_recursion
from fisher_spectra.hayase_karakida.signal_propagation import signal_propagation
from fisher_spectra.networks.haar_measure import haar_orthogonal
from fisher_spectra.training import limits
from fisher_spectra.training.bookkeeping import Bookkeeping
from fisher_spectra.training.collapse_border import accuracy_border
from fisher_spectra.training.online import compiled_cell, projected_cells
from fisher_spectra.training.online import descent as online
from fisher_spectra.training.online import problem as online_problem_module
from fisher_spectra.training.online.cells import (
    DeferredCells,
    DenseCells,
    descend_cells,
    forward_cells,
    padded,
)
from fisher_spectra.training.online.descent import train_online
from fisher_spectra.training.online.problem import OnlineData, OnlineDescent, epochs_in_order
from fisher_spectra.training.online.projected_cells import ProjectedCells

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"
SATURATED = "hard_tanh(s=0.8,g=1.1)"
CPU = Execution("cpu")
DOUBLE = Execution("cpu", dtype="float64")
CPU_METHODS = ("dense", "compiled", "projected")  # the others are for GPUs, where batches may change the last bits
METHODS = (*CPU_METHODS, "deferred")


def problem(width, depth, samples=30, **options):
    return online_problem(generator(0, "test_online_training", width, depth, samples), width, depth, samples, **options)


class Counter:
    total, reports = 0.0, 0

    def advance(self, units=1, note=""):
        self.total += units
        self.reports += 1


def final_weights(train, *arguments, **options):
    """The outcome of a training function and the final weights of its cells."""
    kept = {}

    def inspect(cell, weights):
        kept[cell] = [weight.double().numpy().copy() for weight in weights]

    return train(*arguments, **options, inspect=inspect), kept


# -- the plain loop


@pytest.mark.parametrize("spec", ["tanh", SATURATED, "linear"])
@pytest.mark.parametrize("depth", [1, 4])
def test_plain_loop_is_stochastic_gradient_descent_by_autograd(spec, depth):
    width, rate = 7, 0.3
    weights, data = problem(width, depth, samples=12)
    activation = get_activation(spec)
    outcome, kept = final_weights(
        train_online_plainly, weights, activation, data, OnlineDescent((rate,), epochs_in_order(12, 2)), DOUBLE
    )
    parameters = [torch.tensor(w, requires_grad=True) for w in weights]
    optimiser = torch.optim.SGD(parameters, lr=rate)

    def outputs(x):
        for weight in parameters[:-1]:
            x = activation(x @ weight.T)
        return x @ parameters[-1].T

    x, y = torch.tensor(data.inputs), torch.tensor(data.label_vectors[data.labels])
    for step in epochs_in_order(12, 2):
        optimiser.zero_grad()
        (((outputs(x[step]) - y[step]) ** 2).sum() / (2 * width)).backward()
        optimiser.step()
    for weight, parameter in zip(kept[0], parameters, strict=True):
        np.testing.assert_allclose(weight, parameter.detach().numpy(), rtol=1e-11, atol=1e-13)
    with torch.no_grad():
        loss = float(((outputs(x) - y) ** 2).sum(1).mean() / (2 * width))
        right = torch.argmax(outputs(x) @ torch.tensor(data.label_vectors).T, dim=1).numpy() == data.labels
    assert outcome.train_loss[0] == pytest.approx(loss, rel=1e-12)
    assert outcome.train_accuracy[0] == right.mean()


def test_test_samples_are_evaluated_in_pieces(monkeypatch):
    weights, data = problem(8, 2)
    descent = OnlineDescent((0.2,), epochs_in_order(30, 1))
    whole = train_online_plainly(weights, get_activation("tanh"), data, descent, DOUBLE)
    monkeypatch.setattr(online_problem_module, "EVALUATED_AT_A_TIME", 7)
    assert_same_outcome(train_online_plainly(weights, get_activation("tanh"), data, descent, DOUBLE), whole, rtol=1e-12)
    swapped = OnlineData(data.test_inputs, data.test_labels, data.label_vectors, data.inputs, data.labels)
    assert whole.test_loss[0] != whole.train_loss[0]
    first_step = OnlineDescent((1e-12,), (0,))
    there = train_online_plainly(weights, get_activation("tanh"), data, first_step, DOUBLE)
    back = train_online_plainly(weights, get_activation("tanh"), swapped, first_step, DOUBLE)
    assert there.test_loss[0] == pytest.approx(back.train_loss[0], rel=1e-9)
    assert there.test_accuracy[0] == back.train_accuracy[0]


# -- all cells together


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("spec", "width", "depth"), [(SATURATED, 24, 3), ("tanh", 24, 5), (FIGURES, 16, 1)])
def test_cells_together_are_the_plain_loop_in_double_precision(method, spec, width, depth):
    weights, data = problem(width, depth)
    descent = OnlineDescent((0.05, 0.2, 0.6 / depth), epochs_in_order(30, 2))
    plain, expected = final_weights(train_online_plainly, weights, get_activation(spec), data, descent, DOUBLE)
    together, found = final_weights(train_online, weights, get_activation(spec), data, descent, DOUBLE, method)
    assert_same_outcome(together, plain, rtol=1e-9)
    for cell in range(3):
        np.testing.assert_allclose(found[cell], expected[cell], rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("depth", [2, 10])
def test_cells_together_are_the_plain_loop_to_1e_4_in_single_precision(method, depth):
    width = 200
    weights, data = problem(width, depth, samples=40, classes=10)
    descent = OnlineDescent(tuple(np.array([0.1, 0.3, 0.6]) * 2 / depth), epochs_in_order(40, 1))
    plain, expected = final_weights(train_online_plainly, weights, get_activation(FIGURES), data, descent, CPU)
    together, found = final_weights(train_online, weights, get_activation(FIGURES), data, descent, CPU, method)
    np.testing.assert_allclose(together.train_loss, plain.train_loss, rtol=1e-4)
    np.testing.assert_allclose(together.test_loss, plain.test_loss, rtol=1e-4)
    for cell in range(3):
        for moved, plainly, start in zip(found[cell], expected[cell], weights, strict=True):
            # Of the change, which is small beside the weights.
            assert np.linalg.norm(moved - plainly) < 1e-4 * np.linalg.norm(plainly - start)


@pytest.mark.parametrize(("up_by_row", "down_by_row"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("width", [1, 3, 24, 30])
def test_every_way_through_a_matrix_is_the_plain_loop(width, up_by_row, down_by_row, monkeypatch):
    monkeypatch.setattr(compiled_cell, "_way_through", lambda *_: compiled_cell._Way(up_by_row, down_by_row))
    weights, data = problem(width, 4, classes=min(width, 3))
    descent = OnlineDescent((0.05, 0.2), epochs_in_order(30, 2))
    activation = get_activation(SATURATED)
    plain, expected = final_weights(train_online_plainly, weights, activation, data, descent, DOUBLE)
    found, kept = final_weights(train_online, weights, activation, data, descent, DOUBLE, "compiled")
    assert_same_outcome(found, plain, rtol=1e-9)
    for cell in range(2):
        np.testing.assert_allclose(kept[cell], expected[cell], rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize(
    ("depth", "width", "expected"),
    [
        (100, 64, (False, False)),  # the digits: 1.6 MB
        (2, 784, (False, False)),
        (20, 784, (True, True)),  # 49 MB, rows of 3136 bytes
        (2, 3072, (True, False)),  # rows of three pages
    ],
)
def test_matrices_that_come_from_memory_are_read_in_order(depth, width, expected):
    assert compiled_cell._way_through(depth, width, itemsize=4) == expected


@pytest.mark.parametrize("method", CPU_METHODS)
def test_bits_of_a_cell_do_not_depend_on_the_others(method):
    # Up to the learning rate at which single precision rounding would grow without bound.
    width, depth = 48, 4
    weights, data = problem(width, depth)
    rates = tuple(np.geomspace(0.02, 40.0, 11))
    activation = get_activation(FIGURES)
    order = epochs_in_order(30, 2)
    everything, kept = final_weights(train_online, weights, activation, data, OnlineDescent(rates, order), CPU, method)
    assert 0 < everything.diverged.sum() < 8
    for chosen in ([0], [3], [1, 4], [2, 5, 7, 10], [10, 9, 0]):
        descent = OnlineDescent(tuple(rates[k] for k in chosen), order)
        some, parts = final_weights(train_online, weights, activation, data, descent, CPU, method)
        expected = dataclasses.replace(
            everything,
            **{field.name: getattr(everything, field.name)[chosen] for field in dataclasses.fields(everything)},
        )
        assert_same_outcome(some, expected, rtol=0)
        for position, cell in enumerate(chosen):
            for moved, other in zip(parts.get(position, []), kept.get(cell, []), strict=True):
                np.testing.assert_array_equal(moved, other)


@pytest.mark.parametrize("method", CPU_METHODS)
def test_number_of_cells_in_a_batch_changes_nothing(method):
    weights, data = problem(32, 3)
    descent = OnlineDescent((0.1, 0.2, 0.4, 0.8, 1.6), epochs_in_order(30, 1))
    activation = get_activation(FIGURES)
    together = train_online(weights, activation, data, descent, CPU, method)
    for size in (1, 2, 3):
        pieces = train_online(weights, activation, data, descent, Execution("cpu", cells_per_batch=size), method)
        assert_same_outcome(pieces, together, rtol=0)


@pytest.mark.parametrize(
    ("spec", "compiler", "expected"),
    [(FIGURES, True, 0), ("silu", True, 0), ("softplus", True, 1), (FIGURES, False, 1)],
)
def test_auto_compiles_the_loops_that_can_be_and_takes_dense_cells_else(spec, compiler, expected, monkeypatch):
    used = []

    class Noted(DenseCells):
        def __init__(self, *arguments):
            used.append(arguments)
            super().__init__(*arguments)

    monkeypatch.setattr(online, "DenseCells", Noted)
    monkeypatch.setattr(online, "can_compile", lambda: compiler)
    weights, data = problem(16, 2, samples=4)
    descent = OnlineDescent((0.1,), (0, 1))
    found = train_online(weights, get_activation(spec), data, descent, CPU)
    assert len(used) == expected
    assert_same_outcome(found, train_online_plainly(weights, get_activation(spec), data, descent, CPU), rtol=1e-4)
    if expected:
        with pytest.raises(ValueError, match="no loop for"):
            train_online(weights, get_activation(spec), data, descent, CPU, "compiled")


@pytest.mark.parametrize("numbers", [1, 700, 10**9])
def test_progress_is_told_while_a_cell_is_trained_and_changes_nothing(numbers, monkeypatch):
    monkeypatch.setattr(compiled_cell, "_READ_AT_A_TIME", numbers)
    weights, data = problem(10, 3)
    descent = OnlineDescent((0.1, 30.0), epochs_in_order(30, 1), give_up_loss=50.0)
    counter = Counter()
    found = train_online(weights, get_activation(SATURATED), data, descent, CPU, bookkeeping=Bookkeeping(counter))
    assert_same_outcome(found, train_online_plainly(weights, get_activation(SATURATED), data, descent, CPU), rtol=1e-4)
    assert counter.total == found.steps.sum() < 60
    assert counter.reports == {1: found.steps.sum(), 700: 15 + -(-found.steps[1] // 2), 10**9: 2}[numbers]


# -- what matrices make of the inputs that they have seen


def moved_by_hand(cells, activation, samples, rates):
    """The changes of the first cell's weights, as the cells are given them: their sum, and |a| |x| summed, by layer."""
    changes = [torch.zeros_like(cells.weight(layer, 0)) for layer in range(cells.depth)]
    lengths = np.zeros(cells.depth)
    original = cells.descend

    def noted(layer, delta, rates, x):
        change = (delta * rates)[0]
        changes[layer] -= torch.outer(change, x[0])
        lengths[layer] += float(change.norm() * x[0].norm())
        return original(layer, delta, rates, x)

    cells.descend = noted
    for x, y in samples:
        descend_cells(cells, forward_cells(cells, activation, x, y), rates)
    return changes, lengths


@pytest.mark.parametrize("dropped", [1e-12, 1e-2])
def test_what_projected_cells_drop_is_within_its_bound_and_inputs_seen_again_need_few_directions(dropped, monkeypatch):
    width, depth, number, epochs = 40, 3, 6, 5
    monkeypatch.setattr(projected_cells, "_DROPPED", dropped / np.finfo(np.float64).eps)
    rng = generator(0, "dropped", dropped)
    weights = [torch.from_numpy(haar_orthogonal(rng, width)) for _ in range(depth)]
    inputs, targets = (torch.from_numpy(np.sqrt(width) * haar_orthogonal(rng, width)[:number]) for _ in range(2))
    cells, rates = ProjectedCells(weights, 2), torch.full((2, 1), 0.1 / width, dtype=torch.float64)
    samples = [(inputs[n], targets[n]) for n in range(number)] * epochs
    changes, lengths = moved_by_hand(cells, get_activation("tanh"), samples, rates)
    errors = [
        float(torch.linalg.matrix_norm(cells.weight(layer, 0) - weights[layer] - changes[layer], ord=2))
        for layer in range(depth)
    ]
    assert np.all(errors <= dropped * lengths + 1e-14)
    assert cells.ranks(0) == [number] * 2  # inputs of the first layer do not move
    seen = number * epochs
    if dropped < 1e-6:
        assert cells.ranks(2) == [seen] * 2  # those of others do, a little
    else:
        assert number <= cells.ranks(2)[0] < seen
        assert max(errors) > 1e-6 * lengths.max()  # something was dropped, so the bound could fail


def test_bases_stay_orthonormal_and_a_whole_one_takes_no_direction_more():
    width = 12
    rng = generator(0, "whole basis")
    weights = [torch.from_numpy(haar_orthogonal(rng, width).astype(np.float32)) for _ in range(2)]
    cells, rates = ProjectedCells(weights, 1), torch.full((1, 1), 0.05 / width)
    for _ in range(3 * width):
        x, y = (torch.from_numpy(rng.standard_normal(width).astype(np.float32)) for _ in range(2))
        descend_cells(cells, forward_cells(cells, get_activation("tanh"), x, y), rates)
    assert cells.ranks(0) == cells.ranks(1) == [width]
    for layer in range(2):
        basis = cells._spans[layer][0]._basis[:width]
        np.testing.assert_allclose(basis @ basis.T, np.eye(width), atol=2e-6)


@pytest.mark.parametrize(
    ("width", "depth", "samples", "expected"),
    [(3072, 2, 500, True), (3072, 50, 500, True), (784, 50, 500, False), (64, 100, 5, False), (3072, 2, 900, False)],
)
def test_wide_networks_with_few_samples_take_few_directions(width, depth, samples, expected):
    assert limits.takes_few_directions(width, depth, samples, itemsize=4) == expected


def test_auto_projects_wide_cells_that_see_few_samples(monkeypatch):
    used = []
    original = online._train_batch
    monkeypatch.setattr(online, "_train_batch", lambda *given: (used.append(given[2]), original(*given)))
    monkeypatch.setattr(limits, "CACHED_BYTES", 1000)
    weights, data = problem(40, 3)
    descent = OnlineDescent((0.05, 1e4, 0.1), epochs_in_order(8, 3))
    found = train_online(weights, get_activation(SATURATED), data, descent, CPU)
    assert used == ["projected"]
    plain = train_online_plainly(weights, get_activation(SATURATED), data, descent, CPU)
    assert found.diverged.tolist() == [False, True, False]
    assert_same_outcome(found, plain, rtol=1e-4)
    monkeypatch.setattr(online, "can_compile", lambda: False)
    train_online(weights, get_activation(SATURATED), data, descent, CPU)
    assert used == ["projected", "dense"]
    with pytest.raises(ValueError, match="method = 'projected': no loops on cpu, or no Numba"):
        train_online(weights, get_activation(SATURATED), data, descent, CPU, "projected")


def test_order_says_which_sample_each_step_sees():
    weights, data = problem(12, 2)
    order = (3, 3, 7, 0)
    picked = OnlineData(
        data.inputs[list(order)], data.labels[list(order)], data.label_vectors, data.inputs, data.labels
    )
    first = train_online(weights, get_activation("tanh"), data, OnlineDescent((0.3,), order), DOUBLE)
    second = train_online(weights, get_activation("tanh"), picked, OnlineDescent((0.3,), (0, 1, 2, 3)), DOUBLE)
    assert first.train_loss[0] == pytest.approx(second.test_loss[0], rel=1e-12)
    assert epochs_in_order(3, 2) == (0, 1, 2, 0, 1, 2)


def test_on_a_gpu_auto_defers_updates_where_the_cells_have_many_weights_in_all():
    gpu = torch.device("cuda")

    def way(width, cells):
        rates = SimpleNamespace(learning_rates=(0.1,) * cells)
        return online._fastest(SimpleNamespace(device=gpu, width=width, descent=rates), compiled=False)

    assert way(784, 24) == way(3072, 1) == "dense"
    assert way(3072, 16) == way(784, 200) == "deferred"


# -- cells


@pytest.mark.parametrize("steps", [1, 15, 16, 17, 40])
def test_all_kinds_of_cells_have_the_same_weights(steps):
    # Deferred cells apply their updates 16 at a time.
    width, depth, rate = 9, 2, 0.02
    rng = generator(0, "test_kinds_of_cells")
    weights = [torch.from_numpy(haar_orthogonal(rng, width)) for _ in range(depth)]
    kinds = [
        DenseCells(weights, 3),
        DeferredCells(weights, 3),
        ProjectedCells(weights, 3),
    ]
    for _ in range(steps):
        x, y = (torch.from_numpy(rng.standard_normal(width)) for _ in range(2))
        for cells in kinds:
            rates = torch.full((cells.rows, 1), rate, dtype=torch.float64)
            descend_cells(cells, forward_cells(cells, get_activation("tanh"), x, y), rates)
    for layer in range(depth):
        assert not torch.allclose(kinds[0].weight(layer, 0), weights[layer], rtol=1e-3)
        for cells in kinds[1:]:
            np.testing.assert_allclose(cells.weight(layer, 0), kinds[0].weight(layer, 0), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("kind", [DenseCells, DeferredCells, ProjectedCells])
def test_kept_cells_go_on_as_before(kind):
    width, depth = 9, 2
    rng = generator(0, "test_kept_cells")
    weights = [torch.from_numpy(haar_orthogonal(rng, width)) for _ in range(depth)]
    samples = [tuple(torch.from_numpy(rng.standard_normal(width)) for _ in range(2)) for _ in range(12)]
    rates = torch.tensor([[0.01], [0.02], [0.03], [0.04]], dtype=torch.float64)
    everyone, few = kind(weights, 4), kind(weights, 4)
    kept, dropped = [0, 1, 2, 3], {3: [1, 2, 3], 6: [0, 2], 9: [1]}  # positions that stay
    for step, (x, y) in enumerate(samples):
        descend_cells(
            everyone, forward_cells(everyone, get_activation("tanh"), x, y), rates[padded(range(4), everyone.rows)]
        )
        descend_cells(few, forward_cells(few, get_activation("tanh"), x, y), rates[padded(kept, few.rows)])
        if step in dropped:
            few.keep(dropped[step])
            kept = [kept[position] for position in dropped[step]]
    assert kept == [3]
    for layer in range(depth):
        np.testing.assert_allclose(few.weight(layer, 0), everyone.weight(layer, 3), rtol=1e-12, atol=1e-15)


# -- divergence


@pytest.mark.parametrize("method", METHODS)
def test_diverged_cells_are_given_up_at_the_step_of_the_plain_loop_and_cost_no_more(method):
    weights, data = problem(20, 3)
    descent = OnlineDescent((0.1, 3.0, 30.0, 0.2, 1e30), epochs_in_order(30, 1), give_up_loss=50.0)
    counter = Counter()
    activation = get_activation(SATURATED)
    together = train_online(weights, activation, data, descent, DOUBLE, method, bookkeeping=Bookkeeping(counter))
    assert_same_outcome(together, train_online_plainly(weights, activation, data, descent, DOUBLE), rtol=1e-9)
    assert together.diverged.tolist() == [False, True, True, False, True]
    assert counter.total == together.steps.sum()
    assert np.all(together.steps[together.diverged] < 30)
    assert np.all(np.isinf(together.train_loss) == together.diverged)
    assert np.all(np.isnan(together.test_accuracy) == together.diverged)


@pytest.mark.parametrize("method", METHODS)
def test_all_cells_may_diverge(method):
    weights, data = problem(20, 3)
    outcome = train_online(
        weights, get_activation("linear"), data, OnlineDescent((1e3, 1e38), epochs_in_order(30, 1)), CPU, method
    )
    assert outcome.diverged.all()


def test_loss_that_overflows_only_in_the_end_counts_as_diverged():
    weights, data = problem(20, 2)
    descent = OnlineDescent((1e30,), (0,), give_up_loss=1e9)
    assert train_online(weights, get_activation("linear"), data, descent, CPU, "dense").diverged.all()


# -- memory and refusals


def test_out_of_memory_means_fewer_cells_at_a_time(monkeypatch):
    weights, data = problem(20, 3)
    descent = OnlineDescent((0.1, 0.2, 0.3, 0.4, 0.5), epochs_in_order(30, 1))
    expected = train_online(weights, get_activation(FIGURES), data, descent, CPU, "dense")
    tried = []

    class Small(DenseCells):
        def __init__(self, initial, count):
            tried.append(count)
            if count > 2:
                raise torch.OutOfMemoryError("simulated")
            super().__init__(initial, count)

    monkeypatch.setattr(online, "DenseCells", Small)
    assert_same_outcome(train_online(weights, get_activation(FIGURES), data, descent, CPU, "dense"), expected, rtol=0)
    assert tried == [5, 2, 2, 1]
    monkeypatch.setattr(online, "DenseCells", lambda initial, count: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(UserError, match="one network of 3 layers of width 20"):
        train_online(weights, get_activation(FIGURES), data, descent, CPU, "dense")


# Projected cells hold two matrices of 30 rows in place of 64 in each layer, so that nine would fit; four go together.
@pytest.mark.parametrize(
    ("method", "expected", "together"),
    [("dense", [8, 4], 4), ("deferred", [5, 5, 2], 4), ("projected", [4, 4, 4], 4), ("projected", [9, 3], 100)],
)
def test_memory_limit_bounds_the_number_of_cells(method, expected, together, monkeypatch):
    monkeypatch.setattr(online, "PROJECTED_TOGETHER", together)
    counts = []
    original = online._train_batch
    monkeypatch.setattr(
        online,
        "_train_batch",
        lambda problem, batch, *rest: (counts.append(len(batch)), original(problem, batch, *rest)),
    )
    monkeypatch.setattr(online, "EVALUATED_AT_A_TIME", 8)
    weights, data = problem(64, 4)
    descent = OnlineDescent(tuple(np.linspace(0.01, 0.1, 12)), epochs_in_order(30, 1))
    matrix = 4 * 64**2
    # Of ten networks one is for the evaluation. The vectors of 16 deferred updates take half a network, activations a
    # sixteenth.
    limited = Execution("cpu", memory_limit=10 * 4 * matrix)
    train_online(weights, get_activation(FIGURES), data, descent, limited, method)
    assert counts == expected
    with pytest.raises(UserError, match="online training of 4 layers of width 64"):
        train_online(weights, get_activation(FIGURES), data, descent, Execution("cpu", memory_limit=matrix), method)


def test_refusals_say_what_is_allowed():
    weights, data = problem(8, 2)
    descent = OnlineDescent((0.1,), (0,))
    activation = get_activation("tanh")
    with pytest.raises(ValueError, match="method = 'fast'"):
        train_online(weights, activation, data, descent, CPU, "fast")
    with pytest.raises(ValueError, match=r"all \(8, 8\)"):
        train_online([np.eye(7)], activation, data, descent, CPU)
    with pytest.raises(ValueError, match="sample 30 is asked for, there are 30"):
        train_online(weights, activation, data, OnlineDescent((0.1,), (30,)), CPU)
    for rates in ((), (0.0,), (np.inf,)):
        with pytest.raises(ValueError, match="learning_rates"):
            OnlineDescent(rates, (0,))
    with pytest.raises(ValueError, match="order"):
        OnlineDescent((0.1,), ())
    with pytest.raises(ValueError, match="give_up_loss"):
        OnlineDescent((0.1,), (0,), give_up_loss=0.0)
    with pytest.raises(ValueError, match="must be \\(N, M\\)"):
        OnlineData(data.inputs[:, :5], data.labels, data.label_vectors, data.test_inputs, data.test_labels)
    with pytest.raises(ValueError, match="test_labels"):
        OnlineData(data.inputs, data.labels, data.label_vectors, data.test_inputs, data.test_labels + 3)
    with pytest.raises(ValueError, match="labels of shape"):
        OnlineData(data.inputs, data.labels[1:], data.label_vectors, data.test_inputs, data.test_labels)


# -- the claim of Figure 4


def test_training_on_digits_collapses_near_two_over_the_largest_eigenvalue():
    digits = load_digits()
    x = digits.data / np.sqrt(np.mean(digits.data**2, axis=1, keepdims=True))
    chosen = generator(0, "test_digits").permutation(len(x))
    x, labels = x[chosen], digits.target[chosen].astype(np.int64)
    width, depth = 64, 10
    data = OnlineData(x[:500], labels[:500], np.sqrt(width) * np.eye(10, width), x[500:900], labels[500:900])
    activation = get_activation(FIGURES)
    critical = 2 / largest_eigenvalue_recursion(signal_propagation(activation, depth))[-1]
    rates = tuple(critical * np.geomspace(0.25, 4, 9))
    rng = generator(0, "test_digits weights")
    weights = [haar_orthogonal(rng, width) for _ in range(depth)]
    outcome = train_online(weights, activation, data, OnlineDescent(rates, epochs_in_order(500, 1)), CPU)
    border = accuracy_border(outcome.learning_rates, outcome.test_accuracy, chance=0.1)
    assert outcome.test_accuracy[0] > 0.8
    # Within a factor of 1.8; the network of a single width of 64 and one epoch do not say more.
    assert abs(border.log_distance(critical)) < np.log(1.8)
