"""How the cells of online training end: losses and accuracies, and the record that fills while they are trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from fisher_spectra.training.checkpoints import Checkpoint
from fisher_spectra.training.online.problem import OnlineProblem

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

Inspector = Callable[[int, Sequence[Tensor]], None]


@dataclass(frozen=True)
class OnlineOutcome:
    """How the cells ended; one entry for each learning rate.

    Cells that were given up have infinite losses and, as there is no network to ask, accuracies that are not a number.
    """

    learning_rates: FloatArray  # (R,)
    train_loss: FloatArray  # (R,): mean over the samples of ||f - y||^2 / (2 M)
    test_loss: FloatArray  # (R,)
    train_accuracy: FloatArray  # (R,): share of samples whose class has the largest f . y
    test_accuracy: FloatArray  # (R,)
    diverged: npt.NDArray[np.bool_]  # (R,)
    steps: IntArray  # (R,): steps done; less than all if the cell was given up


class OutcomeRecord:
    """The outcome of the cells while it is being filled; what the checkpoint knows is in it from the start.

    Attributes
    ----------
    done
        Whether a cell has ended, shape (R,).
    steps
        Steps that each cell has done when it ended, shape (R,).
    """

    def __init__(self, problem: OnlineProblem, inspect: Inspector | None, checkpoint: Checkpoint | None = None) -> None:
        count = len(problem.rates)
        self._problem, self._inspect, self._checkpoint = problem, inspect, checkpoint
        self._results = np.full((count, 4), [np.inf, np.inf, np.nan, np.nan])
        self.steps = np.zeros(count, dtype=np.int64)
        self._diverged = np.zeros(count, dtype=bool)
        self.done = np.zeros(count, dtype=bool)
        if checkpoint is not None:
            checkpoint.restore(**self._arrays())

    def _arrays(self) -> dict[str, npt.NDArray[Any]]:
        return {"results": self._results, "steps": self.steps, "diverged": self._diverged, "done": self.done}

    def _end(self, cell: int, steps: int) -> None:
        self.steps[cell], self.done[cell] = steps, True
        if self._checkpoint is not None:
            self._checkpoint.save(**self._arrays())

    def give_up(self, cell: int, steps: int) -> None:
        """Enter a cell that has diverged after so many steps."""
        self._diverged[cell] = True
        self._end(cell, steps)

    def finish(self, cell: int, weights: Sequence[Tensor]) -> None:
        """Evaluate a cell that has done all steps."""
        train, test = (self._problem.evaluate(weights, part) for part in (self._problem.train, self._problem.test))
        if np.isfinite(train[0]) and np.isfinite(test[0]):
            self._results[cell] = train[0], test[0], train[1], test[1]
            if self._inspect is not None:
                self._inspect(cell, weights)
        else:
            self._diverged[cell] = True
        self._end(cell, len(self._problem.descent.order))

    def finished(self) -> OnlineOutcome:
        """The outcome, when all cells are done."""
        train_loss, test_loss, train_accuracy, test_accuracy = self._results.T.copy()
        return OnlineOutcome(
            self._problem.rates, train_loss, test_loss, train_accuracy, test_accuracy, self._diverged, self.steps
        )
