"""The section ``own``: what is refused before the first job, what a network gives, and what it leaves alone."""

from __future__ import annotations

import json
import re
import sys
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from script_modules import script_module
from workflow_copies import Plan, Workflow, copy_repository, run

from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import read_table
from fisher_spectra.jobs.run_job import Job
from fisher_spectra.jobs.settings import arguments_from
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.estimates.own import own_training_seconds
from fisher_spectra.workflow.plans.own import OwnPlan
from fisher_spectra.workflow.plans.site import Site
from fisher_spectra.workflow.registry.figures import every_paper
from fisher_spectra.workflow.registry.own import OWN_FIGURES
from fisher_spectra.workflow.settings import Settings, settings_of_table
from fisher_spectra.workflow.targets import check_targets, target_names

ROOT = Path(__file__).resolve().parents[2]
LEAST = {"widths": [6, 5, 4, 2], "activation": "tanh", "sigma_w2": 2.0}
TINY = {
    **{"widths": [6, 12, 8, 2], "activation": ["relu", "tanh"], "sigma_w2": [2.0, 1.5, 1.0], "sigma_b2": 0.1},
    **{"samples": 8, "networks": 4, "networks_per_job": 2, "trials": 2, "trials_per_job": 1, "steps": 10},
    **{"width_factors": [0.5, 1], "rate_factors": {"number": 3}, "input_overlap": 0.2},
}


def loaded(network, name="mine", **more):
    return load_configuration(ROOT, {"scale": "smoke", "own": {name: network}, **more})


# what is left out, and what is refused


def test_three_keys_suffice_and_the_rest_is_filled_in():
    own = loaded({**LEAST, "rate_factors": {"number": 5}})["own"]["mine"]
    assert own["rate_factors"] == {"smallest": 0.25, "largest": 8, "number": 5}
    assert own["width_factors"] == [0.25, 0.5, 1, 2]
    assert (own["dataset"], own["loss"], own["initialisation"], own["biases"]) == (
        "gaussian",
        "half_sum",
        "gaussian",
        True,
    )


@pytest.mark.parametrize("nothing", [None, {}])
def test_an_empty_section_is_none_and_its_target_says_how(nothing):
    configuration = load_configuration(ROOT, {"own": nothing} if nothing is not None else {})
    assert configuration["own"] == {}
    with pytest.raises(
        UserError, match=r"TARGET = 'own': the section own of config\.yaml names no network .* shows how"
    ):
        check_targets(["own"], configuration)


