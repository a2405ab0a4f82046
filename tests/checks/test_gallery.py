"""`make gallery`: small pictures drawn from the committed tables, and the table of claims, for the README."""

from __future__ import annotations

import shutil
import sys

import pandas as pd
import pytest
from PIL import Image
from workflow_copies import copy_repository, run

from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.common.tables import write_table
from fisher_spectra.jobs.figure_provenance import read_record

NAME = "pennington_slopes"  # the figure that is drawn fastest
README = f"""# A repository
![An experiment](docs/gallery/{NAME}.png)
<!-- claims: begin -->
old
<!-- claims: end -->
The end.
"""
TABLE = """| paper | claims | hold | errata | fail |
|---|---:|---:|---:|---:|
| First 2019 | 5 | 1 | 3 | 1 |
| Second 2018 | 1 | 1 | 0 | 0 |

A sentence that several claims refute is one erratum. So there are
2 errata: 1 changes a conclusion, 0 change a number, 1 is a slip of notation."""
VERDICTS = {  # the first two refute one sentence
    "theorem5_value": ("First 2019", "erratum"),
    "theorem5_bound": ("First 2019", "erratum"),
    "theorem4_proof": ("First 2019", "erratum"),
    "pw_moments": ("Second 2018", "holds"),
    "theorem1_value": ("First 2019", "holds"),
    "theorem3_value": ("First 2019", "fails"),
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gallery") / "repository"
    copy_repository(folder)
    claims = [{"claim": name, "paper": paper, "verdict": verdict} for name, (paper, verdict) in VERDICTS.items()]
    write_table(pd.DataFrame(claims), folder / "references" / "laptop" / "claims.csv")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def readme(repository):
    file = repository / "README.md"
    file.write_text(README)
    return file


def gallery(repository, *arguments):
    command = [sys.executable, "scripts/tools/make_gallery.py", *arguments]
    answer = run(command, repository, PYTHONPATH=str(repository / "src"))
    assert "Traceback" not in answer.stderr
    return answer


def provenance(repository, picture):
    command = [sys.executable, "-m", "fisher_spectra.provenance", picture]
    return run(command, repository, PYTHONPATH=str(repository / "src"))


def the_error(answer):
    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1)
    assert answer.stderr.startswith("error: ")
    return answer.stderr.removeprefix("error: ")


def test_pictures_are_drawn_from_the_committed_tables_of_their_scale_the_same_bytes_each_time(repository, readme):
    readme.write_text(README.replace("The end.", f"![At paper scale](docs/gallery/paper/{NAME}.png)"))
    assert gallery(repository).returncode == 0
    pictures = {
        scale: repository / "docs" / "gallery" / folder / f"{NAME}.png"
        for scale, folder in (("laptop", ""), ("paper", "paper"))
    }
    before = {scale: picture.read_bytes() for scale, picture in pictures.items()}
    for scale, picture in pictures.items():
        record = read_record(picture)
        assert record["table"] == f"references/{scale}/{NAME}.csv"
        assert record["table_sha256"] == sha256_of_file(repository / record["table"])
        with Image.open(picture) as small:
            assert small.width == 1000
            assert len(small.convert("RGB").getcolors(2**24)) > 20  # something is drawn
        picture.unlink()
    assert gallery(repository).returncode == 0
    assert {scale: picture.read_bytes() for scale, picture in pictures.items()} == before


def test_a_picture_is_what_the_tree_gives_until_its_table_or_the_code_that_draws_it_changes(repository, readme):
    picture = f"docs/gallery/{NAME}.png"
    assert gallery(repository).returncode == 0
    answer = provenance(repository, picture)
    assert answer.returncode == 0, answer.stdout
    assert "The present tree gives this figure." in answer.stdout
    table = repository / "references" / "laptop" / f"{NAME}.csv"
    style = repository / "src" / "fisher_spectra" / "plotting" / "style.py"
    for file, change in ((table, "\n"), (style, "\nEDITED = True\n")):
        content = file.read_text()
        file.write_text(content + change)
        answer = provenance(repository, picture)
        assert answer.returncode == 1
        assert f"{file.relative_to(repository)} changed" in answer.stdout
        assert "`make gallery` brings it up to date" in answer.stdout
        file.write_text(content)
    assert provenance(repository, picture).returncode == 0


def test_the_table_of_claims_counts_the_committed_verdicts_of_each_paper(repository, readme):
    assert gallery(repository, "--claims-only").returncode == 0
    text = readme.read_text()
    assert text == README.replace("old", TABLE)
    assert gallery(repository, "--claims-only").returncode == 0
    assert readme.read_text() == text


def test_an_erratum_that_the_ledger_does_not_declare_is_not_counted_but_named(repository, readme):
    file = repository / "references" / "laptop" / "claims.csv"
    content = file.read_text()
    file.write_text(content.replace("pw_moments,Second 2018,holds", "pw_moments,Second 2018,erratum"))
    assert the_error(gallery(repository, "--claims-only")) == (
        "references/laptop/claims.csv: pw_moments: an erratum here, but none in the ledger\n"
    )
    file.write_text(content)


@pytest.mark.parametrize("comment", ["<!-- claims: begin -->", "<!-- claims: end -->"])
def test_a_readme_without_the_place_for_the_table_is_refused_and_left_as_it_is(repository, readme, comment):
    readme.write_text(README.replace(comment, ""))
    message = "README.md: must hold <!-- claims: begin --> and <!-- claims: end -->"
    assert the_error(gallery(repository)).startswith(message)
    assert readme.read_text() == README.replace(comment, "")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("another", "docs/gallery/another.png: there is no figure of this name"),
        ("karakida_depth", "references/laptop/karakida_depth.csv: no such table"),
    ],
)
def test_a_figure_or_a_table_that_does_not_exist_is_named_in_one_line(repository, readme, name, reason):
    (repository / "references" / "laptop" / "karakida_depth.csv").unlink(missing_ok=True)
    readme.write_text(README.replace(NAME, name))
    assert reason in the_error(gallery(repository))
