"""The softmax with cross-entropy: its curvature against automatic differentiation, its outliers against networks."""

from __future__ import annotations

import numpy as np
import pytest
from tests.oracles.torch_layers import torch_softmax_curvature

import fisher_spectra as fs
from fisher_spectra.layers.softmax import gaussian_logits, softmax, softmax_root
from fisher_spectra.layers.softmax_descent import growth_factor, measured_growth
from fisher_spectra.layers.stack import passes


def _stack(width: int, outputs: int, activation: str = "tanh", w2: float = 3.0, b2: float = 0.64) -> fs.LayerStack:
    return fs.layer_stack(
        (*[width] * 3, outputs), ("dense",) * 3, (activation,) * 2, (w2,) * 3, (b2,) * 3, biases=False
    )


@pytest.mark.parametrize("kinds", [("dense", "dense"), ("batch_norm", "layer_norm")])
def test_curvature_is_the_fisher_matrix_of_the_softmax(kinds: tuple[str, ...]) -> None:
    rng = np.random.default_rng(0)
    stack = fs.layer_stack((4, 6, 3), kinds, ("relu",), (2.0,) * 2, (0.1,) * 2)
    network, inputs = fs.sample_stack(rng, stack), rng.standard_normal((5, 4))
    curvature = fs.softmax_dual_fisher(fs.dual_fisher_of_stack(network, inputs), passes(network, inputs)[-1].values)
    expected = torch_softmax_curvature(network, inputs)
    found = np.linalg.eigvalsh(curvature)[::-1]
    np.testing.assert_allclose(found[:10], expected[:10], rtol=1e-9, atol=1e-12)
    assert expected[0] > 1e-3


def test_root_is_that_of_the_blocks() -> None:
    p = softmax(np.random.default_rng(1).standard_normal((4, 3)))
    for block, one in zip(softmax_root(p), p, strict=True):
        np.testing.assert_allclose(block @ block, np.diag(one) - np.outer(one, one), atol=1e-15)


@pytest.mark.parametrize(("q", "q_st"), [(2.0, 0.5), (1.0, 0.0), (1.0, -1.0 / 39)])
def test_logits_have_the_moments_of_the_kernel(q: float, q_st: float) -> None:
    rng = np.random.default_rng(2)
    f = np.array([gaussian_logits(rng, q, q_st, 40, 5) for _ in range(2000)])
    assert (f**2).mean() == pytest.approx(q, rel=0.05)
    assert (f[:, 0] * f[:, 1]).mean() == pytest.approx(q_st, abs=0.05)


@pytest.mark.parametrize(
    ("activation", "w2", "b2", "outputs", "width", "samples", "linear", "expected"),
    [
        ("tanh", 3.0, 0.64, 2, 300, 100, 76.2, 23.5),
        ("tanh", 3.0, 0.64, 2, 500, 50, 135.4, 42.8 / 1.034),
        ("tanh", 3.0, 0.64, 10, 100, 100, 25.4, 5.50 / 1.068),
        ("relu", 2.0, 0.1, 10, 500, 50, 425.0, 84.3 / 0.942),
    ],
)
def test_mean_outlier_of_gaussian_logits(
    activation: str, w2: float, b2: float, outputs: int, width: int, samples: int, linear: float, expected: float
) -> None:
    """Values of an independent calculation; means over few draws, of a scatter of a fifth."""
    stack = _stack(width, outputs, activation, w2, b2)
    found = fs.softmax_prediction(stack, samples)
    assert fs.stack_prediction(stack, samples).uniform == pytest.approx(linear, rel=0.003)
    assert found.outliers[0] == pytest.approx(expected, rel=0.12)
    assert np.all(np.diff(found.outliers) <= 0.0)


def test_outliers_of_sampled_networks() -> None:
    stack, samples = _stack(150, 4, "relu", 2.0, 0.1), 40
    found = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        network, inputs = fs.sample_stack(rng, stack), rng.standard_normal((samples, 150))
        dual = fs.softmax_dual_fisher(fs.dual_fisher_of_stack(network, inputs), passes(network, inputs)[-1].values)
        found.append(np.linalg.eigvalsh(dual)[::-1][:4])
    sampled, predicted = np.mean(found, axis=0), fs.softmax_prediction(stack, samples)
    # single networks scatter by a fifth
    np.testing.assert_allclose(sampled[:3], predicted.outliers, rtol=0.2)
    assert sampled[2] > 2.0 * sampled[3] > 0.0
    assert sampled[3] > predicted.bulk


def test_what_fails_is_said() -> None:
    few = " ".join(fs.softmax_prediction(_stack(60, 2), 20, draws=20).reservations)
    many = " ".join(fs.softmax_prediction(_stack(60, 10), 20, draws=20).reservations)
    odd = " ".join(fs.softmax_prediction(_stack(60, 2, b2=0.0), 20, draws=20).reservations)
    assert "single networks scatter" in few
    assert "Do not count them by a gap" not in few
    assert "Do not count them by a gap" in many
    assert "no outliers" in odd
    assert "no outliers" not in few


@pytest.mark.parametrize(
    ("dual", "logits", "message"),
    [
        (np.eye(4), np.zeros((2, 1)), "C >= 2"),
        (np.eye(4), np.zeros((3, 2)), "must be \\(6, 6\\)"),
        (np.eye(4), np.zeros(4), "must be \\(T, C\\)"),
    ],
)
def test_wrong_shapes_end_in_one_line(dual: np.ndarray, logits: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fs.softmax_dual_fisher(dual, logits)


def test_one_output_has_no_softmax() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        fs.softmax_prediction(_stack(20, 1), 10)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize(("activation", "outputs"), [("relu", 5), ("tanh", 2)])
def test_the_leading_direction_grows_from_the_critical_rate_on_by_the_recursions_root(
    activation: str, outputs: int, momentum: float
) -> None:
    rng = np.random.default_rng(5)
    network = fs.sample_network(rng, (30, 30, outputs), activation, 2.0, 0.1)
    inputs = rng.standard_normal((20, 30))
    for factor in (0.9, 0.97, 1.03, 1.2):
        found = measured_growth(np.random.default_rng(6), network, inputs, factor, momentum, 120)
        expected = growth_factor(factor, momentum)
        # within the critical rate momentum makes it oscillate, so that quarters see its largest values to a per cent
        assert found == pytest.approx(expected, rel=0.02 if momentum and factor < 1.0 else 2e-3)
        assert (found > 1.0) == (factor > 1.0)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("factor", [0.3, 0.97, 1.0, 1.3])
def test_growth_is_the_spectral_radius_of_the_step(factor: float, momentum: float) -> None:
    eta_lambda = factor * 2.0 * (1.0 + momentum)
    step = np.array([[1.0 + momentum - eta_lambda, -momentum], [1.0, 0.0]])
    assert growth_factor(factor, momentum) == pytest.approx(abs(np.linalg.eigvals(step)).max(), rel=1e-9)


def test_growth_of_too_few_steps_is_refused() -> None:
    network = fs.sample_network(np.random.default_rng(0), (3, 4, 2), "relu", 2.0, 0.1)
    with pytest.raises(ValueError, match="steps"):
        measured_growth(np.random.default_rng(0), network, np.eye(3), 1.0, 0.0, 4)
