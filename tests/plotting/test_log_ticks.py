"""Labels of a logarithmic axis enclose what is drawn on it."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest

from fisher_spectra.plotting.log_ticks import label_heights


def labelled(low, high):
    """Limits and labelled values of an axis with data from `low` to `high`."""
    figure, axis = plt.subplots()
    axis.plot([1, 2], [low, high])
    axis.set_yscale("log")
    label_heights(axis)
    figure.canvas.draw()
    ticks = axis.yaxis.get_major_ticks() + axis.yaxis.get_minor_ticks()
    values = [tick.get_loc() for tick in ticks if tick.label1.get_text()]
    limits = axis.get_ylim()
    plt.close(figure)
    return limits, [value for value in values if limits[0] <= value <= limits[1]]


@pytest.mark.parametrize(
    ("low", "high"), [(9.5e-4, 1.7e-3), (0.4, 0.66), (230.0, 3400.0), (0.03, 5.0), (1.0, 1.2), (0.022, 0.15)]
)
def test_data_of_less_than_three_decades_lie_between_the_first_and_the_last_label(low, high):
    limits, values = labelled(low, high)
    assert 3 <= len(values) <= 7
    assert limits[0] <= min(values) <= low
    assert high <= max(values) <= limits[1]


def test_several_decades_are_labelled_by_powers_of_ten():
    _, values = labelled(1.5, 3e4)
    assert values == pytest.approx([1, 10, 100, 1000, 10000])
