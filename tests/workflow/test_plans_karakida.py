"""The parts of Karakida's tables and what their jobs ask for, from the configuration."""

from __future__ import annotations

import copy
from dataclasses import replace
from types import SimpleNamespace

import pytest

from fisher_spectra.workflow.estimates.karakida import (
    followed_mb,
    followed_seconds,
    prediction_mb,
    sampling_mb,
    training_mb,
)
from fisher_spectra.workflow.estimates.rates import COMPILER_MB, CUDA_HOST_MB, START_SECONDS, TORCH_START_SECONDS
from fisher_spectra.workflow.plans.karakida import KarakidaPlan, network_cells
from fisher_spectra.workflow.plans.site import Site, dataset_file

SECTION = {
    "activations": {"tanh": {"function": "tanh"}, "relu": {"function": "relu"}},
    "training": {"depth": 4, "outputs": 10, "trials": 2, "widths_per_job": 1, "memory_mb": 100},
    "fig1": {"depth": 3, "widths": [10, 20], "samples": 5, "outputs": 2, "networks": 5, "networks_per_job": 2},
    "theorem5": {
        "depths": [2, 3],
        "widths": [8],
        "samples": 4,
        "outputs": 1,
        "networks": 4,
        "networks_per_job": "auto",
    },
    "corollary2": {
        "depth": 3,
        "widths": [400],
        "samples": 100,
        "outputs": 1,
        "thresholds": [1.0],
        "networks": 4,
        "networks_per_job": 4,
    },
    "catapult": {
        "widths": [16, 32, 512],
        "samples": 100,
        "momenta": [0.9, 0.0],
        "factors": {"number": 3},
        "trials": 2,
        "steps_late": 40,
    },
    "catapult_data": {
        "dataset": "mnist",
        "widths": [32, 64],
        "samples": 60,
        "batch_size": 20,
        "trials": 5,
        "steps_late": 30,
    },
    "fig2_gaussian": {"widths": [16, 32], "samples": 100, "steps": 10, "learning_rates": {"number": 3}},
    "fig2_data": {
        "dataset": "mnist",
        "widths": [16, 32],
        "samples": 1000,
        "batch_size": 50,
        "kernel_samples": 200,
        "learning_rates": {"number": 3},
    },
}
SITE = Site("results/smoke", job_seconds=180, device="auto", gpu_rules=frozenset({"karakida_train_on_data"}))


@pytest.fixture
def plan():
    return KarakidaPlan(copy.deepcopy(SECTION), SITE)


def wildcards(**values):
    return SimpleNamespace(**values)


def test_networks_are_cut_into_blocks_for_each_activation(plan):
    assert plan.network_blocks("fig1") == [
        f"results/smoke/cells/karakida_fig1/{activation}/networks_{block}.csv"
        for activation in ("tanh", "relu")
        for block in ("0-2", "2-4", "4-5")
    ]
    assert plan.network_blocks("theorem5") == [
        f"results/smoke/cells/karakida_theorem5/{activation}/networks_0-4.csv" for activation in ("tanh", "relu")
    ]


def test_the_cells_of_an_experiment_are_every_combination_of_its_sizes():
    assert network_cells(SECTION["fig1"]) == [(3, 10, 5, 2), (3, 20, 5, 2)]
    assert network_cells(SECTION["theorem5"]) == [(2, 8, 4, 1), (3, 8, 4, 1)]
    assert network_cells({"depth": 3, "width": 9, "samples": [1, 2], "outputs": 1}) == [(3, 9, 1, 1), (3, 9, 2, 1)]
    proportional = {"depth": 3, "widths": [3, 20], "samples": 5, "outputs_per_width": 0.1}
    assert network_cells(proportional) == [(3, 3, 5, 1), (3, 20, 5, 2)]  # at least one output


def test_a_job_asks_for_the_memory_of_its_largest_network_with_all_eigenvalues_where_they_are_counted(plan):
    cells = network_cells(SECTION["corollary2"])
    assert plan.network_mb(wildcards(experiment="corollary2")) == sampling_mb(cells, all_eigenvalues=True)
    assert plan.network_mb(wildcards(experiment="fig1")) == sampling_mb(network_cells(SECTION["fig1"]))


def test_the_table_of_formulas_takes_as_long_as_its_networks_and_their_weights(plan):
    def table(networks, width):
        plan.section["formulas"] = {"networks": networks, "width": width}
        return plan.formulas_table_seconds() - START_SECONDS

    assert table(200, 400) == pytest.approx(2 * table(100, 400)) == pytest.approx(4 * table(200, 200))
    assert 16.7 / 2 < table(200, 400) < 16.7 * 2  # recorded at laptop scale


def test_more_networks_take_longer(plan):
    times = [plan.network_seconds(wildcards(experiment="fig1", first="0", stop=stop)) for stop in ("1", "5", "50")]
    assert times == sorted(times)
    assert times[2] - times[1] == pytest.approx(45 / 4 * (times[1] - times[0]))


def test_columns_are_cut_for_each_experiment_and_activation(plan):
    assert plan.columns("fig2_gaussian", "fig2_data") == [
        f"results/smoke/cells/karakida_{experiment}/{activation}/M{width}.csv"
        for experiment in ("fig2_gaussian", "fig2_data")
        for activation in ("tanh", "relu")
        for width in (16, 32)
    ]
    plan.section["training"]["widths_per_job"] = 2
    assert plan.columns("fig2_gaussian")[0].endswith("/tanh/M16-32.csv")


