"""`predict`: theory against sampled networks, the rates of each loss, and what is said where theory does not apply."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
import torch

import fisher_spectra as fs
from fisher_spectra.analysis import prediction as module
from fisher_spectra.analysis.prediction import Prediction
from fisher_spectra.common.tables import read_table

SMALL = {"widths": [30, 40, 20, 3], "activation": "relu", "sigma_w2": 2.0, "samples": 20, "networks": 6}


def predicted(**arguments) -> Prediction:
    return fs.predict(**(SMALL | arguments))


@pytest.fixture(scope="module")
def small() -> Prediction:
    return predicted()


@pytest.mark.parametrize(
    ("widths", "activation", "variances", "samples", "data"),
    [
        ([100, 150, 100, 5], "relu", {"sigma_w2": 2.0, "sigma_b2": 0.1}, 40, None),
        ([100, 150, 100, 5], "tanh", {"sigma_w2": 2.0, "sigma_b2": 0.0}, 40, None),
        # per-layer activations and variances
        ([80, 120, 100, 4], ["tanh", "gelu"], {"sigma_w2": [2.5, 1.5, 1.0], "sigma_b2": [0.3, 0.0, 0.1]}, 40, None),
        ([64, 100, 100, 3], "gelu", {"sigma_w2": 2.0, "sigma_b2": 0.0}, 40, "digits"),
    ],
)
def test_the_finite_size_value_is_that_of_sampled_networks_within_its_error(
    widths, activation, variances, samples, data
):
    found = fs.predict(widths, activation, **variances, samples=samples, data=data, networks=30)
    # the stated error of the theory, and three standard errors of the mean of 30 networks
    allowed = found.theory.relative_error + 3 * found.ratio.error
    assert found.ratio.value == pytest.approx(1.0, abs=allowed)
    assert allowed < 0.25


def test_sampled_networks_are_those_of_the_dual_fisher_matrix(small):
    values = np.array(small.sampled.largest_eigenvalues)
    assert small.sampled.networks == len(set(values)) == 6
    assert small.sampled.mean == pytest.approx(values.mean())
    assert small.sampled.deviation == pytest.approx(values.std(ddof=1))
    assert small.sampled.error == pytest.approx(values.std(ddof=1) / math.sqrt(6))
    assert small.ratio.value == pytest.approx(values.mean() / small.theory.largest_eigenvalue)
    assert small.ratio.error == pytest.approx(small.sampled.error / small.theory.largest_eigenvalue)
    # more networks begin with the same ones, another seed has others
    assert predicted(networks=7).sampled.largest_eigenvalues[:6] == small.sampled.largest_eigenvalues
    assert not set(predicted(seed=1).sampled.largest_eigenvalues) & set(values)


def test_the_largest_eigenvalue_of_each_network_is_that_of_its_explicit_fisher_matrix(small):
    from fisher_spectra.common.seeds import generator

    rng = generator(0, "sampled network", 2)
    network = fs.sample_network(rng, small.ensemble.widths, "relu", 2.0, 0.0)
    dual = fs.dual_fisher(network, fs.gaussian_inputs(rng, 20, 30))
    assert small.sampled.largest_eigenvalues[2] == pytest.approx(np.linalg.eigvalsh(dual)[-1], rel=1e-9)


def test_rates_are_those_of_the_loss_and_the_momentum(small):
    theory = small.theory
    assert small.critical_learning_rate == pytest.approx(2 / theory.largest_eigenvalue)
    rates = small.critical_learning_rates
    assert list(rates) == ["infinite_width", "finite_size", "sampled"]
    assert rates["infinite_width"] == pytest.approx(2 / theory.infinite_width)
    assert rates["sampled"] == pytest.approx(np.mean(2 / np.array(small.sampled.largest_eigenvalues)))
    with_momentum = predicted(momentum=0.5, networks=0)
    assert with_momentum.critical_learning_rate == pytest.approx(1.5 * small.critical_learning_rate)
    mean_loss = predicted(loss="mse", networks=0)  # C = 3
    assert mean_loss.critical_learning_rate == pytest.approx(1.5 * small.critical_learning_rate)
    assert mean_loss.theory == theory


def test_the_rate_of_the_mean_loss_is_where_descent_on_it_begins_to_diverge():
    found = predicted(loss="mse", networks=2)
    network = fs.sample_network(np.random.default_rng(0), found.ensemble.widths, "relu", 2.0, 0.0)
    x = fs.gaussian_inputs(np.random.default_rng(1), 20, 30)
    own = 2.0 / fs.fisher_statistics(network, x).maximum * found.ensemble.outputs / 2.0  # by F, and the factor C / 2
    layers = []
    for weight, bias in zip(network.weights, network.biases, strict=True):
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=torch.float64)
        linear.load_state_dict({"weight": torch.tensor(weight), "bias": torch.tensor(bias)})
        layers += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    inputs = torch.tensor(x)
    target = model(inputs).detach()
    for factor, diverges in ((0.9, False), (1.1, True)):
        with torch.no_grad():
            start = [p.clone() for p in model.parameters()]
            for p in model.parameters():
                p += 1e-6 * torch.randn(p.shape, dtype=p.dtype, generator=torch.Generator().manual_seed(0))
        losses = []
        for _ in range(60):
            loss = torch.nn.functional.mse_loss(model(inputs), target)
            losses.append(loss.item())
            for p, g in zip(model.parameters(), torch.autograd.grad(loss, list(model.parameters())), strict=True):
                p.data -= factor * own * g
        assert (losses[-1] > losses[0]) == diverges
        with torch.no_grad():
            for p, value in zip(model.parameters(), start, strict=True):
                p.copy_(value)


def test_without_networks_there_is_theory_alone():
    found = predicted(networks=0)
    assert (found.sampled, found.ratio) == (None, None)
    assert "sampled" not in found.summary()
    assert "network" not in set(found.table["source"])


def test_kappa_2_of_zero_is_said_with_its_reason():
    found = predicted(activation="tanh", networks=0)
    assert found.theory.kappa_2 == 0.0
    assert "Theorem 4 does not apply" in found.summary()
    assert "Theorem 4 does not apply" not in predicted(activation="tanh", sigma_b2=0.1, networks=0).summary()


def test_values_that_differ_by_more_than_the_stated_factor_are_spoken_of():
    far = predicted(activation="tanh", networks=0, samples=60)
    ratio = far.theory.largest_eigenvalue / far.theory.infinite_width
    assert ratio > module.FAR
    assert any(f"{ratio:.2g} times" in sentence for sentence in far.reservations)
    near = predicted(widths=[500, 500, 500, 1], sigma_b2=0.5, samples=100, networks=0)
    assert near.theory.largest_eigenvalue / near.theory.infinite_width < module.FAR
    assert not any("times" in sentence for sentence in near.reservations)


def test_sampled_networks_outside_the_stated_error_are_spoken_of():
    # orthogonal weights narrow the bulk, which is the largest eigenvalue of odd networks without biases
    found = predicted(activation="tanh", initialisation="orthogonal", widths=[64, 64, 64, 4], samples=60)
    assert found.ratio.value < 1 - found.theory.relative_error
    assert any("outside its stated error" in sentence for sentence in found.reservations)
    assert any("of Gaussian weights" in sentence for sentence in found.reservations)


def test_samples_that_differ_too_much_for_one_overlap_are_spoken_of():
    x = np.random.default_rng(0).standard_normal((20, 30))
    x[:2] *= 30.0
    found = predicted(data=x, samples=None, networks=0)
    assert found.theory.infinite_width_on_data > 1.3 * found.theory.infinite_width
    assert any("own overlaps" in sentence for sentence in found.reservations)
    assert "the data's own overlaps" in found.summary()


def test_the_infinite_width_value_on_data_is_that_of_the_library():
    x = np.random.default_rng(0).standard_normal((20, 30))
    found = predicted(data=x, samples=None, networks=0, widths=[30, 40, 40, 2], biases=False, sigma_b2=0.2)
    ensemble = fs.Ensemble.of("relu", 2.0, 0.2, 3, [0.75, 1.0, 1.0])
    expected = fs.largest_eigenvalue_of_data(fs.overlap_matrix(x), ensemble, 40)
    assert found.theory.infinite_width_on_data == pytest.approx(expected, rel=1e-9)
    assert list(found.critical_learning_rates) == ["infinite_width", "infinite_width_on_data", "finite_size"]


def test_the_dictionary_is_plain_and_has_the_names_of_the_attributes(small):
    found = json.loads(json.dumps(small.to_dict(), allow_nan=False))
    for name in ("samples", "loss", "momentum", "critical_learning_rate", "critical_learning_rates", "inputs"):
        assert found[name] == getattr(small, name)
    for name, value in found["theory"].items():
        assert value == getattr(small.theory, name)
    for name in ("mean", "error", "deviation", "networks"):
        assert found["sampled"][name] == getattr(small.sampled, name)
    assert found["ratio"] == {"value": small.ratio.value, "error": small.ratio.error}
    assert tuple(found["widths"]) == small.ensemble.widths


def test_the_table_is_tidy_and_written_as_it_is(small, tmp_path):
    small.to_csv(tmp_path / "p.csv")
    written = read_table(tmp_path / "p.csv")
    pd.testing.assert_frame_equal(written, small.table, rtol=1e-10)
    assert (written["source"] == "network").sum() == 6
    np.testing.assert_allclose(written["largest_eigenvalue"] * written["critical_learning_rate"], 2.0, rtol=1e-10)
    row = written.set_index("source").loc["finite_size"]
    assert row["high"] / row["largest_eigenvalue"] == pytest.approx(1 + small.theory.relative_error)


def test_the_summary_has_the_numbers(small):
    text = small.summary()
    assert str(small) == text
    assert text.startswith("30-40-20-3, relu, sigma_w2 = 2, sigma_b2 = 0, biases are parameters\n")
    for number in (small.theory.infinite_width, small.theory.largest_eigenvalue, small.critical_learning_rate):
        assert f"{number:.4g}" in text
    assert str(small.ratio) in text
    assert all(f"! {sentence}" in text for sentence in small.reservations)
    mixed = predicted(activation=["relu", "hard_tanh(s=1,g=1)"], sigma_w2=[2, 1, 1], networks=0).summary()
    assert "relu/hard_tanh(s=1,g=1), sigma_w2 = 2/1/1" in mixed


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("widths", [3, 4]),
        ("widths", "many"),
        ("widths", [30, 0.5, 3]),
        ("activation", "tanhh"),
        ("activation", ["relu"]),
        ("activation", 3),
        ("sigma_w2", -1.0),
        ("sigma_w2", [1.0, 2.0]),
        ("sigma_w2", "two"),
        ("sigma_b2", -0.1),
        ("sigma_b2", None),
        ("samples", 1),
        ("samples", 2.5),
        ("networks", 1),
        ("networks", -1),
        ("networks", "many"),
        ("momentum", 1.0),
        ("momentum", None),
        ("loss", "cross_entropy"),
        ("loss", "l1"),
        ("loss", 3),
        ("initialisation", "he"),
        ("initialisation", None),
        ("seed", -1),
        ("biases", "yes"),
        ("data", "no such data"),
        ("data", "no/such.npz"),
        ("data", np.ones(4)),
        ("data", np.ones((4, 7))),
        ("data", np.full((4, 30), np.nan)),
        ("data", object()),
        ("normalisation", "whiten"),
    ],
)
def test_wrong_arguments_end_in_one_line_that_names_them(argument, value):
    with pytest.raises((ValueError, TypeError, fs.UserError)) as caught:
        predicted(**{argument: value})
    text = str(caught.value)
    assert "\n" not in text
    assert argument.rstrip("s") in text or (argument == "data" and "no/such.npz" in text)


def test_the_cross_entropy_is_refused_with_what_measures_it():
    with pytest.raises(ValueError, match="analyse measures it"):
        predicted(loss="cross_entropy")
