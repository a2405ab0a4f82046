"""The parts of Karakida's tables beyond the figures, and what their jobs ask for, from the configuration."""

from __future__ import annotations

import copy
import itertools
from types import SimpleNamespace

import pytest

from fisher_spectra.workflow.estimates.karakida import sampling_mb, sampling_seconds
from fisher_spectra.workflow.estimates.layers import descent_seconds, layers_mb, mixed_seconds
from fisher_spectra.workflow.estimates.rates import START_SECONDS
from fisher_spectra.workflow.plans.karakida import KarakidaPlan
from fisher_spectra.workflow.plans.site import Site

TANH = {"function": "tanh", "sigma_w2": 3.0, "sigma_b2": 0.64}
SECTION = {
    "activations": {},
    "universality": {
        "activations": {"bent": TANH},
        "depth": 3,
        "widths": [20, 400],
        "samples": 10,
        "networks": 5,
        "networks_per_job": 2,
    },
    "bulk": {
        "activations": {"bent": TANH, "other": TANH},
        "depth": 3,
        "widths": [20, 400],
        "samples_per_width": [0.5],
        "networks": 4,
        "networks_per_job": "auto",
    },
}
SECTION |= {
    "layers": {
        "activations": {"bent": TANH, "other": TANH},
        "cases": {
            "plain": {"group": "layers", "layers": ["dense", "dense", "dense"]},
            "own": {
                "group": "hidden",
                "layers": ["dense", "batch_norm", "dense"],
                "functions": ["relu", "relu"],
                "sigma_w2": [1.0, 2.0, 3.0],
                "sigma_b2": [0.0, 0.0, 0.0],
            },
            "many": {"group": "many", "layers": ["dense", "batch_norm"], "samples_per_width": 0.5},
        },
        "widths": [20, 400],
        "samples": 10,
        "networks": 5,
        "networks_per_job": 3,
    },
    "softmax": {
        "activations": {"bent": TANH, "other": TANH},
        "depth": 3,
        "widths": [20, 400],
        "samples": 10,
        "output_numbers": [2, 5],
        "networks": 5,
        "networks_per_job": "auto",
        "draws": 10,
        "momenta": [0.0],
        "factors": [0.9, 1.1],
        "steps": 50,
        "descents": 3,
        "descent_width": 20,
    },
}
JOB = SimpleNamespace(first="2", stop="5")


@pytest.fixture
def plan():
    site = Site("results/smoke", job_seconds=180, device="cpu", gpu_rules=frozenset())
    return KarakidaPlan(copy.deepcopy(SECTION), site).beyond_figures


def test_networks_of_every_kind_are_cut_into_blocks_together(plan):
    assert plan.blocks("universality") == [
        f"results/smoke/cells/karakida_universality/networks_{block}.csv" for block in ("0-2", "2-4", "4-5")
    ]
    assert plan.blocks("bulk") == ["results/smoke/cells/karakida_bulk/networks_0-4.csv"]


def test_memory_is_that_of_the_widest_network_with_all_eigenvalues_where_they_are_needed(plan):
    assert plan.universality_mb(JOB) == sampling_mb([(4, 400, 10, 1)])
    assert plan.bulk_mb(JOB) == sampling_mb([(3, 400, 200, 1)], all_eigenvalues=True)


def test_time_of_the_bulk_is_that_of_each_activation_with_all_eigenvalues(plan):
    cells = [(3, 20, 10, 1), (3, 400, 200, 1)]
    assert plan.bulk_seconds(JOB) == pytest.approx(sampling_seconds(cells * 2, 3, all_eigenvalues=True))


def test_time_of_other_laws_is_more_than_that_of_gaussian_networks_and_grows_with_their_number(plan):
    # five laws of weights, three of biases and six of inputs of one activation, three of four layers
    cells = [(3, width, 10, 1) for width in (20, 400)] * 14 + [(4, width, 10, 1) for width in (20, 400)] * 3
    gaussian = sampling_seconds(cells, 3)
    assert gaussian < plan.universality_seconds(JOB) < 4 * gaussian
    more = plan.universality_seconds(SimpleNamespace(first="0", stop="30"))
    assert more - START_SECONDS == pytest.approx(10 * (plan.universality_seconds(JOB) - START_SECONDS))


def test_experiments_beyond_the_figures_are_none_of_the_long_ones_of_the_figures():
    site = Site("results/smoke", job_seconds=180, device="cpu", gpu_rules=frozenset())
    assert KarakidaPlan(SECTION, site).long_sampling == []


def test_other_layers_are_cut_into_blocks_and_derivatives_by_all_samples_cost_more(plan):
    assert plan.blocks("layers") == [
        f"results/smoke/cells/karakida_layers/networks_{block}.csv" for block in ("0-3", "3-5")
    ]
    plain = [(3, width, 10, 1) for width in (20, 400)] * 2
    own = [(3, width, 10, 1) for width in (20, 400)]
    many = [(2, 20, 10, 1), (2, 400, 200, 1)] * 2
    mixed = sum(mixed_seconds(cell, 1) for cell in own)
    expected = sampling_seconds([*plain, *own, *many], 3) + 3 * mixed
    assert plan.layers_seconds(JOB) == pytest.approx(expected)
    assert mixed > 0.0
    assert plan.layers_mb(JOB) == max(layers_mb((2, 400, 200, 1), 0), layers_mb((3, 400, 10, 1), 1))


def test_derivatives_by_all_samples_take_memory_and_time_where_a_hidden_layer_mixes_them():
    cell = (3, 400, 50, 2)
    assert layers_mb(cell, 1) - layers_mb(cell, 0) == pytest.approx(4 * 8 * 2 * 50**2 * 400 / 1e6, abs=1)
    assert mixed_seconds(cell, 0) == 0.0
    assert mixed_seconds(cell, 2) == pytest.approx(1.5 * mixed_seconds(cell, 1))
    assert mixed_seconds((3, 400, 100, 2), 1) > 4 * mixed_seconds(cell, 1)


def test_time_of_the_softmax_has_the_descents_of_the_networks_that_are_trained(plan):
    assert plan.blocks("softmax") == ["results/smoke/cells/karakida_softmax/networks_0-5.csv"]
    cells = [(3, width, 10, outputs) for outputs, width in itertools.product((2, 5), (20, 400))] * 2
    assert plan.softmax_mb(JOB) == sampling_mb(cells, all_eigenvalues=True)
    sampled = sampling_seconds(cells, 3, all_eigenvalues=True)
    descents = 2 * 2 * sum(descent_seconds((3, 20, 10, outputs), 50) for outputs in (2, 5))
    assert plan.softmax_seconds(JOB) == pytest.approx(sampled + descents)  # the networks 2 to 4, of which 2 is trained
    assert plan.softmax_seconds(SimpleNamespace(first="3", stop="6")) == pytest.approx(sampled)
