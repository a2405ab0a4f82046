"""The parts of Pennington and Worah's tables and what their jobs ask for, from the configuration."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from fisher_spectra.pennington_worah.network_blocks import Block
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.estimates.pennington_worah import (
    dense_mb,
    descent_mb,
    distance_mb,
    linear_mb,
    matrix_free_mb,
)
from fisher_spectra.workflow.estimates.rates import BASE_MB, CUDA_HOST_MB, START_SECONDS, TORCH_BASE_MB, table_mb
from fisher_spectra.workflow.plans.pennington_worah import BLOCKS, PenningtonWorahPlan, blocks_in, name_of_blocks
from fisher_spectra.workflow.plans.site import Site
from fisher_spectra.workflow.registry.pennington_worah import pennington_worah_figures
from fisher_spectra.workflow.settings import section_at, settings_of_table

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = load_configuration(ROOT, {"scale": "smoke"})
SECTION = {
    "nonlinearities": {name: {"function": name} for name in ("linear", "erf_1", "mine")},
    "precision": "float32",
    "gpu_from_width": 512,
    "fig1": {
        "width": 128,
        "linear_networks": 2,
        "dense_width": 64,
        "dense_width_gpu": 96,
        "dense_networks": 3,
        "lanczos_networks": 4,
        "networks_per_job": 2,
        "steps": 300,
        "probe_numbers": 65536,
    },
    "fig2": {
        "dense": [{"width": 16, "networks": 5}],
        "lanczos": [{"width": 64, "networks": 3}, {"width": 512, "networks": 2}],
        "networks_per_job": "auto",
        "steps": 200,
        "probe_numbers": 65536,
    },
    "fig3": {
        "width": 32,
        "samples": 8192,
        "networks": 3,
        "networks_per_job": 2,
        "families": {
            "srelu": {"function": "shifted_leaky_relu", "alphas": [0.0, 1.0]},
            "erf": {"function": "normalised_erf", "alphas": [0.5, 1.0, 2.0]},
        },
    },
    "singularities": {"widths": [8, 16], "networks": 2, "networks_per_job": "auto"},
    "edges": {"widths": [16, 32], "networks": 3, "networks_per_job": "auto", "steps": 100, "probe_numbers": 1},
    "moments": {"widths": [16, 1024], "networks": 5, "networks_per_job": 2},
    "convergence": {
        "sizes": [{"width": 16, "networks": 4}, {"width": 512, "networks": 1}],
        "networks_per_job": "auto",
        "steps": 100,
        "probe_numbers": 4096,
        "taken_apart": {"nonlinearity": "mine", "widest": 16},
    },
}


def plan_on(device="auto", gpu_rules=""):
    site = Site.of({"scale": "smoke", "job_minutes": 3, "device": device}, gpu_rules)
    return PenningtonWorahPlan(copy.deepcopy(SECTION), site)


@pytest.fixture
def plan():
    return plan_on()


def job(part):
    """The wildcards of the job that makes a part with blocks in its name."""
    found = re.fullmatch(rf"results/smoke/cells/pennington_(\w+)/(\w+)/(all|lanczos)/({BLOCKS})\.csv", part)
    return SimpleNamespace(experiment=found[1], nonlinearity=found[2], blocks=found[4])


def test_a_part_is_named_by_its_blocks():
    blocks = [Block(64, 0, 32), Block(128, 0, 16)]
    assert name_of_blocks(blocks) == "n64_0-32_n128_0-16"
    assert blocks_in("n64_0-32_n128_0-16") == blocks
    assert list(blocks[1].networks) == list(range(16))


@pytest.mark.parametrize("name", ["", "n64", "n64_0", "n64_0-2_", "64_0-2", "n64_0-2n128_0-2", "n64_0-2-4"])
def test_no_other_name_is_that_of_a_part(name):
    assert re.fullmatch(BLOCKS, name) is None


def test_the_table_of_distances_predicts_one_for_each_width_at_finer_places_the_wider_it_is(plan):
    def table(*widths):
        plan.section["convergence"] |= {"sizes": [], "predicted_widths": widths}
        return plan.convergence_table_seconds() - START_SECONDS

    assert table(16, 512) == pytest.approx(2 * table(512))
    assert table(4096) == pytest.approx(4 * table(512))  # places and nodes of integrals both grow as n^(1/3)


def test_the_parts_of_figure_1_are_of_three_kinds(plan):
    assert plan.fig1_parts() == [
        f"results/smoke/cells/pennington_fig1/{part}.csv"
        for part in (
            "linear/all/n128_0-2",
            "erf_1/all/n64_0-2",
            "erf_1/all/n64_2-3",
            "erf_1/lanczos/n128_0-2",
            "erf_1/lanczos/n128_2-4",
        )
    ]


@pytest.mark.parametrize(
    ("parts", "kind", "nonlinearity", "networks"),
    [
        ("fig2_parts", "all", "erf_1", {16: 5}),
        ("fig2_parts", "lanczos", "erf_1", {64: 3, 512: 2}),
        ("singularities_parts", "all", "all", {8: 2, 16: 2}),
        ("edges_parts", "lanczos", "all", {16: 3, 32: 3}),
    ],
)
@pytest.mark.parametrize("minutes", [0.0005, 3])
def test_every_network_is_in_one_part_and_no_part_is_without_any(parts, kind, nonlinearity, networks, minutes):
    site = Site.of({"scale": "smoke", "job_minutes": minutes, "device": "auto"})
    found = [part for part in getattr(PenningtonWorahPlan(SECTION, site), parts)() if f"/{kind}/" in part]
    blocks = [block for part in found for block in blocks_in(job(part).blocks)]
    assert {job(part).nonlinearity for part in found} == {nonlinearity}
    assert all(block.networks for block in blocks)
    expected = [(width, number) for width, total in networks.items() for number in range(total)]
    assert [(block.width, number) for block in blocks for number in block.networks] == expected
    assert (len(found) > 1) is (minutes < 1)


def test_networks_of_the_other_tables_are_cut_into_blocks(plan):
    assert plan.moments_parts() == [
        f"results/smoke/cells/pennington_moments/networks_{block}.csv" for block in ("0-2", "2-4", "4-5")
    ]
    assert plan.fig3_parts() == [
        f"results/smoke/cells/pennington_fig3/{family}/networks_{block}.csv"
        for family in ("srelu", "erf")
        for block in ("0-2", "2-3")
    ]


def test_a_job_has_the_nonlinearity_that_it_samples_and_no_other(plan):
    one = SimpleNamespace(nonlinearity="erf_1")
    assert plan.nonlinearities(one) == {"erf_1": {"function": "erf_1"}}
    every = SimpleNamespace(nonlinearity="all")
    assert plan.nonlinearities(every) == SECTION["nonlinearities"]
    plan.section["nonlinearities"]["mine"]["function"] = "tanh"
    assert plan.nonlinearities(one) == {"erf_1": {"function": "erf_1"}}


@pytest.mark.parametrize(("device", "width"), [("auto", 64), ("cpu", 64), ("cuda", 96)])
def test_the_width_for_gpus_is_taken_if_a_gpu_is_asked_for_and_not_if_one_is_found(device, width):
    plan = plan_on(device, "pennington_sample_eigenvalues")
    linear, dense, *_ = map(job, plan.fig1_parts())
    assert plan.dense_blocks(dense) == [Block(width, 0, 2)]
    assert plan.dense_blocks(linear) == [Block(128, 0, 2)]
    peaks = job(plan.singularities_parts()[0])
    assert plan.dense_blocks(peaks) == plan.blocks(peaks)
    plan.section["fig1"]["dense_width_gpu"] = 32
    assert plan.dense_blocks(dense) == [Block(64, 0, 2)]


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda"])
def test_matrices_that_take_seconds_stay_on_the_processor(device):
    plan = plan_on(device)
    linear, dense, _, lanczos, _ = map(job, plan.fig1_parts())
    small = job(plan.fig2_parts()[0])
    assert [plan.dense_device(one) for one in (linear, small)] == ["cpu", "cpu"]
    assert [plan.dense_device(one) for one in (dense, job(plan.singularities_parts()[0]))] == [device, device]
    assert plan.lanczos_device(lanczos) == "cpu"
    wide = SimpleNamespace(experiment="fig2", nonlinearity="erf_1", blocks="n64_0-1_n512_0-1")
    assert plan.lanczos_device(wide) == device


def test_jobs_ask_for_the_memory_of_their_largest_matrix(plan):
    linear, dense, *_ = map(job, plan.fig1_parts())
    assert plan.dense_mb(linear) == linear_mb(128, 2)
    assert plan.dense_mb(dense) == dense_mb(64)
    assert plan.dense_mb(job(plan.fig2_parts()[0])) == dense_mb(16)
    assert plan_on("cuda").dense_mb(dense) == dense_mb(96, torch=True, gpu=True)
    two = SimpleNamespace(experiment="fig2", nonlinearity="erf_1", blocks="n64_0-1_n128_0-1")
    assert plan.lanczos_mb(two) == matrix_free_mb(128, 200, 4)
    plan.section["precision"] = "float64"
    assert plan.lanczos_mb(two) == matrix_free_mb(128, 200, 8)
    assert plan.moments_mb(two) == matrix_free_mb(1024)
    assert plan.descent_mb(SimpleNamespace(family="erf")) == descent_mb(32, 3, torch=True)
    assert plan.descent_mb(SimpleNamespace(family="srelu")) == descent_mb(32, 2)


def test_only_jobs_that_take_a_gpu_ask_for_room_for_its_libraries():
    rules = "pennington_sample_eigenvalues pennington_sample_quadratures"
    with_gpu, without = plan_on("auto", rules), plan_on("auto")
    linear, dense, _, narrow, _ = map(job, without.fig1_parts())
    wide = SimpleNamespace(experiment="fig2", nonlinearity="erf_1", blocks="n512_0-1")
    libraries = pytest.approx(CUDA_HOST_MB + TORCH_BASE_MB - BASE_MB, abs=1)
    assert with_gpu.dense_mb(dense) - without.dense_mb(dense) == libraries
    assert with_gpu.lanczos_mb(wide) - without.lanczos_mb(wide) == libraries
    assert with_gpu.dense_mb(linear) == without.dense_mb(linear)
    assert with_gpu.lanczos_mb(narrow) == without.lanczos_mb(narrow)


def test_the_time_of_several_blocks_is_the_sum_over_their_networks_and_nonlinearities(plan):
    def seconds(of, blocks, nonlinearity="erf_1"):
        return of(SimpleNamespace(experiment="edges", nonlinearity=nonlinearity, blocks=blocks)) - start

    start = plan.moments_seconds(SimpleNamespace(first="3", stop="3"))
    assert start > 0
    for of in (plan.dense_seconds, plan.lanczos_seconds):
        one, other = seconds(of, "n16_0-4"), seconds(of, "n32_0-1")
        assert one > 0
        assert seconds(of, "n16_0-4_n32_0-1") == pytest.approx(one + other)
        assert seconds(of, "n16_0-8") == pytest.approx(2 * one)
        assert seconds(of, "n16_0-4", "all") == pytest.approx(3 * one)
    assert seconds(plan.dense_seconds, "n64_0-1", "linear") < 0.1 * seconds(plan.dense_seconds, "n64_0-1")
    two, six = (plan.moments_seconds(SimpleNamespace(first="1", stop=stop)) - start for stop in ("3", "7"))
    assert six == pytest.approx(3 * two)
    few, many = (plan.descent_seconds(SimpleNamespace(family=f, first="0", stop="2")) for f in ("srelu", "erf"))
    assert start < few < many


def test_networks_of_the_distances_are_of_all_nonlinearities_and_taken_apart_up_to_a_width(plan):
    (part,) = plan.convergence_parts()
    assert part == "results/smoke/cells/pennington_convergence/n16_0-4_n512_0-1.csv"

    def seconds(blocks):
        return plan.convergence_seconds(SimpleNamespace(blocks=blocks)) - plan.convergence_seconds(
            SimpleNamespace(blocks="")
        )

    assert seconds("n16_0-4_n512_0-1") == pytest.approx(seconds("n16_0-4") + seconds("n512_0-1"))
    before = seconds("n16_0-4")
    plan.section["convergence"]["taken_apart"]["widest"] = 8
    # three nonlinearities, and before the seven selections besides
    assert before == pytest.approx(10 / 3 * seconds("n16_0-4"), rel=0.01)


def test_wide_networks_of_the_distances_take_a_gpu_and_the_memory_of_all_linear_eigenvalues():
    plan = plan_on("cuda", "pennington_sample_distances")
    narrow, wide = (SimpleNamespace(blocks=blocks) for blocks in ("n16_0-4", "n16_0-1_n512_0-1"))
    assert [plan.convergence_device(one) for one in (narrow, wide)] == ["cpu", "cuda"]
    assert plan.convergence_mb(narrow) == matrix_free_mb(16, 100, 4)
    assert plan.convergence_mb(wide) == matrix_free_mb(512, 100, 4, torch=True, gpu=True)
    plan.section["convergence"]["steps"] = 2
    assert plan_on("cpu").convergence_mb(SimpleNamespace(blocks="n8192_0-1")) >= distance_mb(8192)


def test_a_table_asks_for_the_memory_of_the_rows_of_its_parts(plan):
    assert plan.fig1_table_mb() == table_mb(2 * 2 * 128**2 + 3 * 2 * 96**2 + 4 * 300 * 2)  # two probes each
    assert plan.fig2_table_mb() == table_mb(5 * 2 * 16**2 + 200 * (3 * 8 + 2 * 1))  # eight probes, and one
    assert plan.singularities_table_mb() == table_mb((2 * 8**2 + 2 * 16**2) * 2 * 3)


def settings_of_tables(configuration):
    site = Site.of(configuration)
    figures = pennington_worah_figures(PenningtonWorahPlan(configuration["pennington_worah"], site)).figures
    return {
        name: settings_of_table(ROOT / "scripts" / one.table, configuration, one.sections, {"experiment": name})
        for name, one in figures.items()
    }


@pytest.mark.parametrize(
    ("place", "key", "changed"),
    [
        ("fig1", "steps", {"fig1"}),
        ("fig2", "points", {"fig2"}),
        ("fig3", "samples", {"fig3"}),
        ("singularities.epsilons", "fit", {"singularities"}),
        ("slopes", "number", {"slopes"}),
        ("edges", "steps", {"moments"}),
        ("moments", "networks", {"moments"}),
        ("optimal", "starts", {"optimal"}),
        ("convergence.taken_apart", "widest", {"convergence"}),
        ("fig2", "networks_per_job", set()),
        (
            "nonlinearities.srelu_0",
            "function",
            {"table1", "fig2", "singularities", "slopes", "convergence", "moments", "optimal"},
        ),
    ],
)
def test_an_edit_changes_the_settings_of_the_tables_that_it_concerns_and_no_other(place, key, changed):
    edited = json.loads(json.dumps(CONFIGURATION))
    section_at(edited["pennington_worah"], place)[key] = 3
    before, after = settings_of_tables(CONFIGURATION), settings_of_tables(edited)
    assert {name for name in before if before[name] != after[name]} == {f"pennington_{name}" for name in changed}
