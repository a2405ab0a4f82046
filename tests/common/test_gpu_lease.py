"""Processes that run at the same time take different GPUs; the GPUs are pretended, the processes are real."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch

from fisher_spectra.common import gpu_lease
from fisher_spectra.common.devices import Execution, resolve_device
from fisher_spectra.pennington_worah.fisher_spectrum import find_device

SOURCE = Path(__file__).resolve().parents[2] / "src"
# takes a GPU, says which, and holds it until its input ends
HOLDER = "import sys; from fisher_spectra.common.gpu_lease import leased_gpu; "
HOLDER += "print(leased_gpu(int(sys.argv[1])), flush=True); sys.stdin.read()"


@pytest.fixture
def machine(tmp_path):
    """Function that starts a process with so many GPUs in sight; the process, and the index of the GPU it took."""
    with contextlib.ExitStack() as running:

        def take(count, visible=None):
            environment = {**os.environ, "PYTHONPATH": str(SOURCE), "XDG_RUNTIME_DIR": str(tmp_path)}
            environment.pop("CUDA_VISIBLE_DEVICES", None)
            if visible is not None:
                environment["CUDA_VISIBLE_DEVICES"] = visible
            process = running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", HOLDER, str(count)],
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            running.callback(process.kill)
            return process, int(process.stdout.readline())

        yield take


def test_processes_take_different_gpus_as_long_as_there_are_any(machine):
    assert sorted(machine(3)[1] for _ in range(3)) == [0, 1, 2]


def test_more_processes_than_gpus_share_them_evenly(machine):
    assert Counter(machine(2)[1] for _ in range(5)) == {0: 3, 1: 2}


def test_the_gpu_of_a_killed_process_is_taken_again(machine):
    first, index = machine(2)
    assert machine(2)[1] != index
    first.kill()
    first.wait()
    assert machine(2)[1] == index


def test_the_gpu_with_the_fewest_holders_is_taken_whoever_came_first(machine):
    taken = [machine(2) for _ in range(4)]
    assert [index for _, index in taken] == [0, 1, 0, 1]
    for process, index in taken:
        if index == 1:
            process.kill()
            process.wait()
    assert [machine(2)[1] for _ in range(2)] == [1, 1]


def test_processes_that_see_other_parts_of_the_machine_agree_on_its_gpus(machine):
    assert machine(2, visible="2,3")[1] == 0  # GPU 2
    assert machine(3, visible="2,3,4")[1] == 1  # GPU 3
    assert machine(2, visible="4,2")[1] == 0  # GPU 4


def test_a_process_with_one_gpu_in_sight_takes_that(machine, tmp_path):
    assert [machine(1, visible="3")[1] for _ in range(2)] == [0, 0]
    assert list(tmp_path.iterdir()) == []


def test_files_of_processes_that_ended_do_not_pile_up(machine, tmp_path):
    for _ in range(3):
        process, _ = machine(2)
        process.kill()
        process.wait()
    machine(2)
    (folder,) = tmp_path.iterdir()
    assert len([file for file in folder.iterdir() if file.name != "choosing"]) == 1


@pytest.fixture
def three_gpus(tmp_path, monkeypatch):
    """This process on a machine that pretends to have three GPUs, without a lease."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(gpu_lease, "_held", [])
    gpu_lease.leased_gpu.cache_clear()
    yield
    for descriptor in gpu_lease._held:
        os.close(descriptor)
    gpu_lease.leased_gpu.cache_clear()


def test_training_and_dense_matrices_use_the_leased_gpu(three_gpus, machine):
    assert machine(3)[1] == 0
    assert resolve_device("auto") == torch.device("cuda", 1)
    assert Execution("cuda").torch_device == torch.device("cuda", 1)  # asked again, the same process keeps it
    assert find_device("auto") == "cuda:1"
    assert machine(3)[1] == 2


def test_a_process_that_stays_on_the_cpu_takes_no_gpu(three_gpus, machine):
    assert resolve_device("cpu") == torch.device("cpu")
    assert [machine(3)[1] for _ in range(3)] == [0, 1, 2]


def test_without_a_folder_for_leases_it_is_the_first_gpu(three_gpus, machine, tmp_path):
    assert machine(3)[1] == 0
    shutil.rmtree(tmp_path / f"fisher-spectra-gpus-{os.getuid()}")
    (tmp_path / f"fisher-spectra-gpus-{os.getuid()}").touch()
    assert resolve_device("auto") == torch.device("cuda", 0)


def test_a_runtime_folder_that_is_named_but_absent_is_replaced_by_that_for_temporary_files(
    three_gpus, machine, monkeypatch, tmp_path
):
    assert machine(3)[1] == 0
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "absent"))
    monkeypatch.setattr(gpu_lease.tempfile, "gettempdir", lambda: str(tmp_path))
    assert resolve_device("auto") == torch.device("cuda", 1)
