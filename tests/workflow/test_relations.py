"""What jobs cannot do is refused before the first, by key, and what is just allowed is not."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.checked_yaml import closed
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.strict_yaml import read_yaml
from fisher_spectra.hayase_karakida.eigenvalue_recursions import largest_eigenvalue_recursion
from fisher_spectra.hayase_karakida.hard_tanh import HardTanh
from fisher_spectra.hayase_karakida.signal_propagation import signal_propagation
from fisher_spectra.hayase_karakida.theorem_3_2 import theorem_3_2
from fisher_spectra.workflow.configuration import check_configuration, load_configuration, merge
from fisher_spectra.workflow.network_moments import hard_tanh_layers
from fisher_spectra.workflow.overrides import read_overrides

ROOT = Path(__file__).resolve().parents[2]


SMOKE = load_configuration(ROOT, {"scale": "smoke"})
SCHEMA = closed(read_yaml(ROOT / "config" / "config.schema.yaml"))


def load(*entries):
    check_configuration(merge(SMOKE, read_overrides(entries)), SCHEMA)


SATURATING = "hayase_karakida.activations.saturating"
DEEPEST = "hayase_karakida.depth_limits.deepest"
# What is asked for, what the message says first, and what is allowed in its place.
REFUSED = [
    (
        "karakida.layers.cases.residual.sigma_w2=[1.0, 1.0, 1.0]",
        "karakida.layers.cases.residual.sigma_w2 = [1.0, 1.0, 1.0]: must be a list of 4, as there are 4 layers",
        "[1.0, 1.0, 1.0, 1.0]",
    ),
    (
        "karakida.layers.cases.layers_differ.functions=[relu, tanh]",
        "karakida.layers.cases.layers_differ.functions = ['relu', 'tanh']: must be a list of 3, as there are 4 layers",
        "[relu, tanh, erf]",
    ),
    (
        "karakida.layers.cases.layers_differ.functions=[relu, tahn, relu]",
        "karakida.layers.cases.layers_differ.functions[1]: ",
        "[relu, tanh, relu]",
    ),
    (
        "karakida.layers.cases.plain={group: layers, layers: [dense, dense], functions: [relu]}",
        "karakida.layers.cases.plain.functions = ['relu']: must be beside sigma_w2 and sigma_b2",
        "{group: layers, layers: [dense, dense], functions: [relu], sigma_w2: [1, 1], sigma_b2: [0, 0]}",
    ),
    (
        "karakida.layers.cases.batch_norm.layers=[batch_norm, bath_norm, dense]",
        "karakida.layers.cases.batch_norm.layers[1] = 'bath_norm': must be one of batch_centring, batch_norm, dense, ",
        "[batch_norm, batch_norm, dense]",
    ),
    (
        "karakida.layers.cases.plain_many.samples_per_width=0.01",
        "karakida.layers.cases.plain_many.samples_per_width = 0.01: must be such that the width 40 has 4 samples",
        "0.1",
    ),
    ("karakida.fig2_gaussian.samples=1", "karakida.fig2_gaussian.samples = 1: must be at least 2", "2"),
    ("karakida.fig2_data.samples=1501", "karakida.fig2_data.samples = 1501: must be at most 1500", "1500"),
    ("karakida.fig2_data.samples=99", "karakida.fig2_data.kernel_samples = 100: must be at most samples", "100"),
    ("karakida.catapult.steps=31", "karakida.catapult.steps = 31: must be at most steps_late, which is 30", "30"),
    ("karakida.catapult.steps_early=21", "steps_early = 21: must be at most steps, which is 20", "20"),
    (
        "karakida.catapult.loss_strict=2000000",
        "loss_strict = 2000000: must be at most loss_lenient, which is",
        "1000000",
    ),
    ("karakida.catapult_data.batch_size=41", "batch_size = 41: must be at most samples, which is 40", "40"),
    ("karakida.fig2_data.batch_size=301", "batch_size = 301: must be at most samples, which is 300", "300"),
    (
        "karakida.corollary2.thresholds=[0.1, 1, 1.0000001]",
        "karakida.corollary2.thresholds[2] = 1.0000001: must be other than 1, with which it would share a column",
        "[0.1, 1, 1.00001]",
    ),
    (
        "karakida.fig2_gaussian.learning_rates={smallest: 1, largest: 1.0000001}",
        "karakida.fig2_gaussian.learning_rates.number = 6: must be fewer between 1 and 1.0000001",
        "{smallest: 1, largest: 1.001}",
    ),
    (
        "karakida.activations.tanh={function: optimal_quadratic, sigma_w2: 100, sigma_b2: 0}",
        "karakida.activations.tanh.sigma_w2 = 100: must be such that moments stay between 1e-100 and 1e+100",
        "{function: optimal_quadratic, sigma_w2: 0.1, sigma_b2: 0}",
    ),
    (
        "karakida.errata.smooth={function: optimal_quadratic, sigma_w2: 100, sigma_b2: 0}|karakida.errata.depth=8",
        "karakida.errata.smooth.sigma_w2 = 100: must be such that moments stay",
        "{function: tanh, sigma_w2: 100, sigma_b2: 0}",
    ),
    (
        "karakida.errata.relu={sigma_w2: 100, sigma_b2: 0}|karakida.errata.depth=100",
        "karakida.errata.relu.sigma_w2 = 100: must be such that moments stay",
        "{sigma_w2: 2, sigma_b2: 0}",
    ),
    (
        "karakida.activations.tanh={sigma_w2: 0.001, sigma_b2: 0}|karakida.depth.depths=[40]",
        "karakida.activations.tanh.sigma_w2 = 0.001: must be such that moments stay",
        "{sigma_w2: 0.01, sigma_b2: 0}",
    ),
    (
        "karakida.activations={momentum: {function: tanh, sigma_w2: 1, sigma_b2: 0}}",
        "karakida.activations = 'momentum': must be a name that no setting has",
        "{mine: {function: tanh, sigma_w2: 1, sigma_b2: 0}}",
    ),
    (
        "pennington_worah.nonlinearities.relu={function: relu}",
        "pennington_worah.nonlinearities.relu.function: activation relu: Gaussian mean is 0.398942, must be 0",
        "{function: shifted_leaky_relu(alpha=0.5)}",
    ),
    (
        "pennington_worah.nonlinearities.erf_1.function=linear",
        "pennington_worah.nonlinearities.erf_1.function = 'linear': must be not linear: its limit has an atom at 0",
        "tanh",
    ),
    (
        "pennington_worah.nonlinearities.best_saturating={function: tanh}",
        "pennington_worah.nonlinearities = 'best_saturating': must be another name",
        None,
    ),
    (
        "pennington_worah.fig3.families.erf.alphas=[0, 1, 2]",
        "pennington_worah.fig3.families.erf.alphas[0]: activation normalised_erf(alpha=0): alpha must be",
        "[0.5, 1, 2]",
    ),
    ("pennington_worah.fig3.families.erf.function=tanh", "fig3.families.erf.alphas[0]: activation tanh(alpha", None),
    (
        "pennington_worah.fig2.dense=[{width: 16, networks: 2}, {width: 16, networks: 3}]",
        "pennington_worah.fig2.dense[1] = 16: must be other than 16, as the same networks would count twice",
        "[{width: 16, networks: 2}, {width: 32, networks: 3}]",
    ),
    (
        "pennington_worah.convergence.sizes=[{width: 16, networks: 2}, {width: 16, networks: 3}]",
        "pennington_worah.convergence.sizes[1] = 16: must be other than 16, as the same networks would count twice",
        "[{width: 16, networks: 2}, {width: 32, networks: 3}]",
    ),
    (
        "pennington_worah.convergence.taken_apart.nonlinearity=mine",
        "pennington_worah.convergence.taken_apart.nonlinearity = 'mine': must be one of nonlinearities: linear, erf_1",
        "srelu_0",
    ),
    (
        "pennington_worah.fig2.lanczos=[{width: 16, networks: 2}, {width: 8, networks: 2}, {width: 16, networks: 2}]",
        "pennington_worah.fig2.lanczos[2] = 16: must be other than 16",
        "[{width: 16, networks: 2}]",
    ),
    ("pennington_worah.singularities.epsilons.fit=34", "epsilons.fit = 34: must be at most number, which is 33", "33"),
    (
        "pennington_worah.slopes={smallest: 0.009999, largest: 0.01}",
        "pennington_worah.slopes.number = 10: must be fewer",
        "{smallest: 0.009, largest: 0.01}",
    ),
    (
        "hayase_karakida.fig1.fine_bin_width=0.31",
        "hayase_karakida.fig1.fine_bin_width = 0.31: must be less than bin_width, which is 0.31",
        "0.3",
    ),
    (
        f"{SATURATING}={{s_squared: 0.000001, g: 100}}|hayase_karakida.fig1.fine_bin_width=0.001",
        "hayase_karakida.fig1.fine_bin_width = 0.001: must be larger: eigenvalues of saturating networks",
        None,
    ),
    (
        "hayase_karakida.activations.isometry={s_squared: 0.000001, g: 100}",
        "hayase_karakida.activations.isometry.g = 100: must be such that both stay between",
        "{s_squared: 0.125, g: 1.0014}",
    ),
    (
        "hayase_karakida.activations.isometry={s_squared: 0.00000000000001, g: 1}",
        "hayase_karakida.activations.isometry.s_squared = 1e-14: must be at least 1e-12",
        None,
    ),
    (
        "hayase_karakida.depth_limits.deepest=9",
        "hayase_karakida.depth_limits.deepest = 9: must be at least the largest of depths.isometry, 10",
        None,
    ),
    (
        "hayase_karakida.depth_limits.deepest=500",
        "hayase_karakida.depth_limits.deepest = 500: must be larger: by then only ",
        "1500",
    ),
    (
        "hayase_karakida.depth_limits.width=1",
        "hayase_karakida.depth_limits.width = 1: must be at least 2",
        "50",
    ),
    ("hayase_karakida.laws.widths=[1]", "hayase_karakida.laws.widths[0] = 1: must be at least 2", "[2]"),
    ("hayase_karakida.depth_limits.epsilon_1=1e-300", "epsilon_1 = 1e-300: must be at least 1e-06", "1e-6"),
    ("hayase_karakida.errata.draws=1000", "hayase_karakida.errata.draws = 1000: must be at least 5000", "5000"),
    (
        f"{SATURATING}={{s_squared: 0.125, g: 1.0013}}",
        "hayase_karakida.errata.width = 150: must be larger: the smaller atom of H_3 of saturating networks has",
        "{s_squared: 1, g: 1}",
    ),
    (
        f"hayase_karakida.errata.draws=5000|{SATURATING}={{s_squared: 0.9, g: 1}}|{DEEPEST}=20000",
        "hayase_karakida.errata.draws = 5000: must be larger: some of 100 batches of them would miss a value",
        "10000",
    ),
    ("hayase_karakida.errata.width=40", "hayase_karakida.errata.width = 40: must be larger", "150"),
    (
        "hayase_karakida.errata.ranks=[0.001, 0.4]",
        "hayase_karakida.errata.ranks[0] = 0.001: must be such that a projection at width 150 keeps some units",
        "[0.01, 0.4]",
    ),
    ("hayase_karakida.errata.ranks=[0.3, 0.999]", "hayase_karakida.errata.ranks[1] = 0.999", "[0.3, 0.99]"),
    (
        "hayase_karakida.fig4_left.epochs=2",
        "hayase_karakida.fig4_right.epochs = 2: must be other than that of fig4_left where both have",
        "3",
    ),
    (
        "hayase_karakida.training.label_norm=one",
        "hayase_karakida.fig4_unit.label_norm = 'one': must be other than that of training, with which it is compared",
        "root_width",
    ),
    (
        "hayase_karakida.training.samples=1501",
        "hayase_karakida.training.samples = 1501: must be at most 1500, the training samples of handwritten digits",
        "1500",
    ),
    ("hayase_karakida.fig5.inputs=298", "hayase_karakida.fig5.inputs = 298: must be at most 297, the test", "297"),
    ('data_mirror="a\\nb"', r"data_mirror = 'a\nb': must be one line of signs that can be printed", None),
    ('karakida.fig2_data.dataset="a\\0.npz"', "must be one line of signs that can be printed", None),
    (
        'karakida.activations.tanh.function="leaky_relu(slo\\npe=1)"',
        "must be one line of signs that can be printed",
        None,
    ),
    (
        'karakida.activations={"tanh\\n": {function: tanh, sigma_w2: 1, sigma_b2: 0}}',
        r"karakida.activations.tanh\n: a key must be one line",
        None,
    ),
]


@pytest.mark.parametrize(("entries", "message", "allowed"), REFUSED, ids=[entry[0][:60] for entry in REFUSED])
def test_what_jobs_cannot_do_is_refused_by_key(entries, message, allowed):
    first, *others = entries.split("|")
    with pytest.raises(UserError) as refused:
        load(*others, first)
    assert message in str(refused.value)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500
    if allowed is not None:
        load(*others, f"{first.partition('=')[0]}={allowed}")


@pytest.mark.parametrize(("s_squared", "g"), [(0.125, 1.0013), (1.0, 1.0), (0.5, 1.2), (100.0, 0.05), (4.0, 3.0)])
def test_layers_of_a_hard_tanh_are_those_of_the_theory(s_squared, g):
    propagation = signal_propagation(get_activation(HardTanh(s_squared, g).function), 8)
    layers = list(itertools.islice(hard_tanh_layers(s_squared, g), 7))
    np.testing.assert_allclose([layer.q for layer in layers], propagation.moments[1:], rtol=1e-9)
    np.testing.assert_allclose([1 - layer.cut for layer in layers], propagation.alpha, rtol=1e-12)
    np.testing.assert_allclose([layer.maximum for layer in layers], largest_eigenvalue_recursion(propagation)[1:])


def test_layers_go_on_where_moments_are_too_small_for_a_number() -> None:
    layers = list(itertools.islice(hard_tanh_layers(0.125, 0.5), 3000))
    assert layers[-1].q == 0
    assert layers[-1].cut == 0
    assert 0 < layers[500].q < 1e-290  # q falls by g^2 in each layer; squared, the kink is beyond all numbers there


def test_atoms_that_the_errata_sample_have_the_weights_of_theorem_3_2():
    first, second = itertools.islice(hard_tanh_layers(1.0, 1.0), 2)
    law = theorem_3_2(signal_propagation(get_activation("hard_tanh(s=1,g=1)"), 3))
    np.testing.assert_allclose([second.cut, first.cut - second.cut], law.weights[:2], rtol=1e-9)


def npz(folder, **arrays):
    np.savez(folder / "mine.npz", **arrays)
    return f"karakida.fig2_data.dataset={folder / 'mine.npz'}"


def test_a_file_of_the_readers_own_is_looked_into_before_the_first_job(tmp_path):
    x, y = np.random.default_rng(0).random((500, 6)), np.arange(500) % 3
    load(npz(tmp_path, x=x, y=y), "karakida.fig2_data.samples=400")
    with pytest.raises(UserError, match=r"karakida\.fig2_data\.samples = 401: must be at most 400, the training samp"):
        load(npz(tmp_path, x=x, y=y), "karakida.fig2_data.samples=401")
    for arrays, message in (
        ({"x": x, "y": y.astype(float)}, "array 'y' has dtype float64; class labels are integers"),
        ({"x": x}, "array 'y' is missing"),
        ({"x": x, "y": y[1:]}, "500 samples in 'x' but 499 labels in 'y'"),
        ({"x": np.where(x > 0.99, math.nan, x), "y": y}, "holds a value that is not a number or infinite"),
    ):
        with pytest.raises(UserError, match=r"^configuration: karakida\.fig2_data\.dataset: ") as refused:
            load(npz(tmp_path, **arrays))
        assert message in str(refused.value)
    (tmp_path / "mine.npz").write_bytes(b"no archive")
    with pytest.raises(UserError, match=r"karakida\.fig2_data\.dataset: .*mine\.npz: not an \.npz file"):
        load(f"karakida.fig2_data.dataset={tmp_path / 'mine.npz'}")


def test_of_a_large_file_the_shapes_are_enough(tmp_path, monkeypatch):
    monkeypatch.setattr("fisher_spectra.workflow.data_sets.READ_BYTES", 0)
    file = npz(tmp_path, x=np.zeros((500, 6)), y=np.arange(500) % 3)
    load(file, "karakida.fig2_data.samples=400")
    with pytest.raises(UserError, match="samples = 401: must be at most 400"):
        load(file, "karakida.fig2_data.samples=401")
    file = npz(tmp_path, x_train=np.zeros((50, 6)), y_train=np.arange(50), x_test=np.zeros((5, 6)), y_test=np.arange(5))
    with pytest.raises(UserError, match="samples = 300: must be at most 50"):
        load(file)


def test_online_training_needs_as_many_values_of_a_sample_as_classes(tmp_path):
    np.savez(tmp_path / "mine.npz", x=np.random.default_rng(0).random((500, 2)), y=np.arange(500) % 3)
    with pytest.raises(UserError, match=r"hayase_karakida\.fig5\.dataset = .*: it has 3 and 2"):
        load(f"hayase_karakida.fig5.dataset={tmp_path / 'mine.npz'}")
