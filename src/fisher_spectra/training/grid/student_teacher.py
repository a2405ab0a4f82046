"""Full-batch training on the outputs of a teacher network: Karakida, Akaho, Amari 2019, Figure 2, left column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fisher_spectra.common.devices import Execution
from fisher_spectra.networks.fully_connected import forward, gaussian_inputs
from fisher_spectra.training.bookkeeping import Bookkeeping
from fisher_spectra.training.grid.full_batch import FullBatch
from fisher_spectra.training.grid.gradient_descent import (
    GradientDescent,
    NetworkEnsemble,
    TrainingGrid,
    Trial,
    train,
)
from fisher_spectra.training.grid.network_shape import NetworkShape, in_span


def train_student_teacher(
    ensemble: NetworkEnsemble,
    descent: GradientDescent,
    samples: int,
    generators: Sequence[np.random.Generator],
    execution: Execution | None = None,
    bookkeeping: Bookkeeping | None = None,
) -> TrainingGrid:
    """Train students on Gaussian inputs and the outputs of a teacher from the same ensemble.

    Inputs x(t) ~ N(0, 1) and both networks are drawn anew for each trial. Every step takes all T samples, and the
    loss reported is theirs after the last step.

    Parameters
    ----------
    ensemble
        Widths, activation and variances of student and teacher.
    descent
        Learning rates, steps, momentum.
    samples
        T.
    generators
        One for each trial. Drawn from a copy of it, in this order: inputs, teacher, student.
    execution
        Device, dtype and memory; `Execution()` if not given.
    bookkeeping
        Told of the cells that are done; keeps their outcome for a job that is interrupted.

    Raises
    ------
    ValueError
        If there is no trial, or T is below 1.
    UserError
        If the device is not there, or memory does not suffice for a single cell.

    Examples
    --------
    >>> ensemble = fs.NetworkEnsemble(fs.get_activation("linear"), (10, 10, 1), sigma_w2=1.0, sigma_b2=0.0)
    >>> descent = fs.GradientDescent(learning_rates=(0.01, 10.0), steps=50, momentum=0.9)
    >>> grid = fs.train_student_teacher(ensemble, descent, samples=5, generators=[np.random.default_rng(0)])
    >>> grid.diverged_fraction
    array([0., 1.])
    """
    execution = execution or Execution()
    problem = _StudentTeacher(ensemble, descent.momentum, samples, generators, execution)
    return train(problem, descent, execution, bookkeeping or Bookkeeping())


class _StudentTeacher(FullBatch):
    def __init__(
        self,
        ensemble: NetworkEnsemble,
        momentum: float,
        samples: int,
        generators: Sequence[np.random.Generator],
        execution: Execution,
    ) -> None:
        # The span of the inputs is the smaller form of the first layer where it has fewer dimensions.
        smaller = samples <= ensemble.widths[0]
        shape = NetworkShape(ensemble.widths, ensemble.activation, samples, momentum, in_span=smaller)
        super().__init__(shape, generators, execution)
        self._ensemble, self._n_samples = ensemble, samples

    def draw(self, rng: np.random.Generator) -> Trial:
        x = gaussian_inputs(rng, self._n_samples, self.shape.widths[0])
        y = forward(self._ensemble.sample(rng), x).outputs
        student = self._ensemble.sample(rng)
        if not self.shape.in_span:
            return Trial(self.start(student), (self.held(x), self.held(y)))
        kernel, offset = in_span(x, student.weights[0], student.biases[0])
        return Trial(self.start(student), (self.held(kernel), self.held(y), self.held(offset)))
