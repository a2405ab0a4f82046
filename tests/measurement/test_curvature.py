"""Products with the factor of a Gauss-Newton matrix, its dual and its eigenvalues, against the explicit Jacobian."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from explicit_gauss_newton import explicit_gauss_newton, explicit_jacobian_of
from reader_modules import MAKERS, reader_inputs, reader_module

import fisher_spectra.measurement.curvature as curvature
from fisher_spectra.measurement.eigenvalues import dual_eigenvalues, largest_by_products
from fisher_spectra.measurement.losses import LOSSES
from fisher_spectra.measurement.measure import measure

# The losses differ in what is done to the outputs, not in the modules.
CASES = [(name, "cross_entropy") for name in MAKERS] + [("attention", "mse"), ("batch_norm_training", "half_sum")]


def measured(name, loss="half_sum", inputs=None, method="auto", **options):
    return measure(reader_module(name), reader_inputs() if inputs is None else inputs, loss, method, None, **options)


def factor_of(name, loss="half_sum", inputs=None):
    return measured(name, loss, inputs).by_module


def rng():
    return np.random.default_rng(0)


def vectors(factor):
    """One of each side."""
    return [torch.from_numpy(rng().standard_normal(size)) for size in factor.shape]


@pytest.mark.parametrize(("name", "loss"), CASES)
def test_eigenvalues_are_those_of_the_explicit_matrix_by_either_way(name, loss):
    expected = np.linalg.eigvalsh(explicit_gauss_newton(reader_module(name), reader_inputs(), loss))[::-1]
    found = measured(name, loss)
    values = dual_eigenvalues(found.by_module)
    np.testing.assert_allclose(values, np.maximum(expected[: len(values)], 0.0), atol=1e-12 * expected[0])
    np.testing.assert_allclose(largest_by_products(found.by_module, 2), expected[:2], rtol=1e-9)
    np.testing.assert_allclose(dual_eigenvalues(found.factor), values, atol=1e-12 * expected[0])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", ["convolution", "batch_norm_training", "own_derivative"])
def test_products_are_those_with_the_explicit_matrix(name, loss):
    factor = factor_of(name, loss)
    matrix = torch.from_numpy(explicit_gauss_newton(reader_module(name), reader_inputs(), loss))
    u, v = vectors(factor)
    close = {"rtol": 1e-10, "atol": 1e-12}
    torch.testing.assert_close(factor.gauss_newton_times(v), matrix @ v, **close)
    torch.testing.assert_close(factor.transposed_times(factor.times(v)), matrix @ v, **close)
    torch.testing.assert_close(factor.times(v) @ u, v @ factor.transposed_times(u), **close)
    torch.testing.assert_close(factor.dual() @ u, factor.dual_times(u), **close)


def test_rows_are_those_of_the_jacobian_in_the_order_of_the_samples():
    factor = factor_of("attention")
    _, jacobian = explicit_jacobian_of(reader_module("attention"), reader_inputs())
    _, v = vectors(factor)
    torch.testing.assert_close(factor.times(v), (jacobian.flatten(0, 1) @ v) / 7**0.5)


@pytest.mark.parametrize("name", ["residual", "batch_norm_training", "own_derivative"])
def test_little_memory_changes_the_parts_and_not_the_result(name):
    factor = factor_of(name, "cross_entropy")
    small = replace(factor, memory=2000)
    assert factor.panels == 1 < small.panels
    assert curvature.batch_size(small.saved_per_sample, small.memory) < 7
    u, v = vectors(factor)
    for one, other in (
        (factor.dual(), small.dual()),
        (factor.times(v), small.times(v)),
        (factor.transposed_times(u), small.transposed_times(u)),
        (factor.gauss_newton_times(v), small.gauss_newton_times(v)),
    ):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-13)


def test_what_cannot_be_differentiated_forward_or_mapped_takes_the_other_way(monkeypatch):
    failed = []

    def noted(function):
        def call(*arguments, **options):
            try:
                return function(*arguments, **options)
            except RuntimeError:  # NotImplementedError is one
                failed.append(function.__name__)
                raise

        return call

    monkeypatch.setattr(curvature, "jvp", noted(curvature.jvp))
    monkeypatch.setattr(curvature, "vjp", noted(curvature.vjp))
    for name, expected in (("own_derivative", {"jvp", "vjp"}), ("attention", set()), ("batch_norm_training", set())):
        factor = factor_of(name)
        failed.clear()
        factor.times(vectors(factor)[1])
        factor.dual()
        assert set(failed) == expected, name


def test_columns_of_some_parameters_are_the_blocks_of_the_matrix():
    factor = factor_of("residual", "mse")
    matrix = explicit_gauss_newton(reader_module("residual"), reader_inputs(), "mse")
    start = 0
    for name, size in factor.sizes.items():
        block = np.linalg.eigvalsh(matrix[start : start + size, start : start + size])[::-1]
        values = dual_eigenvalues(factor.of_parameters([name]))
        np.testing.assert_allclose(values, np.maximum(block[: len(values)], 0.0), atol=1e-13)
        start += size
    assert start == len(matrix)


def test_frozen_parameters_are_left_out():
    module = reader_module("convolution")
    module[1].weight.requires_grad_(False)
    found = measure(module, reader_inputs(), "half_sum", "auto", None)
    expected = np.linalg.eigvalsh(explicit_gauss_newton(module, reader_inputs(), "half_sum"))[::-1]
    np.testing.assert_allclose(dual_eigenvalues(found.factor)[:5], expected[:5], rtol=1e-10)
    assert "16 parameters are frozen" in found.notes[0]


def test_places_of_a_sample_are_samples_of_the_cross_entropy_and_outputs_of_the_others():
    module = torch.nn.Conv1d(2, 3, 2).double()  # (T, 3 classes, 4 places)
    inputs = torch.randn(5, 2, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    as_samples = torch.nn.Sequential(module, _PlacesLast())
    found = measure(module, inputs, "cross_entropy", "auto", None)
    outputs, jacobian = explicit_jacobian_of(as_samples, inputs)
    by_place = jacobian.view(20, 3, -1)
    p = torch.softmax(outputs.view(20, 3), 1)
    hessians = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    matrix = torch.einsum("tcp,tcd,tdq->pq", by_place, hessians / 20, by_place)
    np.testing.assert_allclose(
        dual_eigenvalues(found.factor)[:4], np.linalg.eigvalsh(matrix.numpy())[::-1][:4], rtol=1e-10
    )
    _, v = vectors(found.factor)
    torch.testing.assert_close(found.factor.gauss_newton_times(v), matrix @ v)
    assert (found.loss.samples, found.loss.outputs) == (20, 3)
    assert measure(module, inputs, "mse", "auto", None).loss.outputs == 12


class _PlacesLast(torch.nn.Module):
    def forward(self, x):
        return x.movedim(1, -1)


@pytest.mark.parametrize("name", ["plain", "attention"])
def test_single_precision_is_as_right_as_it_can_be(name):
    expected = dual_eigenvalues(factor_of(name))[0]
    found = measure(reader_module(name).float(), reader_inputs().float(), "half_sum", "products", None)
    assert found.factor.dtype == torch.float32
    assert dual_eigenvalues(found.factor)[0] == pytest.approx(expected, rel=1e-5)
    assert largest_by_products(found.factor, 1)[0] == pytest.approx(expected, rel=1e-5)


class Recurrent(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.mix, self.leave = torch.nn.LSTM(3, 4, batch_first=True), torch.nn.Linear(4, 2)

    def forward(self, x):
        return self.leave(self.mix(x)[0][:, -1])


@pytest.mark.parametrize(
    ("make", "inputs"),
    [
        (Recurrent, torch.linspace(-1.0, 1.0, 30, dtype=torch.float64).view(5, 2, 3) ** 3),
        (
            lambda: torch.nn.Sequential(torch.nn.Embedding(4, 3), torch.nn.Flatten(), torch.nn.Linear(6, 2)),
            torch.arange(10).view(5, 2) % 4,
        ),
    ],
)
def test_recurrent_modules_and_tables_that_are_looked_up_in_are_as_right(make, inputs):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = make().double()
    expected = np.linalg.eigvalsh(explicit_gauss_newton(module, inputs, "mse"))[::-1][:5]
    found = measure(module, inputs, "mse", "auto", None).factor
    np.testing.assert_allclose(dual_eigenvalues(found)[:5], expected, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(largest_by_products(found, 2), expected[:2], rtol=1e-9)
