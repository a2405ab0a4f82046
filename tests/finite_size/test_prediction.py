"""The prediction as users call it: against sampled networks on Gaussian inputs and digits; what it says of itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from layered_network import dual_fisher_of_sample

from fisher_spectra.datasets.named import load_named_dataset
from fisher_spectra.datasets.overlaps import overlap_matrix
from fisher_spectra.finite_size.data_kernels import layer_kernels
from fisher_spectra.finite_size.ensemble import LayeredEnsemble, layered_ensemble
from fisher_spectra.finite_size.prediction import FiniteSizePrediction, finite_size_prediction
from fisher_spectra.karakida.ensemble import Ensemble
from fisher_spectra.karakida.mean_field import eigenvalue_maximum, mean_field
from fisher_spectra.karakida.mean_field_of_data import infinite_width_dual_fisher
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue


def sampled(ensemble: LayeredEnsemble, samples: int, networks: int, inputs: np.ndarray | None = None) -> np.ndarray:
    rng = np.random.default_rng(11)
    values = []
    for _ in range(networks):
        x = rng.standard_normal((samples, ensemble.widths[0])) if inputs is None else inputs
        values.append(largest_eigenvalue(dual_fisher_of_sample(rng, ensemble, x), tolerance=1e-4))
    return np.array(values)


def assert_agrees(found: FiniteSizePrediction, values: np.ndarray) -> None:
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert values.mean() == pytest.approx(
        found.largest_eigenvalue, abs=3.0 * error + found.relative_error * found.largest_eigenvalue
    )
    assert values.std() / values.mean() < 2.0 * found.scatter + 0.02


@pytest.mark.parametrize(
    ("widths", "name", "sigma_w2", "sigma_b2", "samples", "networks", "theorem_4_fails_by"),
    [
        ((150, 120, 120, 100, 6), "tanh", 2.0, 0.0, 60, 8, 2.0),
        ((150, 120, 120, 100, 6), "relu", 2.0, 0.1, 60, 20, 1.1),
        ((64, 200, 200, 1), "silu", 2.0, 0.0, 50, 60, 1.03),
        ((120, 100, 150, 90, 4), ("relu", "tanh", "gelu"), (2.0, 1.5, 2.0, 1.0), (0.0, 0.1, 0.1, 0.0), 50, 20, 1.05),
    ],
)
def test_sampled_networks_agree_where_theorem_4_does_not(
    widths: tuple[int, ...],
    name: Any,
    sigma_w2: Any,
    sigma_b2: Any,
    samples: int,
    networks: int,
    theorem_4_fails_by: float,
) -> None:
    ensemble = layered_ensemble(widths, name, sigma_w2, sigma_b2)
    found, values = finite_size_prediction(ensemble, samples), sampled(ensemble, samples, networks)
    assert_agrees(found, values)
    assert values.mean() > theorem_4_fails_by * found.infinite_width


@pytest.mark.parametrize(
    ("name", "sigma_b2", "outputs", "centred", "networks"),
    [("tanh", 0.1, 5, False, 10), ("relu", 0.0, 1, False, 30), ("tanh", 0.0, 5, True, 10)],
)
def test_networks_on_digits_agree(name: str, sigma_b2: float, outputs: int, centred: bool, networks: int) -> None:
    x = load_named_dataset("digits").x_train
    x = (x - (x.mean(axis=0) if centred else x.mean()))[:60] / x.std()
    ensemble = layered_ensemble((64, 150, 150, outputs), name, 2.0, sigma_b2)
    found = finite_size_prediction(ensemble, overlaps=overlap_matrix(x))
    assert found.samples == 60
    assert_agrees(found, sampled(ensemble, 60, networks, x))


def test_infinite_width_is_theorem_4_and_its_matrix_on_data() -> None:
    ensemble = layered_ensemble((400, 200, 100, 3), "tanh", 2.0, 0.1)
    alphas, moments = (2.0, 1.0, 0.5), (1.2, 0.3)
    field = mean_field("tanh", 2.0, 0.1, 3, alphas, *moments)
    found = finite_size_prediction(ensemble, 50, input_moment=moments[0], input_overlap=moments[1], draws=2)
    assert found.infinite_width == pytest.approx(eigenvalue_maximum(field, 200, 50), rel=1e-12)
    assert (found.kappa_1, found.kappa_2) == pytest.approx((field.kappa_1, field.kappa_2), rel=1e-12)
    assert (found.width, found.infinite_width_on_data) == (200, None)
    x = np.random.default_rng(0).standard_normal((20, 400)) + 0.4
    overlaps = overlap_matrix(x)
    on_data = finite_size_prediction(ensemble, overlaps=overlaps, draws=2)
    dual = infinite_width_dual_fisher(overlaps, Ensemble.of("tanh", 2.0, 0.1, 3, alphas), 200, biases=True)
    np.testing.assert_allclose(layer_kernels(overlaps, ensemble).sum(axis=0), dual, rtol=1e-12)
    assert on_data.infinite_width_on_data == pytest.approx(largest_eigenvalue(dual), rel=1e-9)


def test_mean_eigenvalue_is_that_of_sampled_networks() -> None:
    ensemble, rng = layered_ensemble((60, 80, 70, 3), "relu", 2.0, 0.1), np.random.default_rng(0)
    traces = [np.trace(dual_fisher_of_sample(rng, ensemble, rng.standard_normal((20, 60)))) for _ in range(40)]
    found = finite_size_prediction(ensemble, 20, draws=2).eigenvalue_mean * ensemble.n_parameters
    assert found == pytest.approx(np.mean(traces), abs=3.5 * np.std(traces) / np.sqrt(40))


def test_wide_networks_with_one_output_have_the_infinite_width_value() -> None:
    found = finite_size_prediction(layered_ensemble((20000, 20000, 20000, 1), "relu", 2.0, 0.1), 20)
    assert found.largest_eigenvalue == pytest.approx(found.infinite_width, rel=5e-3)
    assert found.reservations == ()


def test_the_outlier_rises_out_of_the_bulk_with_the_biases() -> None:
    """sigma_w2 = 2, T = 100: sampled means, 12 to 30 networks each."""
    found = []
    for sigma_b2, expected in ((0.0, 25.6), (0.03, 33.5), (0.3, 136.3)):
        ensemble = layered_ensemble((784, 512, 512, 256, 10), "tanh", 2.0, sigma_b2, biases=False)
        prediction = finite_size_prediction(ensemble, 100, draws=50)
        assert prediction.largest_eigenvalue == pytest.approx(expected, rel=0.04)
        found.append(prediction.branch)
    assert found == ["bulk", "outlier", "outlier"]


def test_learning_rate_is_that_of_the_finite_size_value() -> None:
    found = finite_size_prediction(layered_ensemble((50, 50, 50, 2), "tanh", 2.0), 20)
    assert found.critical_learning_rate(0.9) == pytest.approx(3.8 / found.largest_eigenvalue)
    with pytest.raises(ValueError, match=r"momentum = 1\.0"):
        found.critical_learning_rate(1.0)


def test_reservations_say_what_is_known_to_fail() -> None:
    found = finite_size_prediction(layered_ensemble((64, 100, 100, 10), "tanh", 2.0), 150, draws=20)
    text = " ".join(found.reservations)
    for phrase in ("Theorem 4 of infinite width", "edge of the bulk", "C / M = 10 / 100", "T = 150 exceeds"):
        assert phrase in text
    small = finite_size_prediction(layered_ensemble((64, 100, 100, 1), "silu", 2.0), 50, draws=20)
    assert "Inputs of only 64 components" in " ".join(small.reservations)
    assert small.relative_error < found.relative_error


def test_slopes_that_differ_from_sample_to_sample_are_kept_while_they_are_few() -> None:
    """tanh, sigma_w2 = 4, depth 8, T = 50: six sampled networks have 262 +- 19 without biases, 245 +- 6 with 0.3."""
    for sigma_b2, expected, error in ((0.0, 262.0, 19.0), (0.3, 245.0, 6.2)):
        found = finite_size_prediction(layered_ensemble((200,) * 8 + (5,), "tanh", 4.0, sigma_b2), 50, draws=50)
        assert found.largest_eigenvalue == pytest.approx(expected, abs=2.0 * error)
    chaotic = finite_size_prediction(layered_ensemble((200,) * 4 + (1,), "sine", 4.0, 1.0), 50, draws=10)
    assert "chaotic phase" in " ".join(chaotic.reservations)
    assert chaotic.relative_error == 0.5
    # The first order would have 240; eight sampled networks have 73.9 +- 3.1.
    assert chaotic.largest_eigenvalue == pytest.approx(73.9, rel=0.15)


def test_more_outputs_than_neurons_have_a_prediction() -> None:
    found = finite_size_prediction(layered_ensemble((20, 30, 2, 5), "relu", 2.0), 10, draws=10)
    assert found.largest_eigenvalue > found.infinite_width
    assert found.relative_error > 0.5


def test_the_same_seed_gives_the_same_prediction() -> None:
    ensemble = layered_ensemble((50, 50, 50, 3), "relu", 2.0, 0.1)
    first, again = (finite_size_prediction(ensemble, 20, draws=20, seed=4) for _ in range(2))
    assert first == again
    assert finite_size_prediction(ensemble, 20, draws=20, seed=5) != first


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "samples = None: give the number of samples T, or the overlaps"),
        ({"samples": 1}, "samples = 1: must be a whole number >= 2"),
        ({"samples": 5, "overlaps": np.eye(3)}, "samples = 5: the overlaps are those of 3 samples"),
        ({"overlaps": np.ones((2, 3))}, "must be a square matrix"),
        ({"overlaps": [[1.0, 2.0], [2.0, 1.0]]}, "exceeds the root of the product"),
        ({"samples": 5, "input_overlap": 1.5}, "input_overlap = 1.5: must be between -1 and 1"),
        ({"samples": 5, "input_moment": 0.0}, "input_moment = 0.0: must be a finite number > 0"),
        ({"samples": 5, "draws": 1}, "draws = 1: must be a whole number >= 2"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        finite_size_prediction(layered_ensemble((5, 5, 1), "tanh", 1.0), **arguments)


@pytest.mark.parametrize("overlap", [-0.02, 0.99, 1.0])
def test_extreme_overlaps_of_inputs_have_a_prediction(overlap: float) -> None:
    for name in ("tanh", "relu"):
        found = finite_size_prediction(
            layered_ensemble((30, 40, 40, 2), name, 1.5), 20, input_overlap=overlap, draws=10
        )
        assert found.largest_eigenvalue > 0.9 * found.infinite_width
        assert np.isfinite([found.bulk_edge, found.scatter, found.bulk_branch]).all()
