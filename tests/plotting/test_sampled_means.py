"""Means over sampled networks are open marks, their bars as long to either side as the error says."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import to_hex
from plotted_data import error_bars, look_of, series_with_bars

from fisher_spectra.plotting.sampled_means import draw_means


def test_points_are_the_means_and_bars_reach_the_error_to_either_side():
    _, axis = plt.subplots()
    across, means, error = (pd.Series(values) for values in ([1.0, 3.0], [5.0, 7.0], [0.5, 0.25]))
    draw_means(axis, across, means, error, "s", "#123456", label="networks")
    ((points, bars),) = error_bars(axis)
    np.testing.assert_array_equal(points, [[1, 5], [3, 7]])
    np.testing.assert_allclose(bars, [0.5, 0.25])
    (series,) = series_with_bars(axis)
    assert look_of(series) == ("#123456", "bars")
    assert (series.lines[0].get_marker(), series.get_label()) == ("s", "networks")
    assert to_hex(series.lines[0].get_markerfacecolor()) == to_hex("white")
