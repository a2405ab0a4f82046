"""Profiles for machines and clusters with GPUs: every job that may use one asks for it, and waits for it."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import plan
import pytest
import yaml
from workflow_copies import ROOT, copy_repository, gpu_requests, planned_jobs, run

from fisher_spectra.workflow.estimates.rates import (
    BASE_MB,
    COMPILER_MB,
    CUDA_HOST_MB,
    GPU_SPEEDUP,
    GPU_START_SECONDS,
    TORCH_BASE_MB,
)

# Put before the first line of a script: fails where another process is between its start and its end.
ALONE = """
import atexit, pathlib, time
_mark = pathlib.Path({mark!r})
_mark.touch(exist_ok=False)
atexit.register(_mark.unlink)
time.sleep(1)
"""


@pytest.mark.parametrize("profile", ["gpu", "slurm"])
def test_every_rule_that_may_use_a_gpu_asks_for_one(rules, untouched, profile):
    def files(rule):
        return {file for record in rule["code"] for file in json.loads((untouched / record).read_text())}

    # what runs where Snakemake runs takes the CPU, whatever else its script can do
    able = [rule for rule in rules if "src/fisher_spectra/common/devices.py" in files(rule)]
    may_use = {rule["name"] for rule in able if not rule["is_local"]}
    requests = gpu_requests(profile)
    assert requests.keys() == may_use
    assert {request["gpu"] for request in requests.values()} == {1}


def test_one_machine_with_gpus_differs_from_the_default_in_them_alone():
    default, gpu = (
        yaml.safe_load((ROOT / "profiles" / name / "profile.yaml").read_text()) for name in ("default", "gpu")
    )
    assert gpu.pop("set-resources") == gpu_requests("gpu")
    assert gpu.pop("resources") == ["gpu=1"]
    assert gpu == default


def test_jobs_that_have_a_gpu_ask_for_room_for_its_libraries(untouched):
    asked = {}
    for profile in ("default", "gpu"):
        jobs = planned_jobs(untouched, "paper", "--profile", profile)
        asked[profile] = {job["benchmark"]: (job["rule"], job["mem_mb"]) for job in jobs}
    more = {}
    for benchmark, (rule, mb) in asked["default"].items():
        more.setdefault(rule, set()).add(asked["gpu"][benchmark][1] - mb)
    # besides the libraries, what training holds is on the GPU
    # no own network is configured
    assert all(max(more[rule]) > 0 for rule in gpu_requests("gpu").keys() - {"own_train_network"})
    assert more["pennington_sample_eigenvalues"] == {CUDA_HOST_MB + TORCH_BASE_MB - BASE_MB}
    assert more["karakida_train_on_teacher"] == {CUDA_HOST_MB - COMPILER_MB}  # nothing is compiled for a GPU
    assert all(more[rule] == {0} for rule in more.keys() - gpu_requests("gpu").keys())


def test_the_plan_gives_jobs_the_speed_of_a_gpu_but_for_those_that_stay_on_the_processor():
    def cost(device: str, gpus: dict[str, int]) -> plan.Cost:
        job = SimpleNamespace(
            benchmark=None,
            rule=SimpleNamespace(name="train"),
            resources={"estimated_seconds": 3000, "mem_mb": 500},
            threads=1,
            output=[],
            params={"settings": json.dumps({"sections": {"": {"device": device}}})},
        )
        return plan.cost_of(job, gpus)

    assert cost("auto", {}).seconds == 3000
    fast = cost("auto", {"train": 1})
    assert fast.seconds == fast.gpu_seconds == GPU_START_SECONDS + 3000 / GPU_SPEEDUP
    assert cost("cpu", {"train": 1}).gpu_seconds == 3000  # it holds its GPU meanwhile


def test_the_plan_of_other_settings_is_theirs(capsys):
    def hours(*options):
        assert plan.main(["--scale", "paper", *options, "hayase_fig4"]) == 0
        return float(capsys.readouterr().out.splitlines()[-2].split()[3].strip("~"))

    # wide networks share matrices, so that shorter jobs of fewer learning rates would take longer in all
    four = "--config", "hayase_karakida.fig4_right.learning_rates.number_per_job=4"
    one, three = hours(*four), hours(*four, "--config", "hayase_karakida.fig4_right.trials=3")
    assert 2 < three / one < 3  # two of three columns have three
    assert hours("--config", "hayase_karakida.fig4_right.trials=3") > three
    assert plan.main(["--config", "hayase_karakida.fig4_right.trial=3"]) == 1
    assert "did you mean 'trials'?" in capsys.readouterr().err


@pytest.mark.parametrize(("profile", "alone"), [("gpu", True), ("default", False)])
def test_jobs_that_may_use_the_only_gpu_run_one_at_a_time(tmp_path, profile, alone):
    folder = tmp_path / "repository"
    copy_repository(folder)
    script = folder / "scripts" / "karakida" / "train_on_teacher.py"
    first = "from __future__ import annotations\n"
    script.write_text(script.read_text().replace(first, first + ALONE.format(mark=str(tmp_path / "mark")), 1))
    cells = [f"results/smoke/cells/karakida_fig2_gaussian/{name}/M16-32.csv" for name in ("tanh", "relu", "linear")]
    entry = [sys.executable, "scripts/tools/run_workflow.py", "--scale", "smoke", "--cores", "3", "--profile", profile]
    answer = run([*entry, *cells], folder)
    assert (answer.returncode == 0) is alone, answer.stderr
    assert all((folder / cell).exists() for cell in cells) is alone
