"""The front door: what each make target calls."""

from __future__ import annotations

import re
import sys

import pytest
from workflow_copies import copy_repository, run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of the repository whose environment counts as set up."""
    place = tmp_path_factory.mktemp("make") / "repository"
    copy_repository(place)
    (place / ".venv" / "bin").mkdir(parents=True)
    (place / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (place / ".venv" / "ready").touch()
    return place


def commands(folder, *arguments):
    """What make would run."""
    answer = run(["make", "--dry-run", *arguments], folder)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.splitlines()


def test_help_explains_each_target_in_one_line(folder):
    answer = run(["make", "help"], folder)
    targets = re.findall(r"^([a-z-]+):", (folder / "Makefile").read_text(), re.MULTILINE)
    lines = {line.split()[1]: line for line in answer.stdout.splitlines() if line.startswith("  make ")}
    assert lines.keys() == set(targets)
    assert all(len(line.split()) >= 5 for line in lines.values())
    assert "SCALE=smoke|laptop|paper" in answer.stdout


def test_make_alone_shows_the_help(folder):
    assert run(["make"], folder).stdout == run(["make", "help"], folder).stdout


def test_figures_are_made_at_laptop_scale_on_all_cores_unless_told_otherwise(folder):
    assert commands(folder, "figures") == [
        ".venv/bin/python scripts/tools/run_workflow.py --scale laptop --cores all --profile default all"
    ]


def test_scale_cores_target_and_profile_are_passed_on(folder):
    assert commands(folder, "figures", "SCALE=smoke", "CORES=3", "TARGET=karakida_fig1", "PROFILE=ci") == [
        ".venv/bin/python scripts/tools/run_workflow.py --scale smoke --cores 3 --profile ci karakida_fig1"
    ]


def test_the_exact_mode_is_passed_on_and_its_bytes_are_compared_and_its_folder_cleaned(folder):
    exact = ("EXACT=1", "SCALE=smoke")
    run_it = ".venv/bin/python scripts/tools/run_workflow.py --scale smoke --cores all --profile default --exact all"
    assert commands(folder, "figures", *exact) == [run_it]
    assert commands(folder, "check", *exact) == [run_it, ".venv/bin/python scripts/tools/check_exact.py --scale smoke"]
    assert commands(folder, "crate", *exact) == [".venv/bin/python scripts/tools/make_crate.py --scale smoke --exact"]
    for target, tool, *options in (
        ("plan", "plan", "--profile default", "--exact"),
        ("status", "status", "--exact", "all"),
        ("why", "why", "--exact", "all"),
        ("adopt", "adopt", "--exact", "--audit 3"),
        ("check-seeds", "check_seeds", "--exact", "--cores all", "--seeds 1 2 3 4"),
    ):
        (command,) = commands(folder, target, "FROM=there", *exact)
        named = f"scripts/tools/{tool}.py" + (' "there"' if target == "adopt" else "")
        assert command == " ".join([f".venv/bin/python {named} --scale smoke", *options])
    assert commands(folder, "validate-crate", *exact)[-1].endswith("validate_crate.py results/smoke-exact/crate.zip")
    assert '"results/smoke-exact"' in " ".join(commands(folder, "clean", *exact))


def test_paper_is_the_same_at_paper_scale(folder):
    assert commands(folder, "paper", "CORES=8") == [
        ".venv/bin/python scripts/tools/run_workflow.py --scale paper --cores 8 --profile default all"
    ]


def test_the_tests_that_share_a_run_of_the_workflow_are_kept_on_one_worker(folder):
    (command,) = commands(folder, "test")
    assert "--dist loadfile" in command


@pytest.mark.parametrize("target", ["figures", "paper", "test", "lint", "bench"])
def test_every_target_sets_up_the_environment_first(folder, tmp_path, target):
    bare = tmp_path / "bare"
    copy_repository(bare, folder)
    lines = commands(bare, target)
    setup = [number for number, line in enumerate(lines) if "pip install" in line and "requirements-dev.txt" in line]
    assert len(setup) == 1
    assert setup[0] < len(lines) - 1


def test_an_old_python_is_refused_in_one_line(tmp_path, folder):
    bare = tmp_path / "bare"
    copy_repository(bare, folder)
    old = tmp_path / "python3.9"
    old.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c \"import sys; sys.version_info = (3, 9); sys.version = '3.9.2 x'; $2\"\n"
    )
    old.chmod(0o755)
    answer = run(["make", "setup", f"PYTHON={old}"], bare)
    errors = [line for line in answer.stderr.splitlines() if line.startswith("error:")]
    assert errors == ["error: Python 3.11 or newer is needed, this is 3.9.2; name another with PYTHON=<path>"]
    assert answer.returncode != 0
    assert not (bare / ".venv").exists()


@pytest.mark.parametrize("scale", ["", "..", "huge"])
def test_clean_removes_no_folder_but_that_of_a_scale(folder, scale):
    keep = folder / "results" / "README.md"
    keep.parent.mkdir(exist_ok=True)
    keep.touch()
    answer = run(["make", "clean", f"SCALE={scale}"], folder)
    assert answer.returncode != 0
    assert answer.stderr.startswith(f"error: SCALE = '{scale}': must be one of smoke, laptop, paper")
    assert keep.exists()


def test_clean_removes_the_results_of_its_scale_only(folder):
    for scale in ("smoke", "laptop", "data"):
        (folder / "results" / scale).mkdir(parents=True, exist_ok=True)
    assert run(["make", "clean", "SCALE=smoke"], folder).returncode == 0
    assert not (folder / "results" / "smoke").exists()
    assert (folder / "results" / "laptop").exists()
    assert (folder / "results" / "data").exists()
