"""Compile all loops before anything is computed: ``python -m fisher_spectra.training.compile_ahead``.

Without it the first job that trains, or draws many numbers, compiles them, and each other one that starts before it is
done compiles them, too.
"""

from __future__ import annotations

import numpy as np

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.compiled import can_compile
from fisher_spectra.common.devices import Execution
from fisher_spectra.common.normal_numbers import compile_loops
from fisher_spectra.training.grid.followed_training import Step, Task, follow_training
from fisher_spectra.training.grid.gradient_descent import GradientDescent, NetworkEnsemble
from fisher_spectra.training.grid.student_teacher import train_student_teacher
from fisher_spectra.training.online.descent import train_online
from fisher_spectra.training.online.problem import OnlineData, OnlineDescent


def compile_ahead() -> None:
    """Train networks of two units, so that the machine code of the loops is kept on disk.

    Those of whole columns in single precision, those that follow one network in double precision, and those that draw
    normal numbers in either. Does nothing where there is no compiler. The loops of networks wider than a processor's
    cache holds are left to the first that is trained: beside what that takes their compiling is nothing.
    """
    if not can_compile():
        return
    compile_loops()
    execution, rng, phi = Execution("cpu"), np.random.default_rng(0), get_activation("tanh")
    ensemble = NetworkEnsemble(phi, (2, 2, 1), sigma_w2=1.0, sigma_b2=0.0)
    train_student_teacher(ensemble, GradientDescent((0.1,), steps=1, momentum=0.0), 2, [rng], execution)
    follow_training(ensemble.sample(rng), Task(np.eye(2), np.ones((2, 1))), Step(0.1, momentum=0.0), [1])
    two, labels = np.eye(2, dtype=np.float32), np.arange(2)
    train_online([two, two], phi, OnlineData(two, labels, two, two, labels), OnlineDescent((0.1,), (0,)), execution)


if __name__ == "__main__":
    compile_ahead()
