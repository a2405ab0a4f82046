"""Mean-field theory on a data set's own overlaps: against the uniform theory, single pairs and sampled networks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.datasets.overlaps import overlap_matrix
from fisher_spectra.gaussian.integrals import derivative_kernel, kernel
from fisher_spectra.karakida.ensemble import Ensemble
from fisher_spectra.karakida.mean_field import critical_learning_rate, eigenvalue_maximum, mean_field
from fisher_spectra.karakida.mean_field_of_data import (
    critical_learning_rate_of_data,
    critical_learning_rates_of_data,
    infinite_width_dual_fisher,
    largest_eigenvalue_of_data,
)
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue

SETTINGS = (("tanh", 3.0, 0.64), ("relu", 2.0, 0.1), ("linear", 1.0, 0.1))
every_setting = pytest.mark.parametrize(("name", "sigma_w2", "sigma_b2"), SETTINGS)


def uniform_overlaps(samples: int, moment: float, overlap: float) -> np.ndarray:
    return np.full((samples, samples), overlap) + (moment - overlap) * np.eye(samples)


def correlated_inputs(rng: np.random.Generator, samples: int, dimension: int) -> np.ndarray:
    """Gaussian samples with a common part, two classes and different norms, as images have them."""
    common, classes = rng.standard_normal(dimension), rng.standard_normal((2, dimension))
    noise = rng.standard_normal((samples, dimension))
    x = 0.5 * common + 0.5 * classes[np.arange(samples) % 2] + 0.7 * noise
    return x * rng.uniform(0.6, 1.4, (samples, 1))


@every_setting
@pytest.mark.parametrize("overlap", [0.0, 0.3, -0.1])
def test_equal_overlaps_give_the_dual_matrix_of_the_uniform_theory(
    name: str, sigma_w2: float, sigma_b2: float, overlap: float
) -> None:
    alphas, width, samples = (3.0, 1.0, 0.5, 2.0), 200, 8
    mf = mean_field(get_activation(name), sigma_w2, sigma_b2, 4, alphas, 0.9, overlap)
    overlaps = uniform_overlaps(samples, 0.9, overlap)
    ensemble = Ensemble.of(get_activation(name), sigma_w2, sigma_b2, 4, alphas)
    dual = infinite_width_dual_fisher(overlaps, ensemble, width)
    expected = uniform_overlaps(samples, mf.kappa_1, mf.kappa_2) * mf.alpha * width / samples
    np.testing.assert_allclose(dual, expected, rtol=1e-12)
    assert largest_eigenvalue(dual) == pytest.approx(eigenvalue_maximum(mf, width, samples), rel=1e-12)
    rate = critical_learning_rate_of_data(overlaps, ensemble, width, momentum=0.9)
    assert rate == pytest.approx(critical_learning_rate(mf, width, samples, 0.9), rel=1e-12)


@every_setting
def test_every_entry_is_the_recursion_of_its_pair(name: str, sigma_w2: float, sigma_b2: float) -> None:
    activation, alphas, depth = get_activation(name), (2.0, 1.0, 0.7), 3
    overlaps = overlap_matrix(correlated_inputs(np.random.default_rng(2), 6, 40))
    dual = infinite_width_dual_fisher(
        overlaps, Ensemble.of(activation, sigma_w2, sigma_b2, depth, alphas), 10.0, biases=True
    )
    for s in range(6):
        for t in range(6):
            hidden = [(overlaps[s, s], overlaps[t, t], overlaps[s, t])]
            gains = []
            for _ in range(1, depth):
                q = [sigma_w2 * value + sigma_b2 for value in hidden[-1]]
                gains.append(sigma_w2 * float(derivative_kernel(activation, *q)))
                hidden.append(
                    (
                        float(kernel(activation, q[0], q[0], q[0])),
                        float(kernel(activation, q[1], q[1], q[1])),
                        float(kernel(activation, *q)),
                    )
                )
            entry = sum(
                math.prod(gains[layer:]) * (10.0 * alphas[layer] * hidden[layer][2] + 1.0) for layer in range(depth)
            )
            assert dual[s, t] == pytest.approx(entry / 6, rel=1e-11)


@every_setting
@pytest.mark.parametrize("correlated", [False, True])
def test_sampled_wide_networks_have_the_predicted_dual_matrix(
    name: str, sigma_w2: float, sigma_b2: float, correlated: bool
) -> None:
    """40 networks, M = 300, T = 8. An entry scatters by 1/sqrt(M) per layer, 10 to 20 % over networks, so the mean is
    known to about 3 % of the diagonal; the finite-width bias is of order 1/M. Tolerance: 10 % of the largest entry."""
    width, samples, depth = 300, 8, 3
    rng = np.random.default_rng(4)
    inputs = correlated_inputs(rng, samples, 2 * width) if correlated else rng.standard_normal((samples, 2 * width))
    activation = get_activation(name)
    mean = np.zeros((samples, samples))
    networks = 40
    for _ in range(networks):
        sizes = (2 * width, width, width, 1)
        weights = [rng.normal(0.0, math.sqrt(sigma_w2 / m), (n, m)) for m, n in itertools.pairwise(sizes)]
        activities, slopes = [inputs], []
        for w in weights[:-1]:
            u = activities[-1] @ w.T + rng.normal(0.0, math.sqrt(sigma_b2), w.shape[0])
            activities.append(activation(u))
            slopes.append(activation.derivative(u))
        delta = np.ones((samples, 1))
        for layer in range(depth - 1, -1, -1):
            mean += (delta @ delta.T) * (activities[layer] @ activities[layer].T + 1.0) / samples / networks
            if layer > 0:
                delta = (delta @ weights[layer]) * slopes[layer - 1]
    predicted = infinite_width_dual_fisher(
        overlap_matrix(inputs), Ensemble.of(activation, sigma_w2, sigma_b2, depth, (2.0, 1.0, 1.0)), width, biases=True
    )
    np.testing.assert_allclose(mean, predicted, rtol=0, atol=0.10 * predicted.max())
    assert np.linalg.eigvalsh(mean)[-1] == pytest.approx(largest_eigenvalue(predicted), rel=0.08)
    if correlated:
        # Most of the variance between pairs is explained: one overlap for all pairs would not do.
        pairs = ~np.eye(samples, dtype=bool)
        assert np.var((mean - predicted)[pairs]) < 0.3 * np.var(mean[pairs])


def test_linear_network_at_mnists_overlap_has_a_quarter_of_the_papers_critical_learning_rate() -> None:
    """M = 256, L = 4, momentum 0.9, mean overlap 0.30 of MNIST's 784 normalised pixels; T = 50000."""
    linear, width, samples = get_activation("linear"), 256, 50000
    paper = mean_field(linear, 1.0, 0.1, 4)
    data = mean_field(linear, 1.0, 0.1, 4, (784 / 256, 1.0, 1.0, 1.0), input_overlap=0.30)
    assert f"{critical_learning_rate(paper, width, samples, 0.9):.4f}" == "0.0247"
    assert f"{critical_learning_rate(data, width, samples, 0.9):.4f}" == "0.0061"
    rate = critical_learning_rate_of_data(
        uniform_overlaps(20, 1.0, 0.30),
        Ensemble.of(linear, 1.0, 0.1, 4, (784 / 256, 1.0, 1.0, 1.0)),
        width,
        momentum=0.9,
        samples=samples,
    )
    assert f"{rate:.4f}" == "0.0061"


