"""Sampled networks of layers against torch's automatic differentiation, and kernels against the recursions."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from tests.oracles.torch_layers import torch_dual_fisher, torch_outputs

import fisher_spectra as fs
from fisher_spectra.finite_size.layer_normalisation import LayerNormalisation, normalised_order_parameters
from fisher_spectra.finite_size.residual_networks import residual_order_parameters
from fisher_spectra.finite_size.variables import diagonal_sum, off_diagonal_sum, order_parameters
from fisher_spectra.layers.stack import passes

KINDS = sorted(fs.layer_kinds())
DEEP = [
    ("dense", "residual", "residual", "dense"),
    ("batch_norm", "residual", "layer_norm", "batch_centring"),
    ("layer_norm", "batch_centring", "batch_norm", "batch_norm"),
    ("batch_centring", "dense", "batch_norm", "layer_norm"),
]


def _stack(
    kinds: tuple[str, ...], activation: str, outputs: int = 3, width: int = 6, biases: bool = True
) -> fs.LayerStack:
    depth = len(kinds)
    variances = tuple(1.0 + 0.5 * layer for layer in range(depth)), tuple(0.1 * layer for layer in range(depth))
    widths = (4 if kinds[0] != "residual" else width, *[width] * (depth - 1), outputs)
    return fs.layer_stack(widths, kinds, (activation,) * (depth - 1), *variances, biases=biases)


PAIRS = list(itertools.product(KINDS, [kind for kind in KINDS if kind != "residual"]))


@pytest.mark.parametrize(
    ("kinds", "activation"),
    [*zip(PAIRS, itertools.cycle(["relu", "tanh"]), strict=False), *itertools.product(DEEP, ["relu", "tanh"])],
)
def test_outputs_and_dual_fisher_matrix_are_those_of_a_torch_module(kinds: tuple[str, ...], activation: str) -> None:
    rng = np.random.default_rng(len("".join(kinds)))
    stack = _stack(kinds, activation, biases=activation == "relu")
    network, inputs = fs.sample_stack(rng, stack), rng.standard_normal((5, stack.inputs))
    np.testing.assert_allclose(passes(network, inputs)[-1].values, torch_outputs(network, inputs), atol=1e-12)
    expected = torch_dual_fisher(network, inputs)
    found = fs.dual_fisher_of_stack(network, inputs)
    np.testing.assert_allclose(found, expected, atol=1e-9 * max(1.0, abs(expected).max()))
    assert np.trace(expected) > 1e-3


def test_a_stack_of_plain_layers_draws_the_numbers_of_sample_network() -> None:
    stack = fs.layer_stack((5, 8, 2), ("dense", "dense"), ("tanh",), (2.0, 2.0), (0.3, 0.3))
    network = fs.sample_network(np.random.default_rng(3), (5, 8, 2), "tanh", 2.0, 0.3)
    sampled = fs.sample_stack(np.random.default_rng(3), stack)
    inputs = np.random.default_rng(4).standard_normal((6, 5))
    for own, weight in zip(sampled.parameters, network.weights, strict=True):
        np.testing.assert_array_equal(own.weight, weight)
    np.testing.assert_allclose(fs.dual_fisher_of_stack(sampled, inputs), fs.dual_fisher(network, inputs), rtol=1e-12)


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("overlap", [0.0, 0.3])
@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_tangent_kernels_are_the_sums_of_the_layerwise_recursions(
    activation: str, overlap: float, biases: bool
) -> None:
    w2, b2, widths = (2.0, 3.0, 1.5, 1.0), (0.1, 0.64, 0.0, 0.2), (50, 70, 70, 70, 1)
    ensemble = fs.layered_ensemble(widths, activation, w2, b2, biases=biases)
    norms = (LayerNormalisation(gains=False, shifts=False),) * 3
    every = {
        ("dense",) * 4: order_parameters(ensemble, 1.3, overlap),
        ("dense", "residual", "residual", "dense"): residual_order_parameters(ensemble, 1.3, overlap),
        (*("layer_norm",) * 3, "dense"): normalised_order_parameters(ensemble, norms, 1.3, overlap),
    }
    for kinds, fields in every.items():
        stack = fs.layer_stack(widths, kinds, (activation,) * 3, w2, b2, biases=biases)
        last = fs.stack_kernels(stack, 7, 1.3, overlap)[-1]
        assert last.theta == pytest.approx(diagonal_sum(ensemble, fields), rel=1e-10)
        assert last.theta_st == pytest.approx(off_diagonal_sum(ensemble, fields), rel=1e-10)
        assert last.q == pytest.approx(fields.q[4], rel=1e-10)


@pytest.mark.parametrize(("activation", "w2", "b2"), [("relu", 2.0, 0.1), ("tanh", 3.0, 0.64)])
@pytest.mark.parametrize(
    "kinds",
    [
        ("batch_centring", "dense", "dense"),
        ("dense", "batch_centring", "dense"),
        ("batch_norm", "batch_norm", "dense"),
        ("batch_norm", "layer_norm", "dense"),
        ("batch_norm", "residual", "dense"),
        ("dense", "dense", "batch_centring"),
    ],
)
def test_kernels_are_the_mean_entries_of_wide_sampled_networks(
    kinds: tuple[str, ...], activation: str, w2: float, b2: float
) -> None:
    width, samples, networks = 300, 24, 6
    stack = fs.layer_stack((width,) * 3 + (1,), kinds, (activation,) * 2, (w2,) * 3, (b2,) * 3, biases=False)
    sums = []
    for seed in range(networks):
        rng = np.random.default_rng(seed)
        dual = fs.dual_fisher_of_stack(fs.sample_stack(rng, stack), rng.standard_normal((samples, width)))
        sums.append([np.trace(dual), dual.sum()])
    last = fs.stack_kernels(stack, samples)[-1]
    one, two = last.tangent
    trace, total = np.mean(sums, axis=0)
    # values of a batch-normalised neuron lie on a sphere: not Gaussian, by 1/T, where phi is curved
    assert trace == pytest.approx(one, rel=0.08 if (activation, "batch_norm") == ("tanh", kinds[0]) else 0.05)
    # the sum of all entries, T times the uniform direction's eigenvalue; of a centred last layer exactly 0
    assert total / samples == pytest.approx(((samples - 1) * two + one) / samples, rel=0.08, abs=0.002 * one)


def test_a_residual_layer_must_be_as_wide_as_the_one_below() -> None:
    stack = fs.LayerStack(4, (fs.Dense(6), fs.Residual(5, "relu"), fs.Dense(1)))
    for call in (lambda: fs.sample_stack(np.random.default_rng(0), stack), lambda: fs.stack_kernels(stack, 5)):
        with pytest.raises(ValueError, match="as wide as the layer below"):
            call()


def test_batch_norm_needs_four_samples_at_infinite_width() -> None:
    with pytest.raises(ValueError, match="from 4 samples on"):
        fs.stack_kernels(_stack(("batch_norm", "dense"), "relu"), 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ((4, 6, 1), ("dens", "dense"), ("relu",), (1.0,) * 2, (0.0,) * 2),
            "names: 'dens': must be one of",
        ),
        (((4, 6, 1), ("dense", "dense"), (), (1.0,) * 2, (0.0,) * 2), "activations = .*: must be 1 for 2 layers"),
        (((4, 6), ("dense", "dense"), ("relu",), (1.0,) * 2, (0.0,) * 2), "widths = .*: must be 3 for 2 layers"),
        (((4, 6, 1), ("dense", "dense"), ("relu",), (-1.0,) * 2, (0.0,) * 2), "sigma_w2"),
    ],
)
def test_wrong_layers_end_in_one_line(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fs.layer_stack(*arguments)
