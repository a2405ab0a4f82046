"""The formula of plain networks against the module's own derivatives, and against the library's dual Fisher matrix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from reader_modules import reader_inputs, reader_module
from torch import nn

from fisher_spectra.measurement.layer_formula import LayeredFactor
from fisher_spectra.measurement.measure import measure
from fisher_spectra.networks.dual_fisher import dual_fisher
from fisher_spectra.networks.fully_connected import RandomNetwork

CLOSE = {"rtol": 1e-11, "atol": 1e-13}


def sequential(*parts):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = [nn.Linear(*part, dtype=torch.float64) if isinstance(part, tuple) else part for part in parts]
    return nn.Sequential(*made)


NETWORKS = {
    "plain": lambda: reader_module("plain"),
    "own class": lambda: reader_module("unequal"),
    "mixed activations": lambda: sequential((6, 9), nn.ELU(), (9, 4, False), nn.Softplus(), nn.Identity(), (4, 3)),
    "activation of the outputs": lambda: sequential((6, 3), nn.ReLU(inplace=True), (3, 2), nn.Sigmoid()),
    "linear": lambda: sequential((6, 9), (9, 3)),
    "one layer": lambda: sequential(nn.Flatten(), (6, 4)),
    "autoencoder, in eval mode": lambda: sequential((6, 2), nn.Tanh(), nn.Dropout(0.5), (2, 6)).eval(),
}
FROZEN = {
    "weights below": ("0.weight", "0.bias"),
    "all biases": ("0.bias", "2.bias", "4.bias"),
    "all but one bias": ("0.weight", "0.bias", "2.weight", "4.weight", "4.bias"),
}


def both(module, loss, samples=7):
    found = measure(module, reader_inputs(samples), loss, "auto", None)
    assert isinstance(found.factor, LayeredFactor), found.not_plain
    return found.factor, found.by_module


def assert_same(one, other):
    assert one.shape == other.shape
    assert one.sizes == other.sizes
    rng = np.random.default_rng(0)
    u, v = (torch.from_numpy(rng.standard_normal(size)) for size in one.shape)
    for first, second in (
        (one.dual(), other.dual()),
        (one.times(v), other.times(v)),
        (one.transposed_times(u), other.transposed_times(u)),
        (one.dual_times(u), other.dual_times(u)),
        (one.gauss_newton_times(v), other.gauss_newton_times(v)),
    ):
        torch.testing.assert_close(first, second, **CLOSE)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_formula_gives_what_the_module_gives(name):
    assert_same(*both(NETWORKS[name](), "cross_entropy"))


@pytest.mark.parametrize("samples", [3, 20])
def test_so_it_does_with_fewer_and_more_samples_than_units(samples):
    assert_same(*both(NETWORKS["plain"](), "mse", samples))


@pytest.mark.parametrize("name", FROZEN)
def test_frozen_parameters_are_left_out(name):
    module = NETWORKS["plain"]()
    for key, parameter in module.named_parameters():
        parameter.requires_grad_(key not in FROZEN[name])
    assert_same(*both(module, "half_sum"))


def test_a_block_has_the_columns_of_its_parameters():
    layered, by_module = both(NETWORKS["plain"](), "half_sum")
    for name in layered.sizes:
        assert_same(layered.of_parameters([name]), by_module.of_parameters([name]))


def test_it_is_the_dual_fisher_matrix_of_the_library_in_another_order():
    module = NETWORKS["plain"]()
    layered, _ = both(module, "half_sum")
    linear = [part for part in module if isinstance(part, nn.Linear)]
    network = RandomNetwork(tuple(part.weight for part in linear), tuple(part.bias for part in linear), "tanh")
    expected = dual_fisher(network, reader_inputs()).reshape(3, 7, 3, 7).transpose(1, 0, 3, 2).reshape(21, 21)
    np.testing.assert_allclose(layered.dual().numpy(), expected, rtol=1e-12, atol=1e-14)


def test_too_little_memory_for_all_activations_takes_the_module_itself():
    module = nn.Sequential(nn.Linear(6, 4000), nn.Tanh(), nn.Linear(4000, 1))
    inputs = torch.randn(30, 6)
    assert isinstance(measure(module, inputs, "mse", "products", 1).factor, type(both(module.double(), "mse")[1]))
    assert isinstance(measure(module.double(), inputs, "mse", "products", 100).factor, LayeredFactor)


def test_a_formula_of_other_columns_is_noticed():
    layered, by_module = both(NETWORKS["plain"](), "half_sum")
    wrong = replace(layered, tensors={**layered.tensors, "2.weight": 1.1 * layered.tensors["2.weight"]})
    with pytest.raises(AssertionError):
        assert_same(wrong, by_module)
