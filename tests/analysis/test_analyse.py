"""The reader's network in one call: what it gives, says, writes and draws."""

from __future__ import annotations

import inspect
import re
import sys
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import torch
from blocked_modules import ResidualNetwork, normalised_network
from reader_modules import reader_inputs, reader_module
from torch import nn

import fisher_spectra as fs
from fisher_spectra.datasets.overlaps import overlap_matrix
from fisher_spectra.finite_size.infinite_width import normalised_prediction, residual_prediction
from fisher_spectra.finite_size.prediction import finite_size_prediction

WRONG = {
    "text": "many words",
    "none": None,
    "nan": float("nan"),
    "negative": -1.0,
    "half": 0.5,
    "complex": 1j,
    "empty": [],
    "matrix": np.ones((2, 5)),
    "texts": np.array(["a", "b"]),
    "object": object(),
    "type": fs.RandomNetwork,
    "dictionary": {"a": 1},
}


def arguments():
    return {
        "model": nn.Linear(3, 2),
        "data": np.ones((4, 3)),
        "loss": "mse",
        "momentum": 0.5,
        "method": "products",
        "memory_mb": 100,
        "seed": 0,
    }


def gaussian(samples, width):
    return torch.randn(samples, width, generator=torch.Generator().manual_seed(3))


def network(*widths, activation=nn.Tanh, bias=True, gain=1.0):
    """Weights of variance gain / fan-in."""
    parts = []
    with torch.random.fork_rng():
        torch.manual_seed(2)
        for below, above in pairwise(widths):
            linear = nn.Linear(below, above, bias=bias)
            nn.init.normal_(linear.weight, std=(gain / below) ** 0.5)
            if bias:
                nn.init.normal_(linear.bias, std=0.3)
            parts += [linear, activation()]
    return nn.Sequential(*parts[:-1])


@pytest.fixture(scope="module")
def plain():
    return fs.analyse(network(40, 80, 60, 3, gain=2.0), gaussian(30, 40), momentum=0.9)


def test_the_signature_is_the_one_that_is_tried():
    assert list(inspect.signature(fs.analyse).parameters) == list(arguments())
    assert fs.analyse(**arguments()).loss == "mse"


@pytest.mark.parametrize("argument", arguments())
def test_wrong_arguments_end_in_one_line_that_names_them(argument):
    for kind, value in WRONG.items():
        if (argument, kind) in {("memory_mb", "none"), ("data", "negative"), ("data", "half")}:
            continue
        try:
            fs.analyse(**arguments() | {argument: value})
        except (ValueError, TypeError, fs.UserError) as error:
            text = str(error)
            assert "\n" not in text, (kind, text)
            assert ":" in text, (kind, text)
            assert (
                argument in text
                or (argument == "data" and ("model: fails" in text or ".npz" in text))
                or (kind == "text" and "many words" in text)
            ), (kind, text)
        else:
            assert (argument, kind) in {("momentum", "half")}, (argument, kind)


def test_the_critical_rate_is_that_of_the_loss_and_the_momentum():
    rates = {}
    for loss in ("mse", "half_sum"):
        found = fs.analyse(reader_module("plain"), reader_inputs(), loss=loss, momentum=0.9)
        assert found.critical_learning_rate == pytest.approx(3.8 / found.largest(1)[0])
        rates[loss] = found.critical_learning_rate
        assert f"loss='{loss}'" in repr(found)
        assert f"for the loss {loss}" in " ".join(found.summary().split())
    assert rates["mse"] / rates["half_sum"] == pytest.approx(3 / 2)


def test_where_nothing_changes_the_outputs_no_rate_is_critical():
    module = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    found = fs.analyse(module[0], np.zeros((4, 3)))
    assert found.largest_eigenvalue > 0  # by the biases
    dead = fs.analyse(nn.Linear(3, 2, bias=False), np.zeros((4, 3)))
    assert (dead.largest_eigenvalue, dead.critical_learning_rate) == (0.0, float("inf"))
    assert fs.analyse(nn.Linear(3, 2, bias=False), np.zeros((4, 3)), method="products").largest_eigenvalue == 0.0
    assert "inf" in dead.summary()
    assert len(dead.table) == 6  # the eigenvalues, all zero, and no bins
    for use in (dead.plot, dead.check_by_training):
        with pytest.raises(ValueError, match="all eigenvalues are zero"):
            use()


def test_both_ways_give_the_same_largest_eigenvalues_as_many_as_there_are():
    ways = [fs.analyse(reader_module("residual"), reader_inputs(), method=way) for way in ("dual_matrix", "products")]
    for count in (1, 5, 21, 100):
        np.testing.assert_allclose(ways[1].largest(count), ways[0].largest(count), rtol=1e-8, atol=1e-12)
        assert len(ways[0].largest(count)) == min(count, 21)
    with pytest.raises(ValueError, match="count = 0: must be a whole number >= 1"):
        ways[0].largest(0)


