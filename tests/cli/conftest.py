"""A folder with a module and data of a reader's, in which the command is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from fisher_spectra.cli.main import cli

MODULE = """
import torch

torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
print("printed by the reader's file")


def make():
    return net


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.only = torch.nn.Linear(6, 3)

    def forward(self, x):
        return self.only(x)


class holder:
    inner = Net()


def broken():
    return 1 / 0


number = 3
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`my.py` with modules, and `mine.npz` with 12 samples of 6 values in 3 classes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.py").write_text(MODULE)
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "mine.npz", x=rng.standard_normal((12, 6)), y=np.arange(12) % 3)
    return tmp_path


Call = Callable[..., Result]


@pytest.fixture
def call(folder: Path) -> Call:
    """Call the command with the words of a line."""

    def answer(line: str) -> Result:
        found = CliRunner().invoke(cli, line.split(), prog_name="fisher-spectra")
        assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
        return found

    return answer


@pytest.fixture
def answer(call: Call) -> Callable[[str], dict[str, Any]]:
    """The JSON object that a line with --json prints."""

    def parsed(line: str) -> dict[str, Any]:
        found = call(f"{line} --json")
        assert found.exit_code == 0, found.stderr
        result: dict[str, Any] = json.loads(found.stdout)
        return result

    return parsed
