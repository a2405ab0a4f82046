"""Committed tables against each other: what two tables have from the same cells has to be the same in both."""

from __future__ import annotations

import pandas as pd
import pytest
from committed_tables import REFERENCES
from pandas.testing import assert_frame_equal


@pytest.mark.parametrize("scale", ["smoke", "laptop"])
def test_label_norms_have_the_one_epoch_cells_of_figure_4(scale):
    figure_4, both_norms = (pd.read_csv(REFERENCES / scale / f"hayase_{name}.csv") for name in ("fig4", "labels"))
    shared = [name for name in figure_4 if name != "dataset"]  # there the epochs are in its title
    one_epoch = figure_4.loc[figure_4["epochs"] == 1, shared].reset_index(drop=True)
    of_root = both_norms.loc[both_norms["label_norm"] == "root_width", shared].reset_index(drop=True)
    assert len(one_epoch) > 10
    assert_frame_equal(one_epoch, of_root, rtol=0, atol=0)
