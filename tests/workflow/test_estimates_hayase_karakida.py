"""Memory that a job asks for is what its arrays take; run times grow as the work does."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import scipy.linalg
from peak_memory_of_arrays import peak_mb

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.conditional_fisher import (
    conditional_fisher,
    sample_conditional_eigenvalues,
    sample_orthogonal_network,
)
from fisher_spectra.hayase_karakida.theta import scaled_theta, theta_maximum
from fisher_spectra.networks.haar_measure import sphere_inputs
from fisher_spectra.workflow.estimates.hayase_karakida import (
    cut_shares,
    dense_theta_mb,
    dense_theta_seconds,
    frames_seconds,
    means_seconds,
    online_mb,
    online_seconds,
    plain_seconds,
    spectrum_mb,
    theta_mb,
    theta_seconds,
    trained_spectra_seconds,
)
from fisher_spectra.workflow.estimates.rates import BASE_MB

SATURATING = get_activation("hard_tanh(s=1,g=1)")


def plain(width, depth):
    rng = generator(0, "memory")
    network = sample_orthogonal_network(rng, width, depth, SATURATING)
    scipy.linalg.eigvalsh(conditional_fisher(network, sphere_inputs(rng, 1, width)[0]))


@pytest.mark.parametrize("depth", [3, 20])
def test_memory_of_a_spectrum_with_all_weights_is_its_measured_peak_within_a_factor(depth):
    peak = peak_mb(lambda: plain(400, depth))
    assert 0.95 * peak < spectrum_mb(400, depth) - BASE_MB < 3 * peak


def test_memory_of_a_spectrum_without_the_weights_is_its_measured_peak_within_a_factor():
    peak = peak_mb(lambda: sample_conditional_eigenvalues(generator(0, "memory"), 600, 12, SATURATING))
    assert 0.95 * peak < spectrum_mb(600) - BASE_MB < 3 * peak


def test_memory_of_theta_is_its_measured_peak_within_a_factor():
    rng = generator(0, "memory")
    network = sample_orthogonal_network(rng, 60, 10, SATURATING)
    few, many = sphere_inputs(rng, 20, 60), sphere_inputs(rng, 300, 60)
    peak = peak_mb(lambda: theta_maximum(network, many))
    assert 0.75 * peak < theta_mb(60, 10, 300) - BASE_MB < 3 * peak
    peak = peak_mb(lambda: scipy.linalg.eigvalsh(scaled_theta(network, few), overwrite_a=True))
    assert 0.95 * peak < dense_theta_mb(60, 20) - BASE_MB < 3 * peak


ONLINE = """
import json, sys
import numpy as np
from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution
from fisher_spectra.training.online.descent import train_online
from fisher_spectra.training.online.problem import OnlineData, OnlineDescent
from fisher_spectra.training.online.setting import initial_weights

