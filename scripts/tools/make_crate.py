"""Pack a finished run into an RO-Crate: one archive with results, settings, code and what led from one to the other.

The archive follows the profile Workflow Run Crate (https://w3id.org/ro/wfrun/workflow/0.5): it unpacks to a folder in
which the workflow runs, with the results in their place, and `ro-crate-metadata.json` describes every file. A run is
only packed if the code, settings and environment beside it are those that made it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import mimetypes
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate
from run_options import add_run_options, settings_of_run

from fisher_spectra.checks.captions import filled_caption
from fisher_spectra.common.atomic_files import atomic_path
from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs.exact import BASELINE, folder_of, options_of
from fisher_spectra.jobs.figure_provenance import read_record
from fisher_spectra.jobs.provenance import git_commit, versions
from fisher_spectra.jobs.records import field_of
from fisher_spectra.workflow.configuration import SCALES, load_configuration
from fisher_spectra.workflow.present import findings_of_figure
from fisher_spectra.workflow.verification import refuse_faults

ROOT = Path(__file__).resolve().parents[2]
CODE_FILES = (
    *("Makefile", "Snakefile", "config.yaml", "pyproject.toml"),
    *("README.md", "LICENSE", "CITATION.cff", "codemeta.json"),
)
CODE_FOLDERS = ("claims", "config", "envs", "profiles", "references", "report", "rules", "scripts", "src", "workflow")
PROFILES = (
    ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    ("https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"),
)
WORKFLOW_PROFILE = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
PARAMETER_PROFILE = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"


def date_of(seconds: float) -> datetime:
    """Moment, in whole seconds of universal time, of a time stamp."""
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)


def swhid(file: Path) -> str:
    """Address of a file by its content, as the archive of Software Heritage makes it (it may not hold the file yet)."""
    content = file.read_bytes()
    digest = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    return f"https://archive.softwareheritage.org/swh:1:cnt:{digest.hexdigest()}"


def author_properties(author: Mapping[str, str], address: str | None) -> dict[str, str]:
    """An author of the citation as an entity: a group has the repository for its address, if that has one."""
    if "name" in author:
        return {"@type": "Organization", "name": author["name"], **({"url": address} if address else {})}
    return {"@type": "Person", "name": f"{author['given-names']} {author['family-names']}"}


def _single(values: Sequence[Any]) -> Any:
    """The value itself where there is one only, as the specification recommends."""
    return values[0] if len(values) == 1 else list(values) or None


def results_of(configuration: Mapping[str, Any]) -> Path:
    """Folder of the results of a run."""
    return Path("results") / folder_of(configuration["scale"], configuration.get("exact", False))


class Packing:
    """The crate of one scale while it is put together."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self.results = results_of(configuration)
        self.configuration = configuration
        self.crate = ROCrate(version="1.1")
        self.commit = git_commit(ROOT) or "unknown"
        self.files: dict[str, Any] = {}  # entities by path in the crate
        self.applications: dict[str, Any] = {}  # scripts as what is run, by path in the crate

    def entity(self, identifier: str, **properties: Any) -> Any:
        """A described thing that is no file."""
        return self.crate.add(ContextEntity(self.crate, identifier, properties={"@type": "Thing"} | properties))

    def file(self, source: Path, place: str, kind: str | None = None, **properties: Any) -> Any:
        """Put a file into the crate."""
        described = {
            "name": source.name,
            "encodingFormat": mimetypes.guess_type(place)[0] or "text/plain",
            "contentSize": str(source.stat().st_size),
            **({"@type": ["File", kind]} if kind else {}),
            **properties,
        }
        self.files[place] = self.crate.add_file(source, place, properties=described)
        return self.files[place]

    def application(self, place: str) -> Any:
        """A script as the software that is run, whose address names its content; one for each script."""
        if place not in self.applications:
            script = self.files[place]
            address = swhid(Path(script.source))
            self.applications[place] = self.entity(
                address,
                **{"@type": "SoftwareApplication", "name": place, "url": address, "version": self.commit},
                hasPart=script,
            )
        return self.applications[place]

    def action(self, identifier: str, name: str, script: Any, made_from: Sequence[Any], made: Sequence[Any]) -> Any:
        """What turned some files into others, mentioned by the crate as a whole."""
        newest = max(Path(entity.source).stat().st_mtime for entity in made)
        properties = {
            "name": name,
            "description": f"{name}, with {script['name']}",
            "actionStatus": "http://schema.org/CompletedActionStatus",
            "endTime": date_of(newest).isoformat(),
            "agent": self.crate.root_dataset["author"],
        }
        action = self.crate.add_action(
            script, identifier=identifier, object=_single(made_from), result=_single(made), properties=properties
        )
        self.crate.root_dataset.append_to("mentions", action)
        return action

    def describe(self, date: datetime) -> None:
        """The crate as a whole: name, licence, profiles, papers."""
        root = self.crate.root_dataset
        citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
        scale = self.configuration["scale"]
        self.crate.name = f"{citation['title']}: results at {scale} scale"
        self.crate.description = " ".join(citation["abstract"].split())
        self.crate.datePublished = date
        licence = f"https://spdx.org/licenses/{citation['license']}"
        self.crate.license = self.entity(licence, **{"@type": "CreativeWork", "name": f"{citation['license']} licence"})
        root["conformsTo"] = [
            self.entity(address, **{"@type": "CreativeWork", "name": name, "version": version})
            for address, name, version in PROFILES
        ]
        root["author"] = _single(
            [
                self.entity(f"#author-{number}", **author_properties(author, citation.get("repository-code")))
                for number, author in enumerate(citation["authors"])
            ]
        )
        if len(citation["authors"]) == 1 and "name" in citation["authors"][0]:
            root["publisher"] = root["author"]
        root["citation"] = [
            self.entity(
                reference["url"],
                **{"@type": "ScholarlyArticle", "name": reference["title"], "datePublished": str(reference["year"])},
            )
            for reference in citation["references"]
        ]
        root["version"] = self.commit

    def add_code(self) -> Any:
        """The workflow and everything it runs; the workflow's entity."""
        workflow = self.crate.add_workflow(
            ROOT / "Snakefile", "Snakefile", main=True, lang="snakemake", lang_version=versions().get("snakemake")
        )
        workflow["name"] = "fisher-spectra"
        workflow["version"] = self.commit
        workflow["encodingFormat"] = "text/plain"
        workflow["license"] = self.crate.license
        workflow["url"] = swhid(ROOT / "Snakefile")
        workflow["conformsTo"] = {"@id": WORKFLOW_PROFILE}
        self.files["Snakefile"] = workflow
        folders = [path for name in CODE_FOLDERS for path in sorted((ROOT / name).rglob("*")) if path.is_file()]
        for path in [*(ROOT / name for name in CODE_FILES), *folders]:
            place = path.relative_to(ROOT).as_posix()
            if place in self.files or "__pycache__" in place or ".egg-info" in place or not path.is_file():
                continue
            self.file(path, place, name=place)
        self.files["README.md"]["about"] = self.crate.root_dataset
        return workflow

    def caption(self, name: str) -> str:
        """The caption of a figure, with the settings filled in."""
        return filled_caption(ROOT / "report" / f"{name}.rst", self.configuration)

    def add_results(self) -> list[Any]:
        """Tables with their sidecars, figures with their captions; each with the action that made it."""
        made = []
        parts = sorted(self.results.glob("cells/**/*.csv"))
        for part in [*parts, *(part.with_suffix(".json") for part in parts)]:
            self.file(part, part.as_posix(), name=part.relative_to(self.results).as_posix())
        tables = [*sorted((self.results / "tables").glob("*.csv")), *self.results.glob("claims.csv")]
        for table in tables:
            entity = self.file(table, table.as_posix(), exampleOfWork={"@id": "#tables"})
            beside = table.with_suffix(".json")
            note = f"Settings, versions, device, seeds, commit and run time of {table.name}"
            made += [entity, self.file(beside, beside.as_posix(), description=note, about=entity)]
            inputs = [self.files[name] for name in field_of(beside, "inputs") if name in self.files]
            self._made_by(field_of(beside, "code"), table, "table", inputs, [entity])
        for figure in sorted((self.results / "figures").glob("*.png")):
            record, pdf = read_record(figure), figure.with_suffix(".pdf")
            text, kind = self.caption(figure.stem), {"@id": "#figures"}
            entities = [
                self.file(file, file.as_posix(), description=text, exampleOfWork=kind) for file in (figure, pdf)
            ]
            table = record["table"]
            if table not in self.files:
                raise UserError(f"{figure}: drawn from {table}, which is not packed; `make figures` draws it again")
            self._made_by(record["code"], figure, "figure", [self.files[table]], entities)
            beside = figure.with_suffix(".json")
            note = f"Digests of {figure.name} and {pdf.name}, and what drew them"
            made += [*entities, self.file(beside, beside.as_posix(), description=note, about=entities[0])]
        others = [*self.results.glob("*.html"), *self.results.glob("pages/*"), *Path("results/data").glob("*.json")]
        made += [self.file(file, file.as_posix()) for file in sorted(others)]
        return made

    def _made_by(self, code: dict[str, str], result: Path, what: str, inputs: list[Any], outputs: list[Any]) -> None:
        place = next((file for file in code if file.startswith("scripts/") and file in self.files), None)
        if place is None:
            raise UserError(f"{result}: made by no script of this repository; `make figures` makes it again")
        name = result.stem
        self.action(f"#{what}-{name}", f"Making the {what} {name}", self.application(place), inputs, outputs)

    def add_run(self, workflow: Any, settings: Path, made: list[Any]) -> None:
        """The run as a whole: workflow and configuration in, results out."""
        parameters = (
            ("#configuration", "configuration", "input", False, "Every experiment with its values"),
            ("#tables", "tables", "output", True, "One tidy table for each figure"),
            ("#figures", "figures", "output", True, "PNG and PDF of each figure"),
        )
        directions: dict[str, list[Any]] = {"input": [], "output": []}
        for identifier, name, direction, several, description in parameters:
            parameter = self.entity(
                identifier,
                **{"@type": "FormalParameter", "name": name, "additionalType": "File", "multipleValues": several},
                valueRequired=True,
                description=description,
                conformsTo={"@id": PARAMETER_PROFILE},
            )
            directions[direction].append(parameter)
        for direction, entities in directions.items():
            workflow[direction] = _single(entities)
        used = self.file(
            settings,
            f"{self.results.as_posix()}/configuration.json",
            description="The configuration of the run, overlay of the scale included",
            exampleOfWork={"@id": "#configuration"},
        )
        results = [entity for entity in made if entity.get("exampleOfWork")]
        run = self.action("#run", f"The run at {self.configuration['scale']} scale", workflow, [used], results)
        mode = f"In the exact mode, with the instructions of {BASELINE}. " if self.configuration.get("exact") else ""
        run["description"] = f"{mode}Packages: {', '.join(f'{name} {version}' for name, version in versions().items())}"

    def manifest(self) -> str:
        """SHA-256 and path of every file, as `sha256sum --check` reads it."""
        lines = [(hashlib.sha256(Path(entity.source).read_bytes()), name) for name, entity in self.files.items()]
        return "".join(f"{digest.hexdigest()}  {name}\n" for digest, name in sorted(lines, key=lambda line: line[1]))


