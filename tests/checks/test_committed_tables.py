"""Committed tables against each other: what two tables have from the same cells has to be the same in both."""

from __future__ import annotations

import hashlib

import pandas as pd
import pytest
from committed_tables import REFERENCES
from pandas.testing import assert_frame_equal

from fisher_spectra.checks.exact_check import FOLDER, exact_text, read_cells, read_hashes
from fisher_spectra.checks.regeneration import compare_folders, read_tolerances, table_files
from fisher_spectra.checks.regeneration_page import report

# Columns in which the instructions of 2009 go beyond the tolerance: promise L2 is not kept there (docs/promises.md).
OVER: dict[str, set[str]] = {"smoke": set(), "laptop": set()}
EXACT = sorted(file.stem for file in (REFERENCES / FOLDER).glob("*.sha256"))


@pytest.mark.parametrize("scale", ["smoke", "laptop", "paper"])
def test_label_norms_have_the_one_epoch_cells_of_figure_4(scale):
    figure_4, both_norms = (pd.read_csv(REFERENCES / scale / f"hayase_{name}.csv") for name in ("fig4", "labels"))
    shared = [name for name in figure_4 if name != "dataset"]  # there the epochs are in its title
    one_epoch = figure_4.loc[figure_4["epochs"] == 1, shared].reset_index(drop=True)
    of_root = both_norms.loc[both_norms["label_norm"] == "root_width", shared].reset_index(drop=True)
    assert len(one_epoch) > 10
    assert_frame_equal(one_epoch, of_root, rtol=0, atol=0)


@pytest.mark.parametrize("scale", EXACT)
def test_the_instructions_of_2009_give_every_number_within_its_tolerance_but_in_columns_that_are_named(scale, tmp_path):
    """The tables of the exact mode are those of another processor, so promise L2 holds them to the references."""
    hashes, cells = (
        read(REFERENCES / FOLDER / f"{scale}{end}")
        for read, end in ((read_hashes, ".sha256"), (read_cells, ".cells.csv.gz"))
    )
    references = table_files(REFERENCES / scale)
    for name, digest in hashes.items():
        text = exact_text(references[name], cells.get(name, {}))
        assert hashlib.sha256(text.encode()).hexdigest() == digest, name
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    now = table_files(tmp_path)
    assert now.keys() == references.keys()
    lines = report(compare_folders(now, references, read_tolerances(REFERENCES)), 5)
    assert {line.partition(":")[0] for line in lines if " off" in line} == OVER[scale]
