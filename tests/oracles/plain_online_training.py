"""The slow, obvious way of online training: one cell after the other, matrix-vector products, updates in place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.common.devices import Execution
from fisher_spectra.training.online.outcome import Inspector, OnlineOutcome, OutcomeRecord
from fisher_spectra.training.online.problem import OnlineData, OnlineDescent, OnlineProblem


@torch.inference_mode()
def train_online_plainly(
    weights: Sequence[npt.NDArray[np.floating]],
    activation: Activation,
    data: OnlineData,
    descent: OnlineDescent,
    execution: Execution | None = None,
    inspect: Inspector | None = None,
) -> OnlineOutcome:
    """Outcome of all cells, and `inspect` called for each, as by `training.online.descent.train_online`."""
    problem = OnlineProblem(weights, activation, data, descent, execution or Execution())
    outcome = OutcomeRecord(problem, inspect)
    for cell, rate in enumerate(descent.learning_rates):
        moved = [weight.clone() for weight in problem.weights]
        for step in range(len(descent.order)):
            x, y = problem.sample(step)
            inputs, slopes = [x], []
            for weight in moved[:-1]:
                u = weight @ inputs[-1]
                inputs.append(activation(u))
                slopes.append(activation.derivative(u))
            error = moved[-1] @ inputs[-1] - y
            if not float(error @ error) / (2 * problem.width) <= descent.give_up_loss:
                outcome.give_up(cell, step)
                break
            delta = error
            for layer in range(problem.depth - 1, -1, -1):
                back = (moved[layer].T @ delta) * slopes[layer - 1] if layer else delta
                moved[layer].addr_(delta, inputs[layer], alpha=-rate / problem.width)
                delta = back
        else:
            outcome.finish(cell, moved)
    return outcome.finished()
