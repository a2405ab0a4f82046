"""The identity of a job's checkpoint follows what its numbers depend on, and nothing else."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fisher_spectra.jobs.checkpoints import checkpoint_of
from fisher_spectra.jobs.run_job import Job, _settings_parser


def function() -> None:
    """Any."""


def job(folder, memory_mb=100, code=None, **changes) -> Job:
    settings = json.dumps({"momentum": 0.9} | changes)
    words = ["--output", str(folder / "M16.csv"), "--settings", settings, "--memory-mb", str(memory_mb)]
    made = Job(_settings_parser(function).parse_args(words))
    made.code = code or {"scripts/any.py": "1"}
    return made


@pytest.fixture
def saved(tmp_path):
    first = checkpoint_of(job(tmp_path), "cpu", M=16)
    first._interval = 0.0
    first.save(loss=np.zeros((2, 2)))
    return first


def test_a_job_of_the_same_settings_takes_up_the_checkpoint_whatever_memory_it_may_take(saved, tmp_path):
    assert checkpoint_of(job(tmp_path, memory_mb=7), "cpu", M=16).restore(loss=np.ones((2, 2)))


@pytest.mark.parametrize("changes", [{"momentum": 0.8}, {"steps": 3}, {"code": {"scripts/any.py": "2"}}])
def test_a_job_of_other_settings_or_code_does_not(saved, tmp_path, changes):
    assert not checkpoint_of(job(tmp_path, **changes), "cpu", M=16).restore(loss=np.ones((2, 2)))


def test_each_column_has_a_checkpoint_of_its_own(saved, tmp_path):
    assert checkpoint_of(job(tmp_path), "cpu", M=32).path != saved.path


def test_the_end_of_the_job_removes_the_checkpoint(tmp_path):
    one = job(tmp_path)
    checkpoint = checkpoint_of(one, "cpu", M=16)
    checkpoint._interval = 0.0
    checkpoint.save(loss=np.zeros(2))
    assert checkpoint.path.exists()
    one.finish()
    assert not checkpoint.path.exists()