REFUSED = [
    ({"widths": [6, 5]}, "own.mine.widths = [6, 5]: must be a list of at least 3 entries"),
    ({"widths": [6, 0, 2]}, "own.mine.widths[1] = 0: must be at least 1 (width of a layer)"),
    ({"width": [6, 5, 2]}, "own.mine.width: unknown key; did you mean 'widths'?"),
    ({"activation": "tahn"}, "own.mine.activation: activation 'tahn': unknown"),
    ({"activation": ["relu", "tahn"]}, "own.mine.activation[1]: activation 'tahn': unknown"),
    ({"activation": ["relu"]}, "own.mine.activation = ['relu']: must be one value, or 2: widths has 2 hidden layers"),
    ({"sigma_w2": [1.0, 2.0]}, "own.mine.sigma_w2 = [1.0, 2.0]: must be one value, or 3: widths has 3 layers of"),
    ({"sigma_b2": [0.0]}, "own.mine.sigma_b2 = [0.0]: must be one value, or 3"),
    ({"sigma_w2": 0}, "own.mine.sigma_w2 = 0: must be greater than 0 (variance of the weights"),
    ({"sigma_w2": [1, -2, 1]}, "own.mine.sigma_w2[1] = -2: must be greater than 0"),
    ({"sigma_b2": -0.1}, "own.mine.sigma_b2 = -0.1: must be at least 0"),
    ({"widths": [6, *[4] * 60, 2], "activation": "linear", "sigma_w2": 1000}, "own.mine.sigma_w2 = 1000: "),
    ({"initialisation": "xavier"}, "own.mine.initialisation = 'xavier': must be one of gaussian, uniform, orthogonal"),
    ({"loss": "hinge"}, "own.mine.loss = 'hinge': must be one of half_sum, mse, cross_entropy"),
    ({"loss": "cross_entropy", "widths": [6, 5, 4, 1]}, "own.mine.loss = 'cross_entropy': must be half_sum or mse"),
    ({"momentum": 1}, "own.mine.momentum = 1: must be less than 1"),
    ({"samples": 1}, "own.mine.samples = 1: must be at least 2"),
    ({"samples": 6000}, "own.mine.samples = 6000: must be at most 5000"),
    ({"input_overlap": 1}, "own.mine.input_overlap = 1: must be less than 1"),
    ({"targets": "labels"}, "own.mine.targets = 'labels': must be auto or teacher: Gaussian inputs have no labels"),
    ({"width_factors": [0.5, 2]}, "own.mine.width_factors = [0.5, 2]: must be a list with 1, the network itself"),
    ({"width_factors": [1, 1]}, "own.mine.width_factors[1] = 1: must be other than those before"),
    ({"width_factors": [1, 0.01, 0.02]}, "own.mine.width_factors[2] = 0.02: must be other than one that gives the"),
    ({"width_factors": [1, 1.23456789]}, "own.mine.width_factors[1] = 1.23456789: must be of at most six digits"),
    ({"width_factors": [1, 1000], "widths": [6, 5000, 40, 2]}, "own.mine.width_factors[1] = 1000: must be smaller"),
    ({"rate_factors": {"smallest": 9}}, "own.mine.rate_factors.smallest = 9: must be less than largest, which is 8"),
    ({"dataset": "mnits"}, "own.mine.dataset = 'mnits': must be one of "),
    ({"dataset": "gone.npz"}, "own.mine.dataset = 'gone.npz': no such file"),
    ({"dataset": "digits", "widths": [6, 5, 4, 10]}, "own.mine.widths[0] = 6: must be 64, the values of a sample of"),
    ({"dataset": "digits", "widths": [64, 5, 4, 2]}, "own.mine.widths[3] = 2: must be 10, the classes of digits"),
    (
        {"dataset": "digits", "widths": [64, 5, 4, 2], "targets": "teacher", "samples": 1501},
        "own.mine.samples = 1501: must be at most 1500, the training samples of digits",
    ),
    (
        {"dataset": "digits", "widths": [64, 5, 4, 10], "input_overlap": 0.1},
        "own.mine.input_overlap = 0.1: must be 0, or left out",
    ),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED, ids=[str(changes)[:60] for changes, _ in REFUSED])
def test_what_no_job_could_do_is_refused_by_its_key_in_one_line(changes, message):
    with pytest.raises(UserError, match=re.escape(f"configuration: {message}")) as refused:
        loaded(LEAST | changes)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("name", ["Mine", "1st", "a-b", "a b", "", "x" * 41, "../up"])
def test_a_name_is_an_identifier(name):
    with pytest.raises(UserError, match="the name must be of small letters, digits and underscores"):
        loaded(LEAST, name)


@pytest.mark.parametrize("name", ["layers", "my_widths", "a_training"])
def test_a_name_is_not_that_of_a_figure_of_another_network(name):
    with pytest.raises(UserError, match="must be another name: those that end in"):
        loaded(LEAST, name)


def test_a_file_with_a_value_that_is_no_number_is_refused_by_sample(tmp_path):
    x = np.ones((30, 6))
    x[4, 2] = np.nan
    np.savez(tmp_path / "mine.npz", x=x, y=np.arange(30) % 2)
    with pytest.raises(
        UserError, match=r"own\.mine\.dataset: .*mine\.npz: sample 4 of 'x' holds a value that is not a"
    ):
        loaded(LEAST | {"dataset": str(tmp_path / "mine.npz"), "samples": 10})


# how the work is cut


def test_jobs_of_a_network_take_what_their_functions_name_and_nothing_else():
    configuration = loaded(TINY)
    settings = Settings(ROOT, configuration)
    job = SimpleNamespace(network="mine", factor="0.5", first="0", stop="2")
    job.items = lambda: [("network", "mine"), ("factor", "0.5"), ("first", "0"), ("stop", "2")]
    plan = OwnPlan(configuration["own"], Site.of(configuration))
    own = {"dataset": plan.dataset, "width_factor": plan.factor}

    def text(script, **changes):
        changed = loaded(TINY | changes)
        return Settings(ROOT, changed)(f"own/{script}.py", "own.{network}", **own)(job)

    assert json.loads(settings("own/train_network.py", "own.{network}", **own)(job))["job"]["width_factor"] == 0.5
    for script, key, value, seen in (
        ("sample_networks", "loss", "mse", True),
        ("sample_networks", "steps", 11, False),
        ("sample_networks", "networks", 6, False),
        ("sample_layers", "biases", False, False),
        ("train_network", "steps", 11, True),
        ("train_network", "trials_per_job", 2, False),
        ("predict_network", "initialisation", "uniform", False),
        ("predict_network", "momentum", 0.5, True),
    ):
        assert (text(script) != text(script, **{key: value})) is seen, (script, key)


