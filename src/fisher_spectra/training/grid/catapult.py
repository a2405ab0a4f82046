"""The largest eigenvalue along full-batch training: what becomes of a network that starts above its own border.

Karakida, Akaho, Amari 2019, Lemma 6: gradient descent with momentum mu converges to a minimum if lambda_max of the
Fisher matrix there is below 2 (1 + mu) / eta. Above that border the loss rises; whether training diverges depends on
whether the network reaches a place where lambda_max is small enough before (the catapult of Lewkowycz, Bahri, Dyer,
Sohl-Dickstein, Gur-Ari 2020, arXiv:2003.02218).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fisher_spectra.networks.fully_connected import RandomNetwork
from fisher_spectra.networks.largest_fisher_eigenvalue import largest_fisher_eigenvalue
from fisher_spectra.training.grid.followed_training import (
    LARGEST_SINGLE,
    TOLERANCE,
    Step,
    Task,
    follow_training,
)
from fisher_spectra.training.hopeless_loss import hopeless_loss


def doubling_steps(steps: int) -> tuple[int, ...]:
    """1, 2, 4 .. up to `steps`, and `steps` itself.

    Examples
    --------
    >>> doubling_steps(10)
    (1, 2, 4, 8, 10)
    """
    return tuple(dict.fromkeys([2**k for k in range(steps.bit_length()) if 2**k <= steps] + [steps]))


@dataclass(frozen=True)
class Catapult:
    """Runs of one network around its own critical learning rate: each momentum and each multiple of the rate."""

    momenta: Sequence[float]  # mu
    factors: Sequence[float]  # eta lambda_max / 2 (1 + mu) at the start
    steps: tuple[int, int, int]  # after which losses are told: early, the usual number, late; the last one ends a run
    loss_lenient: float  # the largest loss that is held against them: a run that cannot come below it is given up

    @property
    def runs(self) -> int:
        """How many runs a network has."""
        return len(self.momenta) * len(self.factors)

    def follow(self, student: RandomNetwork, task: Task) -> Iterator[dict[str, float]]:
        """What becomes of a network at each momentum and multiple, one after the other.

        ``peak_ratio`` and ``end_ratio`` are lambda_max eta / 2 (1 + mu) at its largest among the moments looked at
        (after 1, 2, 4 .. steps), and at the end. Of runs that were given up the last ratios are NaN, and so is their
        largest.
        """
        early, usual, late = self.steps
        measured = sorted({*doubling_steps(late), *self.steps})
        start = largest_fisher_eigenvalue(student, task.inputs, tolerance=TOLERANCE, method="matrix_free")
        for momentum in self.momenta:
            give_up = min(hopeless_loss(self.loss_lenient, momentum, late), LARGEST_SINGLE)
            for factor in self.factors:
                step = Step.at(factor, start, momentum)
                run = follow_training(student, task, step, measured, give_up)
                after = dict(zip(run.measured, run.whole_loss.tolist(), strict=True))
                ratios = np.array([start, *run.eigenvalue]) / step.stable_eigenvalue
                yield (
                    {"momentum": momentum, "factor": factor, "eta": step.learning_rate, "lambda_0": start}
                    | {"start_loss": run.start_loss, "peak_loss": float(max(run.loss.max(), run.whole_loss.max()))}
                    | {"loss_early": after[early], "loss": after[usual], "loss_late": after[late]}
                    | {"peak_ratio": ratios.max(), "end_ratio": ratios[-1], "dead": run.dead[-1]}
                )
