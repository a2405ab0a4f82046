"""One column of a colour map of training losses, as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.training.grid.gradient_descent import TrainingGrid


def column_table(grid: TrainingGrid, **cell: str | int) -> pd.DataFrame:
    """One row for each learning rate and trial: the cell's names, eta, trial, loss, diverged, step_of_divergence."""
    n_rates, n_trials = grid.loss.shape
    return pd.DataFrame(
        {
            **{name: [value] * (n_rates * n_trials) for name, value in cell.items()},
            "eta": np.repeat(grid.learning_rates, n_trials),
            "trial": np.tile(np.arange(n_trials), n_rates),
            "loss": grid.loss.ravel(),
            "diverged": grid.diverged.ravel().astype(int),
            "step_of_divergence": grid.step_of_divergence.ravel(),
        }
    )
