"""The script that draws any figure: a table in, PNG and PDF out."""

from __future__ import annotations

from importlib import import_module

import matplotlib.pyplot as plt
import pytest
from figure_tables import TABLES
from script_modules import script_module

from fisher_spectra.common.tables import write_table

PLOT = "karakida.corollary2"


@pytest.fixture
def draw():
    return script_module("figures/draw_figure").main


@pytest.fixture
def table(tmp_path):
    write_table(TABLES[PLOT](), tmp_path / "t.csv")
    yield tmp_path / "t.csv"
    plt.close("all")


def test_a_table_becomes_a_png_and_a_pdf_of_the_same_name(draw, table, tmp_path):
    draw(["--plot", PLOT, "--table", str(table), "--output", str(tmp_path / "out" / "f.png")])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["f.pdf", "f.png"]


def test_drawing_twice_gives_the_same_bytes(draw, table, tmp_path):
    for name in ("one", "two"):
        draw(["--plot", PLOT, "--table", str(table), "--output", str(tmp_path / f"{name}.png")])
    for suffix in ("png", "pdf"):
        assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()


def test_a_table_without_a_column_is_refused_before_anything_is_drawn(draw, table, tmp_path, capsys, monkeypatch):
    write_table(TABLES[PLOT]().drop(columns="bound"), table)
    monkeypatch.setattr(import_module("fisher_spectra.plotting.karakida.corollary2"), "plot", lambda frame: 1 / 0)
    with pytest.raises(SystemExit) as stop:
        draw(["--plot", PLOT, "--table", str(table), "--output", str(tmp_path / "f.png")])
    assert stop.value.code == 1
    assert capsys.readouterr().err.startswith(f"error: {table}: column 'bound' is missing; found activation, ")
    assert not (tmp_path / "f.png").exists()