def test_the_same_seed_gives_the_same_numbers_and_another_one_others():
    one, same, other = (
        fs.analyse(reader_module("residual"), reader_inputs(), method="products", seed=seed) for seed in (0, 0, 1)
    )
    pd.testing.assert_frame_equal(one.table, same.table)
    pd.testing.assert_frame_equal(one.by_layer, same.by_layer)
    assert one.spectrum.trace != other.spectrum.trace
    assert one.largest_eigenvalue == other.largest_eigenvalue


# ---------------------------------------------------------------------------------------------------------------------
# Theory


def test_theory_is_that_of_random_networks_of_the_same_variances_on_the_same_data(plain):
    theory = plain.theory
    assert plain.theory_reason == ""
    assert theory.ensemble.widths == (40, 80, 60, 3)
    np.testing.assert_allclose(theory.ensemble.sigma_w2, 2.0, rtol=0.35)
    np.testing.assert_allclose(theory.ensemble.sigma_b2[:2], 0.09, rtol=0.4)
    expected = finite_size_prediction(theory.ensemble, overlaps=overlap_matrix(gaussian(30, 40)))
    assert theory.largest_eigenvalue == pytest.approx(2 / 3 * expected.largest_eigenvalue)
    assert theory.infinite_width == pytest.approx(2 / 3 * expected.infinite_width)
    assert theory.critical_learning_rate(0.9) == pytest.approx(3.8 / theory.largest_eigenvalue)


@pytest.mark.parametrize(("activation", "loss"), [(nn.Tanh, "mse"), (nn.ReLU, "half_sum"), (nn.ReLU, "cross_entropy")])
def test_theory_is_near_what_is_measured(activation, loss):
    found = fs.analyse(network(60, 200, 150, 2, activation=activation, gain=2.0), gaussian(40, 60), loss=loss)
    assert found.largest_eigenvalue == pytest.approx(found.theory.largest_eigenvalue, rel=0.3)
    assert "measured / theory" in found.summary()


@pytest.mark.parametrize(
    ("module", "options", "reason"),
    [
        (lambda: reader_module("batch_norm"), {}, "not a plain network .*: it has a BatchNorm1d$"),
        (lambda: reader_module("residual"), {}, "uses tanh 2 times.*; nor a residual .*: it adds what Tanh gives"),
        (lambda: network(40, 50, 3, bias=False), {"loss": "cross_entropy", "width": 40}, "only outliers are predicted"),
        (lambda: network(6, 3), {}, "it needs a hidden layer"),
        (lambda: nn.Sequential(network(6, 5, 3), nn.Tanh()), {}, "the outputs go through Tanh"),
        (lambda: network(6, 5, 3, activation=nn.ELU), {}, "the activation ELU is not in the catalogue"),
        (lambda: _frozen(network(6, 5, 3)), {}, "some parameters are frozen"),
        (lambda: network(6, 5, 3), {"samples": 1}, "it needs at least two samples"),
    ],
)
def test_where_there_is_no_theory_the_reason_is_said(module, options, reason):
    inputs = gaussian(options.get("samples", 7), options.get("width", 6))
    found = fs.analyse(module().float(), inputs, options.get("loss", "mse"))
    assert found.theory is None
    assert re.search(reason, found.theory_reason)
    assert "none: " in found.summary()


def _frozen(module):
    module[0].bias.requires_grad_(False)
    return module


RESIDUAL = ("residual", lambda seed: ResidualNetwork((60, 80, 2), 2, torch.relu, seed=seed))
NORMALISED = ("layer_normalised", lambda seed: normalised_network((60, 80, 80, 2), nn.Tanh, (2.0, 0.3), seed=seed))


@pytest.mark.parametrize(("kind", "make"), [RESIDUAL, NORMALISED])
@pytest.mark.parametrize(("loss", "tolerance"), [("mse", 0.2), ("cross_entropy", 0.35)])
def test_theory_of_residual_and_normalised_modules_is_near_what_is_measured(kind, make, loss, tolerance):
    ratios = []
    for seed in range(8):
        data = torch.randn(30, 60, generator=torch.Generator().manual_seed(100 + seed)) + 0.5  # a common direction
        found = fs.analyse(make(seed), data, loss, momentum=0.9)
        theory = found.theory
        ratios.append(found.largest_eigenvalue / theory.largest_eigenvalue)
    assert np.mean(ratios) == pytest.approx(1.0, abs=tolerance)
    assert (theory.prediction.kind, theory.scatter, theory.branch) == (kind, None, "outlier")
    assert theory.infinite_width == theory.largest_eigenvalue
    assert theory.prediction.infinite_width == pytest.approx(theory.prediction.largest_eigenvalue)
    assert any("C / M = 2 / 80" in one for one in theory.reservations)
    text = " ".join(found.summary().split())
    assert "for random networks of infinite width" in text
    assert "measured / theory" in text
    assert list(found.table["kind"].unique()) == ["largest", "infinite_width", "bin"]
    assert found.plot() is not None


