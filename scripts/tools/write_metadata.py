"""Write codemeta.json and .zenodo.json from CITATION.cff, and hold the package's own metadata against it.

CITATION.cff is the one place for title, abstract, authors, version, date, licence, keywords, papers and the address of
the repository. With `--check` nothing is written, and the first difference ends in one line; `--tag` and `--repository`
say what a release is made of.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

import fisher_spectra
from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.common.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
CITATION = "CITATION.cff"
CODEMETA_CONTEXT = "https://w3id.org/codemeta/3.0"


def read_citation(root: Path = ROOT) -> dict[str, Any]:
    """CITATION.cff as plain values; dates as text."""
    citation: dict[str, Any] = yaml.safe_load((root / CITATION).read_text(encoding="utf-8"))
    return citation | {"date-released": str(citation["date-released"])}


def read_project(root: Path = ROOT) -> dict[str, Any]:
    """The table ``project`` of pyproject.toml."""
    project: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def names(people: Sequence[Mapping[str, str]]) -> list[str]:
    """Authors as they are listed: groups by their name, persons with the family name first."""
    return [one.get("name") or f"{one['family-names']}, {one['given-names']}" for one in people]


def _author(one: Mapping[str, str]) -> dict[str, str]:
    """An author as schema.org has it."""
    if "name" in one:
        return {"@type": "Organization", "name": one["name"]}
    return {"@type": "Person", "familyName": one["family-names"], "givenName": one["given-names"]}


def codemeta(citation: Mapping[str, Any], project: Mapping[str, Any]) -> dict[str, Any]:
    """The description by CodeMeta 3.0, a vocabulary on top of schema.org."""
    repository = citation.get("repository-code")
    return {
        "@context": CODEMETA_CONTEXT,
        "@type": "SoftwareSourceCode",
        "name": citation["title"],
        "description": " ".join(citation["abstract"].split()),
        "author": [_author(one) for one in citation["authors"]],
        "version": str(citation["version"]),
        "dateModified": citation["date-released"],
        "license": f"https://spdx.org/licenses/{citation['license']}",
        "keywords": citation["keywords"],
        "programmingLanguage": {"@type": "ComputerLanguage", "name": "Python", "version": project["requires-python"]},
        "operatingSystem": "Linux",
        "softwareRequirements": project["dependencies"],
        "readme": "README.md",
        **({"codeRepository": repository, "issueTracker": f"{repository}/issues"} if repository else {}),
        "referencePublication": [
            {
                "@type": "ScholarlyArticle",
                "name": reference["title"],
                "author": [_author(one) for one in reference["authors"]],
                "datePublished": str(reference["year"]),
                "url": reference["url"],
            }
            for reference in citation["references"]
        ],
    }


def zenodo(citation: Mapping[str, Any]) -> dict[str, Any]:
    """What Zenodo takes for a release of the repository, in place of what it would guess."""
    repository = citation.get("repository-code")
    related = [
        {"identifier": reference["url"], "relation": "references", "resource_type": "publication-conferencepaper"}
        for reference in citation["references"]
    ]
    if repository:
        related.append({"identifier": repository, "relation": "isSupplementTo", "resource_type": "software"})
    return {
        "upload_type": "software",
        "title": citation["title"],
        "description": " ".join(citation["abstract"].split()),
        "creators": [{"name": name} for name in names(citation["authors"])],
        "version": str(citation["version"]),
        "publication_date": citation["date-released"],
        "access_right": "open",
        "license": citation["license"],
        "keywords": citation["keywords"],
        "related_identifiers": related,
    }


def files(root: Path = ROOT) -> dict[str, str]:
    """Text of each file that is written, by its name."""
    citation = read_citation(root)
    contents = {"codemeta.json": codemeta(citation, read_project(root)), ".zenodo.json": zenodo(citation)}
    return {name: json.dumps(content, indent=2, ensure_ascii=False) + "\n" for name, content in contents.items()}


def check_package(root: Path = ROOT, version: str = fisher_spectra.__version__) -> None:
    """Refuse a package whose name, version, authors, licence, keywords or address are not those of CITATION.cff.

    Raises
    ------
    UserError
        For the first difference.
    """
    citation, project = read_citation(root), read_project(root)
    stated = {
        "name": (project["name"], citation["title"]),
        "version": (version, str(citation["version"])),
        "authors": ([one["name"] for one in project["authors"]], names(citation["authors"])),
        "license": (project["license"], citation["license"]),
        "keywords": (project["keywords"], citation["keywords"]),
        "urls.Repository": (project["urls"].get("Repository"), citation.get("repository-code")),
    }
    for key, (there, here) in stated.items():
        if there != here:
            raise UserError(f"pyproject.toml: {key} = {there!r}: must be {here!r}, as in {CITATION}")


def check_release(tag: str, repository: str, root: Path = ROOT) -> None:
    """Refuse a release whose tag is not the version, or whose address is not that of CITATION.cff.

    Raises
    ------
    UserError
        With what is to be changed.
    """
    citation = read_citation(root)
    if tag != f"v{citation['version']}":
        raise UserError(f"tag {tag!r}: must be 'v{citation['version']}', the version of {CITATION}")
    if citation.get("repository-code") != repository:
        there = citation.get("repository-code")
        raise UserError(f"{CITATION}: repository-code = {there!r}: must be {repository!r}, from where it is released")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something would be written")
    parser.add_argument("--tag", help="tag of a release, vVERSION")
    parser.add_argument("--repository", default="", help="address of the repository that makes the release")
    arguments = parser.parse_args(argv)
    try:
        check_package()
        if arguments.tag is not None:
            check_release(arguments.tag, arguments.repository)
        for name, text in files().items():
            file = ROOT / name
            if not arguments.check:
                write_text(file, text)
            elif not file.is_file() or file.read_text(encoding="utf-8") != text:
                raise UserError(f"{name}: not what {CITATION} says; `make metadata` writes it anew")
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
