"""The ways to make the environment (pip, conda, containers) name the same packages: none can drift from the pins."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
ENVS = ROOT / "envs"
RECIPES = ("Containerfile", "apptainer.def")


def requirements(name):
    """The lines of a list of pins, without comments."""
    lines = (line.partition("#")[0].strip() for line in (ENVS / name).read_text().splitlines())
    return [line for line in lines if line]


def pins(name):
    parsed = [Requirement(line) for line in requirements(name) if not line.startswith("-")]
    return {canonicalize_name(entry.name): str(entry.specifier) for entry in parsed}


def test_every_requirement_is_pinned_to_one_version():
    for name in (file.name for file in ENVS.glob("requirements*.txt")):
        assert [pin for pin in pins(name).items() if not re.fullmatch(r"==[\w.]+", pin[1])] == []


def test_the_list_for_development_adds_to_the_list_for_running_and_repeats_nothing():
    assert "-r requirements.txt" in requirements("requirements-dev.txt")
    assert pins("requirements.txt").keys() & pins("requirements-dev.txt").keys() == set()


@pytest.mark.parametrize("name", ["requirements-mutants.txt", "requirements-docs.txt", "requirements-benchmarks.txt"])
def test_an_environment_beside_adds_to_both_and_repeats_nothing(name):
    others = pins("requirements.txt").keys() | pins("requirements-dev.txt").keys()
    assert pins(name)
    assert others & pins(name).keys() == set()


def test_conda_has_the_same_pins():
    environment = yaml.safe_load((ENVS / "environment.yaml").read_text())
    (nested,) = (entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert nested == requirements("requirements.txt")
    others = {entry.split("=")[0] for entry in environment["dependencies"] if isinstance(entry, str)}
    assert others == {"python", "pip"}  # whatever else conda named would be a second list


def test_containers_install_the_pins_and_no_package_besides():
    for recipe in RECIPES:
        installs = re.findall(r"pip install ([^&\n]*)", (ENVS / recipe).read_text())
        assert any("requirements-dev.txt" in line for line in installs), recipe
        for line in installs:
            words = [word for word in line.split() if not word.startswith("--")]
            assert [word for word in words if "requirements" not in word and word != "."] == [], recipe


def test_all_environments_take_a_python_that_the_package_allows():
    allowed = SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"])
    found = {
        "environment.yaml": re.search(r"python=([\d.]+)", (ENVS / "environment.yaml").read_text()).group(1),
        **{name: re.search(r"python:([\d.]+)-", (ENVS / name).read_text()).group(1) for name in RECIPES},
    }
    assert len(set(found.values())) == 1, found
    assert all(version in allowed for version in found.values())


def test_every_dependency_of_the_package_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    names = {canonicalize_name(Requirement(line).name) for line in wanted}
    for_jobs, besides = pins("requirements.txt").keys(), pins("requirements-dev.txt").keys()
    assert names - for_jobs - besides == set()
    # The command is run by no job, and a change of its package reruns none.
    assert names - for_jobs == {"click"}


def test_what_profiles_and_storage_need_adds_to_both_and_repeats_nothing():
    others = pins("requirements.txt").keys() | pins("requirements-dev.txt").keys()
    for name in ("requirements-cluster.txt", "requirements-storage.txt"):
        assert others & pins(name).keys() == set()


def test_the_plugin_that_the_slurm_profile_needs_is_pinned():
    assert "executor: slurm\n" in (ROOT / "profiles" / "slurm" / "profile.yaml").read_text()
    assert "snakemake-executor-plugin-slurm" in pins("requirements-dev.txt")
    named = {file.parent.name for file in ROOT.glob("profiles/*/profile.yaml") if "cluster-generic" in file.read_text()}
    assert named == {"sge", "lsf", "htcondor", "cluster-generic"}
    assert "snakemake-executor-plugin-cluster-generic" in pins("requirements-cluster.txt")
