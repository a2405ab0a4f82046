"""Training at multiples of the critical rate does what the largest eigenvalue says, for each loss."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from reader_modules import reader_inputs, reader_module

import fisher_spectra as fs
from fisher_spectra.measurement.losses import LOSSES

CASES = [
    *(("plain", loss, momentum) for loss in LOSSES for momentum in (0.0, 0.9)),
    ("batch_norm_training", "mse", 0.9),
    ("attention", "half_sum", 0.9),
]


@pytest.mark.parametrize(("name", "loss", "momentum"), CASES)
def test_it_converges_below_the_critical_rate_and_not_above(name, loss, momentum):
    found = fs.analyse(reader_module(name), reader_inputs(), loss=loss, momentum=momentum)
    table = found.check_by_training((0.5, 0.95, 1.05), steps=150)
    assert list(table["diverged"]) == [False, False, True]
    np.testing.assert_allclose(table["learning_rate"], table["factor"] * found.critical_learning_rate)
    assert (table["loss_ratio"][:2] < 1.0).all()
    assert table["highest_loss_ratio"][2] > 100.0


def test_a_rate_taken_for_another_loss_is_wrong_by_half_the_number_of_outputs():
    mse, half_sum = (fs.analyse(reader_module("plain"), reader_inputs(), loss=loss) for loss in ("mse", "half_sum"))
    assert mse.critical_learning_rate / half_sum.critical_learning_rate == pytest.approx(3 / 2)
    assert half_sum.check_by_training((0.95 * 3 / 2,))["diverged"][0]


def plain_losses(module, inputs, target, value, rate, momentum, steps):
    """Full-batch gradient descent by PyTorch's own optimiser."""
    module = copy.deepcopy(module)
    optimiser = torch.optim.SGD(module.parameters(), lr=rate, momentum=momentum)
    losses = []
    for _ in range(steps):
        optimiser.zero_grad()
        loss = value(module(inputs), target)
        loss.backward()
        losses.append(loss.item())
        optimiser.step()
    return losses


@pytest.mark.parametrize(
    ("loss", "value"),
    [
        ("mse", torch.nn.functional.mse_loss),
        ("cross_entropy", torch.nn.functional.cross_entropy),
        ("half_sum", lambda f, y: 0.5 * (f - y).square().sum() / len(f)),
    ],
)
def test_towards_the_datas_targets_it_is_pytorchs_own_descent(loss, value):
    module, inputs = reader_module("residual"), reader_inputs()
    classes = torch.arange(7) % 3
    target = classes if loss == "cross_entropy" else torch.nn.functional.one_hot(classes, 3).double()
    found = fs.analyse(module, (inputs, classes), loss=loss, momentum=0.9)
    table = found.check_by_training((0.3,), steps=20, labels="data")
    losses = plain_losses(module, inputs, target, value, 0.3 * found.critical_learning_rate, 0.9, 20)
    assert table["loss_ratio"][0] == pytest.approx(losses[-1] / losses[0], rel=1e-9)
    assert table["highest_loss_ratio"][0] == pytest.approx(max(losses) / losses[0], rel=1e-9)


def test_parts_of_the_data_give_the_gradient_of_the_whole():
    whole = fs.analyse(reader_module("residual"), reader_inputs(40))
    parts = fs.analyse(reader_module("residual").float(), reader_inputs(40), memory_mb=1)
    object.__setattr__(parts.measurement.by_module, "memory", 5000)
    assert parts.check_by_training((0.8,))["loss_ratio"][0] == pytest.approx(
        whole.check_by_training((0.8,))["loss_ratio"][0], rel=0.05
    )


def test_a_run_that_comes_down_elsewhere_is_a_catapult():
    found = fs.analyse(reader_module("batch_norm_training"), reader_inputs(30), momentum=0.0)
    table = found.check_by_training((0.9, 1.2), steps=300)
    assert list(table["outcome"]) == ["converges", "catapults"]
    assert list(table["diverged"]) == [False, True]


def test_a_run_whose_loss_ends_higher_than_it_began_diverges():
    module, inputs = reader_module("plain"), reader_inputs()
    found = fs.analyse(module, (inputs, np.arange(7) % 3), loss="cross_entropy", momentum=0.9)
    table = found.check_by_training((0.1, 100.0), steps=40, labels="data")
    assert list(table["outcome"]) == ["converges", "diverges"]
    assert table["loss_ratio"][0] < 1.0 < table["loss_ratio"][1]


def test_targets_that_do_not_fit_are_refused():
    module, inputs = reader_module("plain"), reader_inputs()
    with pytest.raises(ValueError, match="labels = 'data': the data have no targets"):
        fs.analyse(module, inputs).check_by_training(labels="data")
    with pytest.raises(ValueError, match="labels = 'data': has classes from 0 to 6; must be 0 to 2"):
        fs.analyse(module, (inputs, np.arange(7))).check_by_training(labels="data")
    with pytest.raises(
        ValueError, match=r"labels = 'data': has targets of shape \(7, 2\), float64; must be classes, whole numbers of "
    ):
        fs.analyse(module, (inputs, np.ones((7, 2)))).check_by_training(labels="data")
    with pytest.raises(ValueError, match="labels = 'mine': must be own or data"):
        fs.analyse(module, inputs).check_by_training(labels="mine")
    for factors in ([], [0.0], [[1.0]], [float("nan")]):
        with pytest.raises(ValueError, match="factors"):
            fs.analyse(module, inputs).check_by_training(factors)
    with pytest.raises(ValueError, match="steps = 1: must be a whole number >= 2"):
        fs.analyse(module, inputs).check_by_training(steps=1)
