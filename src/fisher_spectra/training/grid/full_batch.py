"""Cells that take all samples of their trial at every step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fisher_spectra.common.devices import Execution
from fisher_spectra.training.grid.compiled_schedule import Schedule
from fisher_spectra.training.grid.gradient_descent import TrainingProblem
from fisher_spectra.training.grid.network_shape import NetworkShape

if TYPE_CHECKING:
    from torch import Tensor

    from fisher_spectra.training.grid.batched_network import BatchedNetwork


class FullBatch(TrainingProblem):
    """Each trial has its own samples, those of its `Trial`, and they are the same at every step.

    Parameters
    ----------
    shape, generators, execution
        As in `TrainingProblem`; no samples are shared.
    """

    def __init__(self, shape: NetworkShape, generators: Sequence[np.random.Generator], execution: Execution) -> None:
        super().__init__(shape, generators, 0, execution)
        self._chosen_trials: Sequence[int] | None = None
        self._chosen: list[Tensor] = []

    def step_loss(self, networks: BatchedNetwork, trials: Sequence[int], step: int) -> Tensor:
        """Loss on all samples."""
        from fisher_spectra.training.grid.batched_training import stack

        # The samples stay the same until cells are dropped; `trials` is another list then.
        if self._chosen_trials is not trials:
            parts = zip(*(self.trial(trial).samples for trial in trials), strict=True)
            self._chosen_trials, self._chosen = trials, [stack(part) for part in parts]
        return networks.loss(*self._chosen)

    def schedule(self, trial: int) -> Schedule:
        """The samples, all at each step."""
        inputs, targets, *offset = self.trial(trial).samples
        return Schedule(inputs, targets, offset[0] if offset else np.empty((0, 0), inputs.dtype))

    def forget_before(self, number: int) -> None:
        """Free what is held for the trials before this one, and what was chosen of them."""
        super().forget_before(number)
        self._chosen_trials, self._chosen = None, []

    def last_loss(self, networks: BatchedNetwork, trials: Sequence[int]) -> Tensor:
        """Loss on the same samples, after the last step."""
        return self.step_loss(networks, trials, -1)
