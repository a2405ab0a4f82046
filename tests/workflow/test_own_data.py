"""Data of the reader's own in the configuration: their paths, their names, their normalisation."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pytest
from workflow_copies import copy_repository, run

from fisher_spectra.common.errors import UserError
from fisher_spectra.common.strict_yaml import read_yaml
from fisher_spectra.datasets.preprocessing import SCHEMES
from fisher_spectra.datasets.registry import DATASETS
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.estimates.datasets import pixels_of

ROOT = Path(__file__).resolve().parents[2]
Load = Callable[..., dict[str, Any]]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """The configuration with these data sets in Figures 2 and 4, whose own files are there."""
    monkeypatch.chdir(tmp_path)

    def load_with(fig2: str, fig4: str = "digits") -> dict[str, Any]:
        for file in (fig2, fig4):
            if file not in DATASETS:
                Path(file).parent.mkdir(parents=True, exist_ok=True)
                with Path(file).open("wb") as stream:
                    np.savez(stream, x=np.zeros((5000, 4)), y=np.arange(5000) % 2)
        overrides = {"karakida": {"fig2_data": {"dataset": fig2}}, "hayase_karakida": {"fig4_left": {"dataset": fig4}}}
        return load_configuration(ROOT, {"scale": "smoke"} | overrides)

    return load_with


@pytest.mark.parametrize("path", ["mnist.npz", "Mine.NPZ", "my data's $x (1)/ü.npz"])
def test_a_path_of_one_s_own_data_may_have_blanks_quotes_and_capitals(load: Load, path: str) -> None:
    assert load(path)["karakida"]["fig2_data"]["dataset"] == path


@pytest.mark.parametrize(("path", "why"), [("my {data}/x.npz", "holds braces"), ("x\n.npz", "can be printed")])
def test_a_path_that_the_workflow_cannot_hand_on_is_refused_in_one_line(load: Load, path: str, why: str) -> None:
    with pytest.raises(UserError) as refused:
        load(path)
    said = str(refused.value)
    assert said.startswith(f"configuration: karakida.fig2_data.dataset = {path!r}: ")
    assert why in said
    assert said.isprintable()


def test_two_files_of_one_name_are_refused_since_tables_could_not_tell_them_apart(load: Load) -> None:
    load("one/mine.npz", "one/../one/mine.npz")
    load("one/mine.npz", "two/other.npz")
    with pytest.raises(UserError, match=r"has the name of another file, that of .*\.dataset, .*; rename one$"):
        load("one/mine.npz", "two/mine.npz")


def test_the_configuration_allows_every_scheme_that_there_is() -> None:
    schema = read_yaml(ROOT / "config" / "config.schema.yaml")
    assert tuple(schema["$defs"]["normalisation"]["enum"]) == SCHEMES


def test_a_file_of_one_s_own_is_not_estimated_by_the_data_set_whose_name_it_has() -> None:
    largest = (max(one.samples for one in DATASETS.values()), max(one.pixels for one in DATASETS.values()))
    assert pixels_of("folder/digits.npz") == largest
    assert pixels_of("digits") == (1797, 64)


@pytest.mark.parametrize("name", ["it's", 'a "b" $c ü'])
def test_a_clone_in_a_folder_with_quotes_and_blanks_runs_jobs(tmp_path: Path, name: str) -> None:
    copy_repository(tmp_path / name)
    done = run([sys.executable, "-m", "snakemake", "--cores", "1", "results/data/digits.npz"], tmp_path / name)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / name / "results" / "data" / "digits.npz").is_file()


def test_a_clone_in_a_folder_with_braces_is_refused_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "br{a}ce"
    copy_repository(folder)
    refused = run([sys.executable, "-m", "snakemake", "--cores", "1", "results/data/digits.npz"], folder)
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith(f"error: {folder}: Snakemake fills in what stands in braces")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("name", ["karakida_fig2", "karakida_figC2", "hayase_fig4", "hayase_fig5"])
@pytest.mark.parametrize(("dataset", "shown"), [("mnist", "mnist"), ("data/mnist.NPZ", "own data data/mnist.NPZ")])
def test_captions_call_data_of_one_s_own_by_that(name: str, dataset: str, shown: str) -> None:
    configuration = load_configuration(ROOT, {"scale": "laptop"})
    for section in (one for paper in ("karakida", "hayase_karakida") for one in configuration[paper].values()):
        if "dataset" in section:
            section |= {"dataset": dataset} | ({"normalisation": "none"} if "normalisation" in section else {})
    text = (ROOT / "report" / f"{name}.rst").read_text(encoding="utf-8")
    caption = " ".join(jinja2.Environment().from_string(text).render(snakemake={"config": configuration}).split())
    assert caption.count(dataset) == caption.count(shown) > 0
    assert "handwritten digits" not in caption
    assert "normalised by none" not in caption
    assert ("pixels as they are" in caption) == name.startswith("karakida")
