"""CI calls what a user calls: the targets of the Makefile, at scales that exist, with results kept by content."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())


def commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def test_every_command_is_a_make_target_of_the_makefile(workflow):
    called = [command for job in workflow["jobs"].values() for command in commands(job)]
    named = [re.search(r"\bmake ([a-z-]+)", command) for command in called]
    assert all(named), called
    assert {match[1] for match in named} <= TARGETS


def test_lint_tests_and_the_smoke_check_run_on_every_push(workflow):
    # YAML 1.1 reads the key `on` as true
    assert "push" in workflow[True]
    on_push = [job for job in workflow["jobs"].values() if "if" not in job]
    called = " ".join(command for job in on_push for command in commands(job))
    assert all(f"make {target}" in called for target in ("lint", "test", "check", "report"))
    assert "|| 'smoke'" in workflow["env"]["SCALE"]


def test_the_laptop_scale_is_checked_once_a_week(workflow):
    (when,) = workflow[True]["schedule"]
    minute, hour, day, month, weekday = when["cron"].split()
    assert [part.isdigit() for part in (minute, hour, weekday)] == [True] * 3
    assert (day, month) == ("*", "*")
    assert "github.event_name == 'schedule' && 'laptop'" in workflow["env"]["SCALE"]


def test_results_are_kept_with_what_snakemake_knows_of_them_and_the_report_is_uploaded(workflow):
    steps = {
        step["uses"].partition("@")[0]: step.get("with", {})
        for step in workflow["jobs"]["check"]["steps"]
        if "uses" in step
    }
    assert steps["actions/cache"]["path"].split() == ["results", ".snakemake/metadata"]
    assert steps["actions/cache"]["restore-keys"].split()  # an older result of the branch is better than none
    assert "report.html" in steps["actions/upload-artifact"]["path"]


def test_the_python_of_ci_is_the_oldest_that_is_supported(workflow):
    versions = {
        step["with"]["python-version"]
        for job in workflow["jobs"].values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/setup-python")
    }
    (least,) = re.findall(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    assert versions == {least}


@pytest.fixture(scope="module")
def release():
    return yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())


def test_a_tag_makes_a_release_of_what_was_checked_tried_and_validated(release):
    assert release[True] == {"push": {"tags": ["v*"]}}
    made = {name: job for name, job in release["jobs"].items() if name != "publish"}
    called = " ".join(command for job in made.values() for command in commands(job))
    assert set(re.findall(r"\bmake ([a-z-]+)", called)) == {
        "metadata-check",
        "test-packaging",
        "check",
        "validate-crate",
    }
    assert set(re.findall(r"\bmake ([a-z-]+)", called)) <= TARGETS
    assert set(release["jobs"]["publish"]["needs"]) == made.keys()


def test_a_release_has_the_distributions_and_the_crate(release):
    uploads = [
        step["with"]["path"]
        for job in release["jobs"].values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/upload-artifact")
    ]
    assert uploads == ["dist", "results/smoke/crate.zip"]
    (creates,) = commands(release["jobs"]["publish"])
    assert creates.startswith("gh release create")
