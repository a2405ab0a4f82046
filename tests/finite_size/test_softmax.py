"""Outliers of the softmax cross-entropy, against sampled networks."""

from __future__ import annotations

import numpy as np
import pytest

import fisher_spectra as fs
from fisher_spectra.finite_size.ensemble import layered_ensemble
from fisher_spectra.finite_size.prediction import finite_size_prediction
from fisher_spectra.finite_size.softmax import softmax_outliers
from fisher_spectra.networks.fully_connected import forward


def probabilities_of(outputs):
    exponents = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)


def sampled(widths, activation, sigma_w2, sigma_b2, samples, seed):
    """Eigenvalues of R F* R, and the probabilities."""
    rng = np.random.default_rng(seed)
    network = fs.sample_network(rng, widths, activation, sigma_w2, sigma_b2)
    inputs = fs.gaussian_inputs(rng, samples, widths[0])
    p = probabilities_of(forward(network, inputs).outputs)
    outputs = widths[-1]
    root = np.zeros((outputs, samples, outputs, samples))
    for t, one in enumerate(p):
        values, vectors = np.linalg.eigh(np.diag(one) - np.outer(one, one))
        root[:, t, :, t] = vectors @ np.diag(np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    root = root.reshape(outputs * samples, outputs * samples)
    return np.linalg.eigvalsh(root @ fs.dual_fisher(network, inputs) @ root)[::-1], p


# beyond the sampling error: what is of order 1/M and C/M
@pytest.mark.parametrize(
    ("activation", "sigma_w2", "sigma_b2", "outputs", "tolerance"),
    [("tanh", 3.0, 0.64, 2, 0.08), ("relu", 2.0, 0.1, 2, 0.08), ("relu", 2.0, 0.1, 5, 0.12)],
)
def test_the_outliers_are_those_of_sampled_networks(activation, sigma_w2, sigma_b2, outputs, tolerance):
    widths, samples = (200, 200, 200, outputs), 40
    prediction = finite_size_prediction(layered_ensemble(widths, activation, sigma_w2, sigma_b2), samples=samples)
    ratios = []
    for seed in range(4):
        values, p = sampled(widths, activation, sigma_w2, sigma_b2, samples, seed)
        outliers = softmax_outliers(prediction, p)
        assert len(outliers) == outputs - 1
        ratios.append([values[0] / outliers[0], values[: outputs - 1].sum() / outliers.sum()])
    np.testing.assert_allclose(np.mean(ratios, axis=0), 1.0, atol=tolerance)


def test_of_equal_probabilities_it_is_the_papers_value_over_the_number_of_outputs():
    prediction = finite_size_prediction(layered_ensemble((50, 100, 4), "relu", 2.0), samples=30)
    found = softmax_outliers(prediction, np.full((30, 4), 0.25))
    np.testing.assert_allclose(found, prediction.infinite_width / 4, rtol=1e-12)


def test_what_is_no_probability_is_refused():
    prediction = finite_size_prediction(layered_ensemble((50, 100, 2), "relu", 2.0), samples=3)
    for wrong in (
        np.full((2, 2), 0.5),
        np.full((3, 3), 1 / 3),
        np.full((3, 2), 0.4),
        [[1.5, -0.5]] * 3,
        [[np.nan] * 2] * 3,
    ):
        with pytest.raises(ValueError, match="probabilities"):
            softmax_outliers(prediction, wrong)
    with pytest.raises(TypeError, match="prediction = None: must be what finite_size_prediction returns"):
        softmax_outliers(None, np.full((3, 2), 0.5))
