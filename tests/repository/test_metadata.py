"""Whatever describes the software for archives, indexes and readers says the same, from one source."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import write_metadata
from write_metadata import check_package, check_release, codemeta, files, read_citation, read_project, zenodo

import fisher_spectra
from fisher_spectra.common.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "https://host.example/group/fisher-spectra"


@pytest.fixture
def tree(tmp_path):
    """A folder with the two files that are written by hand, and a way to edit them."""
    for name in ("CITATION.cff", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def edit(file, old, new):
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def test_the_files_for_archives_and_indexes_are_those_that_the_citation_gives():
    assert {name: (ROOT / name).read_text() for name in files()} == files()
    check_package()


def test_title_version_authors_licence_and_date_agree_everywhere():
    citation, project = read_citation(), read_project()
    described, deposited = (json.loads((ROOT / name).read_text()) for name in ("codemeta.json", ".zenodo.json"))
    assert {citation["title"], described["name"], deposited["title"], project["name"]} == {"fisher-spectra"}
    versions = {str(citation["version"]), described["version"], deposited["version"], fisher_spectra.__version__}
    assert len(versions) == 1
    authors = [one["name"] for one in project["authors"]]
    assert [one["name"] for one in described["author"]] == [one["name"] for one in deposited["creators"]] == authors
    assert {citation["license"], deposited["license"], project["license"]} == {"MIT"}
    assert described["license"].endswith("/MIT")
    assert re.match("MIT License", (ROOT / "LICENSE").read_text())
    assert described["dateModified"] == deposited["publication_date"] == citation["date-released"]
    assert len(described["referencePublication"]) == len(deposited["related_identifiers"]) == 3


@pytest.mark.parametrize(
    ("file", "old", "new", "key"),
    [
        ("pyproject.toml", 'license = "MIT"', 'license = "BSD-3-Clause"', "license"),
        ("pyproject.toml", "The fisher-spectra developers", "Somebody else", "authors"),
        ("CITATION.cff", "version: 0", "version: 1", "version"),
        ("CITATION.cff", "title: fisher-spectra", "title: spectra", "name"),
        ("CITATION.cff", "  - reproducibility\n", "", "keywords"),
        ("CITATION.cff", "# repository-code: https://...", f"repository-code: {ADDRESS}", "urls.Repository"),
    ],
)
def test_a_package_that_says_something_else_is_refused_by_the_name_of_what_differs(tree, file, old, new, key):
    check_package(tree)
    edit(tree / file, old, new)
    with pytest.raises(UserError, match=rf"^pyproject.toml: {key} = .*: must be .*, as in CITATION.cff$"):
        check_package(tree)


def test_the_address_of_the_repository_reaches_every_file_from_the_citation(tree):
    edit(tree / "CITATION.cff", "# repository-code: https://...", f"repository-code: {ADDRESS}")
    edit(tree / "pyproject.toml", "[project.urls]\n", f'[project.urls]\nRepository = "{ADDRESS}"\n')
    check_package(tree)
    described = codemeta(read_citation(tree), read_project(tree))
    assert described["codeRepository"] == ADDRESS
    assert ADDRESS in {one["identifier"] for one in zenodo(read_citation(tree))["related_identifiers"]}
    check_release(f"v{fisher_spectra.__version__}", ADDRESS, tree)


def test_a_release_by_another_tag_or_from_an_address_that_is_not_stated_is_refused_in_one_line(capsys):
    tag = f"v{fisher_spectra.__version__}"
    assert write_metadata.main(["--check", "--tag", "v99", "--repository", ADDRESS]) == 1
    assert capsys.readouterr().err == f"error: tag 'v99': must be {tag!r}, the version of CITATION.cff\n"
    assert write_metadata.main(["--check", "--tag", tag, "--repository", ADDRESS]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: CITATION.cff: repository-code = ")
    assert said.count("\n") == 1


def test_persons_are_authors_too():
    person = {"family-names": "Noether", "given-names": "Emmy"}
    citation = read_citation() | {"authors": [person]}
    assert codemeta(citation, read_project())["author"] == [
        {"@type": "Person", "familyName": "Noether", "givenName": "Emmy"}
    ]
    assert zenodo(citation)["creators"] == [{"name": "Noether, Emmy"}]
