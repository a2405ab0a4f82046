"""Jobs run in an image with --software-deployment-method apptainer, and without one nothing pretends to."""

from __future__ import annotations

import os
import sys

import pytest
from workflow_copies import ROOT, run

from fisher_spectra.common.errors import UserError
from fisher_spectra.workflow.images import IMAGE, RECIPE, image_for


def only(*names):
    return lambda name: f"/usr/bin/{name}" if name in names else None


@pytest.mark.parametrize("program", ["apptainer", "singularity"])
def test_the_image_is_that_of_the_recipe_or_the_one_that_is_named(tmp_path, program):
    (tmp_path / "envs").mkdir()
    (tmp_path / IMAGE).touch()
    (tmp_path / "other.sif").touch()
    address = "docker://registry.example.org/fisher-spectra:1"
    assert image_for(tmp_path, {}, only(program)) == str(tmp_path / IMAGE)
    for named in (str(tmp_path / "other.sif"), address):
        assert image_for(tmp_path, {"FISHER_SPECTRA_IMAGE": named}, only(program)) == named


def test_without_an_image_the_command_that_builds_it_is_named(tmp_path):
    with pytest.raises(UserError, match=rf"no image .*{IMAGE}; apptainer build .*{IMAGE} .*{RECIPE}$"):
        image_for(tmp_path, {}, only("apptainer"))
    with pytest.raises(UserError, match=r"no image gone.sif; name another with FISHER_SPECTRA_IMAGE$"):
        image_for(tmp_path, {"FISHER_SPECTRA_IMAGE": "gone.sif"}, only("apptainer"))
    assert (ROOT / RECIPE).is_file()


def test_conda_inside_the_image_is_refused(tmp_path):
    with pytest.raises(UserError, match="not together with conda"):
        image_for(tmp_path, {}, only("apptainer"), conda=True)


def test_a_run_without_an_image_ends_in_one_line(untouched, tmp_path):
    (tmp_path / "apptainer").write_text("#!/bin/sh\n")
    (tmp_path / "apptainer").chmod(0o755)
    command = [sys.executable, "-m", "snakemake", "-n", "--software-deployment-method", "apptainer"]
    answer = run(command, untouched, PATH=f"{tmp_path}:{os.environ['PATH']}", FISHER_SPECTRA_IMAGE="gone.sif")
    assert answer.returncode == 1
    assert [line for line in answer.stderr.splitlines() if "profile" not in line] == [
        "error: --software-deployment-method apptainer: no image gone.sif; name another with FISHER_SPECTRA_IMAGE"
    ]


def test_the_image_s_python_is_the_one_with_the_packages():
    recipe = (ROOT / RECIPE).read_text()
    assert "/opt/venv/bin/pip install" in recipe
    assert "export PATH=/opt/venv/bin:$PATH" in recipe.partition("%environment")[2].partition("\n%")[0]
