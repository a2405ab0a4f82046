"""Scripts of the workflow, run as Python runs them: faults end in one line and exit status 1."""

from __future__ import annotations

import errno
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from workflow_copies import ROOT, environment

from fisher_spectra.common import atomic_files as atomic
from fisher_spectra.common.tables import read_table, write_table
from fisher_spectra.plotting.karakida.statistics import COLUMNS
from fisher_spectra.workflow.settings import arguments_of

TOOLS = ROOT / "scripts" / "tools"
# those with a command line; of the others these make use
OF_MAKE = sorted(str(path.relative_to(ROOT)) for path in TOOLS.glob("*.py") if "__main__" in path.read_text())
SCRIPTS = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("scripts/*/*.py") if path.parent != TOOLS)
# the others have options of their own
FROM_SETTINGS = [name for name in SCRIPTS if "run_job(" in (ROOT / name).read_text()]
SAMPLE = "scripts/karakida/sample_networks.py"
DRAW = "scripts/figures/draw_figure.py"
NETWORKS = {
    "experiment": "test",
    "activation": "tanh",
    "function": "tanh",
    "sigma_w2": 3,
    "sigma_b2": 0.64,
    "cells": [[2, 5, 4, 1]],
    "first": 0,
    "stop": 2,
}


@pytest.fixture
def script(monkeypatch, capsys):
    """Run a script in this process; gives its exit status and what it printed to standard error."""

    def run(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        try:
            runpy.run_path(str(ROOT / name), run_name="__main__")
            status = 0
        except SystemExit as stop:
            status = stop.code
        return status, capsys.readouterr().err

    return run


def networks(**changes):
    """The option that samples networks."""
    return "--settings", json.dumps({"scale": "smoke", "root_seed": 1, "job": NETWORKS | changes})


def statistics_of(table):
    """The option that draws a table as Figure 1."""
    return "--plot", "karakida.statistics", "--table", table


def one_line(answer):
    status, printed = answer
    assert status == 1
    assert printed.startswith("error: ")
    assert printed.count("\n") == 1
    return printed


@pytest.fixture
def statistics(tmp_path):
    """A table that the script of Figure 1 draws."""
    row = dict.fromkeys(COLUMNS, 1.0) | {"activation": "tanh"}
    rows = [
        row | {"statistic": name, "M": width} for name in ("mean", "second_moment", "maximum") for width in (10, 20)
    ]
    write_table(pd.DataFrame(rows), tmp_path / "karakida_fig1.csv")
    return tmp_path / "karakida_fig1.csv"


@pytest.mark.parametrize("name", SCRIPTS)
def test_missing_arguments_give_one_line_and_exit_status_1(script, name):
    line = one_line(script(name))
    assert line.startswith(f"error: {Path(name).name}: the following arguments are required: --output")


def test_only_drawing_and_fetching_have_options_of_their_own():
    assert set(SCRIPTS) - set(FROM_SETTINGS) == {DRAW, "scripts/data/fetch_dataset.py"}


@pytest.mark.parametrize("name", FROM_SETTINGS)
def test_a_bad_value_gives_one_line_that_names_the_option(script, name):
    assert "argument --memory-mb: invalid int value: 'x'" in one_line(script(name, "--memory-mb", "x"))


@pytest.mark.parametrize("name", FROM_SETTINGS)
def test_settings_that_are_missing_or_no_arguments_are_named_in_one_line(script, tmp_path, name):
    """Those that put tables together need none."""
    arguments = arguments_of(ROOT / name)
    fault = "nonsense: unknown. Allowed: " + (", ".join(arguments) or "none")
    fault = next((f"{setting}: missing" for setting, is_needed in arguments.items() if is_needed), fault)
    given = json.dumps({"job": {"nonsense": 1}})
    line = one_line(script(name, "--output", tmp_path / "t.csv", "--settings", given))
    assert line == f"error: --settings: {fault}\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [*SCRIPTS, *OF_MAKE])
def test_help_begins_with_what_the_script_does(script, monkeypatch, capsys, name):
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(ROOT / name), run_name="__main__")
    assert stop.value.code == 0
    documentation = (ROOT / name).read_text().split('"""')[1].strip()
    said = " ".join(capsys.readouterr().out.split())
    assert documentation.splitlines()[0] in said