width, depth, steps, rates, stored = json.loads(sys.argv[1])
rng = np.random.default_rng(0)
pixels = rng.integers(1, 255, (stored, width), dtype=np.uint8)
x = pixels.astype(np.float64)
x *= np.sqrt(width) / np.linalg.norm(x, axis=1, keepdims=True)
labels = rng.integers(0, 10, stored)
vectors = np.sqrt(width) * np.linalg.qr(rng.standard_normal((width, 10)))[0].T
test = x[: stored // 5].astype(np.float32)
data = OnlineData(x[:500].astype(np.float32), labels[:500], vectors, test, labels[: len(test)])
del x
descent = OnlineDescent((1e-3,) * rates, tuple(range(steps)))
weights = initial_weights(rng, width, depth)
train_online(weights, get_activation("hard_tanh(s=1,g=1)"), data, descent, Execution("cpu"))
# not that of getrusage, which begins at that of the process that started this one
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) * 1024 / 1e6)
"""


# narrow ones, wide ones from memory, and wide ones that see few samples, four together
@pytest.mark.parametrize(("width", "depth", "steps", "rates"), [(64, 40, 20, 30), (768, 12, 160, 4), (768, 12, 60, 4)])
def test_memory_of_online_training_is_its_measured_peak_within_a_factor(monkeypatch, width, depth, steps, rates):
    stored = 3000
    monkeypatch.setattr("fisher_spectra.workflow.estimates.hayase_karakida.pixels_of", lambda name: (stored, width))
    sizes = json.dumps([width, depth, steps, rates, stored])
    answer = subprocess.run([sys.executable, "-c", ONLINE, sizes], capture_output=True, text=True, check=True)
    peak = float(answer.stdout)
    assert peak < online_mb("any", depth, steps, steps=steps, rates=rates, limit_mb=10**5) < 2 * peak


def test_memory_of_online_training_grows_with_what_is_held():
    def asked(depth=10, **options):
        return online_mb("mnist", depth, 500, **options)

    assert asked(depth=50) > asked()
    assert asked(spectra=True) > asked()
    assert asked(depth=100, gpu=True) < asked(depth=100) + 3000


def test_run_times_of_spectra_are_those_of_the_operations_that_dominate():
    assert plain_seconds(2000, [10]) / plain_seconds(1000, [10]) == pytest.approx(8, rel=0.1)
    assert plain_seconds(1000, [3, 30]) == pytest.approx(plain_seconds(1000, [3]) + plain_seconds(1000, [30]), rel=0.01)
    near_isometry, saturating = cut_shares(0.125**0.5, 1.0013, 30), cut_shares(1.0, 1.0, 50)
    assert near_isometry[0] == pytest.approx(0.0047, abs=1e-3)  # P(|h| > 2.825)
    assert saturating[0] == pytest.approx(0.317, abs=1e-3)  # P(|h| > 1)
    assert frames_seconds(1000, 30, near_isometry) < 0.01 * plain_seconds(1000, [30])
    assert frames_seconds(1000, 50, saturating) < 0.3 * plain_seconds(1000, [50])
    assert frames_seconds(1000, 1, []) < frames_seconds(1000, 2, saturating) < frames_seconds(1000, 50, saturating)
    assert means_seconds(100, 10, 40) == pytest.approx(2 * means_seconds(100, 10, 20), rel=0.3)
    assert means_seconds(100, 10, 20) < 20 * plain_seconds(100, [10])
    assert theta_seconds(100, [10, 20], [5]) == pytest.approx(
        theta_seconds(100, [10], [5]) + theta_seconds(100, [20], [5])
    )
    assert dense_theta_seconds(100, 10, 20) > 3 * dense_theta_seconds(100, 10, 10)


def test_shares_that_layers_cut_are_those_of_sampled_networks():
    width, layers = 20000, 6
    rng = generator(0, "cut shares")
    for s, g in ((1.0, 1.0), (0.8**0.5, 1.15)):
        h, found = rng.standard_normal(width), []
        for _ in range(layers):
            found.append(np.mean(np.abs(s * g * h) > 1))
            x = np.clip(g * h, -1 / s, 1 / s)
            h = rng.standard_normal(width) * np.sqrt(np.mean(x**2))  # weights turn x to any direction of its length
        # a binomial share has a standard error of 0.003 at most, and the second moments of the layers before add to it
        np.testing.assert_allclose(cut_shares(s, g, layers), found, atol=0.015)


def test_run_time_of_online_training_is_memory_traffic_times_steps_and_rates():
    def trained(width, depths=(10,), samples=500, epochs=1, rates=4, trials=1):
        return online_seconds(width, list(depths), samples, epochs, rates, trials)

    assert trained("cifar10", depths=[50]) == pytest.approx(5 * trained("cifar10"))
    assert trained("cifar10", trials=3) == pytest.approx(3 * trained("cifar10"))
    # three passes over the matrices at the speed of memory, and two of three steps
    traffic = 0.65 * 3 * 4 * 3072**2 * 10 * 4 * 5000 / 3.2e10
    assert traffic < trained("cifar10", samples=5000) < 2 * traffic
    # few samples: of 3072 directions 500 to 950 are read, five times, and the matrix itself for four networks at once
    assert 0.4 * traffic < trained("cifar10", epochs=10) < 0.8 * traffic
    assert trained("digits") < 0.1 * trained("mnist")
    assert trained_spectra_seconds("mnist", [10], 7, 2) > 0