def test_a_subset_stands_for_the_whole_training_set() -> None:
    rng = np.random.default_rng(9)
    inputs = correlated_inputs(rng, 400, 300)
    relu, overlaps = get_activation("relu"), overlap_matrix(inputs)
    ensemble = Ensemble.of(relu, 2.0, 0.1, 3)
    whole = largest_eigenvalue_of_data(overlaps, ensemble)
    subsets = [rng.choice(400, 40, replace=False) for _ in range(20)]
    corrected, plain = [], []
    for subset in subsets:
        part = overlaps[np.ix_(subset, subset)]
        corrected.append(largest_eigenvalue_of_data(part, ensemble, samples=400))
        plain.append(largest_eigenvalue_of_data(part, ensemble))
    assert np.mean(corrected) == pytest.approx(whole, rel=0.01)
    assert np.mean(plain) > 1.02 * whole
    mf = mean_field(relu, 2.0, 0.1, 3, input_overlap=0.2)
    one = largest_eigenvalue_of_data(uniform_overlaps(5, 1.0, 0.2), ensemble, 100, samples=math.inf)
    assert one == pytest.approx(eigenvalue_maximum(mf, 100, math.inf), rel=1e-12)


@pytest.mark.parametrize(("name", "sigma_w2", "sigma_b2"), SETTINGS)
def test_learning_rates_of_several_widths_are_those_of_each_to_the_last_bit(name, sigma_w2, sigma_b2) -> None:
    overlaps = overlap_matrix(correlated_inputs(np.random.default_rng(3), 30, 50))
    widths = [7, 50, 1000]
    ensembles = [
        Ensemble.of(get_activation(name), sigma_w2, sigma_b2, 4, (50 / width, 1.0, 0.5, 1.0)) for width in widths
    ]
    together = critical_learning_rates_of_data(overlaps, ensembles, widths, 0.9, samples=90)
    alone = [
        critical_learning_rate_of_data(overlaps, ensemble, width, 0.9, samples=90)
        for ensemble, width in zip(ensembles, widths, strict=True)
    ]
    assert together == alone
    assert len(set(together)) == 3


