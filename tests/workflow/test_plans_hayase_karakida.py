"""The parts of Hayase and Karakida's tables and what their jobs ask for, from the configuration."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest

from fisher_spectra.workflow.estimates.hayase_karakida import dense_theta_mb, online_mb, spectrum_mb, theta_mb
from fisher_spectra.workflow.estimates.rates import CUDA_HOST_MB, START_SECONDS, TORCH_START_SECONDS, table_mb
from fisher_spectra.workflow.plans.hayase_karakida import HayaseKarakidaPlan
from fisher_spectra.workflow.plans.site import Site
from fisher_spectra.workflow.registry.hayase_karakida import hayase_karakida_figures

BLOCKS = {"networks": 5, "networks_per_job": 2}
ISOMETRY, SATURATING = {"s_squared": 0.125, "g": 1.0013}, {"s_squared": 1, "g": 1}
SECTION = {
    "activations": {"isometry": ISOMETRY, "saturating": SATURATING, "printed": {"s_squared": 0.02, "g": 1.0013}}
    | {"expanding": {"s_squared": 0.8, "g": 1.15}},
    "fig1": {"depth": 3, "width": 100, "projection_weight": 0.5, **BLOCKS},
    "fig2": {"width": 20, "depths": [2, 9], "fixed_samples": 4, "samples": [1, 30], "fixed_depth": 7, **BLOCKS},
    "fig3": {"depth": 6, "samples": 5, "width": 30, "networks": 2, "networks_per_job": "auto"},
    "training": {"samples": 100, "memory_mb": 2000},
    "fig4_left": {
        "dataset": "digits",
        "epochs": 3,
        "depths": [2, 10, 50],
        "depths_per_job": 2,
        "learning_rates": {"number": 6, "number_per_job": 4},
        "trials": 2,
    },
    "fig4_right": {
        "dataset": "digits",
        "epochs": 10,
        "depths": [2],
        "depths_per_job": "auto",
        "learning_rates": {"number": 2, "number_per_job": "auto"},
        "trials": 1,
    },
    "fig4_unit": {
        "dataset": "digits",
        "epochs": 1,
        "depths": [4],
        "depths_per_job": "auto",
        "learning_rates": {"number": 2, "number_per_job": "auto"},
        "trials": 1,
    },
    "fig5": {
        "dataset": "mnist",
        "epochs": 1,
        "depths": [5, 20, 40],
        "depths_per_job": 2,
        "rates": [0.02, 0.16],
        "inputs": 2,
    },
    "depth_limits": {
        "depths": {"isometry": [2, 10], "stationary": [2, 20], "saturating": [2, 5]},
        "epsilon_1": 0.3,
        "width": 50,
        "many_inputs": {"depths": [2, 9], "ratios": [0.5, 1.0], "width": 40},
        "deepest": 1500,
        "networks": 2,
        "networks_per_job": 2,
    },
    "laws": {"depths": {"isometry": [3, 10], "saturating": [3]}, "widths": [50, 100], **BLOCKS},
    "gaussian": {"depths": [3, 30], "width": 60, **BLOCKS},
    "jacobian": {"depths": {"isometry": [3, 9], "saturating": [4], "expanding": [5]}, "width": 70, **BLOCKS},
    "errata": {"width": 150},
}
SITE = Site("results/smoke", job_seconds=180, device="auto", gpu_rules=frozenset({"hayase_train_online"}))


@pytest.fixture
def plan():
    return HayaseKarakidaPlan(copy.deepcopy(SECTION), SITE)


def wildcards(**values):
    return SimpleNamespace(**values)


# -- spectra of H_L


@pytest.mark.parametrize(
    ("experiment", "panels"),
    [
        ("fig1", ("isometry", "saturating", "projections", "printed")),
        ("laws", ("isometry", "saturating")),
        ("gaussian", ("orthogonal", "gaussian")),
        ("jacobian", ("isometry", "saturating", "expanding")),
    ],
)
def test_networks_are_cut_into_blocks_for_each_law(plan, experiment, panels):
    assert plan.spectra(experiment) == [
        f"results/smoke/cells/hayase_{experiment}/{panel}/networks_{block}.csv"
        for panel in panels
        for block in ("0-2", "2-4", "4-5")
    ]


@pytest.mark.parametrize(
    ("experiment", "panel", "expected"),
    [
        ("fig1", "isometry", ([3], [100], "orthogonal", ISOMETRY, None)),
        ("fig1", "projections", ([3], [100], "orthogonal", None, 0.5)),
        ("laws", "isometry", ([3, 10], [50, 100], "frames", ISOMETRY, None)),
        ("laws", "saturating", ([3], [50, 100], "frames", SATURATING, None)),
        ("jacobian", "isometry", ([3, 9], [70], "jacobian", ISOMETRY, None)),
        ("jacobian", "saturating", ([4], [70], "jacobian", SATURATING, None)),
        ("gaussian", "gaussian", ([3, 30], [60], "gaussian", ISOMETRY, None)),
        ("gaussian", "orthogonal", ([3, 30], [60], "orthogonal", ISOMETRY, None)),
    ],
)
def test_a_law_is_that_of_a_hard_tanh_or_of_projections_at_the_sizes_of_its_experiment(
    plan, experiment, panel, expected
):
    job = wildcards(experiment=experiment, panel=panel)
    of_job = (plan.depths, plan.widths, plan.sampler, plan.hard_tanh, plan.projection_weight)
    assert tuple(value(job) for value in of_job) == expected


@pytest.mark.parametrize("experiment", ["fig1", "laws", "gaussian", "jacobian"])
def test_a_table_of_spectra_depends_on_the_hard_tanhs_of_its_laws_and_on_no_other(plan, experiment):
    shapes = [plan.hard_tanh(wildcards(experiment=experiment, panel=panel)) for panel in plan.panels(experiment)]
    sections = hayase_karakida_figures(plan).figures[f"hayase_{experiment}"].sections
    named = [place.rpartition(".")[2] for place in sections if place.startswith("hayase_karakida.activations.")]
    assert set(named) == {name for name, shape in plan.section["activations"].items() if shape in shapes}


def test_a_job_asks_for_all_weights_of_its_deepest_network_or_for_frames_of_its_widest(plan):
    def asked(experiment):
        return plan.spectra_mb(wildcards(experiment=experiment, panel="isometry"))

    assert asked("fig1") == spectrum_mb(100, 3)
    assert asked("gaussian") == spectrum_mb(60, 30)
    assert asked("laws") == spectrum_mb(100)
    assert asked("jacobian") == spectrum_mb(70)


def test_the_memory_of_a_table_of_spectra_is_that_of_all_eigenvalues(plan):
    assert plan.spectra_table_mb("fig1") == table_mb(4 * 100 * 5)
    assert plan.spectra_table_mb("laws") == table_mb(3 * 150 * 5)
    assert plan.spectra_table_mb("gaussian") == table_mb(2 * 2 * 60 * 5)
    assert plan.spectra_table_mb("jacobian") == table_mb(4 * 70 * 5)


@pytest.mark.parametrize(
    ("seconds", "job"),
    [
        ("spectra_seconds", {"experiment": "fig1", "panel": "projections"}),
        ("spectra_seconds", {"experiment": "laws", "panel": "saturating"}),
        ("theta_seconds", {"varied": "L"}),
        ("dense_theta_seconds", {}),
        ("depth_limits_seconds", {"setting": "stationary"}),
    ],
)
def test_the_time_of_a_block_is_the_start_and_that_of_each_network(plan, seconds, job):
    one, three = (getattr(plan, seconds)(wildcards(**job, first="2", stop=stop)) for stop in ("3", "5"))
    assert one > START_SECONDS
    assert three - START_SECONDS == pytest.approx(3 * (one - START_SECONDS))


# -- Theta


def test_theta_is_sampled_against_depth_at_a_fixed_number_of_inputs_and_the_other_way_round(plan):
    assert plan.theta() == [
        f"results/smoke/cells/hayase_fig2/{varied}/networks_{block}.csv"
        for varied in "LN"
        for block in ("0-2", "2-4", "4-5")
    ]
    against = {varied: wildcards(varied=varied) for varied in "LN"}
    assert (plan.theta_depths(against["L"]), plan.theta_samples(against["L"])) == ([2, 9], [4])
    assert (plan.theta_depths(against["N"]), plan.theta_samples(against["N"])) == ([7], [1, 30])
    assert plan.theta_mb(against["L"]) == theta_mb(20, 9, 4)
    assert plan.theta_mb(against["N"]) == theta_mb(20, 7, 30)


def test_all_eigenvalues_of_theta_are_blocks_of_networks_as_long_as_a_job_shall_be(plan):
    assert plan.dense_theta() == ["results/smoke/cells/hayase_fig3/networks_0-2.csv"]
    plan.section["fig3"]["width"] = 2500
    assert plan.dense_theta() == [f"results/smoke/cells/hayase_fig3/networks_{block}.csv" for block in ("0-1", "1-2")]
    assert plan.dense_theta_mb(wildcards()) == dense_theta_mb(2500, 5)


# -- limits of large depth


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("isometry", ([2, 10], ISOMETRY, None, 1500, {"depths": [2, 9], "ratios": [0.5, 1.0], "width": 40})),
        ("saturating", ([2, 5], SATURATING, None, 1500, None)),
        ("stationary", ([2, 20], None, 0.3, None, {"depths": [2, 9], "ratios": [0.5, 1.0], "width": 40})),
    ],
)
def test_a_setting_of_large_depth_has_a_fixed_hard_tanh_or_epsilon_1_and_many_inputs_near_isometry(
    plan, setting, expected
):
    job = wildcards(setting=setting)
    of_job = (plan.limit_depths, plan.fixed_hard_tanh, plan.epsilon_1, plan.deepest, plan.many_inputs)
    assert tuple(value(job) for value in of_job) == expected


def test_limits_of_large_depth_are_blocks_of_each_setting_with_memory_for_frames_or_for_many_inputs(plan):
    settings = ("isometry", "stationary", "saturating")
    places = [f"results/smoke/cells/hayase_depth_limits/{setting}/networks_0-2.csv" for setting in settings]
    assert plan.depth_limits() == places
    assert plan.depth_limits_mb(wildcards()) == max(spectrum_mb(50), spectrum_mb(40, 9))
    plan.section["depth_limits"]["many_inputs"]["depths"] = [200]
    assert plan.depth_limits_mb(wildcards()) == spectrum_mb(40, 200) > spectrum_mb(50)


def test_many_inputs_and_depths_take_time_where_they_are_sampled(plan):
    def seconds(setting):
        return plan.depth_limits_seconds(wildcards(setting=setting, first="0", stop="1"))

    before = {setting: seconds(setting) for setting in SECTION["depth_limits"]["depths"]}
    plan.section["depth_limits"]["many_inputs"]["depths"] = [2, 9, 50]
    assert seconds("saturating") == before["saturating"]
    assert seconds("isometry") > before["isometry"]
    assert seconds("stationary") > before["stationary"]
    of_one_ratio = seconds("stationary")
    plan.section["depth_limits"]["many_inputs"]["ratios"] = [0.1]
    assert seconds("stationary") > of_one_ratio
    plan.section["depth_limits"]["depths"]["saturating"] = [2, 5, 40]
    assert seconds("saturating") > before["saturating"]


# -- online training


def test_heat_maps_are_cut_by_depths_and_by_learning_rates(plan):
    assert plan.columns("fig4_left") == [
        f"results/smoke/cells/hayase_fig4_left/L{depths}/rates_{rates}.csv"
        for depths in ("2-10", "50")
        for rates in ("0-4", "4-6")
    ]


def test_training_asks_for_its_deepest_network_and_for_the_gpu_that_the_profile_gives(plan):
    job = wildcards(experiment="fig4_left", depths="2-10", first="2", stop="5")
    assert plan.online_mb(job) == online_mb("digits", 10, 100, gpu=True)
    without = online_mb("digits", 10, 100)
    assert plan.online_mb(job) > without + CUDA_HOST_MB / 2
    spectra = plan.trained_spectra_mb(wildcards(experiment="fig5", depths="5-20"))
    rates = len(plan.section["fig5"]["rates"])
    together = {"steps": 100 * plan.section["fig5"]["epochs"], "rates": rates, "limit_mb": 2000}
    assert spectra == online_mb("mnist", 20, 100, spectra=True, **together) > online_mb("mnist", 20, 500, spectra=True)


def test_the_time_of_several_depths_is_the_sum(plan):
    for experiment, seconds in (("fig4_left", plan.online_seconds), ("fig5", plan.trained_spectra_seconds)):
        one, other, both = (
            seconds(wildcards(experiment=experiment, depths=depths, first="0", stop="6")) - TORCH_START_SECONDS
            for depths in ("5", "20", "5-20")
        )
        assert both == pytest.approx(one + other)
        assert 0 < one < other


def test_the_time_of_some_learning_rates_is_that_share_of_all_but_for_the_weights(plan):
    none, half, whole = (
        plan.online_seconds(wildcards(experiment="fig4_left", depths="10", first="0", stop=stop)) for stop in "036"
    )
    assert half - none == pytest.approx((whole - none) / 2)


def test_spectra_after_training_are_parts_of_a_few_depths(plan):
    assert plan.trained_spectra() == [f"results/smoke/cells/hayase_fig5/L{depths}.csv" for depths in ("5-20", "40")]
    # three depths; two rates and the beginning; two inputs; 784 eigenvalues of each
    assert plan.trained_spectra_table_mb() == table_mb(3 * 3 * 2 * 784)


def test_the_data_set_of_an_experiment_is_a_file_that_is_fetched_or_the_readers_own(plan):
    job = wildcards(experiment="fig5")
    assert plan.data(wildcards(experiment="fig4_left")) == "results/data/digits.npz"
    assert plan.data(job) == "results/data/mnist.npz"
    plan.section["fig5"]["dataset"] = "folder/mine.npz"
    assert plan.data(job) == "folder/mine.npz"


def test_errata_ask_for_the_memory_of_one_whole_network(plan):
    assert plan.errata_mb() == spectrum_mb(150, 12)