def refuse_other_results(results: Path) -> None:
    """Stop unless every result is what its record says, and every figure what the code and settings beside it give.

    Raises
    ------
    UserError
        For the first result that is not.
    """
    figures = sorted((results / "figures").glob("*.png"))
    if not figures:
        raise UserError(f"{results / 'figures'}: holds no figure; `make figures {options_of(results.name)}` makes them")
    refuse_faults(results)
    for figure in figures:
        for finding in findings_of_figure(figure):
            if finding.counts and not finding.matches:
                raise UserError(
                    f"{figure}: not what the present tree gives ({finding.what}: {finding.differences[0]});"
                    f" run `make figures {options_of(results.name)}` first"
                )


def pack(configuration: Mapping[str, Any], output: Path) -> int:
    """Write the archive of a run; the number of files in it."""
    packing = Packing(configuration)
    refuse_other_results(packing.results)
    newest = max(file.stat().st_mtime for name in ("tables", "figures") for file in (packing.results / name).iterdir())
    with atomic_path(output) as temporary:
        settings = temporary.with_suffix(".json")
        manifest = temporary.with_suffix(".txt")
        try:
            settings.write_text(json.dumps(packing.configuration, indent=2, sort_keys=True) + "\n", encoding="utf-8")
            packing.describe(date_of(newest))
            workflow = packing.add_code()
            packing.add_run(workflow, settings, packing.add_results())
            manifest.write_text(packing.manifest(), encoding="utf-8")
            packing.file(manifest, "manifest-sha256.txt", name="SHA-256 of every file")
            packing.crate.write_zip(temporary)
        finally:
            settings.unlink(missing_ok=True)
            manifest.unlink(missing_ok=True)
    return len(packing.files)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_run_options(parser)
    parser.add_argument("--output", type=Path, help="the archive (default: crate.zip beside the results)")
    arguments = parser.parse_args(argv)
    try:
        if arguments.scale not in SCALES:
            raise UserError(f"SCALE = {arguments.scale!r}: must be one of {', '.join(SCALES)}")
        configuration = load_configuration(ROOT, settings_of_run(arguments))
        output = arguments.output or results_of(configuration) / "crate.zip"
        number = pack(configuration, output)
    except (UserError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{output}: {number} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
