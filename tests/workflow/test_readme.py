"""README, CONTRIBUTING and docs: every command works, every link leads somewhere, every shown output is the real one.

Each command is run in a copy of the repository in a cheap form: `CHEAP` says which. A command without one fails the
first test, so that none can be added without being run.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest
import yaml
from PIL import Image
from warm_python import warm_python
from workflow_copies import ROOT, copy_repository, environment, run

from fisher_spectra.common.strict_yaml import read_yaml
from fisher_spectra.jobs.figure_provenance import read_record
from fisher_spectra.workflow.configuration import check_configuration, load_configuration, merge

README = ROOT / "README.md"
# the copy has a finished run of one figure at smoke scale; anything that takes longer is planned, not run
FIGURE = "karakida_corollary2"
CHEAP = {
    "make figures": (f"make figures SCALE=smoke CORES=1 TARGET={FIGURE}", "Nothing to be done"),
    "make figures TARGET=karakida_fig1": ("make figures TARGET='karakida_fig1 --dry-run'", "karakida_fig1_figure"),
    "make figures SCALE=smoke CORES=2": (
        "make figures SCALE=smoke CORES=2 TARGET='all --dry-run'",
        "hayase_fig4_table",
    ),
    "make test": ("make test PYTEST=--version", "pytest"),
    "make status": ("make status SCALE=smoke", "No run is under way."),
    "make report": ("make --dry-run report", "--report results/laptop/report.html"),
    "make help": ("make help", "make figures"),
    "snakemake": ("snakemake --dry-run", "pennington_fig1_table"),
    "snakemake karakida_fig1": ("snakemake karakida_fig1 --dry-run", "karakida_fig1_figure"),
    "snakemake --config scale=smoke": ("snakemake --config scale=smoke --dry-run", "karakida_fig1_figure"),
    "make plan SCALE=paper": ("make plan SCALE=smoke", "karakida_fig1"),
    "make paper": ("make paper TARGET='all --dry-run'", "fetch_dataset"),
    "make paper PROFILE=slurm": ("make --dry-run paper PROFILE=slurm", "--profile slurm"),
    "make check SCALE=smoke": ("make --dry-run check SCALE=smoke", "check_regeneration.py --scale smoke"),
    "make why TARGET=karakida_fig1": (f"make why SCALE=smoke TARGET={FIGURE}", "Nothing would rerun"),
    ".venv/bin/python -m fisher_spectra.provenance results/laptop/figures/karakida_fig1.png": (
        f"python -m fisher_spectra.provenance results/smoke/figures/{FIGURE}.png",
        "The present tree gives this figure.",
    ),
    "make crate": ("make crate SCALE=smoke", "results/smoke/crate.zip: "),
    "make validate-crate": ("make --dry-run validate-crate", "validate_crate.py results/laptop/crate.zip"),
    "fisher-spectra predict --widths 784,512,512,256,10 --activation gelu --sigma-w2 2": (
        "python -m fisher_spectra predict --widths 784,512,512,256,10 --activation gelu --sigma-w2 2 --networks 0",
        "finite size (outlier branch)",
    ),
    "fisher-spectra analyse my.py:net --data mine.npz --loss cross_entropy --plot out.png": (
        "python -m fisher_spectra analyse --help",
        "fisher-spectra analyse my.py:net --data mine.npz --loss cross_entropy --plot out.png",
    ),
    "make setup": ("make --dry-run --always-make setup", "pip install"),
    "make test-quick": ("make --dry-run test-quick", "quick_tests.py"),
    "make lint": ("make --dry-run lint", "mypy src"),
}


def blocks(file, language=""):
    """Contents of the fenced blocks of a language, without their indentation."""
    text = file.read_text(encoding="utf-8")
    found = re.findall(r"^ *```(\w*)\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(content) for own, content in found if own == language]


def commands():
    """Commands to be typed: lines of blocks without a language, without comments and without shown output."""
    lines = [
        line
        for name in ("README.md", "CONTRIBUTING.md")
        for block in blocks(ROOT / name)
        for line in block.splitlines()
    ]
    typed = [re.sub(r"\s+# .*$", "", line) for line in lines if not line.startswith(("$ ", "error: "))]
    return list(dict.fromkeys(typed))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of the repository with a finished run of one figure."""
    place = tmp_path_factory.mktemp("readme") / "repository"
    copy_repository(place)
    (place / "ready").touch()
    answer = type_in(place, f"make figures SCALE=smoke CORES=1 TARGET={FIGURE}", warm=False)
    assert answer.returncode == 0, answer.stderr[-3000:]
    return place


def type_in(place, command, warm=True):
    """Run a command as typed in the environment: `make` takes the present one for set up.

    If `warm`, the Python of `make` has imported Snakemake already; what is typed without `make` has one of its own.
    """
    bin_folder = Path(sys.executable).parent
    words = shlex.split(command)
    if words[0] == "make":
        words[1:1] = [f"BIN={Path(warm_python()).parent if warm else bin_folder}", f"READY={place / 'ready'}"]
    path = f"{bin_folder}:{environment()['PATH']}"
    return run(words, place, PATH=path, PYTHONPATH=str(place / "src"))


