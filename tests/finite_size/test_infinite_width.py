"""Residual and layer-normalised networks: values of an independent derivation, limits, and sampled networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from blocked_modules import ResidualNetwork, normalised_network

import fisher_spectra as fs
from fisher_spectra.finite_size.ensemble import layered_ensemble
from fisher_spectra.finite_size.infinite_width import normalised_prediction, residual_prediction
from fisher_spectra.finite_size.layer_normalisation import (
    LayerNormalisation,
    gains_and_shifts,
    normalised_order_parameters,
)
from fisher_spectra.finite_size.prediction import finite_size_prediction
from fisher_spectra.finite_size.residual_networks import residual_order_parameters
from fisher_spectra.finite_size.variables import OrderParameters, diagonal_sum, order_parameters

BARE = LayerNormalisation(0.0, gains=False, shifts=False)
PHI = {"relu": torch.relu, "tanh": torch.tanh, "gelu": torch.nn.functional.gelu}
MODULES = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "gelu": torch.nn.GELU}


def gaussian(samples: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(samples, width, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("name", "variances", "values"),
    [("relu", (2.0, 0.1), (39.7, 79.3, 158.6)), ("tanh", (3.0, 0.64), (23.0, 46.0, 92.0))],
)
def test_layer_normalised_networks_have_the_values_of_the_independent_derivation(
    name: str, variances: tuple[float, float], values: tuple[float, ...]
) -> None:
    for width, value in zip((100, 200, 400), values, strict=True):
        ensemble = layered_ensemble((width, width, width, 1), name, *variances, biases=False)
        found = normalised_prediction(ensemble, 40, normalisations=(BARE, BARE))
        assert round(found.largest_eigenvalue, 1) == value


@pytest.mark.parametrize(("name", "depth", "value"), [("relu", 4, 3.338), ("tanh", 5, 1.963)])
def test_residual_networks_have_the_traces_of_the_independent_derivation(name: str, depth: int, value: float) -> None:
    found = residual_prediction(layered_ensemble((100,) * depth + (1,), name, 1.0, 0.1, biases=False), 30)
    assert (depth - 1) * found.kappa_1 == pytest.approx(value, abs=6e-4)  # 3.3375, printed with its half rounded up


@pytest.mark.parametrize("biases", [True, False])
def test_without_blocks_or_normalisation_the_network_is_a_plain_one(biases: bool) -> None:
    shallow = layered_ensemble((50, 70, 2), "gelu", (1.5, 2.0), (0.1, 0.2), biases=biases)
    plain = order_parameters(shallow, 0.9, 0.2)
    np.testing.assert_array_equal(residual_order_parameters(shallow, 0.9, 0.2).q_tilde, plain.q_tilde)
    deep = layered_ensemble((50, 70, 60, 2), ("relu", "tanh"), (1.5, 2.0, 1.0), (0.1, 0.2, 0.0), biases=biases)
    same = normalised_prediction(deep, 20, normalisations=(None, None), input_moment=0.9, input_overlap=0.2)
    expected = finite_size_prediction(deep, 20, input_moment=0.9, input_overlap=0.2)
    assert same.kappa_1 == pytest.approx(expected.kappa_1, rel=1e-12)
    assert same.kappa_2 == pytest.approx(expected.kappa_2, rel=1e-12)
    if not biases:
        assert same.largest_eigenvalue == pytest.approx(expected.infinite_width, rel=1e-12)


def test_linear_residual_networks_multiply_moments_by_one_plus_the_variance() -> None:
    fields = residual_order_parameters(layered_ensemble((30, 40, 40, 40, 1), "linear", (2.0, 0.5, 0.25, 3.0)), 1.0, 0.4)
    np.testing.assert_allclose(fields.q[1:], (2.0, 3.0, 3.75, 11.25))
    np.testing.assert_allclose(fields.q_st[1:], 0.4 * np.array(fields.q[1:]))
    np.testing.assert_allclose(fields.q_tilde[1:], (3.0 * 1.25 * 1.5, 3.0 * 1.25, 3.0, 1.0))
    np.testing.assert_allclose(fields.q_tilde_st[1:], fields.q_tilde[1:])


def test_normalisation_forgets_the_scale_of_weights_below_it_up_to_epsilon() -> None:
    def fields_of(scale: float, epsilon: float) -> OrderParameters:
        ensemble = layered_ensemble((50, 80, 80, 1), "tanh", (scale, 2.0, 2.0), biases=False)
        norms = (LayerNormalisation(epsilon, gains=False, shifts=False), BARE)
        return normalised_order_parameters(ensemble, norms, 1.0, 0.3)

    one, small = fields_of(1.0, 0.0), fields_of(1e-4, 0.0)
    np.testing.assert_allclose(small.q_hat_st, one.q_hat_st, rtol=1e-12)
    assert small.q_tilde[1] == pytest.approx(1e4 * one.q_tilde[1])
    assert fields_of(1e-4, 1e-4).q[1] == pytest.approx(0.5)


SAMPLED = [
    ("residual", "relu", (1.0, 0.1), 16, 0.15),
    ("residual", "tanh", (1.0, 0.1), 12, 0.15),
    ("layer_normalised", "relu", (2.0, 0.1), 12, 0.1),
    ("layer_normalised", "tanh", (3.0, 0.64), 12, 0.1),
    ("layer_normalised", "gelu", (2.0, 0.5), 12, 0.1),
]


def sampled(kind: str, name: str, variances: tuple[float, float], seed: int) -> torch.nn.Module:
    if kind == "residual":
        return ResidualNetwork((60, 80, 1), 2, PHI[name], variances, seed=seed).double()
    return normalised_network((60, 80, 80, 1), MODULES[name], variances, seed=seed).double()


@pytest.mark.parametrize(("kind", "name", "variances", "networks", "tolerance"), SAMPLED)
def test_sampled_networks_of_one_output_are_near_the_infinite_width(
    kind: str, name: str, variances: tuple[float, float], networks: int, tolerance: float
) -> None:
    largest = [
        fs.analyse(sampled(kind, name, variances, seed), gaussian(30, 60, 100 + seed), "half_sum").largest_eigenvalue
        for seed in range(networks)
    ]
    depth = 4 if kind == "residual" else 3
    ensemble = layered_ensemble((60, *[80] * (depth - 1), 1), name, *variances)
    found = (residual_prediction if kind == "residual" else normalised_prediction)(ensemble, 30)
    error = np.std(largest, ddof=1) / np.sqrt(networks)
    assert np.mean(largest) == pytest.approx(
        found.largest_eigenvalue, abs=2.0 * error + tolerance * found.largest_eigenvalue
    )


@pytest.mark.parametrize("name", ["relu", "tanh", "gelu"])
def test_traces_of_gains_shifts_and_biases_are_those_of_sampled_networks(name: str) -> None:
    traces = []
    for seed in range(12):
        model = normalised_network((60, 150, 150, 10), MODULES[name], (2.0, 0.3), seed=seed).double()
        traces.append(
            fs.analyse(model, gaussian(8, 60, 100 + seed), "half_sum").by_layer.set_index("parameter")["trace"]
        )
    table = pd.DataFrame(traces)
    mean, error = table.mean() / 10, table.sem() / 10  # of one output
    ensemble = layered_ensemble((60, 150, 150, 10), name, 2.0, 0.3)
    for layer in (1, 2):
        for part, gains, shifts in (("weight", True, False), ("bias", False, True)):
            norms: list[Any] = [BARE, BARE]
            norms[layer - 1] = LayerNormalisation(0.0, gains, shifts)
            one, _ = gains_and_shifts(ensemble, norms, normalised_order_parameters(ensemble, norms))
            name_of_part = f"{3 * layer - 2}.{part}"
            assert mean[name_of_part] == pytest.approx(one, abs=3.0 * error[name_of_part] + 0.02)
            assert error[name_of_part] < 0.05
    fields = normalised_order_parameters(ensemble, (BARE, BARE))
    biases = diagonal_sum(ensemble, fields) - diagonal_sum(ensemble, fields, biases=False)
    assert sum(mean[f"{place}.bias"] for place in (0, 3, 6)) == pytest.approx(biases, rel=0.1)


@pytest.mark.parametrize("name", ["relu", "tanh", "gelu"])
def test_gains_add_the_mean_of_u_times_slope_of_both_samples(name: str) -> None:
    phi = fs.get_activation(name)
    ensemble = layered_ensemble((60, 150, 1), name, 2.0, 0.3)
    norms = (LayerNormalisation(0.0, shifts=False),)
    fields = normalised_order_parameters(ensemble, norms, 1.0, 0.4)
    rng, c = np.random.default_rng(0), fields.q_st[1]
    u, xi = rng.standard_normal((2, 400_000))
    v = c * u + np.sqrt(1.0 - c * c) * xi
    _, two = gains_and_shifts(ensemble, norms, fields)
    assert two == pytest.approx(2.0 * np.mean(u * phi.derivative(u) * v * phi.derivative(v)), rel=0.02)
    alike = normalised_order_parameters(layered_ensemble((60, 150, 1), name, 2.0), norms, 1.0, 1.0)
    one, two = gains_and_shifts(layered_ensemble((60, 150, 1), name, 2.0), norms, alike)
    assert one == pytest.approx(two)


def test_odd_activations_without_biases_have_no_outlier_and_it_is_said() -> None:
    ensemble = layered_ensemble((60, 80, 80, 80, 3), "tanh", 1.0, biases=False)
    for found in (
        residual_prediction(ensemble, 30),
        normalised_prediction(ensemble, 30, normalisations=[LayerNormalisation(shifts=False)] * 3),
    ):
        assert (found.kappa_2, found.branch) == (0.0, "bulk")
        assert any("edge of the bulk" in one for one in found.reservations)
        assert any("C / M = 3 / 80" in one for one in found.reservations)
        assert found.critical_learning_rate(0.9) == pytest.approx(3.8 / found.infinite_width)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: residual_prediction(layered_ensemble((3, 4, 5, 1), "relu", 1.0), 5), "hidden widths must be equal"),
        (lambda e: residual_prediction(e, 1), "samples = 1: must be a whole number >= 2"),
        (lambda e: residual_prediction(e, 5, input_overlap=2.0), "input_overlap = 2.0: must be between -1 and 1"),
        (lambda e: normalised_prediction(e, 5, input_moment=-1.0), "input_moment = -1.0: must be a finite number > 0"),
        (lambda e: normalised_prediction(e, 5, normalisations=[None]), "normalisations: 1 of them; must be 2"),
        (lambda e: normalised_prediction(e, 5, normalisations=3), "normalisations = 3: must be a sequence"),
        (lambda e: normalised_prediction("relu", 5), "ensemble = 'relu': must be what layered_ensemble returns"),
        (lambda e: residual_prediction(e, 5).critical_learning_rate(1.0), "momentum = 1.0: must be a number >= 0"),
        (lambda e: LayerNormalisation(epsilon=-1.0), "epsilon = -1.0: must be a finite number >= 0"),
        (lambda e: LayerNormalisation(gains=1), "gains = 1: must be True or False"),
    ],
)
def test_wrong_arguments_are_refused_in_a_line(call: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call(layered_ensemble((3, 4, 4, 1), "relu", 1.0))
