"""Scripts of the workflow, run as Python runs them: faults end in one line and exit status 1."""

from __future__ import annotations

import errno
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

SCRIPTS = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("scripts/*/*.py"))
NETWORKS = {
    "--experiment": "test",
    "--activation": "tanh",
    "--function": "tanh",
    "--sigma-w2": 3,
    "--sigma-b2": 0.64,
    "--depths": 2,
    "--widths": 5,
    "--samples": 4,
    "--outputs": 1,
    "--first": 0,
    "--stop": 2,
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


def flat(options):
    return [part for pair in options.items() for part in pair]


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


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_bad_value_gives_one_line_that_names_the_option(script, name):
    assert "argument --root-seed: invalid int value: 'x'" in one_line(script(name, "--root-seed", "x"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_begins_with_what_the_script_does(script, monkeypatch, capsys, name):
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(ROOT / name), run_name="__main__")
    assert stop.value.code == 0
    documentation = (ROOT / name).read_text().split('"""')[1].strip()
    assert documentation.splitlines()[0] in capsys.readouterr().out


def test_an_unknown_activation_gives_one_line_at_the_shell(tmp_path):
    answer = subprocess.run(
        [
            *(sys.executable, "scripts/karakida/sample_networks.py", "--output", tmp_path / "t.csv"),
            *map(str, flat(NETWORKS | {"--function": "tahn"})),
        ],
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
        options = flat(NETWORKS | {"--first": first, "--stop": stop})
        assert script("scripts/karakida/sample_networks.py", "--output", file, *options, "--widths", *widths) == (0, "")
        return set(file.read_text().splitlines()[1:])

    together = rows(0, 3, 5, 7)
    assert len(together) == 6
    assert together == rows(0, 1, 5) | rows(1, 3, 5) | rows(0, 2, 7) | rows(2, 3, 7)


def test_a_missing_part_of_a_table_is_named(script, tmp_path):
    arguments = ["--output", tmp_path / "t.csv", "--parts", tmp_path / "gone.csv"]
    line = one_line(script("scripts/karakida/tabulate_statistics.py", *arguments))
    assert line.startswith(f"error: {tmp_path}/gone.csv: no such table")


def test_a_figure_without_its_table_is_refused_with_the_command_that_makes_it(script, tmp_path):
    arguments = ["--output", tmp_path / "f.png", "--table", tmp_path / "karakida_fig1.csv"]
    line = one_line(script("scripts/karakida/plot_statistics.py", *arguments))
    assert line.endswith("no such table; the workflow makes it, e.g. `make figures TARGET=karakida_fig1`\n")


def test_a_table_without_a_column_is_refused_with_its_name(script, statistics, tmp_path):
    write_table(read_table(statistics).drop(columns="theory"), statistics)
    line = one_line(
        script("scripts/karakida/plot_statistics.py", "--output", tmp_path / "f.png", "--table", statistics)
    )
    assert f"{statistics}: column 'theory' is missing; found activation, M" in line


def full_disk(*arguments, **options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_gives_one_line_and_leaves_no_half_written_table(script, tmp_path, monkeypatch):
    monkeypatch.setattr(atomic.os, "fsync", full_disk)
    output = tmp_path / "results" / "t.csv"
    line = one_line(script("scripts/karakida/sample_networks.py", "--output", output, *flat(NETWORKS)))
    assert line == f"error: {output}: no space left on the disk; free some and run again\n"
    assert list(output.parent.iterdir()) == []


def test_a_full_disk_while_a_figure_is_drawn_leaves_no_half_drawn_figure(script, statistics, tmp_path, monkeypatch):
    monkeypatch.setattr(Figure, "savefig", full_disk)
    output = tmp_path / "figures" / "f.png"
    line = one_line(script("scripts/karakida/plot_statistics.py", "--output", output, "--table", statistics))
    assert line == f"error: {output}: no space left on the disk; free some and run again\n"
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_a_folder_that_cannot_be_written_is_named(script, tmp_path, monkeypatch, code):
    output = tmp_path / "results" / "t.csv"

    def refuse(path, *arguments, **options):
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    line = one_line(script("scripts/karakida/sample_networks.py", "--output", output, *flat(NETWORKS)))
    assert line == f"error: {output.parent}: no permission ({os.strerror(code)})\n"