def test_every_tool_is_called_by_make_or_told_of_by_it():
    makefile = (ROOT / "Makefile").read_text()
    assert [name for name in OF_MAKE if name not in makefile] == []


def test_an_unknown_activation_gives_one_line_at_the_shell(tmp_path):
    answer = subprocess.run(
        [sys.executable, SAMPLE, "--output", tmp_path / "t.csv", *networks(function="tahn")],
        cwd=ROOT,
        env=environment(PYTHONPATH="src"),
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith("error: ")
    assert answer.stderr.count("\n") == 1
    assert "tahn" in answer.stderr
    assert "tanh" in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_network_is_the_same_whatever_else_its_job_samples(script, tmp_path):
    def rows(first, stop, *widths):
        file = tmp_path / f"{first}-{stop}-{widths}.csv"
        given = networks(first=first, stop=stop, cells=[[2, width, 4, 1] for width in widths])
        assert script(SAMPLE, "--output", file, *given) == (0, "")
        return set(file.read_text().splitlines()[1:])

    together = rows(0, 3, 5, 7)
    assert len(together) == 6
    assert together == rows(0, 1, 5) | rows(1, 3, 5) | rows(0, 2, 7) | rows(2, 3, 7)


def test_a_missing_part_of_a_table_is_named(script, tmp_path):
    arguments = ["--output", tmp_path / "t.csv", "--parts", tmp_path / "gone.csv"]
    arguments += ["--settings", "{}"]
    line = one_line(script("scripts/karakida/tabulate_statistics.py", *arguments))
    assert line.startswith(f"error: {tmp_path}/gone.csv: no such table")


def test_a_figure_without_its_table_is_refused_with_the_command_that_makes_it(script, tmp_path):
    table = tmp_path / "karakida_fig1.csv"
    line = one_line(script(DRAW, "--output", tmp_path / "f.png", *statistics_of(table)))
    assert line.startswith(f"error: {table}: ")
    assert line.endswith("no such table; the workflow makes it, e.g. `make figures TARGET=karakida_fig1`\n")


def test_a_table_without_a_column_is_refused_with_its_name(script, statistics, tmp_path):
    write_table(read_table(statistics).drop(columns="theory"), statistics)
    line = one_line(script(DRAW, "--output", tmp_path / "f.png", *statistics_of(statistics)))
    assert f"{statistics}: column 'theory' is missing; found activation, M" in line


def full_disk(*arguments, **options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_gives_one_line_and_leaves_no_half_written_table(script, tmp_path, monkeypatch):
    monkeypatch.setattr(atomic.os, "fsync", full_disk)
    output = tmp_path / "results" / "t.csv"
    line = one_line(script(SAMPLE, "--output", output, *networks()))
    assert line == f"error: {output}: no space left on the disk; free some and run again\n"
    assert list(output.parent.iterdir()) == []


def test_a_full_disk_while_a_figure_is_drawn_leaves_no_half_drawn_figure(script, statistics, tmp_path, monkeypatch):
    monkeypatch.setattr(Figure, "savefig", full_disk)
    output = tmp_path / "figures" / "f.png"
    line = one_line(script(DRAW, "--output", output, *statistics_of(statistics)))
    assert line == f"error: {output}: no space left on the disk; free some and run again\n"
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_a_folder_that_cannot_be_written_is_named(script, tmp_path, monkeypatch, code):
    output = tmp_path / "results" / "t.csv"

    def refuse(path, *arguments, **options):
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    line = one_line(script(SAMPLE, "--output", output, *networks()))
    assert line == f"error: {output.parent}: no permission ({os.strerror(code)})\n"
