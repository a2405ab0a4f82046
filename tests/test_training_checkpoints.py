"""Training that is interrupted goes on from its last checkpoint and gives the same bits."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from fisher_spectra.activations import get_activation
from fisher_spectra.seeds import generator
from fisher_spectra.training.checkpoints import Checkpoint, checkpoint_of
from fisher_spectra.training.devices import Execution
from fisher_spectra.training.gradient_descent import GradientDescent, NetworkEnsemble, TrainingGrid
from fisher_spectra.training.mini_batches import train_on_data
from fisher_spectra.training.student_teacher import train_student_teacher

RATES = (0.003, 0.03, 1.0, 30.0)
TRIALS = 3


class Interruption(Exception):
    """What a time limit is to a job."""


class Counter:
    """Counts the cells that are done, and interrupts after some."""

    def __init__(self, limit: float = float("inf")) -> None:
        self.reports: list[float] = []
        self._limit = limit

    def advance(self, units: float = 1, note: str = "") -> None:
        self.reports.append(units)
        if sum(self.reports) >= self._limit:
            raise Interruption


def teacher(counter: Counter | None = None, checkpoint: Checkpoint | None = None) -> TrainingGrid:
    ensemble = NetworkEnsemble(get_activation("tanh"), (12, 12, 12, 3), 2.0, 0.3)
    generators = [generator(0, "test_checkpoints", number) for number in range(TRIALS)]
    descent = GradientDescent(RATES, 20, 0.9)
    return train_student_teacher(ensemble, descent, 10, generators, Execution("cpu"), counter, checkpoint)


def data(counter: Counter | None = None, checkpoint: Checkpoint | None = None) -> TrainingGrid:
    rng = generator(0, "test_checkpoints", "data")
    x, y = rng.standard_normal((40, 12)), rng.standard_normal((40, 3))
    ensemble = NetworkEnsemble(get_activation("relu"), (12, 12, 12, 3), 2.0, 0.3)
    generators = [generator(0, "test_checkpoints", number) for number in range(TRIALS)]
    descent = GradientDescent(RATES, 12, 0.9)
    return train_on_data(ensemble, descent, x, y, 7, generators, Execution("cpu"), counter, checkpoint)


def store(folder: Path, identity: str = "as before", interval: float = 0.0) -> Checkpoint:
    return Checkpoint(folder / ".column.checkpoint.npz", identity, interval=interval)


def same(one: TrainingGrid, other: TrainingGrid) -> bool:
    pairs = ((one.loss, other.loss), (one.step_of_divergence, other.step_of_divergence))
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("train", [teacher, data])
@pytest.mark.parametrize("cells", [1, 5, 11])
def test_interrupted_training_goes_on_with_the_same_bits(tmp_path, train, cells):
    with pytest.raises(Interruption):
        train(Counter(cells), store(tmp_path))
    counter = Counter()
    grid = train(counter, store(tmp_path))
    assert counter.reports == [cells] + [1] * (len(RATES) * TRIALS - cells)  # no cell was trained twice
    assert same(grid, train())


def test_training_interrupted_again_and_again_ends(tmp_path):
    for limit in (2, 4, 6):
        with pytest.raises(Interruption):
            teacher(Counter(limit), store(tmp_path))
    assert same(teacher(Counter(), store(tmp_path)), teacher())


def test_a_checkpoint_of_other_settings_or_code_is_ignored(tmp_path):
    with pytest.raises(Interruption):
        teacher(Counter(5), store(tmp_path, "as before"))
    counter = Counter()
    assert same(teacher(counter, store(tmp_path, "changed")), teacher())
    assert counter.reports == [1] * (len(RATES) * TRIALS)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_a_damaged_checkpoint_is_ignored(tmp_path, content):
    checkpoint = store(tmp_path)
    checkpoint.path.write_bytes(content)
    assert same(teacher(Counter(), checkpoint), teacher())


def test_a_checkpoint_that_was_cut_short_is_ignored(tmp_path):
    with pytest.raises(Interruption):
        teacher(Counter(5), store(tmp_path))
    checkpoint = store(tmp_path)
    checkpoint.path.write_bytes(checkpoint.path.read_bytes()[:-100])
    assert same(teacher(Counter(), checkpoint), teacher())


def test_a_checkpoint_holds_plain_arrays_only(tmp_path):
    with pytest.raises(Interruption):
        teacher(Counter(5), store(tmp_path))
    with np.load(store(tmp_path).path, allow_pickle=False) as file:
        assert {name: file[name].dtype.kind for name in file.files} == {
            "identity": "U",
            "done": "i",
            "loss": "f",
            "step": "i",
        }


def test_nothing_is_written_before_the_interval_has_passed(tmp_path):
    teacher(Counter(), store(tmp_path, interval=1000.0))
    assert list(tmp_path.iterdir()) == []


def test_a_finished_job_removes_its_checkpoint(tmp_path):
    checkpoint = store(tmp_path)
    teacher(Counter(), checkpoint)
    assert checkpoint.path.exists()
    checkpoint.remove()
    checkpoint.remove()
    assert list(tmp_path.iterdir()) == []


def arguments(**changes: object) -> Namespace:
    given = {"output": Path("cells/M16.csv"), "log": None, "device": "cpu", "momentum": 0.9, "memory_mb": 100}
    return Namespace(**given | changes)


@pytest.mark.parametrize("changes", [{"momentum": 0.8}, {"steps": 3}])
def test_the_identity_follows_the_settings(tmp_path, changes):
    loss, step = np.zeros((2, 2)), np.zeros((2, 2), dtype=np.int64)
    first = checkpoint_of(arguments(output=tmp_path / "M16.csv"), 16)
    first._interval = 0.0
    first.save(3, loss, step)
    assert checkpoint_of(arguments(output=tmp_path / "M16.csv", memory_mb=7), 16).restore(loss, step) == 3
    assert checkpoint_of(arguments(output=tmp_path / "M16.csv", **changes), 16).restore(loss, step) == 0
    assert checkpoint_of(arguments(output=tmp_path / "M16.csv"), 32).path != first.path
