"""Largest eigenvalues of networks of layers against sampled ones, each kind at three widths, and what fails."""

from __future__ import annotations

import numpy as np
import pytest

import fisher_spectra as fs
from fisher_spectra.layers.stack import passes

RELU, TANH = ("relu", 2.0, 0.1), ("tanh", 3.0, 0.64)
SAMPLES = 40
LAYER_NORM, CENTRE_1 = ("layer_norm", "layer_norm", "dense"), ("batch_centring", "dense", "dense")


def _stack(
    base: tuple[str, float, float], kinds: tuple[str, ...], width: int, outputs: int = 1, biases: bool = False
) -> fs.LayerStack:
    depth = len(kinds)
    widths = (*[width] * depth, outputs)
    return fs.layer_stack(
        widths, kinds, (base[0],) * (depth - 1), (base[1],) * depth, (base[2],) * depth, biases=biases
    )


def _sampled(stack: fs.LayerStack, samples: int, networks: int) -> np.ndarray:
    found = []
    for seed in range(networks):
        rng = np.random.default_rng(seed)
        inputs = rng.standard_normal((samples, stack.inputs))
        found.append(fs.largest_eigenvalue(fs.dual_fisher_of_stack(fs.sample_stack(rng, stack), inputs)))
    return np.array(found)


@pytest.mark.parametrize(
    ("base", "kinds", "expected"),
    [
        (RELU, LAYER_NORM, (39.7, 79.3, 158.6)),
        (RELU, CENTRE_1, (75.1, 150.2, 300.4)),
        (TANH, LAYER_NORM, (23.0, 46.0, 92.0)),
        (TANH, CENTRE_1, (15.2, 30.5, 61.0)),
    ],
)
def test_normalised_hidden_layers_at_infinite_width(
    base: tuple[str, float, float], kinds: tuple[str, ...], expected: tuple[float, ...]
) -> None:
    """Values computed by hand from the moments, without these classes: T = 40, L = 3, M = 100, 200, 400."""
    for width, value in zip((100, 200, 400), expected, strict=True):
        prediction = fs.stack_prediction(_stack(base, kinds, width), SAMPLES)
        assert prediction.uniform == pytest.approx(value, rel=0.004)


def test_entries_of_residual_and_of_mixed_networks() -> None:
    """alpha kappa_1 of ReLU (1, .1) L = 4 and tanh (1, .1) L = 5, and of four layers that all differ: by hand."""
    for base, depth, value in ((("relu", 1.0, 0.1), 4, 3.338), (("tanh", 1.0, 0.1), 5, 1.963)):
        kinds = ("dense", *("residual",) * (depth - 2), "dense")
        assert fs.stack_kernels(_stack(base, kinds, 100), 30)[-1].theta / 100 == pytest.approx(value, abs=6e-4)
    mixed = fs.layer_stack(
        (100,) * 4 + (1,), ("dense",) * 4, ("relu", "tanh", "relu"), (2, 3, 1.5, 1), (0.1, 0.64, 0, 0.2), biases=False
    )
    assert fs.stack_kernels(mixed, 30)[-1].theta / 100 == pytest.approx(1.286, abs=6e-4)


@pytest.mark.parametrize(
    ("base", "width", "samples", "mean", "edge"),
    [
        (TANH, 50, 20, 4.18, 9.81),
        (TANH, 500, 20, 41.9, 54.8),
        (RELU, 50, 20, 5.87, 13.5),
        (RELU, 200, 200, 2.35, 8.28),
    ],
)
def test_centred_outputs_have_the_bulk_of_the_plain_network(
    base: tuple[str, float, float], width: int, samples: int, mean: float, edge: float
) -> None:
    """Means by hand; edges of a theory without classes of neurons and at infinite T, from which this one may differ."""
    prediction = fs.stack_prediction(_stack(base, ("dense", "dense", "batch_centring"), width), samples)
    assert prediction.others == pytest.approx(mean, rel=0.003)
    assert prediction.uniform == 0.0
    assert prediction.branch == "bulk"
    assert prediction.edge is not None
    assert prediction.edge == pytest.approx(edge, rel=0.12)


