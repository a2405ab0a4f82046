"""What is compiled ahead is what trainings use: none of them compiles a loop of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fisher_spectra.common import compiled
from fisher_spectra.training.compile_ahead import compile_ahead

# In a process of its own: in this one other tests have compiled the loops for numbers of every kind.
TRAINING = """
import numpy as np
import fisher_spectra as fs
from fisher_spectra.activations import compiled as activations
from fisher_spectra.training.compile_ahead import compile_ahead
from fisher_spectra.training.grid import compiled_descent
from fisher_spectra.training.grid.followed_training import Step, Task, follow_training
from fisher_spectra.training.grid.mini_batch_order import MiniBatchOrder
from fisher_spectra.training.online import compiled_cell
from fisher_spectra.training.online.descent import train_online
from fisher_spectra.training.online.problem import OnlineData, OnlineDescent

def signatures():
    loops = [value for module in (activations, compiled_descent, compiled_cell) for value in vars(module).values()]
    return {(loop.__name__, kinds) for loop in loops for kinds in getattr(loop, "signatures", [])}

compile_ahead()
ahead = signatures()
rng = np.random.default_rng(0)
cpu = fs.Execution("cpu")
descent = fs.GradientDescent((0.1, 0.2), steps=3, momentum=0.9, give_up_loss=1e9)
for phi, widths in (("tanh", (9, 5, 4, 3)), ("relu", (4, 8, 1))):
    ensemble = fs.NetworkEnsemble(fs.get_activation(phi), widths, sigma_w2=2.0, sigma_b2=0.1)
    fs.train_student_teacher(ensemble, descent, 6, [rng], cpu)
    data = fs.MiniBatches(rng.standard_normal((7, widths[0])), rng.standard_normal((7, widths[-1])), batch=3)
    fs.train_on_data(ensemble, descent, data, [rng], cpu)
    task = Task(rng.standard_normal((7, widths[0])), rng.standard_normal((7, widths[-1])))
    for order in (None, MiniBatchOrder.draw(rng, 7, 3, 3)):
        follow_training(ensemble.sample(rng), Task(task.inputs, task.targets, order), Step(0.1, 0.9), [1, 3])
x, labels = rng.standard_normal((6, 8)), rng.integers(0, 3, 6)
digits = OnlineData(x, labels, np.eye(3, 8), x, labels)
weights = [rng.standard_normal((8, 8)) / 3 for _ in range(4)]
online = OnlineDescent((0.1, 5.0), tuple(range(6)), give_up_loss=10.0)
train_online(weights, fs.get_activation("hard_tanh(s=0.8, g=1.1)"), digits, online, cpu)
print(len(ahead), len(signatures() - ahead))
compiled_cell._half_square(*np.ones((3, 3)))
print(len(signatures() - ahead))
"""


def test_no_training_compiles_a_loop_that_was_not_compiled_ahead():
    done = subprocess.run([sys.executable, "-c", TRAINING], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ahead, more, and_one_in_double_precision = map(int, done.stdout.split())
    assert ahead >= 2  # the loop of each training; those that they call are part of it when it was kept on disk
    assert more == 0
    assert and_one_in_double_precision > 0  # what is compiled is seen


def test_nothing_is_trained_where_there_is_no_compiler(monkeypatch):
    monkeypatch.setattr("fisher_spectra.training.compile_ahead.can_compile", lambda: False)
    monkeypatch.setattr(compiled, "_compiled", lambda *_: pytest.fail("a loop was asked for"))
    monkeypatch.setattr("fisher_spectra.training.compile_ahead.train_online", lambda *_: pytest.fail("trained"))
    compile_ahead()
