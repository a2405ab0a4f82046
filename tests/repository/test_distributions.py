"""`make test-packaging`: wheel and source archive, tried where nothing else is; deployment; the workflows of CI."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import write_metadata

import fisher_spectra

ROOT = Path(__file__).resolve().parents[2]
TOOLS = os.environ.get("PACKAGING")
if TOOLS is None:
    pytest.skip("needs the environment of `make test-packaging`", allow_module_level=True)
VERSION = fisher_spectra.__version__
HOST, REPOSITORY = "github.com", "owner/fisher-spectra"


def run(*command, folder=ROOT, **changes):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | changes
    answer = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout[-3000:] + answer.stderr[-3000:]
    return answer.stdout


@pytest.fixture(scope="module")
def distributions():
    """The source archive, and the wheel that is built from it; they are left in dist/ for a release."""
    folder = ROOT / "dist"
    run(f"{TOOLS}/python", "-m", "build", "--outdir", folder)
    (archive,) = folder.glob(f"fisher_spectra-{VERSION}.tar.gz")
    (wheel,) = folder.glob(f"fisher_spectra-{VERSION}-*.whl")
    return archive, wheel


@pytest.fixture(scope="module")
def empty(distributions, tmp_path_factory):
    """Programs of an environment that has the wheel and what it requires, and nothing else."""
    place = tmp_path_factory.mktemp("empty") / "environment"
    run(sys.executable, "-m", "venv", place)
    run(place / "bin" / "python", "-m", "pip", "install", "--quiet", distributions[1])
    return place / "bin"


def test_the_wheel_has_the_library_with_its_licence_types_and_authors_and_nothing_else(distributions):
    with zipfile.ZipFile(distributions[1]) as wheel:
        names = wheel.namelist()
        metadata = wheel.read(f"fisher_spectra-{VERSION}.dist-info/METADATA").decode()
    assert {name.split("/")[0] for name in names} == {"fisher_spectra", f"fisher_spectra-{VERSION}.dist-info"}
    assert "fisher_spectra/py.typed" in names
    assert f"fisher_spectra-{VERSION}.dist-info/licenses/LICENSE" in names
    citation = write_metadata.read_citation()
    assert f"Author: {', '.join(write_metadata.names(citation['authors']))}\n" in metadata
    assert f"License-Expression: {citation['license']}\n" in metadata
    in_sources = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").glob("fisher_spectra/**/*.py")}
    assert in_sources <= set(names)


def test_the_source_archive_has_what_the_wheel_is_built_from(distributions):
    with tarfile.open(distributions[0]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "src/fisher_spectra/__init__.py"} <= names


def test_in_an_empty_environment_the_command_and_the_example_of_the_readme_work(empty, tmp_path):
    command = ["predict", "--widths", "30,20,10,5", "--activation", "tanh", "--sigma-w2", "2", "--networks", "2"]
    assert "critical learning rate" in run(empty / "fisher-spectra", *command, folder=tmp_path).lower()
    (example,) = re.findall(r"```python\n(import fisher_spectra.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    expected = re.findall(r"# ([\d. ]+)$", example, re.MULTILINE)
    assert run(empty / "python", "-c", example, folder=tmp_path).splitlines() == expected


def test_the_workflows_of_ci_are_what_their_schema_allows():
    files = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert {file.name for file in files} == {"ci.yml", "release.yml"}
    run(f"{TOOLS}/check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)


def test_snakedeploy_makes_a_workflow_whose_module_is_cloned_from_its_host(tmp_path):
    hosted = tmp_path / "hosted" / HOST / REPOSITORY
    run("git", "clone", "--quiet", ROOT, hosted)
    run("git", "-C", hosted, "tag", "v9.9.9")
    there = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{tmp_path}/hosted/{HOST}/.insteadOf",
        "GIT_CONFIG_VALUE_0": f"https://{HOST}/",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    address, mine = f"https://{HOST}/{REPOSITORY}", tmp_path / "mine"
    run(f"{TOOLS}/snakedeploy", "deploy-workflow", address, mine, "--tag", "v9.9.9", folder=tmp_path, **there)
    assert {"config.yaml", "README.md"} <= {file.name for file in (mine / "config").iterdir()}
    figure = ["karakida_corollary2_table", "--config", "scale=smoke"]
    planned = run(sys.executable, "-m", "snakemake", "-n", "--cores", "1", *figure, folder=mine, **there)
    assert "karakida_sample_few_networks" in planned
    assert (mine / ".snakemake" / "repositories" / HOST / REPOSITORY / "v9.9.9" / "Snakefile").is_file()
