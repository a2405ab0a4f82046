"""`make crate`: an RO-Crate of a run that is complete, unpacks to a working folder, and describes what it holds.

The rules of the specification that are checked here are those a validator requires of the profile Workflow Run Crate.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile

import pytest
from rocrate.rocrate import ROCrate
from small_repository import FIGURE, ROOT, SmallRepository

CAPTION = '**A claim** of {{ snakemake.config["experiment"]["networks"] }} networks.\n'
RUN = "https://w3id.org/ro/wfrun"


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A small repository with a finished run, in git."""
    tree = SmallRepository(tmp_path_factory.mktemp("crate") / "repository")
    tree.add_tool("make_crate")
    for name in ("CITATION.cff", "LICENSE", "README.md", "Snakefile"):
        shutil.copy(ROOT / name, tree.folder)
    (tree.folder / "report").mkdir()
    (tree.folder / "report" / "experiment.rst").write_text(CAPTION)
    (tree.folder / ".gitignore").write_text("results/\n")
    tree.commit()
    tree.compute()
    tree.draw()
    return tree


@pytest.fixture(scope="module")
def archive(repository):
    answer = pack(repository)
    assert answer.returncode == 0, answer.stderr
    file = repository.folder / "results" / "smoke" / "crate.zip"
    with zipfile.ZipFile(file) as content:
        number = len(content.namelist()) - 1  # the description does not count itself
    assert answer.stdout == f"results/smoke/crate.zip: {number} files\n"
    return file


@pytest.fixture(scope="module")
def unpacked(archive, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(archive) as content:
        content.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def described(unpacked):
    """Entities of the description by their identifier."""
    description = json.loads((unpacked / "ro-crate-metadata.json").read_text())
    assert description["@context"] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in description["@graph"]}
    assert len(entities) == len(description["@graph"])
    return entities


def pack(repository, *arguments):
    answer = repository.run(sys.executable, "scripts/tools/make_crate.py", "--scale", "smoke", *arguments)
    assert "Traceback" not in answer.stderr
    return answer


def listed(value):
    """Identifiers that a property refers to."""
    values = value if isinstance(value, list) else [value]
    return {one["@id"] for one in values if isinstance(one, dict)}


def of_type(described, kind):
    """Identifiers of the entities of a type."""
    return {
        name
        for name, entity in described.items()
        if kind in ([entity["@type"]] if isinstance(entity["@type"], str) else entity["@type"])
    }


def test_every_file_is_described_and_every_description_is_of_a_file(unpacked, described):
    files = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert of_type(described, "File") == files - {"ro-crate-metadata.json"}
    assert listed(described["./"]["hasPart"]) == of_type(described, "File")
    assert all(
        described[name]["contentSize"] == str((unpacked / name).stat().st_size)
        for name in files & described.keys()
        if "contentSize" in described[name]
    )


def test_every_reference_inside_the_crate_leads_somewhere(described):
    for entity in described.values():
        for value in entity.values():
            for target in listed(value):
                assert target in described or target.startswith("https://"), target


def test_the_crate_has_name_date_licence_citations_and_commit(described, repository):
    root, descriptor = described["./"], described["ro-crate-metadata.json"]
    assert descriptor["@type"] == "CreativeWork"
    assert listed(descriptor["about"]) == {"./"}
    assert "https://w3id.org/ro/crate/1.1" in listed(descriptor["conformsTo"])
    assert root["name"] == "fisher-spectra: results at smoke scale"
    assert len(root["description"]) > 50
    assert root["datePublished"].endswith("+00:00")
    assert listed(root["license"]) == {"https://spdx.org/licenses/MIT"}
    assert len(listed(root["citation"])) == 3
    assert root["version"] == repository.run("git", "rev-parse", "HEAD").stdout.strip()


def test_the_crate_follows_the_profile_of_workflow_runs(described):
    root = described["./"]
    assert {f"{RUN}/process/0.5", f"{RUN}/workflow/0.5"} <= listed(root["conformsTo"])
    (main,) = listed(root["mainEntity"])
    workflow = described[main]
    assert set(workflow["@type"]) == {"File", "SoftwareSourceCode", "ComputationalWorkflow"}
    assert "snakemake" in described[workflow["programmingLanguage"]["@id"]]["@id"]
    runs = [
        action for action in of_type(described, "CreateAction") if listed(described[action]["instrument"]) == {main}
    ]
    assert runs == ["#run"]
    assert of_type(described, "CreateAction") == listed(root["mentions"])
    for name in listed(workflow["input"]) | listed(workflow["output"]):
        assert described[name]["@type"] == "FormalParameter"
        assert described[name]["additionalType"] == "File"
    examples = {target for entity in described.values() for target in listed(entity.get("exampleOfWork"))}
    assert examples == of_type(described, "FormalParameter")


def scripts_of(described, action):
    """The files of the application that an action ran."""
    return {file for application in listed(action["instrument"]) for file in listed(described[application]["hasPart"])}