@pytest.mark.parametrize("samples", [1, 2, 50, 300])
def test_largest_eigenvalue_is_that_of_the_dense_solver(samples: int) -> None:
    matrix = overlap_matrix(correlated_inputs(np.random.default_rng(samples), samples, 60))
    assert largest_eigenvalue(matrix) == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=1e-12)


def test_blank_and_repeated_samples_and_single_precision_are_accepted() -> None:
    inputs = correlated_inputs(np.random.default_rng(6), 12, 30).astype(np.float32)
    inputs[0] = 0.0
    inputs[2] = inputs[1]
    single = (inputs @ inputs.T / 30).astype(np.float32)
    for name, sigma_w2, sigma_b2 in (*SETTINGS, ("tanh", 3.0, 0.0), ("hard_tanh", 1.5, 0.0)):
        dual = infinite_width_dual_fisher(single, Ensemble.of(get_activation(name), sigma_w2, sigma_b2, 3))
        assert np.linalg.eigvalsh(dual)[0] > -1e-6 * dual.max()
        assert dual[1, 5] == pytest.approx(dual[2, 5], rel=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: infinite_width_dual_fisher(np.ones((2, 3)), e), r"shape \(2, 3\): must be a square"),
        (lambda e: infinite_width_dual_fisher(np.ones((0, 0)), e), r"shape \(0, 0\): must be a square"),
        (lambda e: infinite_width_dual_fisher([[1.0, np.nan], [0.0, 1.0]], e), "must be finite"),
        (lambda e: infinite_width_dual_fisher([[1.0, 0.3], [0.1, 1.0]], e), "must be a symmetric matrix"),
        (lambda e: infinite_width_dual_fisher([[1.0, 2.0], [2.0, 1.0]], e), "exceeds the root"),
        (lambda e: infinite_width_dual_fisher([[-1.0]], e), "a diagonal entry is -1, must be >= 0"),
        (lambda e: infinite_width_dual_fisher(np.eye(2), e, 0.0), "width = 0.0: must be"),
        (lambda e: Ensemble.of(e.activation, -1.0, 0.1, 3), "sigma_w2 = -1.0: must be"),
        (lambda e: Ensemble.of(e.activation, 1.0, 0.1, 3, (1.0,)), "must be depth = 3 numbers"),
        (lambda e: largest_eigenvalue_of_data(np.eye(3), e, samples=2), "samples = 2: must be at least"),
        (lambda e: critical_learning_rates_of_data(np.eye(2), [e, e], [3]), "2 ensembles of 1 kinds, 1 widths: must"),
        (
            lambda e: critical_learning_rates_of_data(np.eye(2), [e, Ensemble.of("tanh", 1.0, 0.1, 3)], [3, 4]),
            "2 ensembles of 2 kinds, 2 widths: must",
        ),
    ],
)
def test_wrong_input_is_refused_in_one_line(call: Callable, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        call(Ensemble.of(get_activation("relu"), 1.0, 0.1, 3))
    assert "\n" not in str(caught.value)