def test_parts_cover_every_network_and_trial_once_for_any_cut():
    for size in (1, 3, "auto"):
        configuration = loaded(TINY | {"networks_per_job": size, "trials_per_job": size})
        plan = OwnPlan(configuration["own"], Site.of(configuration))
        for kind, number in (("layers", 4), ("spectrum", 4), ("widths", 8), ("training", 4)):
            covered = [
                (part.rsplit("/", 1)[0], index)
                for part in plan.parts(kind, "mine")
                for first, stop in [map(int, re.search(r"_(\d+)-(\d+)\.csv$", part).groups())]
                for index in range(first, stop)
            ]
            assert len(covered) == len(set(covered)) == number


def test_training_is_estimated_by_its_products_and_its_calls_and_a_cross_entropy_never_gives_up():
    def seconds(widths, activation, samples=100, steps=200, cells=48, cross_entropy=True):
        return own_training_seconds(widths, [activation], samples, steps, cells, cross_entropy=cross_entropy)

    wide = [784, 1024, 1024, 512, 10]
    assert seconds(wide, "relu", cells=96) == pytest.approx(2 * seconds(wide, "relu"))
    assert 1.6 < seconds(wide, "relu", samples=200) / seconds(wide, "relu") < 2  # the weights are moved once a step
    assert 0.5 < seconds(wide, "relu", cross_entropy=False) / seconds(wide, "relu") < 1
    assert 0.1 < seconds([8, 8, 8, 8, 1], "softplus", 1, 1000, 1) < 1  # calls
    assert seconds([8, 8, 8, 8, 1], "gelu", 1, 1000, 1) < 0.02  # a compiled loop has none
    # recorded on a core of Zen 5, all steps taken
    assert seconds(wide, "gelu") == pytest.approx(74, rel=0.35)
    assert seconds(wide, "softplus") == pytest.approx(74, rel=0.35)
    assert seconds([64, 1024, 512, 10], "gelu") == pytest.approx(19, rel=0.35)
    assert seconds([64, 1024, 512, 10], "relu") == pytest.approx(17, rel=0.35)
    assert seconds([64, 512, 256, 10], "gelu") == pytest.approx(5.6, rel=0.35)
    assert seconds([64, 512, 256, 10], "softplus") == pytest.approx(7.3, rel=0.35)
    assert seconds([784, 128, 10], "relu", 1000, 50) == pytest.approx(5, rel=0.35)


def test_larger_networks_are_estimated_to_take_longer_and_more_memory():
    def asked(network):
        configuration = loaded(network)
        plan = OwnPlan(configuration["own"], Site.of(configuration))

        class Wildcards(dict):
            network, factor, first, stop = "mine", "1", "0", "2"

        job = Wildcards(factor="1")
        kinds = ("layers", "spectrum", "widths")
        memory = [plan.sampling_mb(kind, job) for kind in kinds] + [plan.training_mb(job)]
        seconds = [plan.sampling_seconds(kind, job) for kind in kinds] + [plan.training_seconds(job)]
        return np.array(memory), np.array(seconds)

    small, large = asked(LEAST), asked(LEAST | {"widths": [500, 3000, 2000, 10], "samples": 500})
    assert np.all(large[0] > 1.2 * small[0])
    assert np.all(large[1] > 2 * small[1])


def test_every_target_of_a_network_is_known():
    names = target_names(loaded(TINY))
    assert {"own", "own_mine", *(f"own_mine_{kind}" for kind in OWN_FIGURES)} <= set(names)
    check_targets(["own_mine_widths", "results/smoke/tables/own_mine_layers.csv"], loaded(TINY))
    with pytest.raises(UserError, match=r"did you mean own_mine\?"):
        check_targets(["own_mime"], loaded(TINY))


# what the jobs compute


def table_of(script, function, folder, predictions=None, **values):
    """What the function of a script returns for TINY."""
    configuration = loaded(TINY)
    settings = {"root_seed": 3, "sections": {"own.mine": configuration["own"]["mine"]}}
    job = Job(Namespace(output=folder / "table.csv"))
    module = script_module(f"own/{script}")
    given = {"network": "mine", "dataset": "gaussian", **values}
    settings["job"] = {key: value for key, value in given.items() if key in getattr(module, function).__annotations__}
    arguments = arguments_from(getattr(module, function), settings)
    if predictions is not None:
        arguments["predictions"] = predictions
    return getattr(module, function)(job=job, **arguments)


