"""Where online training collapses, measured on one column of a (depth, learning rate) map.

Hayase, Karakida 2020 and 2021, Figure 4, compare the border with 2 / lambda_max(H_L), about 2 / L, by eye; here it is a
number. Two signs of collapse: the accuracy falls back to chance, or the loss explodes. Small learning rates also leave
accuracy and loss where they were, without any collapse, so only rates from the best one upwards are looked at.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.training.divergence_border import DivergenceBorder, divergence_border

FloatArray = npt.NDArray[np.float64]

# Share of the best accuracy above chance that is left where training has collapsed. Half would count as lost what long
# training merely unlearns (CIFAR-10, ten epochs: accuracies sink by half over a decade of learning rates, then drop to
# chance), and the border would move with the weights drawn. A tenth would not see the collapse to a constant answer,
# which is right for up to 13 of 100 samples where chance is 10. From 0.2 to 0.3 the borders are nearly the same.
LEFT_AFTER_COLLAPSE = 0.25


def accuracy_border(learning_rates: npt.ArrayLike, accuracy: npt.ArrayLike, chance: float) -> DivergenceBorder:
    """Border above which the accuracy is lost.

    A rate counts as collapsed if at most `LEFT_AFTER_COLLAPSE` of the best accuracy above `chance` of the column is
    left, or if its accuracy is not a number.

    Parameters
    ----------
    learning_rates
        Finite and above 0, no two alike, in any order; shape (n_rates,).
    accuracy
        Share of right answers, from 0 to 1, or NaN for cells that diverged; shape (n_rates,).
    chance
        Accuracy of guessing, 1 / C for C equally frequent classes.

    Returns
    -------
    DivergenceBorder
        With a learning rate that is NaN if no rate has collapsed.

    Raises
    ------
    ValueError
        If the two do not fit together, a value is not allowed, or no accuracy is above `chance`, so that there is
        nothing to collapse.

    Examples
    --------
    >>> border = fs.accuracy_border([0.01, 0.1, 1.0, 10.0], [0.5, 0.9, 0.8, 0.1], chance=0.1)
    >>> round(border.learning_rate, 4), border.last_below, border.first_above
    (3.1623, 1.0, 10.0)
    """
    rates, values = _column(learning_rates, accuracy)
    known = ~np.isnan(values)
    if not np.all((values[known] >= 0) & (values[known] <= 1)):
        raise ValueError("accuracy: must be from 0 to 1, or NaN")
    if not 0 < chance < 1:
        raise ValueError(f"chance = {chance}: must be between 0 and 1")
    if not np.any(values[known] > chance):
        raise ValueError(f"accuracy: no learning rate has one above chance, {chance:g}")
    best = int(np.nanargmax(values))
    collapsed = ~(values[best:] - chance > LEFT_AFTER_COLLAPSE * (values[best] - chance))
    return divergence_border(rates[best:], collapsed.astype(np.float64))


def loss_border(learning_rates: npt.ArrayLike, loss: npt.ArrayLike, limit: float) -> DivergenceBorder:
    """Border above which the loss has exploded: is above `limit`, infinite or not a number.

    Parameters and result as in `accuracy_border`.

    Parameters
    ----------
    learning_rates
        Finite and above 0, no two alike, in any order; shape (n_rates,).
    loss
        Loss at each, infinite or NaN where training diverged; shape (n_rates,).
    limit
        Loss above which training has collapsed.

    Raises
    ------
    ValueError
        If the two do not fit together, or no loss is below `limit`.

    Examples
    --------
    >>> border = fs.loss_border([0.01, 0.1, 1.0, 10.0], [0.5, 0.2, 3e4, np.inf], limit=1000.0)
    >>> round(border.learning_rate, 4), border.last_below, border.first_above
    (0.3162, 0.1, 1.0)
    """
    rates, values = _column(learning_rates, loss)
    finite = np.where(np.isfinite(values), values, np.inf)
    if not np.any(finite <= limit):
        raise ValueError(f"loss: no learning rate has one of at most {limit:g}")
    best = int(np.argmin(finite))
    return divergence_border(rates[best:], (~(finite[best:] <= limit)).astype(np.float64))


def _column(learning_rates: npt.ArrayLike, values: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Both as arrays, sorted by the learning rate."""
    rates, numbers = np.asarray(learning_rates, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if rates.ndim != 1 or rates.shape != numbers.shape or rates.size == 0:
        raise ValueError(f"learning rates {rates.shape}, values {numbers.shape}: must be two equal lists")
    order = np.argsort(rates)
    return rates[order], numbers[order]