@pytest.mark.parametrize(
    ("base", "kinds", "outputs", "tolerance"),
    [
        (RELU, LAYER_NORM, 1, 0.05),
        (RELU, LAYER_NORM, 10, 0.05),
        (TANH, LAYER_NORM, 10, 0.05),
        (RELU, ("batch_norm", "batch_norm", "dense"), 1, 0.05),
        (RELU, ("dense", "batch_centring", "dense"), 1, 0.06),
        (TANH, ("dense", "batch_centring", "dense"), 1, 0.10),
        (TANH, ("batch_norm", "batch_norm", "dense"), 1, 0.12),
        (RELU, ("dense", "dense", "batch_centring"), 1, 0.12),
        (TANH, ("dense", "dense", "batch_centring"), 10, 0.08),
    ],
)
def test_largest_eigenvalue_is_that_of_sampled_networks(
    base: tuple[str, float, float], kinds: tuple[str, ...], outputs: int, tolerance: float
) -> None:
    """M = 120, T = 40: eight networks, with tolerances of their scatter and of order 1/M."""
    stack = _stack(base, kinds, 120, outputs, biases=True)
    sampled = _sampled(stack, SAMPLES, 8)
    assert sampled.mean() == pytest.approx(fs.stack_prediction(stack, SAMPLES).largest_eigenvalue, rel=tolerance)


def test_last_layers_batch_norm_with_the_networks_own_variance() -> None:
    stack = _stack(TANH, ("dense", "dense", "batch_norm"), 120)
    centred = fs.stack_prediction(_stack(TANH, ("dense", "dense", "batch_centring"), 120), SAMPLES)
    products = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        network, inputs = fs.sample_stack(rng, stack), rng.standard_normal((SAMPLES, 120))
        variance = passes(network, inputs)[-1].raw.var(axis=0).min()
        products.append(variance * fs.largest_eigenvalue(fs.dual_fisher_of_stack(network, inputs)))
    assert np.mean(products) == pytest.approx(centred.largest_eigenvalue, rel=0.10)


def test_only_the_last_layers_normalisation_takes_the_order_m_away_and_only_at_many_samples() -> None:
    plain, hidden, last = ("dense",) * 3, ("batch_norm", "batch_norm", "dense"), ("dense", "dense", "batch_centring")

    def growth(kinds: tuple[str, ...], per_width: float) -> float:
        values = [
            fs.stack_prediction(_stack(RELU, kinds, m), max(40, round(per_width * m))).largest_eigenvalue
            for m in (100, 400)
        ]
        return float(np.log(values[1] / values[0]) / np.log(4.0))

    assert growth(plain, 1.0) > 0.85
    assert growth(hidden, 0.0) > 0.9
    assert growth(last, 0.0) > 0.6
    assert abs(growth(last, 1.0)) < 0.1


def test_layers_that_scale_alone_leave_the_plain_bulk() -> None:
    stack = _stack(TANH, ("dense",) * 3, 150, biases=True)
    plain = fs.finite_size_prediction(fs.layered_ensemble((150, 150, 150, 1), "tanh", 3.0, 0.64), samples=60)
    found = fs.stack_prediction(stack, 60)
    assert found.others == pytest.approx(plain.bulk_mean, rel=1e-10)
    assert found.edge == pytest.approx(plain.bulk_branch, rel=0.05)
    assert found.uniform == pytest.approx(
        fs.stack_kernels(stack, 60)[-1].theta_st * 59 / 60 + fs.stack_kernels(stack, 60)[-1].theta / 60
    )


def test_what_is_not_derived_is_said() -> None:
    def said(base: tuple[str, float, float], kinds: tuple[str, ...], outputs: int = 1, width: int = 60) -> str:
        return " ".join(fs.stack_prediction(_stack(base, kinds, width, outputs), 40).reservations)

    odd, residual = ("tanh", 2.0, 0.0), ("dense", "residual", "dense")
    assert "edge of the bulk is not derived" in said(odd, residual)
    assert "edge of the bulk is not derived" not in said(RELU, residual)
    assert "not corrected for C = 5" in said(RELU, residual, 5)
    assert "finite_size_prediction knows more" in said(RELU, ("dense",) * 3)
    assert "smallest variance" in said(RELU, ("dense", "dense", "batch_norm"))
    assert "T = 40 exceeds" in said(RELU, LAYER_NORM, width=30)
    assert said(RELU, LAYER_NORM) == ""


@pytest.mark.parametrize("names", [("batch_centring", "dense", "dense"), ("dense", "batch_centring", "dense")])
def test_variances_too_small_for_the_edge_leave_the_mean_of_the_bulk(names):
    stack = fs.layer_stack((40, 40, 40, 1), names, ("relu",) * 2, (1e-6,) * 3, (0.0,) * 3)
    found = fs.stack_prediction(stack, samples=40)
    assert found.edge == found.others
    assert found.largest_eigenvalue > 0
