"""What the script that draws any figure relies on: `COLUMNS` and ``plot`` of every module that draws one."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from figure_tables import TABLES
from matplotlib.figure import Figure

from fisher_spectra.jobs.import_closure import import_closure

SOURCE = Path(__file__).resolve().parents[2] / "src"
PLOTTING = SOURCE / "fisher_spectra" / "plotting"
DRAWN = {
    ".".join(file.relative_to(PLOTTING).with_suffix("").parts): file
    for file in sorted(PLOTTING.rglob("*.py"))
    if re.search(r"^def plot\(", file.read_text(), re.MULTILINE)
}


@pytest.fixture(params=sorted(DRAWN))
def name(request):
    return request.param


@pytest.fixture
def module(name):
    return importlib.import_module(f"fisher_spectra.plotting.{name}")


def test_every_figure_has_a_table_to_be_tested_with():
    assert DRAWN.keys() == TABLES.keys()


def test_a_figure_is_drawn_from_the_columns_it_names_and_needs_every_one_of_them(name, module):
    table = TABLES[name]()
    assert isinstance(module.COLUMNS, tuple)
    assert isinstance(module.plot(table[list(module.COLUMNS)]), Figure)
    for column in module.COLUMNS:
        with pytest.raises(KeyError, match=re.escape(column)):
            module.plot(table.drop(columns=column))
        plt.close("all")  # matplotlib warns of more than twenty open figures


def test_drawing_leaves_the_table_as_it_is(name, module):
    table = TABLES[name]()
    module.plot(table)
    pd.testing.assert_frame_equal(table, TABLES[name]())


def test_an_edit_of_one_figure_reaches_no_other(name):
    reached = import_closure(DRAWN[name], (SOURCE,))
    assert [file for file in reached if file in DRAWN.values()] == [DRAWN[name]]
