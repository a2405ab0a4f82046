"""README and docs: every block of code does what it says.

Python runs, page by page in one namespace, and prints what stands in its comments or in the block of text below it.
Commands with their output (`console`) print it. Other commands are taken apart: each target of make, each command and
option of fisher-spectra, each script and extra exists. YAML is a configuration that the schema allows.
"""

from __future__ import annotations

import contextlib
import io
import math
import re
import shlex
import tomllib

import click
import matplotlib.pyplot as plt
import pytest
import yaml
from click.testing import CliRunner
from document_blocks import DOCUMENTS, ROOT, blocks, inline_code

from fisher_spectra.cli.main import cli
from fisher_spectra.workflow.configuration import load_configuration

BLOCKS = [block for document in DOCUMENTS for block in blocks(document)]
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
# Numbers of another machine differ in the last digits. An improved theory may move its values by its own stated error;
# what is said in words has to be as shown.
ALLOWED = 0.1
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
VARIABLES = set(re.findall(r"^([A-Z]+) \?=", (ROOT / "Makefile").read_text(), re.M)) | {"PYTEST", "READY", "BIN"}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"].keys()
PLAIN = {"cd", "export", "source", "jq", "git", "pip", "python", "snakemake"}  # others' commands


def of(language):
    return [block for block in BLOCKS if block.language == language and not block.said("not run")]


def agree(one, other):
    """Whether two numbers do; far from 1, as the loss of a run that diverged, only to which side they are."""
    if max(one, other) > 1e3 or 0 < min(one, other) < 1e-2:
        return (one > 1) == (other > 1)
    return math.isclose(one, other, rel_tol=ALLOWED, abs_tol=1e-9)


def check_print(printed, shown):
    """That a text says what is shown, but for the last digits."""
    found, wanted = printed.split(), shown.split()
    assert [NUMBER.sub("0", word) for word in found] == [NUMBER.sub("0", word) for word in wanted], printed
    numbers = [[float(number) for number in NUMBER.findall(text)] for text in (printed, shown)]
    assert all(agree(*pair) for pair in zip(*numbers, strict=True)), printed


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder, from which blocks import and into which they write."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    plt.close("all")


def write_files(document, folder):
    for block in blocks(document):
        if name := block.said("file"):
            (folder / name).write_text(block.text)


def after(document, block):
    """The block of text that follows with nothing but empty lines between: what is printed. None if there is none."""
    lines = document.read_text(encoding="utf-8").splitlines()
    end = block.line + block.text.count("\n") + 1
    later = (one for one in blocks(document) if one.line > block.line)
    following = next(later, None)
    if following is None or following.language != "text" or any(lines[end : following.line - 1]):
        return None
    return following


WITH_PYTHON = [document for document in DOCUMENTS if any(block.language == "python" for block in blocks(document))]


@pytest.mark.parametrize("document", WITH_PYTHON, ids=lambda document: document.name)
def test_the_python_of_a_page_runs_and_prints_what_is_shown(document, folder):
    write_files(document, folder)
    names = {"__name__": document.stem}
    run = [block for block in blocks(document) if block.language == "python" and not block.comment.startswith("file:")]
    for block in run:
        assert not block.said("not run"), f"{block}: Python is run"
        exec(block.said("before"), names)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(compile("\n" * block.line + block.text, str(document), "exec"), names)
        said = re.findall(r"print\(.*# (.*)$", block.text, re.M)
        shown = after(document, block)
        if shown is not None:
            check_print(output.getvalue(), shown.text)
        for line in said:
            lines = output.getvalue().splitlines()
            assert line in lines, f"{block}: {line} is not among {lines}"


@pytest.mark.parametrize("block", of("console"), ids=str)
def test_a_command_prints_what_is_shown(block, folder):
    write_files(ROOT / block.document, folder)
    command, _, shown = block.text.removeprefix("$ ").partition("\n")
    program, *words = shlex.split(command)
    assert program == "fisher-spectra"
    found = CliRunner().invoke(cli, words, prog_name=program)
    assert found.exit_code == 0, found.stderr
    check_print(found.stdout, shown)


def commands(text):
    """Single commands of lines of shell: without comments and the files they write, and cut at pipes and `&&`."""
    lines = [
        re.sub(r"(^|\s)(#|>>) .*$", "", line) for line in text.splitlines() if not line.startswith(("$ ", "error: "))
    ]
    return [part.strip() for line in lines for part in re.split(r"&&|\|", line) if part.strip()]


