"""Figure 3 shows the counts of eigenvalues of Theta / M and of its block diagonal."""

from __future__ import annotations

import numpy as np
from figure_tables import hayase_fig3
from plotted_data import bars_of, labels_of, legend_looks, letters_of, look_of, panel, scales_of, steps_of

from fisher_spectra.plotting.hayase_karakida.fig3 import plot


def test_counts_of_both_matrices_are_bars_and_the_law_an_outline_beside_the_block_diagonal():
    frame = hayase_fig3()
    figure = plot(frame)
    full, block = panel(figure, "full"), panel(figure, "block")
    for axis, column in ((full, "count_full"), (block, "count_block")):
        bars = bars_of(axis)
        np.testing.assert_allclose(bars[:, [0, 2]], frame[["bin_low", column]])
        np.testing.assert_allclose(bars[:, 1], 0.1)
    for (heights, edges), column in zip(steps_of(block), ("count_width", "count_theory"), strict=True):
        np.testing.assert_array_equal(heights, frame[column])
        np.testing.assert_allclose(edges, 0.1 * np.arange(13))
    assert steps_of(full) == []


def test_bins_in_which_the_law_has_no_mass_are_gaps_of_the_outline():
    frame = hayase_fig3()
    frame.loc[3, "count_theory"] = 0
    (scattered, _), (limit, _) = steps_of(panel(plot(frame), "block"))
    assert np.flatnonzero(np.isnan(limit)).tolist() == [3]
    assert not np.isnan(scattered).any()


def test_both_panels_have_a_line_at_depth_over_inputs():
    for axis in plot(hayase_fig3()).axes:
        (line,) = axis.get_lines()
        assert list(line.get_xdata()) == [2.0, 2.0]


def test_counts_are_on_a_common_logarithmic_axis_that_reaches_below_1():
    frame = hayase_fig3().astype({"count_width": float})
    frame.loc[2, "count_width"] = 1e-40
    full, block = plot(frame).axes
    assert full.get_ylim()[1] == 2 * frame[["count_full", "count_block", "count_theory"]].to_numpy().max()
    assert scales_of(full) == scales_of(block) == ("linear", "log")
    assert full.get_ylim() == block.get_ylim()
    assert full.get_ylim()[0] < 1
    assert labels_of(full) == (r"eigenvalue $\lambda$", "number of eigenvalues")
    assert labels_of(block) == (r"eigenvalue $\lambda$", "")
    assert letters_of([full, block]) == ["(a)", "(b)"]


def test_the_legend_names_bars_law_and_line():
    figure = plot(hayase_fig3())
    axis = figure.axes[1]
    looks = legend_looks(figure)
    assert looks.pop("3 networks, $M$ = 100") == look_of(axis.patches[0])
    assert looks.pop("$L/N$") == look_of(axis.get_lines()[0])
    assert list(looks) == [r"law $\mu_L$ over $N$, atoms at $M$ = 100", r"its limit $M \to \infty$"]
    scattered, limit = axis.patches[-2:]
    assert [style for _, style in looks.values()] == ["-", ":"]
    assert [scattered.get_linestyle(), limit.get_linestyle()] == ["solid", ":"]
    assert {colour for colour, _ in looks.values()} == {look_of(scattered)[0]} == {look_of(limit)[0]}
