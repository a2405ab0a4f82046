"""The command line of the scripts that draw: a table in, PNG and PDF out."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from fisher_spectra.common.tables import write_table
from fisher_spectra.plotting.draw import draw


def plot(frame):
    figure, axis = plt.subplots()
    axis.plot(frame["x"], frame["y"])
    return figure


@pytest.fixture
def table(tmp_path):
    write_table(pd.DataFrame({"x": [1, 2], "y": [3.0, 4.0]}), tmp_path / "t.csv")
    yield tmp_path / "t.csv"
    plt.close("all")


def test_a_table_becomes_a_png_and_a_pdf_of_the_same_name(table, tmp_path):
    draw("A figure.", plot, ("x", "y"), ["--table", str(table), "--output", str(tmp_path / "out" / "f.png")])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["f.pdf", "f.png"]


def test_drawing_twice_gives_the_same_bytes(table, tmp_path):
    for name in ("one", "two"):
        draw("A figure.", plot, ("x",), ["--table", str(table), "--output", str(tmp_path / f"{name}.png")])
    for suffix in ("png", "pdf"):
        assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()


def test_a_table_without_a_column_is_refused_before_anything_is_drawn(table, tmp_path, capsys):
    def never(frame):
        raise AssertionError("drawn")

    with pytest.raises(SystemExit) as stop:
        draw("A figure.", never, ("x", "z"), ["--table", str(table), "--output", str(tmp_path / "f.png")])
    assert stop.value.code == 1
    assert capsys.readouterr().err == f"error: {table}: column 'z' is missing; found x, y\n"
    assert not (tmp_path / "f.png").exists()
