"""As many cells at a time as memory holds: a batch that does not fit starts again in halves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from fisher_spectra.common.devices import free_cached_memory, is_out_of_memory
from fisher_spectra.common.errors import UserError

Cell = TypeVar("Cell")


def train_within_memory(
    waiting: Callable[[], Sequence[Cell]],
    size: int,
    train: Callable[[Sequence[Cell]], None],
    too_large: str,
    release: Callable[[Sequence[Cell]], None] | None = None,
) -> None:
    """Train all cells that are waiting, at first `size` at a time.

    Parameters
    ----------
    waiting
        The cells that are not done, in the order in which they are trained. Asked before each batch, so `train` has to
        see to it that the cells it has done no longer wait.
    size
        Cells of the first batch, at least 1. If memory runs out, it is halved.
    train
        Trains a batch from the start.
    too_large
        What to tell the user if a single cell does not fit, and what can be done: one line.
    release
        Frees what is held for a batch that did not fit.

    Raises
    ------
    UserError
        If memory does not suffice for a single cell.
    """
    while cells := waiting()[:size]:
        if _fits(train, cells):
            continue
        if len(cells) == 1:
            raise UserError(too_large)
        size = len(cells) // 2
        if release is not None:
            release(cells)
        free_cached_memory()


def _fits(train: Callable[[Sequence[Cell]], None], cells: Sequence[Cell]) -> bool:
    """Train a batch of cells; False if memory ran out.

    A function of its own, so that the tensors of a batch that did not fit are free when it has returned: the error
    holds them for as long as it is being handled.
    """
    try:
        train(cells)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        return False
    return True
