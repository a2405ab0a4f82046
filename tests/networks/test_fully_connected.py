"""Random networks: law of the parameters, reproducibility, forward, backward and tangent passes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from explicit_jacobian import TORCH_ACTIVATIONS, explicit_jacobians, torch_network, torch_parameters

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.networks import fully_connected as module
from fisher_spectra.networks.fully_connected import (
    RandomNetwork,
    backward,
    forward,
    gaussian_inputs,
    n_parameters,
    pull_back,
    push_forward,
    sample_network,
)

WIDTHS = (5, 9, 4, 7, 3)


def small_network(spec="tanh", widths=WIDTHS, dtype=np.float64, seed=0):
    rng = generator(seed, "test_networks", spec, *widths)
    network = sample_network(rng, widths, get_activation(spec), 1.7, 0.3, dtype)
    return network, gaussian_inputs(rng, 6, widths[0], dtype)


def test_shapes_follow_the_widths():
    network, _ = small_network()
    assert network.widths == WIDTHS
    assert network.depth == 4
    assert network.n_outputs == 3
    assert [w.shape for w in network.weights] == [(9, 5), (4, 9), (7, 4), (3, 7)]
    assert [b.shape for b in network.biases] == [(9,), (4,), (7,), (3,)]


@pytest.mark.parametrize("widths", [(5, 9, 4, 7, 3), (1, 1, 1), (784, 30, 20, 10)])
def test_number_of_parameters_is_the_number_of_sampled_numbers(widths):
    network, _ = small_network(widths=widths)
    weights = sum(w.size for w in network.weights)
    assert n_parameters(widths, biases=False) == network.n_parameters(biases=False) == weights
    assert n_parameters(widths) == network.n_parameters() == weights + sum(b.size for b in network.biases)


def test_number_of_parameters_of_the_figure_is_2003001():
    assert n_parameters((1000, 1000, 1000, 1)) == 2_003_001
    assert n_parameters((1000, 1000, 1000, 1), biases=False) == 2_001_000


def test_weights_have_variance_sigma_w2_over_fan_in_and_biases_sigma_b2():
    network = sample_network(
        generator(0, "variance"), (400, 900, 500, 300), get_activation("tanh"), sigma_w2=3.0, sigma_b2=0.64
    )
    for weight, fan_in in zip(network.weights, (400, 900, 500), strict=True):
        # Five standard errors of a sample variance of n Gaussian numbers, relative: 5 sqrt(2 / n).
        assert weight.var() == pytest.approx(3.0 / fan_in, rel=5 * np.sqrt(2 / weight.size))
        assert abs(weight.mean()) < 5 * np.sqrt(3.0 / fan_in / weight.size)
    for bias in network.biases:
        assert bias.var() == pytest.approx(0.64, rel=5 * np.sqrt(2 / bias.size))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_same_identity_gives_identical_bytes_and_another_one_other_numbers(dtype):
    first, first_inputs = small_network(dtype=dtype)
    again, again_inputs = small_network(dtype=dtype)
    other, other_inputs = small_network(dtype=dtype, seed=1)
    for a, b in zip(first.weights + first.biases, again.weights + again.biases, strict=True):
        assert a.tobytes() == b.tobytes()
    assert first_inputs.tobytes() == again_inputs.tobytes()
    assert not np.array_equal(first_inputs, other_inputs)
    assert not any(np.array_equal(a, b) for a, b in zip(first.weights, other.weights, strict=True))


def test_variances_only_scale_the_same_numbers():
    tanh = get_activation("tanh")
    one = sample_network(generator(0, "scale"), WIDTHS, tanh, 1.0, 1.0)
    two = sample_network(generator(0, "scale"), WIDTHS, tanh, 4.0, 9.0)
    for a, b in zip(one.weights, two.weights, strict=True):
        np.testing.assert_allclose(2 * a, b, rtol=1e-15)
    for a, b in zip(one.biases, two.biases, strict=True):
        np.testing.assert_allclose(3 * a, b, rtol=1e-15)


@pytest.mark.parametrize("spec", sorted(TORCH_ACTIVATIONS))
def test_forward_agrees_with_a_plain_torch_network(spec):
    network, inputs = small_network(spec)
    expected = torch_network(torch_parameters(network), torch.tensor(inputs), spec).numpy()
    np.testing.assert_allclose(forward(network, inputs).outputs, expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("spec", sorted(TORCH_ACTIVATIONS))
def test_backward_is_the_jacobian_by_the_biases(spec):
    network, inputs = small_network(spec)
    _, by_biases = explicit_jacobians(network, inputs, spec)
    deltas = backward(forward(network, inputs))
    for delta, expected in zip(deltas, by_biases, strict=True):
        np.testing.assert_allclose(delta.transpose(1, 0, 2), expected, rtol=1e-12, atol=1e-14)


def test_pull_back_combines_the_deltas_of_the_outputs():
    network, inputs = small_network()
    forward_pass = forward(network, inputs)
    cotangents = gaussian_inputs(generator(0, "cotangents"), 6, 3)
    for delta, pulled in zip(backward(forward_pass), pull_back(forward_pass, cotangents), strict=True):
        np.testing.assert_allclose(np.einsum("tk,kti->ti", cotangents, delta), pulled, rtol=1e-12, atol=1e-14)


def test_push_forward_is_the_adjoint_of_pull_back():
    network, inputs = small_network()
    forward_pass = forward(network, inputs)
    rng = generator(0, "perturbations")
    cotangents = gaussian_inputs(rng, 6, 3)
    perturbations = [gaussian_inputs(rng, 6, width) for width in WIDTHS[1:]]
    pulled = pull_back(forward_pass, cotangents)
    expected = sum(np.vdot(z, r) for z, r in zip(perturbations, pulled, strict=True))
    assert np.vdot(push_forward(forward_pass, perturbations), cotangents) == pytest.approx(expected, rel=1e-12)


def test_float32_stays_float32_and_is_close_to_float64():
    network, inputs = small_network("tanh", dtype=np.float32)
    forward_pass = forward(network, inputs)
    arrays = (*forward_pass.preactivations, *forward_pass.activations, *backward(forward_pass))
    assert {a.dtype for a in arrays} == {np.dtype(np.float32)}
    expected = torch_network(torch_parameters(network), torch.tensor(inputs.astype(np.float64)), "tanh").numpy()
    np.testing.assert_allclose(forward_pass.outputs, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("at_once", [1, 7, 2**13])
@pytest.mark.parametrize("by_units", [True, False])
def test_single_precision_by_units_and_by_samples_is_the_pass_in_double_precision(by_units, at_once, monkeypatch):
    network, inputs = small_network("gelu", dtype=np.float32)
    monkeypatch.setattr(module, "_MOST_SAMPLES_BY_UNITS", len(inputs) if by_units else len(inputs) - 1)
    monkeypatch.setattr(module, "_ACTIVATED_AT_ONCE", at_once)
    found = forward(network, inputs, slopes=True)
    assert [h.flags.f_contiguous for h in found.activations[1:]] == [by_units] * (network.depth - 1)
    double = [tuple(a.astype(np.float64) for a in part) for part in (network.weights, network.biases)]
    expected = forward(RandomNetwork(*double, network.activation), inputs.astype(np.float64))
    for name in ("outputs", "activations", "slopes"):
        for a, b in zip(getattr(found, name), getattr(expected, name), strict=True):
            assert a.dtype == np.float32
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    for a, b in zip(backward(found), backward(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"widths": (5, 3)}, r"L >= 2"),
        ({"widths": (5, 0, 3)}, r"every width must be a whole number, at least 1"),
        ({"sigma_w2": -1.0}, r"sigma_w2 = -1\.0: must be"),
        ({"sigma_b2": float("nan")}, r"sigma_b2 = nan: must be"),
        ({"dtype": np.float16}, r"dtype = float16: must be float32 or float64"),
    ],
)
def test_impossible_settings_are_refused_with_the_name_of_the_setting(changes, message):
    settings = {"widths": WIDTHS, "activation": get_activation("tanh"), "sigma_w2": 1.0, "sigma_b2": 0.1} | changes
    with pytest.raises(ValueError, match=message):
        sample_network(generator(0, "refused"), **settings)


@pytest.mark.parametrize("shape", [(6, 4), (5,), (0, 5), (2, 3, 5)])
def test_inputs_of_the_wrong_shape_are_refused(shape):
    network, _ = small_network()
    with pytest.raises(ValueError, match=r"must be \(T, M_0\) with T >= 1 and M_0 = 5"):
        forward(network, np.ones(shape))


@pytest.mark.parametrize(("samples", "width"), [(0, 3), (3, 0)])
def test_inputs_without_samples_or_units_are_refused(samples, width):
    with pytest.raises(ValueError, match=r"(samples|width) = 0: must be a whole number >= 1"):
        gaussian_inputs(generator(0, "refused"), samples, width)
