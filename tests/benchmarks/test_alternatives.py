"""What is timed against this package computes the same numbers: every alternative that is installed, at tiny sizes."""

from __future__ import annotations

import numpy as np
import pytest
from benchmark_page.comparison import difference
from benchmark_page.subjects import (
    dual_matrix,
    lanczos,
    looking,
    mean_field_grid,
    normal_numbers,
    online,
    own_training,
    training_column,
)


def result(subject, name, settings):
    """What a candidate gives; those that are not installed are skipped by name."""
    try:
        return subject.prepare(name, settings).call()
    except ModuleNotFoundError as error:
        pytest.skip(f"{error.name} is not installed")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", dual_matrix.NAMES[1:])
def test_each_dual_matrix_is_ours(name, dtype):
    settings = {"L": 4, "M": 7, "T": 5, "dtype": dtype}
    ours = result(dual_matrix, dual_matrix.OURS, settings)
    assert difference(result(dual_matrix, name, settings), ours) < {"float32": 1e-5, "float64": 1e-13}[dtype]


@pytest.mark.parametrize("name", training_column.NAMES[1:])
def test_each_training_column_has_our_losses_and_gives_up_the_same_cells(name):
    # Few steps: above the critical rate every further one makes more of a rounding.
    try:
        found, ours = (training_column.losses(one, 12, 4, 12, 2)[0]() for one in (name, training_column.OURS))
    except ModuleNotFoundError as error:
        pytest.skip(f"{error.name} is not installed")
    settled = ours < 1e3
    assert 4 < settled.sum() < settled.size  # some cells are trained, some rise
    np.testing.assert_allclose(found[settled], ours[settled], rtol=1e-3)
    np.testing.assert_array_equal(training_column.verdicts(found), training_column.verdicts(ours))


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
@pytest.mark.parametrize("name", own_training.NAMES[1:])
def test_each_training_of_an_own_network_ends_at_our_losses(name, loss, activation):
    settings = {"widths": [5, 20, 15, 3], "activation": activation, "loss": loss, "T": 12, "steps": 150, "rates": 3}
    ours = result(own_training, own_training.OURS, settings)
    assert ours[-1] < 0.9 * ours[0]  # the largest rate has learned more than the smallest
    assert difference(result(own_training, name, settings), ours) < 1e-5


@pytest.mark.parametrize("name", [online.C, online.JAX, online.PLAIN])
def test_each_online_training_ends_at_our_losses(name):
    settings = {"M": 16, "L": 3, "cells": 4, "steps": 48, "epochs": 3}
    ours = result(online, online.OURS, settings)
    assert ours[-1] < 0.9 * ours[0]  # the largest rate has learned more than the smallest
    assert difference(result(online, name, settings), ours) < 1e-5
    projected = result(online, online.OURS, settings | {"method": "projected"})
    assert difference(projected, ours) < 1e-5
    assert not np.array_equal(projected, ours)


def test_products_alone_train_nothing():
    assert result(online, online.PRODUCTS, {"M": 16, "L": 2, "cells": 2, "steps": 16}) is None


@pytest.mark.parametrize(("activation", "allowed"), [("tanh", 1e-8), ("relu", 1e-13), ("erf", 1e-13)])
def test_each_mean_field_is_ours(activation, allowed):
    ours = mean_field_grid.ours(activation, 3)
    assert difference(mean_field_grid.one_by_one(activation, 3), ours) < 1e-12
    assert difference(mean_field_grid.by_hand(mean_field_grid.MOMENTS[activation], 3), ours) < allowed


def test_the_point_by_point_loop_says_which_share_of_the_points_it_takes(monkeypatch):
    taken = []
    monkeypatch.setattr(mean_field_grid, "mean_field", lambda *given: taken.append(given))
    monkeypatch.setattr(mean_field_grid, "critical_learning_rate", lambda *_: 1.0)
    prepared = mean_field_grid.prepare(mean_field_grid.SCALAR, {"activation": "erf", "points": 20})
    taken.clear()
    assert prepared.call() is None
    assert len(taken) == pytest.approx(prepared.part * 20**2)
    assert prepared.part < 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_numbers_are_those_of_numpy_and_others_are_not_compared(dtype):
    settings = {"M": 70, "dtype": dtype}
    ours = result(normal_numbers, normal_numbers.OURS, settings)
    assert ours.dtype == dtype
    assert np.array_equal(ours, result(normal_numbers, normal_numbers.NUMPY, settings))
    assert result(normal_numbers, normal_numbers.TORCH, settings) is None


@pytest.mark.parametrize(
    ("names", "settings"),
    [(lanczos.NAMES, {"L": 3, "M": 9, "T": 4, "C": 3}), (lanczos.POPULATION_NAMES, {"n": 5})],
    ids=["deep", "one hidden layer"],
)
def test_each_largest_eigenvalue_is_ours(names, settings):
    found = {}
    for name in names:
        try:
            found[name] = lanczos.prepare(name, settings).call()
        except ModuleNotFoundError:
            continue
    assert len(found) >= 2
    assert max(difference(one, found[names[0]]) for one in found.values()) < 1e-9


def test_the_look_at_results_is_at_results_that_are_what_they_were(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    look = looking.prepare(looking.LOOK, {"results": 3}).call
    look()
    (looking.SCALE / "cells" / "made_up" / "1.csv").write_text("edited")
    with pytest.raises(ValueError, match=r"1\.csv: "):
        look()