def test_what_was_run_is_named_by_its_content_as_git_names_it(described, repository):
    applications = of_type(described, "SoftwareApplication")
    assert len(applications) == 2
    for name in applications:
        (script,) = listed(described[name]["hasPart"])
        (digest,) = repository.run("git", "hash-object", script).stdout.split()
        assert name == described[name]["url"] == f"https://archive.softwareheritage.org/swh:1:cnt:{digest}"


def test_each_result_is_made_by_its_script_from_what_it_was_made_of(described):
    table, figure = described["#table-experiment"], described["#figure-experiment"]
    cells = {f"results/smoke/cells/{name}.csv" for name in ("one", "two")}
    assert scripts_of(described, table) == {"scripts/test/tabulate.py"}
    assert listed(table["object"]) == cells
    assert listed(table["result"]) == listed(figure["object"]) == {"results/smoke/tables/experiment.csv"}
    assert scripts_of(described, figure) == {"scripts/figures/draw_figure.py"}
    assert listed(figure["result"]) == {FIGURE, FIGURE.replace("png", "pdf")}
    for action in of_type(described, "CreateAction"):
        assert described[action]["endTime"].endswith("+00:00")


def test_a_figure_is_described_by_its_caption_with_the_settings_filled_in(described):
    assert described[FIGURE]["description"] == "**A claim** of 8 networks."
    assert described[FIGURE]["encodingFormat"] == "image/png"


def test_the_configuration_of_the_run_is_in_the_crate(unpacked, described):
    (name,) = listed(described["#run"]["object"])
    configuration = json.loads((unpacked / name).read_text())
    assert configuration["scale"] == "smoke"
    assert configuration["experiment"]["networks"] == 8
    assert "numpy" in described["#run"]["description"]


def test_the_checksums_agree_with_the_files(unpacked):
    answer = subprocess.run(
        ["sha256sum", "--check", "--strict", "manifest-sha256.txt"],
        cwd=unpacked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout
    files = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    in_manifest = {line.split("  ", 1)[1] for line in (unpacked / "manifest-sha256.txt").read_text().splitlines()}
    assert in_manifest == files - {"ro-crate-metadata.json", "manifest-sha256.txt"}


def test_in_the_unpacked_folder_the_figure_is_what_the_tree_gives(unpacked, repository):
    answer = subprocess.run(
        [sys.executable, "-m", "fisher_spectra.provenance", FIGURE],
        cwd=unpacked,
        env={"PYTHONPATH": str(unpacked / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_library_for_crates_reads_it_back(archive):
    crate = ROCrate(archive)
    assert crate.mainEntity.id == "Snakefile"
    assert {action.id for action in crate.root_dataset["mentions"]} == {
        "#run",
        "#table-experiment",
        "#figure-experiment",
    }


def test_nothing_but_the_archive_is_left_behind(archive):
    assert sorted(path.name for path in archive.parent.iterdir()) == ["cells", "crate.zip", "figures", "tables"]


@pytest.fixture
def edited(repository):
    """Edit a script of the repository; it is put back after the test."""
    script = repository.folder / "scripts" / "test" / "sample.py"
    before = script.read_text()

    def edit(old, new):
        assert old in before
        script.write_text(before.replace(old, new))

    yield edit
    script.write_text(before)


def test_a_run_that_is_not_what_the_code_beside_it_gives_is_not_packed(repository, edited):
    edited("[1.0, 2.0]", "[1.0, 3.0]")
    answer = pack(repository, "--output", "other.zip")
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"error: {FIGURE}: not what the present tree gives (code that computed it")
    assert "scripts/test/sample.py changed since it made results/smoke/cells/one.csv and 1 more" in answer.stderr
    assert answer.stderr.endswith("run `make figures SCALE=smoke` first\n")
    assert answer.stderr.count("\n") == 1
    assert not (repository.folder / "other.zip").exists()


@pytest.mark.parametrize("name", ["tables/experiment.csv", "cells/one.csv", "figures/experiment.pdf"])
def test_a_run_with_a_result_that_is_not_what_its_record_says_is_not_packed(repository, name):
    file = repository.folder / "results" / "smoke" / name
    whole = file.read_bytes()
    file.write_bytes(whole[:-3])
    answer = pack(repository, "--output", "other.zip")
    file.write_bytes(whole)
    assert answer.returncode == 1
    remedy = "`make figures SCALE=smoke` sets it aside and makes it again"
    assert answer.stderr == f"error: results/smoke/{name}: not what its record says; {remedy}\n"
    assert not (repository.folder / "other.zip").exists()


def test_a_run_is_packed_with_code_that_differs_in_comments_and_docstrings_alone(repository, edited, tmp_path):
    edited('"""A script."""', '"""A script, described better."""  # and commented')
    answer = pack(repository, "--output", str(tmp_path / "commented.zip"))
    assert answer.returncode == 0, answer.stderr


def test_without_results_and_at_an_unknown_scale_one_line_says_so(repository):
    answer = repository.run(sys.executable, "scripts/tools/make_crate.py")
    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1)
    assert answer.stderr.startswith("error: results/laptop/figures: holds no figure; `make figures SCALE=laptop`")
    answer = repository.run(sys.executable, "scripts/tools/make_crate.py", "--scale", "huge")
    assert answer.stderr == "error: SCALE = 'huge': must be one of smoke, laptop, paper\n"
