"""Cells of a grid trained side by side, or one at a time, by PyTorch's functions: on GPUs, and what no loop knows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from fisher_spectra.training.grid.gradient_descent import GradientDescent, Outcome, TrainingProblem


def stack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors along a new first axis; without a copy if there is only one."""
    return tensors[0].unsqueeze(0) if len(tensors) == 1 else torch.stack(list(tensors))


@torch.inference_mode()
def train_batch(
    problem: TrainingProblem, descent: GradientDescent, cells: Sequence[tuple[int, int]], outcome: Outcome
) -> None:
    """Train `cells`, each a pair (rate, trial), and enter how they ended."""
    alive = np.array(cells)
    trials = [trial for _, trial in cells]
    networks = problem.networks(trials, outcome.rates[alive[:, 0]])
    above_since = np.full(len(cells), -1, dtype=np.int64)
    for step in range(descent.steps + 1):
        last = step == descent.steps
        losses = problem.last_loss(networks, trials) if last else problem.step_loss(networks, trials, step)
        loss = losses.double().cpu().numpy()
        # Both are written so that a loss that is not a number counts as too large.
        above = ~(loss <= descent.divergence_loss)
        given_up = ~(loss <= descent.hopeless) | np.isinf(loss)
        above_since = np.where(above, np.where(above_since < 0, step, above_since), -1)
        rates_and_trials = tuple(alive.T)
        outcome.step[rates_and_trials] = above_since
        outcome.loss[rates_and_trials] = np.where(np.isfinite(loss), loss, np.inf) if last else np.inf
        if last or given_up.all():
            return
        networks.descend()
        if given_up.any():
            kept = np.flatnonzero(~given_up)
            networks.keep(kept.tolist())
            alive, above_since = alive[kept], above_since[kept]
            trials = [trials[cell] for cell in kept]