def test_training_on_data_counts_the_data_set_and_the_gpu_that_the_profile_gives(plan):
    asked = plan.training_mb(wildcards(experiment="fig2_data", widths="16-32"))
    layers = [784, 32, 32, 32, 10]
    assert asked == training_mb(layers, 1000, 50, dataset="mnist", gpu=True)
    assert asked - training_mb(layers, 1000, 50, dataset="mnist") == pytest.approx(CUDA_HOST_MB - COMPILER_MB, abs=1)
    gaussian = plan.training_mb(wildcards(experiment="fig2_gaussian", widths="32"))
    assert gaussian == training_mb([32, 32, 32, 32, 10], 100, 100)


def test_the_time_of_several_columns_is_the_sum(plan):
    one, other, both = (
        plan.training_seconds(wildcards(experiment="fig2_data", activation="tanh", widths=widths))
        for widths in ("16", "32", "16-32")
    )
    start = one + other - both
    assert 0 < start < one < other < both


def test_linear_networks_on_a_teacher_take_the_time_of_their_own_number_of_trials(plan):
    section = copy.deepcopy(plan.section)
    section["activations"]["straight"] = section["activations"]["tanh"] | {"function": "linear"}
    section["fig2_gaussian"]["linear_trials"] = 10 * section["training"]["trials"]
    plan = KarakidaPlan(section, SITE)

    def seconds(experiment, activation):
        found = wildcards(experiment=experiment, activation=activation, widths="512")
        return plan.training_seconds(found) - TORCH_START_SECONDS

    assert seconds("fig2_gaussian", "straight") == pytest.approx(10 * seconds("fig2_gaussian", "tanh"))
    assert seconds("fig2_data", "straight") == seconds("fig2_data", "tanh")


def test_the_catapult_is_cut_by_widths_and_costs_each_run_of_each_momentum(plan):
    assert plan.catapult_columns("catapult") == [
        f"results/smoke/cells/karakida_catapult/{activation}/M16-32-512.csv" for activation in ("tanh", "relu")
    ]
    assert KarakidaPlan(plan.section, replace(SITE, job_seconds=2)).catapult_columns("catapult")[:2] == [
        f"results/smoke/cells/karakida_catapult/tanh/M{widths}.csv" for widths in ("16-32", "512")
    ]
    wide = wildcards(experiment="catapult", widths="16-512")
    assert plan.catapult_mb(wide) == followed_mb([512, 512, 512, 512, 10], 100, 40)
    layers = {width: [width] * 4 + [10] for width in (16, 512)}
    runs = 3 * 2 * 2 * sum(followed_seconds(layers[width], 100, 40) for width in (16, 512))
    assert plan.catapult_seconds(wide) == pytest.approx(START_SECONDS + runs)


def test_the_catapult_on_data_has_what_it_does_not_state_from_the_other_and_the_data_in_memory(plan):
    assert plan.catapult_columns("catapult_data") == [
        f"results/smoke/cells/karakida_catapult_data/{activation}/M32-64.csv" for activation in ("tanh", "relu")
    ]
    both = wildcards(experiment="catapult_data", widths="32-64")
    layers = {width: [784, width, width, width, 10] for width in (32, 64)}
    assert plan.catapult_mb(both) == followed_mb(layers[64], 60, 30, dataset="mnist")
    assert plan.catapult_mb(both) > followed_mb(layers[64], 60, 30) + 200
    runs = 3 * 5 * 2 * sum(followed_seconds(layers[width], 60, 30) for width in (32, 64))
    assert plan.catapult_seconds(both) == pytest.approx(START_SECONDS + runs)
    assert plan.data(both) == ["results/data/mnist.npz"]


def test_predictions_are_one_table_for_each_activation(plan):
    assert plan.predictions("fig2_data") == [
        f"results/smoke/cells/karakida_fig2_data/{activation}/predicted.csv" for activation in ("tanh", "relu")
    ]
    asked = plan.prediction_mb(wildcards(experiment="fig2_data"))
    assert asked == prediction_mb(1000, 784, 200, 2, dataset="mnist")
    closed, interpolated = (
        plan.prediction_seconds(wildcards(experiment="fig2_data", activation=activation))
        for activation in ("relu", "tanh")
    )
    assert closed < interpolated


@pytest.mark.parametrize(
    ("dataset", "file"),
    [
        ("digits", "results/data/digits.npz"),
        ("mnist", "results/data/mnist.npz"),
        ("folder/mine.npz", "folder/mine.npz"),
        ("folder/mnist.NPZ", "folder/mnist.NPZ"),
    ],
)
def test_the_file_of_a_data_set_is_the_readers_own_or_the_one_that_the_rule_makes(dataset, file, plan):
    assert dataset_file(dataset) == file
    plan.section["fig2_data"]["dataset"] = dataset
    cell = wildcards(experiment="fig2_data")
    assert plan.data(cell) == [file]
    assert plan.dataset(cell) == file
    assert plan.dataset(wildcards(experiment="fig2_gaussian")) == "gaussian"


@pytest.mark.parametrize(
    ("device", "rules", "expected"),
    [("cuda", "", True), ("auto", "", False), ("auto", "other a_rule", True), ("cpu", "a_rule", False)],
)
def test_a_rule_has_a_gpu_if_one_is_asked_for_or_the_profile_gives_one_that_is_not_refused(device, rules, expected):
    site = Site.of({"scale": "smoke", "job_minutes": 3, "device": device}, rules)
    assert site.has_gpu("a_rule") is expected
    assert (site.results, site.job_seconds) == ("results/smoke", 180)
