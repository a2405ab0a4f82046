"""docs/own_network.md: its commands print what it shows, and its Python runs."""

from __future__ import annotations

import math
import re
import shlex
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from click.testing import CliRunner

from fisher_spectra.cli.main import cli

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "own_network.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
MODULE = next(block for block in PYTHON if "net = " in block)
CONSOLE = re.findall(r"```console\n\$ (.*?)\n(.*?)```", TEXT, re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?")
# Numbers of another machine differ in the last digits. An improved theory may move its values by its own stated error;
# what it says in words has to be as shown.
ALLOWED = 0.1


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "my.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    plt.close("all")


def agree(one, other):
    """Whether two numbers do; far from 1, as the loss of a run that diverged, only to which side they are."""
    if max(one, other) > 1e3 or 0 < min(one, other) < 1e-2:
        return (one > 1) == (other > 1)
    return math.isclose(one, other, rel_tol=ALLOWED, abs_tol=1e-9)


@pytest.mark.parametrize(("command", "shown"), CONSOLE, ids=[command.split()[1] for command, _ in CONSOLE])
def test_a_command_prints_what_is_shown(folder, command, shown):
    program, *words = shlex.split(command)
    found = CliRunner().invoke(cli, words, prog_name=program)
    assert found.exit_code == 0, found.stderr
    printed = found.stdout.split()
    assert [NUMBER.sub("0", word) for word in printed] == [NUMBER.sub("0", word) for word in shown.split()], (
        found.stdout
    )
    numbers = [[float(number) for number in NUMBER.findall(text)] for text in (found.stdout, shown)]
    assert all(agree(*pair) for pair in zip(*numbers, strict=True)), found.stdout


@pytest.mark.parametrize("block", [block for block in PYTHON if block != MODULE], ids=lambda block: block[-40:-2])
def test_a_block_of_python_runs(folder, block, capsys):
    exec(compile(block, "docs/own_network.md", "exec"), {})
    assert capsys.readouterr().out


def test_the_document_has_each_command_that_computes():
    assert {command.split()[1] for command, _ in CONSOLE} == {"predict", "analyse", "train-check", "phase"}
