"""Ensembles with settings of each layer, and their order parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from layered_network import dual_fisher_of_sample

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.finite_size.ensemble import LayeredEnsemble, layered_ensemble
from fisher_spectra.finite_size.variables import diagonal_sum, off_diagonal_sum, order_parameters
from fisher_spectra.karakida.mean_field import mean_field
from fisher_spectra.networks.dual_fisher import dual_fisher
from fisher_spectra.networks.fully_connected import sample_network


def test_one_value_stands_for_all_layers() -> None:
    uniform = layered_ensemble((5, 6, 7, 2), "tanh", 2.0, 0.1)
    written_out = layered_ensemble([5, 6, 7, 2], [get_activation("tanh"), "tanh"], np.full(3, 2.0), (0.1, 0.1, 0.1))
    assert uniform == written_out
    assert uniform == LayeredEnsemble((5, 6, 7, 2), (get_activation("tanh"),) * 2, (2.0,) * 3, (0.1,) * 3, True)
    assert hash(uniform) == hash(written_out)
    assert (uniform.depth, uniform.outputs, uniform.n_parameters) == (3, 2, 30 + 42 + 14 + 15)
    assert layered_ensemble((5, 6, 7, 2), "tanh", 2.0, biases=False).n_parameters == 86


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"widths": (5, 2)}, r"widths = \(5, 2\): must be M_0, at least one hidden width, and C"),
        ({"widths": (5, 0, 2)}, "widths = 0: must be a whole number >= 1"),
        ({"activation": ["tanh"]}, "activations = .*: must be 2 for widths"),
        ({"sigma_w2": (1.0, 1.0)}, r"sigma_w2 = \(1.0, 1.0\): must be 3 for widths"),
        ({"sigma_w2": 0.0}, "sigma_w2 = 0.0: must be a finite number > 0"),
        ({"sigma_b2": -0.1}, "sigma_b2 = -0.1: must be a finite number >= 0"),
        ({"activation": "tahn"}, "activation 'tahn': unknown"),
    ],
)
def test_what_makes_no_ensemble_is_refused(changed: dict[str, Any], message: str) -> None:
    arguments: dict[str, Any] = {"widths": (5, 6, 7, 2), "activation": "tanh", "sigma_w2": 1.0} | changed
    with pytest.raises(Exception, match=message):
        layered_ensemble(**arguments)


@pytest.mark.parametrize(
    ("name", "sigma_w2", "sigma_b2"), [("tanh", 3.0, 0.64), ("relu", 2.0, 0.1), ("tanh", 2.0, 0.0)]
)
def test_equal_layers_have_the_order_parameters_of_the_paper(name: str, sigma_w2: float, sigma_b2: float) -> None:
    ensemble = layered_ensemble((200, 100, 300, 1), name, sigma_w2, sigma_b2)
    fields, field = (
        order_parameters(ensemble, 0.9, 0.2),
        mean_field(name, sigma_w2, sigma_b2, 3, (2.0, 1.0, 3.0), 0.9, 0.2),
    )
    for attribute in ("q", "q_st", "q_hat", "q_hat_st", "q_tilde", "q_tilde_st"):
        np.testing.assert_allclose(getattr(fields, attribute), getattr(field, attribute), rtol=1e-12)
    assert diagonal_sum(ensemble, fields, biases=False) == pytest.approx(field.alpha * field.kappa_1 * 100)
    assert off_diagonal_sum(ensemble, fields, biases=False) == pytest.approx(field.alpha * field.kappa_2 * 100)


def test_layers_of_several_kinds_have_the_entries_of_sampled_networks() -> None:
    ensemble = layered_ensemble(
        (200, 300, 250, 200, 3), ("relu", "tanh", "relu"), (2.0, 3.0, 1.5, 1.0), (0.1, 0.64, 0.0, 0.2)
    )
    samples, rng = 20, np.random.default_rng(0)
    own, pairs = [], []
    for _ in range(15):
        dual = dual_fisher_of_sample(rng, ensemble, rng.standard_normal((samples, 200)))
        blocks = [dual[k * samples : (k + 1) * samples, k * samples : (k + 1) * samples] for k in range(3)]
        own.append(np.mean([np.trace(block) for block in blocks]))
        pairs.append(np.mean([(block.sum() - np.trace(block)) / (samples - 1) for block in blocks]))
    fields = order_parameters(ensemble)
    for sampled, expected in ((own, diagonal_sum(ensemble, fields)), (pairs, off_diagonal_sum(ensemble, fields))):
        error = np.std(sampled) / np.sqrt(len(sampled))
        assert error < 0.05 * expected
        assert np.mean(sampled) == pytest.approx(expected, abs=3.5 * error)


def test_an_odd_activation_keeps_uncorrelated_samples_uncorrelated() -> None:
    fields = order_parameters(layered_ensemble((50, 50, 50, 1), ("tanh", "erf"), 2.0))
    assert fields.q_hat_st == (0.0, 0.0, 0.0)


def test_moments_that_overflow_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"sigma_w2 = 1e\+120: the second moment of the pre-activations of layer 3 overflows"
    ):
        order_parameters(layered_ensemble((5, 5, 5, 5, 1), "relu", 1e120))


def test_the_written_out_matrix_is_that_of_the_library() -> None:
    ensemble = layered_ensemble((4, 6, 5, 2), "tanh", 1.5, 0.3)
    inputs = np.random.default_rng(1).standard_normal((3, 4))
    network = sample_network(np.random.default_rng(2), ensemble.widths, "tanh", 1.5, 0.3)

    class Parameters:
        """Gives the network's own parameters in the order in which they are drawn, all weights of a layer first."""

        def __init__(self) -> None:
            pairs = zip(network.weights, network.biases, strict=True)
            self.values = [
                value
                for weight, bias in pairs
                for value in (weight / np.sqrt(1.5 / weight.shape[1]), bias / np.sqrt(0.3))
            ]

        def standard_normal(self, shape: object) -> np.ndarray:
            return self.values.pop(0)

    dual = dual_fisher_of_sample(Parameters(), ensemble, inputs)
    np.testing.assert_allclose(dual, dual_fisher(network, inputs), rtol=1e-12)
