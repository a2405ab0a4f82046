"""The parts of Karakida's tables beyond the figures, and what their jobs ask for, from the configuration."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest

from fisher_spectra.workflow.estimates.karakida import sampling_mb, sampling_seconds
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
    assert more > 5 * plan.universality_seconds(JOB)


def test_experiments_beyond_the_figures_are_none_of_the_long_ones_of_the_figures():
    site = Site("results/smoke", job_seconds=180, device="cpu", gpu_rules=frozenset())
    assert KarakidaPlan(SECTION, site).long_sampling == []
