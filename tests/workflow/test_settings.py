"""Which settings a job is given: those that its function takes, and no other."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from fisher_spectra.jobs.settings import arguments_from, values_of
from fisher_spectra.workflow.settings import (
    Settings,
    arguments_of,
    filled_in,
    section_at,
    settings_of_job,
    settings_of_table,
    values_of_wildcards,
)

CONFIGURATION = {
    "scale": "smoke",
    "root_seed": 3,
    "device": "auto",
    "paper": {
        "activations": {"tanh": {"function": "tanh", "sigma_w2": 2}, "relu": {"function": "relu", "sigma_w2": 1}},
        "training": {"momentum": 0.9, "trials": 2, "memory_mb": 100, "samples": 7},
        "fig1": {"samples": 5, "networks": 4, "networks_per_job": "auto", "rates": {"number": 3, "number_per_job": 1}},
    },
}
SCRIPT = """
from fisher_spectra.jobs.run_job import Job, run_job

def other(unrelated): ...

def work(*, job, parts, device, samples, rates, function, first, momentum=0.5, thresholds=()):
    ...

if __name__ == "__main__":
    run_job(work)
"""


@pytest.fixture
def script(tmp_path):
    file = tmp_path / "scripts" / "paper" / "work.py"
    file.parent.mkdir(parents=True)
    file.write_text(SCRIPT)
    return file


def wildcards(**values):
    return SimpleNamespace(items=values.items, **values)


def test_the_arguments_of_a_script_are_those_of_the_function_that_it_runs(script):
    assert arguments_of(script) == {
        "device": True,
        "samples": True,
        "rates": True,
        "function": True,
        "first": True,
        "momentum": False,
        "thresholds": False,
    }


@pytest.mark.parametrize("text", ["", "run_job(print)\n", "def f(): ...\ndef g(): ...\nrun_job(f)\nrun_job(g)\n"])
def test_a_script_without_one_function_that_it_runs_is_refused(tmp_path, text):
    (tmp_path / "script.py").write_text(text)
    with pytest.raises(ValueError, match="must hand one function of its own to run_job"):
        arguments_of(tmp_path / "script.py")


def test_a_job_gets_what_its_function_takes_from_the_first_section_that_has_it(script):
    places = ["paper.fig1", "paper.training", "paper.activations.tanh"]
    text = settings_of_job(script, CONFIGURATION, places, {"first": 2, "stop": 4})
    assert json.loads(text) == {
        "scale": "smoke",
        "root_seed": 3,
        "sections": {
            "paper.fig1": {"samples": 5, "rates": {"number": 3}},
            "paper.training": {"momentum": 0.9},
            "paper.activations.tanh": {"function": "tanh"},
            "": {"device": "auto"},
        },
        "job": {"first": 2},
    }
    assert values_of(json.loads(text))["samples"] == 5


@pytest.mark.parametrize(
    ("place", "key", "seen"),
    [
        ("paper.fig1", "samples", True),
        ("paper.fig1", "networks", False),
        ("paper.fig1", "networks_per_job", False),
        ("paper.training", "momentum", True),
        ("paper.training", "trials", False),
        ("paper.training", "memory_mb", False),
        ("paper.activations.tanh", "function", True),
        ("paper.activations.tanh", "sigma_w2", False),
        ("paper.activations.relu", "function", False),
        ("", "device", True),
        ("", "root_seed", True),
    ],
)
def test_an_edit_changes_the_settings_of_a_job_if_and_only_if_its_function_takes_the_value(script, place, key, seen):
    places = ["paper.fig1", "paper.training", "paper.activations.tanh"]
    edited = json.loads(json.dumps(CONFIGURATION))
    section_at(edited, place)[key] = 99
    texts = [settings_of_job(script, one, places, {"first": 2}) for one in (CONFIGURATION, edited)]
    assert (texts[0] != texts[1]) is seen


def test_a_setting_that_is_nowhere_is_named(script):
    for settings_of in (settings_of_job, settings_of_table):
        with pytest.raises(KeyError, match=r"no setting 'function' in paper\.fig1"):
            settings_of(script, CONFIGURATION, ["paper.fig1"], {"first": 2, "device": "cpu"})


def test_a_section_that_is_an_argument_itself_is_handed_over_whole(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("def work(activations): ...\nrun_job(work)\n")
    settings = json.loads(settings_of_job(script, CONFIGURATION, ["paper.activations"], {}))
    assert settings["sections"] == {"paper.activations": CONFIGURATION["paper"]["activations"]}

    def work(activations: dict[str, dict[str, str | float]]) -> None: ...

    assert arguments_from(work, settings) == {"activations": CONFIGURATION["paper"]["activations"]}


def test_a_table_gets_its_sections_whole_but_for_how_the_work_is_shared_out(script):
    places = ["paper.fig1", "paper.activations.tanh"]
    own = {"first": 1, "stop": 3, "device": "cpu"}
    settings = json.loads(settings_of_table(script, CONFIGURATION, places, own))
    assert settings["sections"] == {
        "paper.fig1": {"samples": 5, "networks": 4, "rates": {"number": 3}},
        "paper.activations.tanh": {"function": "tanh", "sigma_w2": 2},
    }
    assert settings["job"] == {"first": 1, "device": "cpu"}


def test_wildcards_are_values(tmp_path):
    found = values_of_wildcards({"first": "0", "stop": "16", "widths": "8-16", "depths": "3", "activation": "tanh"})
    assert found == {"first": 0, "stop": 16, "widths": [8, 16], "depths": [3], "activation": "tanh"}
    assert filled_in("paper.{experiment}.{activation}", {"experiment": "fig1", "activation": "tanh"}) == (
        "paper.fig1.tanh"
    )


def test_a_rule_names_sections_and_values_by_wildcards(script, tmp_path):
    settings = Settings(tmp_path, CONFIGURATION)
    of = settings(
        "paper/work.py",
        "paper.{experiment}",
        "paper.activations.{activation}",
        thresholds=lambda wildcards: [len(wildcards.activation)],
        function="leaky_{activation}",
    )
    found = json.loads(of(wildcards(experiment="fig1", activation="relu", first="4", stop="6")))
    assert found["job"] == {"first": 4, "function": "leaky_relu", "thresholds": [4]}
    assert found["sections"]["paper.fig1"]["samples"] == 5


def test_a_place_that_is_no_section_is_refused():
    for place in ("paper.fig9", "paper.fig1.samples"):
        with pytest.raises(KeyError):
            section_at(CONFIGURATION, place)


def test_the_scripts_of_every_paper_hand_one_function_to_run_job():
    root = Path(__file__).resolve().parents[2] / "scripts"
    folders = ("karakida", "pennington_worah", "hayase_karakida", "claims", "report")
    found = {script: arguments_of(script) for folder in folders for script in (root / folder).glob("*.py")}
    assert len(found) > 30
    assert all(not name.startswith("_") for arguments in found.values() for name in arguments)
