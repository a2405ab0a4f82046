"""Shares of the parameters: blocks of the explicit matrix."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from explicit_gauss_newton import explicit_gauss_newton
from reader_modules import reader_inputs, reader_module

import fisher_spectra as fs

MODULES = ["plain", "convolution", "batch_norm_training", "tied"]


def blocks_of(name):
    module = reader_module(name)
    matrix = explicit_gauss_newton(module, reader_inputs(), "mse")
    ends = np.cumsum([parameter.numel() for parameter in module.parameters()])
    return matrix, [
        matrix[end - p.numel() : end, end - p.numel() : end] for end, p in zip(ends, module.parameters(), strict=True)
    ]


@pytest.mark.parametrize("name", MODULES)
def test_traces_and_largest_eigenvalues_are_those_of_the_blocks(name):
    matrix, blocks = blocks_of(name)
    table = fs.analyse(reader_module(name), reader_inputs(), method="dual_matrix").by_layer
    largest = [np.linalg.eigvalsh(block)[-1] for block in blocks]
    np.testing.assert_allclose(table["trace"], [np.trace(block) for block in blocks], atol=1e-12)
    np.testing.assert_allclose(table["largest_eigenvalue"], largest, atol=1e-12)
    np.testing.assert_allclose(table["share"], table["trace"] / np.trace(matrix), atol=1e-12)
    assert list(table["parameters"]) == [len(block) for block in blocks]
    assert (table["trace_error"] == 0.0).all()


@pytest.mark.parametrize("name", MODULES)
def test_by_products_they_are_the_same_within_the_errors(name):
    exact, probed = (
        fs.analyse(reader_module(name), reader_inputs(), method=method).by_layer
        for method in ("dual_matrix", "products")
    )
    np.testing.assert_allclose(probed["largest_eigenvalue"], exact["largest_eigenvalue"], rtol=1e-8, atol=1e-12)
    assert (abs(probed["trace"] - exact["trace"]) <= 4.0 * probed["trace_error"] + 1e-12).all()
    assert probed["share"].sum() == pytest.approx(1.0)


def test_the_second_moment_is_that_of_what_enters_the_layer():
    module, inputs = reader_module("plain"), reader_inputs()
    table = fs.analyse(module, inputs).by_layer
    hidden = torch.tanh(module[0](inputs))
    expected = [inputs, inputs, hidden, hidden, torch.tanh(module[2](hidden))]
    np.testing.assert_allclose(
        table["input_second_moment"][:5], [float(one.detach().square().mean()) for one in expected]
    )
    assert list(table["layer"]) == ["0", "0", "2", "2", "4", "4"]
    assert set(table["kind"]) == {"Linear"}
