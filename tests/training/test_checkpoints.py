"""Training that is interrupted goes on from its last checkpoint and gives the same bits."""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from digits_file import digits_file
from script_modules import SCRIPTS, script_module

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.networks.haar_measure import haar_orthogonal
from fisher_spectra.training.bookkeeping import Bookkeeping
from fisher_spectra.training.checkpoints import Checkpoint
from fisher_spectra.training.grid.gradient_descent import GradientDescent, NetworkEnsemble, TrainingGrid
from fisher_spectra.training.grid.mini_batches import MiniBatches, train_on_data
from fisher_spectra.training.grid.student_teacher import train_student_teacher
from fisher_spectra.training.online.descent import train_online
from fisher_spectra.training.online.outcome import OnlineOutcome
from fisher_spectra.training.online.problem import OnlineData, OnlineDescent, epochs_in_order

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
    return train_student_teacher(ensemble, descent, 10, generators, Execution("cpu"), Bookkeeping(counter, checkpoint))


def data(counter: Counter | None = None, checkpoint: Checkpoint | None = None) -> TrainingGrid:
    rng = generator(0, "test_checkpoints", "data")
    x, y = rng.standard_normal((40, 12)), rng.standard_normal((40, 3))
    ensemble = NetworkEnsemble(get_activation("relu"), (12, 12, 12, 3), 2.0, 0.3)
    generators = [generator(0, "test_checkpoints", number) for number in range(TRIALS)]
    descent = GradientDescent(RATES, 12, 0.9)
    return train_on_data(
        ensemble, descent, MiniBatches(x, y, 7), generators, Execution("cpu"), Bookkeeping(counter, checkpoint)
    )


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


def test_a_checkpoint_damaged_in_one_array_leaves_all_as_they_were(tmp_path):
    checkpoint = store(tmp_path)
    checkpoint.save(loss=np.ones(3), step=np.ones(3, dtype=np.int64))
    content = bytearray(checkpoint.path.read_bytes())
    content[content.index(b"step.npy") + 150] ^= 0xFF
    checkpoint.path.write_bytes(content)
    loss, step = np.zeros(3), np.zeros(3, dtype=np.int64)
    assert not checkpoint.restore(loss=loss, step=step)
    assert not loss.any()


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


# -- online training

STEPS = 24
ONLINE_RATES = (0.1, 0.2, 60.0, 0.4, 0.3)  # the third diverges


def column(method: str, counter: Counter | None = None, checkpoint: Checkpoint | None = None) -> OnlineOutcome:
    """Two cells side by side at a time."""
    rng = generator(0, "test_checkpoints", "online")
    weights = [haar_orthogonal(rng, 20) for _ in range(3)]
    x, labels = rng.standard_normal((2 * STEPS, 20)), rng.integers(3, size=2 * STEPS)
    vectors = np.sqrt(20) * np.eye(3, 20)
    data = OnlineData(x[:STEPS], labels[:STEPS], vectors, x[STEPS:], labels[STEPS:])
    descent = OnlineDescent(ONLINE_RATES, epochs_in_order(STEPS, 1), give_up_loss=50.0)
    execution = Execution("cpu", cells_per_batch=2)
    activation = get_activation("tanh")
    return train_online(
        weights, activation, data, descent, execution, method, bookkeeping=Bookkeeping(counter, checkpoint)
    )


def same_bits(one: OnlineOutcome, other: OnlineOutcome) -> bool:
    return all(
        getattr(one, field.name).tobytes() == getattr(other, field.name).tobytes() for field in fields(OnlineOutcome)
    )


@pytest.mark.parametrize("method", ["dense", "compiled"])
@pytest.mark.parametrize("share", [0.55, 0.75, 0.95])
def test_interrupted_online_training_goes_on_with_the_same_bits(tmp_path, method, share):
    whole = column(method)
    assert whole.diverged.tolist() == [False, False, True, False, False]
    with pytest.raises(Interruption):
        column(method, Counter(share * whole.steps.sum()), store(tmp_path))
    with np.load(store(tmp_path).path) as file:
        done = file["done"].copy()
    assert 2 <= done.sum() < len(ONLINE_RATES)
    counter = Counter()
    assert same_bits(column(method, counter, store(tmp_path)), whole)
    assert counter.reports[0] == whole.steps[done].sum()
    assert sum(counter.reports) == whole.steps.sum()  # no cell that was done was trained again


def test_online_training_that_was_finished_already_trains_nothing(tmp_path):
    whole = column("dense", None, store(tmp_path))
    counter = Counter()
    assert same_bits(column("dense", counter, store(tmp_path)), whole)
    assert counter.reports == [whole.steps.sum()]


def test_the_script_of_online_training_takes_up_its_checkpoints_and_removes_them(tmp_path, monkeypatch):
    settings = {
        **{
            "experiment": "test",
            "dataset": str(digits_file(tmp_path)),
            "samples": 20,
            "epochs": 1,
            "label_norm": "root_width",
        },
        **{"isometry": {"s_squared": 0.125, "g": 1.0013}, "depths": [2, 3], "trials": 2, "first": 0, "stop": 4},
        **{"learning_rates": {"smallest": 0.02, "largest": 0.5, "number": 4}, "give_up_loss": 1000, "device": "cpu"},
    }
    monkeypatch.setattr(sys, "argv", [str(SCRIPTS / "hayase_karakida" / "train_online.py")])
    monkeypatch.setattr(Checkpoint.__init__, "__kwdefaults__", {"interval": 0.0})
    script = script_module("hayase_karakida/train_online")

    def run(output):
        run_job(
            script.train_columns_online,
            ["--output", str(output), "--settings", json.dumps({"root_seed": 0, "job": settings})],
        )

    undisturbed, folder = tmp_path / "undisturbed.csv", tmp_path / "cells"
    run(undisturbed)

    trained = []

    def trained_until_the_third(*given, **named):
        trained.append(given)
        if len(trained) == 3:
            raise SystemExit("the time limit")
        return train_online(*given, **named)

    monkeypatch.setattr(script, "train_online", trained_until_the_third)
    with pytest.raises(SystemExit, match="the time limit"):
        run(folder / "L2-3.csv")
    assert sorted(file.name for file in folder.iterdir()) == [
        ".L2-3.checkpoint-L2-trial0.npz",
        ".L2-3.checkpoint-L2-trial1.npz",
    ]
    run(folder / "L2-3.csv")
    assert [file.name for file in folder.iterdir()] == ["L2-3.csv"]
    assert (folder / "L2-3.csv").read_bytes() == undisturbed.read_bytes()