def wrong(command):
    """What of a command does not exist, in words; nothing if all does."""
    program, *rest = shlex.split(command)
    if program == "make":
        options = [word.partition("=") for word in rest if "=" in word]
        unknown = [word for word in rest if "=" not in word and word not in TARGETS]
        return unknown + [name for name, _, _ in options if name not in VARIABLES]
    if program == "fisher-spectra":
        return unknown_to_the_command(rest)
    if program in (".venv/bin/python", "python") and rest[:1] == ["-m"]:
        module = rest[1]
        place = ROOT / "src" / module.replace(".", "/")
        return [] if module in ("venv", "pip") or place.with_suffix(".py").exists() or place.exists() else [module]
    if program == "python":
        return [] if (ROOT / rest[0]).exists() else [rest[0]]
    if program == "pip":
        named = re.findall(r"\[([\w,]+)\]", command)
        return [extra for group in named for extra in group.split(",") if extra not in EXTRAS]
    return [] if program in PLAIN or program.startswith(".jq") or "=" in program else [program]


def unknown_to_the_command(words):
    """Subcommands and options that `fisher-spectra` does not have."""
    if not words:
        return []
    name, *rest = words
    command = cli.get_command(click.Context(cli), name)
    if command is None:
        return [name]
    known = {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}
    return [word for word in rest if word.startswith("--") and word not in known | {"--help"}]


SHELL = [block for block in BLOCKS if block.language in ("", "sh") and not block.said("not run")]


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_every_command_target_and_option_that_is_shown_exists(block):
    assert [(command, wrong(command)) for command in commands(block.text) if wrong(command)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_target_and_command_that_the_text_names_exists(document):
    named = [text for text in inline_code(document) if re.match(r"(make|fisher-spectra) [a-z]", text)]
    found = [re.sub(r"[<\[].*|\.\.\.", "", text) for text in named]
    assert [(text, wrong(text)) for text in found if wrong(text)] == []


@pytest.mark.parametrize("block", of("yaml"), ids=str)
def test_settings_that_are_shown_are_valid(block):
    given = yaml.safe_load(block.text)
    configuration = load_configuration(ROOT, given)  # refuses what the schema does not allow
    assert all(name in configuration for name in given)


def test_no_block_escapes():
    assert {block.language for block in BLOCKS} == {"", "sh", "python", "console", "yaml", "text"}
    assert [
        str(block) for block in BLOCKS if block.comment.startswith("not run") and len(block.said("not run")) < 20
    ] == []


def test_the_tour_ends_in_a_critical_learning_rate_and_its_check():
    text = "".join(block.text for block in blocks(ROOT / "docs" / "tour.md"))
    assert re.search(r"^critical learning rate \d\.\d+$", text, re.M)
    assert "check_by_training" in text


def test_the_page_of_the_command_has_each_command_that_computes():
    shown = [block for block in of("console") if block.document == "docs/own_network.md"]
    assert {block.text.split()[2] for block in shown} == {"predict", "analyse", "train-check", "phase"}


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("make figurs TARGET=x", ["figurs"]),
        ("make figures SCALES=smoke", ["SCALES"]),
        ("fisher-spectra predikt --widths 1", ["predikt"]),
        ("fisher-spectra predict --width 1", ["--width"]),
        ("python scripts/tools/none.py", ["scripts/tools/none.py"]),
        ("pip install '.[trainings]'", ["trainings"]),
        ("rm -r results", ["rm"]),
    ],
)
def test_what_does_not_exist_is_named(command, missing):
    assert wrong(command) == missing


def test_a_print_that_differs_is_noticed():
    check_print("rate 0.51 of 3", "rate 0.50 of 3")
    with pytest.raises(AssertionError):
        check_print("rate 0.7 of 3", "rate 0.50 of 3")
    with pytest.raises(AssertionError):
        check_print("rates 0.50 of 3", "rate 0.50 of 3")


def test_comments_above_blocks_are_read():
    (block,) = blocks(ROOT / "docs" / "page.md", "Text\n<!-- not run: takes a day -->\n```sh\nmake paper\n```\n")
    assert (block.said("not run"), block.said("file"), block.line) == ("takes a day", "", 3)
    assert block.text == "make paper\n"