def test_theory_takes_the_mean_square_and_the_mean_overlap_of_the_inputs():
    data = gaussian(30, 60) + 0.7
    for _, make in (RESIDUAL, NORMALISED):
        theory = fs.analyse(make(0), data, "half_sum").theory
        moments = fs.input_moments(data.numpy())
        again = residual_prediction if theory.prediction.kind == "residual" else normalised_prediction
        expected = again(
            theory.ensemble, 30, input_moment=moments.second_moment, input_overlap=moments.overlap
        ).largest_eigenvalue
        assert theory.largest_eigenvalue == pytest.approx(expected, rel=1e-6)
        # two outputs: the mean over outputs is the half sum
        assert fs.analyse(make(0), data, "mse").theory.largest_eigenvalue == pytest.approx(expected, rel=1e-6)


def test_samples_that_are_all_the_same_have_a_theory():
    data = torch.full((7, 60), 0.1)
    for _, make in (RESIDUAL, NORMALISED):
        theory = fs.analyse(make(0), data, "half_sum").theory
        assert theory.prediction.kappa_2 == pytest.approx(theory.prediction.kappa_1)


def test_gains_and_shifts_count_where_the_module_has_them():
    values = [
        fs.analyse(normalised_network((20, 30, 30, 1), nn.ReLU, (2.0, 0.1), affine=affine), gaussian(15, 20)).theory
        for affine in (True, False)
    ]
    assert values[0].largest_eigenvalue > 1.02 * values[1].largest_eigenvalue


def test_weights_that_are_not_random_are_pointed_out():
    module = network(40, 60, 50, 2)
    assert not any("singular" in one for one in fs.analyse(module, gaussian(20, 40)).theory.reservations)
    with torch.no_grad():
        module[2].weight += 0.1
    (sentence,) = [one for one in fs.analyse(module, gaussian(20, 40)).theory.reservations if "singular" in one]
    assert sentence.startswith("The weights of 2.weight are not like independent random ones")


def test_values_in_reservations_say_which_loss_they_are_of():
    for loss in ("mse", "half_sum"):
        module = network(30, 40, 40, 10, bias=False, gain=2.0)
        theory = fs.analyse(module, gaussian(20, 30), loss).theory
        (sentence,) = [one for one in theory.reservations if one.startswith("Theorem 4 of infinite width")]
        assert f"gives {theory.prediction.infinite_width:.4g};" in sentence
        assert ("(for the loss half_sum)" in sentence) == (loss == "mse")


def test_of_many_samples_two_moments_are_used_and_it_is_said():
    found = fs.analyse(network(20, 30, 1), gaussian(2500, 20), method="products")
    assert "only the mean square and the mean overlap are used" in found.theory.reservations[-1]
    assert found.largest_eigenvalue == pytest.approx(found.theory.largest_eigenvalue, rel=0.4)


# ---------------------------------------------------------------------------------------------------------------------
# What is written and drawn


def test_the_table_is_written_as_it_is(plain, tmp_path):
    plain.to_csv(tmp_path / "made" / "spectrum.csv")
    written, table = pd.read_csv(tmp_path / "made" / "spectrum.csv"), plain.table
    pd.testing.assert_frame_equal(written, table, rtol=1e-11, check_dtype=False)
    assert list(table["kind"].unique()) == ["largest", "theory", "infinite_width", "bin"]
    assert set(table["loss"]) == {"mse"}
    assert table["learning_rate"][0] == plain.critical_learning_rate
    assert table[table["kind"] == "bin"]["eigenvalues"].sum() == pytest.approx(90, abs=1)


def test_the_summary_has_all_that_was_found(plain):
    text = plain.summary()
    for part in (
        "Sequential, 8323 trainable parameters, float32",
        "30 samples, 3 outputs each",
        "all eigenvalues of the dual matrix of order 90",
        f"{plain.largest_eigenvalue:.6g} of the Gauss-Newton matrix of this loss",
        "momentum mu = 0.9",
        f"{plain.theory.largest_eigenvalue:.6g} for random networks of these widths",
        "at infinite width",
    ):
        assert part in " ".join(text.split()), part
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_the_picture_is_written_and_the_readers_settings_are_kept(plain, tmp_path, suffix):
    mpl.use("agg")
    before = mpl.rcParams.copy()
    figure = plain.plot(tmp_path / f"spectrum.{suffix}")
    assert (tmp_path / f"spectrum.{suffix}").stat().st_size > 1000
    assert mpl.rcParams == before
    assert f"critical learning rate {plain.critical_learning_rate:.3g}" in figure.axes[0].get_title()
    mpl.pyplot.close(figure)


def test_another_suffix_is_refused_before_anything_is_computed(tmp_path):
    found = fs.analyse(reader_module("plain"), reader_inputs())
    with pytest.raises(ValueError, match=r"path = .*: must end in \.png, \.pdf or \.svg"):
        found.plot(tmp_path / "spectrum.txt")
    assert "spectrum" not in vars(found)


def test_without_the_packages_of_figures_it_is_said_what_to_install(plain, monkeypatch):
    for name in [
        name for name in sys.modules if name.startswith(("fisher_spectra.plotting", "fisher_spectra.analysis.p"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"needs matplotlib: pip install 'fisher-spectra\[figures\]'"):
        plain.plot()
