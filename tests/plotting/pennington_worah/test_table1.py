"""The picture of Table 1 shows every computed constant above the printed one."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import CONSTANTS, pennington_table1

from fisher_spectra.plotting.pennington_worah.table1 import plot


def cells(figure):
    """{(column, row): texts from above} of what stands in the table below its head."""
    found = {}
    for text in sorted(figure.axes[0].texts, key=lambda text: text.get_position()[1]):
        x, y = text.get_position()
        if x >= 0 and y > -0.5:
            found.setdefault((round(x), round(y)), []).append(text.get_text())
    return found


def test_every_computed_value_stands_with_two_digits_more_above_the_printed_one_in_its_place():
    frame = pennington_table1()
    shown = cells(plot(frame))
    for height, (_, row) in enumerate(frame.iterrows()):
        for column, name in enumerate(CONSTANTS):
            expected = [f"{row[name]:.5f}"]
            if np.isfinite(row[f"printed_{name}"]):
                expected.append(f"{row[f'printed_{name}']:.3f}")
            assert shown.pop((column, height)) == expected
    assert shown == {}


def test_columns_are_headed_by_their_symbols_and_rows_by_the_nonlinearity():
    texts = plot(pennington_table1()).axes[0].texts
    heads = {round(text.get_position()[0]): text.get_text() for text in texts if text.get_position()[1] < -0.5}
    assert [heads[column] for column in range(9)] == [
        *(r"$\eta$", r"$\eta'$", r"$\zeta$"),
        *(f"$z_{k}$" for k in range(1, 7)),
    ]
    names = [text.get_text() for text in texts if text.get_position()[0] < -1]
    assert names == ["linear", r"$\mathrm{erf}_1$", r"$\mathrm{srelu}_0$", r"$f_{\mathrm{opt}}$", "swish"]


@pytest.mark.parametrize(("deviation", "colour"), [(0.49, "0.45"), (-0.5, "0.45"), (0.51, "red"), (-3.0, "red")])
def test_a_printed_value_that_is_not_the_rounded_one_is_red(deviation, colour):
    frame = pennington_table1(deviation)
    printed = f"{frame['printed_z3'].iloc[1]:.3f}"
    shown = [text for text in plot(frame).axes[0].texts if text.get_text() == printed]
    assert [text.get_color() for text in shown] == [colour]
    assert [text.get_fontweight() for text in shown] == ["bold" if colour == "red" else "normal"]