def test_every_command_has_a_cheap_form_that_is_run():
    assert set(commands()) == CHEAP.keys()
    assert len(commands()) > 10


@pytest.mark.parametrize("command", CHEAP)
def test_the_command_works(folder, command):
    typed, expected = CHEAP[command]
    answer = type_in(folder, typed)
    assert answer.returncode == 0, answer.stderr[-3000:]
    assert expected in answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_refused_command_answers_what_is_shown(folder):
    (block,) = (block for block in blocks(README) if block.startswith("$ "))
    command, shown = block.splitlines()
    answer = type_in(folder, command.removeprefix("$ "))
    errors = [line for line in (answer.stdout + answer.stderr).splitlines() if line.startswith("error: ")]
    assert answer.returncode != 0
    assert len(errors) == 1
    assert errors[0].startswith(shown.removesuffix("..."))


def test_the_settings_of_an_own_network_are_valid():
    (example,) = blocks(README, "yaml")
    configuration = merge(load_configuration(ROOT), yaml.safe_load(example))
    check_configuration(configuration, read_yaml(ROOT / "config" / "config.schema.yaml"))
    assert len(configuration["karakida"]["activations"]) == 4


DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@pytest.mark.parametrize("document", [str(path.relative_to(ROOT)) for path in DOCUMENTS])
def test_every_link_leads_to_a_file(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    broken = [link for link in links if not link.startswith("http") and not ((ROOT / document).parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("document", [str(path.relative_to(ROOT)) for path in DOCUMENTS])
def test_every_file_of_the_repository_that_is_named_exists(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    tracked = "scripts|src|rules|config|tests|docs|report|references|claims|profiles|envs"
    named = re.findall(rf"`((?:{tracked})/[\w./-]+\.\w+)`", text)
    examples = [name for name in named if re.search(r"mine\b|_mine\.", name)]  # of docs/adding_a_figure.md
    assert [name for name in named if name not in examples and not (ROOT / name).exists()] == []


def test_every_picture_of_the_gallery_is_small_and_carries_the_provenance_of_a_committed_table():
    pictures = re.findall(r"!\[[^\]]{20,}\]\((docs/gallery/\w+\.png)\)", README.read_text(encoding="utf-8"))
    papers = {Path(picture).name.partition("_")[0] for picture in pictures}
    assert papers == {"karakida", "pennington", "hayase"}
    for picture in pictures:
        assert (ROOT / picture).stat().st_size < 250_000
        with Image.open(ROOT / picture) as image:
            assert image.width == 1000
        assert read_record(ROOT / picture)["table"] == f"references/laptop/{Path(picture).stem}.csv"


def test_every_picture_is_what_the_present_tree_draws_from_the_committed_tables():
    """`make gallery` mends it, in half a minute and without a run."""
    pictures = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/gallery/**/*.png"))
    assert pictures == sorted(set(re.findall(r"\]\((docs/gallery/[\w/]+\.png)\)", README.read_text(encoding="utf-8"))))
    command = [sys.executable, "-m", "fisher_spectra.provenance", *pictures]
    answer = run(command, ROOT, PYTHONPATH=str(ROOT / "src"))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stdout.count("The present tree gives this figure.") == len(pictures) == 8


def test_the_table_of_claims_is_that_of_the_references(folder):
    before = (folder / "README.md").read_text(encoding="utf-8")
    answer = run(
        [sys.executable, "scripts/tools/make_gallery.py", "--claims-only"], folder, PYTHONPATH=str(folder / "src")
    )
    assert answer.returncode == 0, answer.stderr
    assert (folder / "README.md").read_text(encoding="utf-8") == before
    assert re.search(r"^\| Karakida, Akaho, Amari 2019 \| \d+ \| \d+ \| \d+ \| \d+ \|$", before, re.MULTILINE)


def test_the_citation_file_has_what_its_format_asks_for():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors", "license", "version"} <= citation.keys()
    assert citation["cff-version"] == "1.2.0"
    assert citation["license"] == "MIT"
    assert len(citation["references"]) == 3
    for reference in citation["references"]:
        assert {"type", "title", "authors", "year", "url"} <= reference.keys()
        assert all({"family-names", "given-names"} == author.keys() for author in reference["authors"])
    version = subprocess.run(
        [sys.executable, "-c", "import fisher_spectra; print(fisher_spectra.__version__)"],
        env=environment(PYTHONPATH=str(ROOT / "src")),
        capture_output=True,
        text=True,
        check=True,
    )
    assert citation["version"] == version.stdout.strip()


def test_the_rooms_of_the_architecture_document_are_those_of_the_library_in_the_order_of_its_contracts():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("## Rooms of the library")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE)
    named = [re.findall(r"`(\w+)`", row) for row in rows]
    library = ROOT / "src" / "fisher_spectra"
    assert sorted(room for row in named for room in row) == sorted(
        file.parent.name for file in library.glob("*/__init__.py")
    )
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["type"] == "layers")
    floors = {room: floor for floor, layer in enumerate(reversed(layers)) for room in layer.split(" | ")}
    order = [floor for row in named for floor in sorted({floors[room] for room in row})]
    assert order == sorted(order)
