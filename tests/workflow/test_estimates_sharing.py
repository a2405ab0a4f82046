"""How work is shared out over jobs: everything once, in order, in as few jobs as the time of one allows."""

from __future__ import annotations

import itertools

import pytest

from fisher_spectra.workflow.estimates.sharing import blocks, grid, runs, stacks


def together(chunks):
    return [item for first, stop in chunks for item in range(first, stop)]


@pytest.mark.parametrize("size", [1, 3, 10, 99, "auto"])
@pytest.mark.parametrize("number", [1, 7, 10])
def test_blocks_hold_every_item_once_and_in_order(number, size):
    assert together(blocks(number, size, 2.0, 7.0)) == list(range(number))


def test_a_number_is_the_size_of_a_chunk():
    assert blocks(10, 4, 1e9, 1.0) == [(0, 4), (4, 8), (8, 10)]
    assert runs([1e9] * 5, 2, 1.0) == [(0, 2), (2, 4), (4, 5)]


@pytest.mark.parametrize(
    ("number", "each", "target"), list(itertools.product([1, 7, 100], [0.01, 0.9, 2.5, 50.0], [1.0, 10.0]))
)
def test_no_block_takes_longer_than_the_target_unless_an_item_does_and_none_is_needless(number, each, target):
    found = blocks(number, "auto", each, target)
    sizes = [stop - first for first, stop in found]
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) == 1 or max(sizes) * each <= target
    assert len(found) == 1 or (number / (len(found) - 1)) * each > min(target, each)


@pytest.mark.parametrize("target", [1.0, 5.0, 20.0, 1000.0])
@pytest.mark.parametrize("seconds", [[1.0, 2, 4, 8, 16, 32], [5.0] * 7, [30.0, 1, 1, 30, 1], [3.0]])
def test_runs_hold_every_item_and_stay_within_the_target_where_items_do(seconds, target):
    found = runs(seconds, "auto", target)
    assert together(found) == list(range(len(seconds)))
    assert all(stop - first == 1 or sum(seconds[first:stop]) <= target for first, stop in found)
    for (first, middle), (_, stop) in itertools.pairwise(found):
        assert sum(seconds[first:stop]) > target or middle == stop, "two neighbours would have fitted into one job"


def test_the_last_run_is_not_left_with_a_little():
    assert runs([1.0] * 9, "auto", 8.0) == [(0, 5), (5, 9)]


def test_a_grid_has_short_rows_together_and_a_long_one_cut_by_columns():
    found = grid([1.0, 2.0, 3.0, 40.0], "auto", 10, "auto", 10.0)
    assert found == [((0, 3), (0, 10)), *[((3, 4), (first, first + 2)) for first in range(0, 10, 2)]]
    assert grid([1.0, 2.0, 3.0], 2, 5, 3, 1.0) == [
        (rows, columns) for rows in ((0, 2), (2, 3)) for columns in ((0, 3), (3, 5))
    ]


def test_stacks_fill_jobs_across_their_borders_and_split_where_one_is_long():
    assert stacks([3, 2], "auto", [1.0, 1.0], 100.0) == [[(0, (0, 3)), (1, (0, 2))]]
    assert stacks([3, 2], "auto", [1.0, 10.0], 10.0) == [[(0, (0, 3))], [(1, (0, 1))], [(1, (1, 2))]]
    assert stacks([3, 2], 2, [1.0, 1.0], 100.0) == [[(0, (0, 2))], [(0, (2, 3))], [(1, (0, 2))]]
