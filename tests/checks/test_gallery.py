"""`make gallery`: small pictures of a run, and the table of claims, for the README."""

from __future__ import annotations

import shutil
import sys

import pandas as pd
import pytest
from PIL import Image
from small_repository import FIGURE, SmallRepository

from fisher_spectra.common.tables import write_table
from fisher_spectra.jobs.figure_provenance import read_record

README = """# A repository
![An experiment](docs/gallery/experiment.png)
<!-- claims: begin -->
old
<!-- claims: end -->
The end.
"""
TABLE = """| paper | claims | hold | errata | fail |
|---|---:|---:|---:|---:|
| First 2019 | 3 | 1 | 1 | 1 |
| Second 2018 | 1 | 1 | 0 | 0 |"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    tree = SmallRepository(tmp_path_factory.mktemp("gallery") / "repository")
    tree.add_tool("make_gallery")
    papers = ["First 2019", "First 2019", "Second 2018", "First 2019"]
    claims = pd.DataFrame({"paper": papers, "verdict": ["holds", "erratum", "holds", "fails"]})
    write_table(claims, tree.folder / "references" / "laptop" / "claims.csv")
    tree.compute()
    tree.draw()
    return tree


@pytest.fixture
def readme(repository):
    file = repository.folder / "README.md"
    file.write_text(README)
    return file


def gallery(repository, *arguments):
    answer = repository.run(sys.executable, "scripts/tools/make_gallery.py", "--scale", "smoke", *arguments)
    assert "Traceback" not in answer.stderr
    return answer


def test_the_pictures_that_the_readme_shows_are_made_small_and_keep_their_provenance(repository, readme):
    assert gallery(repository).returncode == 0
    picture = repository.folder / "docs" / "gallery" / "experiment.png"
    assert read_record(picture) == read_record(repository.folder / FIGURE)
    with Image.open(picture) as small, Image.open(repository.folder / FIGURE) as figure:
        assert small.width == 1000
        assert small.height == round(figure.height * 1000 / figure.width)
        # the same picture: mean colours agree to two of 256 steps
        one, other = (
            image.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)) for image in (small, figure)
        )
        assert max(abs(a - b) for a, b in zip(one, other, strict=True)) <= 2
    assert repository.provenance("docs/gallery/experiment.png").returncode == 0


def test_made_twice_a_picture_is_the_same_bytes(repository, readme):
    picture = repository.folder / "docs" / "gallery" / "experiment.png"
    contents = []
    for _ in range(2):
        assert gallery(repository).returncode == 0
        contents.append(picture.read_bytes())
    assert contents[0] == contents[1]


def test_pictures_of_paper_scale_lie_apart_and_come_from_a_run_of_it(repository, readme):
    readme.write_text(README.replace("docs/gallery/experiment.png", "docs/gallery/paper/experiment.png"))
    picture = repository.folder / "docs" / "gallery" / "paper" / "experiment.png"
    assert gallery(repository).returncode == 0
    assert not picture.exists()
    figure = repository.folder / FIGURE.replace("smoke", "paper")
    figure.parent.mkdir(parents=True)
    shutil.copy(repository.folder / FIGURE, figure)
    assert gallery(repository, "--scale", "paper").returncode == 0
    assert read_record(picture) == read_record(figure)


def test_the_table_of_claims_counts_the_committed_verdicts_of_each_paper(repository, readme):
    assert gallery(repository, "--claims-only").returncode == 0
    text = readme.read_text()
    assert text == README.replace("old", TABLE)
    assert gallery(repository, "--claims-only").returncode == 0
    assert readme.read_text() == text


@pytest.mark.parametrize("comment", ["<!-- claims: begin -->", "<!-- claims: end -->"])
def test_a_readme_without_the_place_for_the_table_is_refused_and_left_as_it_is(repository, readme, comment):
    readme.write_text(README.replace(comment, ""))
    answer = gallery(repository)
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: README.md: must hold <!-- claims: begin --> and <!-- claims: end -->")
    assert readme.read_text() == README.replace(comment, "")


def test_a_figure_that_is_not_made_yet_is_named_in_one_line(repository, readme):
    readme.write_text(README.replace("experiment.png", "another.png"))
    answer = gallery(repository)
    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1)
    assert "results/smoke/figures/another.png: cannot be read (No such file or directory)" in answer.stderr