@pytest.mark.parametrize(
    ("script", "function"),
    [
        ("sample_layers", "sample_layers"),
        ("sample_spectra", "sample_spectra"),
        ("sample_networks", "sample_networks"),
        ("train_network", "train_network"),
    ],
)
def test_chunks_side_by_side_are_the_whole(script, function, tmp_path):
    predictions = pd.DataFrame({"factor": [1.0], "finite_rate": [0.5]}) if script == "train_network" else None

    def rows(first, stop):
        values = {"width_factor": 1.0, "device": "cpu", "first": first, "stop": stop}
        return table_of(script, function, tmp_path, predictions, **values)

    by = ["rate_factor", "trial"] if predictions is not None else ["network"]
    whole = rows(0, 3).sort_values(by, kind="stable").reset_index(drop=True)
    parts = pd.concat([rows(0, 2), rows(2, 3)]).sort_values(by, kind="stable").reset_index(drop=True)
    pd.testing.assert_frame_equal(whole, parts, check_exact=True)


def test_the_spectrum_and_the_statistics_are_of_the_same_networks(tmp_path):
    spectra = table_of("sample_spectra", "sample_spectra", tmp_path, first=0, stop=4)
    statistics = table_of("sample_networks", "sample_networks", tmp_path, width_factor=1.0, first=0, stop=4)
    largest = spectra.groupby("network")["maximum"].first()
    np.testing.assert_allclose(largest, statistics["maximum"], rtol=1e-9)


# the workflow itself


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    found = Workflow(tmp_path_factory.mktemp("own") / "repository")
    copy_repository(found.folder)
    return found


CONFIG = [f"own={json.dumps({'mine': TINY | {'networks_per_job': 'auto', 'trials_per_job': 'auto'}})}"]


def test_one_network_end_to_end(workflow):
    done = workflow.snakemake("own", cores=1, config=CONFIG)
    assert done.returncode == 0, done.stderr[-5000:]
    jobs = Plan.read(done.stdout + done.stderr).jobs
    assert jobs.total() > 10
    assert all(name.startswith("own") for name in jobs)
    results = workflow.folder / "results" / "smoke"
    for kind in OWN_FIGURES:
        table = read_table(results / "tables" / f"own_mine_{kind}.csv")
        assert len(table) >= 4
        assert (results / "figures" / f"own_mine_{kind}.png").stat().st_size > 10_000
        record = json.loads((results / "tables" / f"own_mine_{kind}.json").read_text())
        assert record["settings"]["sections"]["own.mine"]["widths"] == TINY["widths"]
        assert record["inputs"]
    assert workflow.plan("own", config=CONFIG).jobs.total() == 0
    training = read_table(results / "tables" / "own_mine_training.csv")
    assert set(training["factor"]) == {0.5, 1.0}
    np.testing.assert_allclose(training["eta"], training["rate_factor"] * training["finite_rate"], rtol=1e-4)
    # an edit of how long it is trained reaches training alone
    edited = [CONFIG[0].replace('"steps": 10', '"steps": 11')]
    rules = workflow.plan("own", config=edited).rules
    assert "own_train_network" in rules
    assert not {"own_sample_networks", "own_sample_spectra", "own_sample_layers", "own_predict_network"} & rules


def test_the_papers_are_planned_as_if_there_were_no_own_network():
    without, with_network = (load_configuration(ROOT, {"scale": "smoke", "own": own}) for own in ({}, {"mine": TINY}))
    papers = [every_paper(configuration, Site.of(configuration)) for configuration in (without, with_network)]
    assert papers[0] == papers[1]
    for figure in (figure for paper in papers[0].values() for figure in paper.figures.values()):
        script = ROOT / "scripts" / figure.table
        texts = {
            settings_of_table(script, configuration, figure.sections, {"experiment": "x"})
            for configuration in (without, with_network)
        }
        assert len(texts) == 1


def test_without_a_network_make_says_so_in_one_line(workflow):
    command = [sys.executable, "scripts/tools/run_workflow.py", "--scale", "smoke", "own"]
    refused = run(command, workflow.folder, PYTHONPATH=str(workflow.folder / "src"))
    assert refused.returncode == 1
    (line,) = [line for line in refused.stderr.splitlines() if line.startswith("error:")]
    assert "names no network of your own" in line
    assert "Traceback" not in refused.stderr
