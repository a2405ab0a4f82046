"""Which device there is, without PyTorch where it could not find one."""

from __future__ import annotations

import ctypes
import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from fisher_spectra.common import devices

# Each as a job of the workflow does it, and whether PyTorch is there at its end.
ON_THE_CPU = {
    "a column on the outputs of a teacher": """
        grid = fs.train_student_teacher(ensemble, descent, 3, [np.random.default_rng(0)], fs.Execution("cpu"))
        assert np.isfinite(grid.loss).all()
        Execution.of_job("cpu", 300).device_name""",
    "a column on data": """
        data = fs.MiniBatches(np.eye(4), np.ones((4, 1)), batch=2)
        grid = fs.train_on_data(ensemble, descent, data, [np.random.default_rng(0)], fs.Execution("cpu"))
        assert np.isfinite(grid.loss).all()""",
    "a layered network": """
        shape = LayeredShape((4, 5, 1), fs.get_activation("gelu"), 3, 0.9, activations=(fs.get_activation("gelu"),))
        task = Task(ensemble.sample(np.random.default_rng(0)), np.ones((3, 4)), np.ones((3, 1)))
        grid = train_layered(shape, descent, lambda rng: task, [np.random.default_rng(0)], fs.Execution("cpu"))
        assert np.isfinite(grid.loss).all()""",
    "a spectrum of Pennington and Worah": """
        assert name_of_device(find_device("cpu")) == "cpu"
        fisher = fs.population_fisher(*fs.sample_weights(np.random.default_rng(0), 5), fs.get_activation("tanh"))
        dense_eigenvalues(fisher), lanczos_spectrum(fisher, 3, 1, np.random.default_rng(0))""",
    "checkpoints": """
        import fisher_spectra.jobs.checkpoints""",
}
SETTING = """
        import sys
        import numpy as np
        import fisher_spectra as fs
        from fisher_spectra.common.devices import Execution
        from fisher_spectra.pennington_worah.fisher_spectrum import (
            dense_eigenvalues, find_device, lanczos_spectrum, name_of_device
        )
        from fisher_spectra.training.grid.layered_networks import LayeredShape, Task, train_layered
        ensemble = fs.NetworkEnsemble(fs.get_activation("tanh"), (4, 5, 1), sigma_w2=1.0, sigma_b2=0.1)
        descent = fs.GradientDescent((0.01, 0.02), 5, 0.9)
"""


@pytest.mark.parametrize("job", ON_THE_CPU)
def test_what_runs_on_the_cpu_does_not_load_pytorch(job: str) -> None:
    code = "if True:" + SETTING + ON_THE_CPU[job] + "\n        print('torch' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


@pytest.fixture
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """As in a process that has not imported PyTorch; the driver and its version are not known yet."""
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    devices._may_have_gpu.cache_clear()
    yield monkeypatch
    devices._may_have_gpu.cache_clear()


class Driver:
    """NVIDIA's driver that shows so many GPUs."""

    def __init__(self, count: int) -> None:
        self.count = count

    def cuInit(self, flags: int) -> int:
        return 0 if self.count else 100  # no device

    def cuDeviceGetCount(self, count: Any) -> int:
        count._obj.value = self.count
        return 0


def with_driver(monkeypatch: pytest.MonkeyPatch, count: int | None) -> None:
    """A driver as a library that can be loaded, or none."""

    def load(name: str) -> Driver:
        assert name == "libcuda.so.1"
        if count is None:
            raise OSError("cannot open shared object file")
        return Driver(count)

    monkeypatch.setattr(ctypes, "CDLL", load)
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.mark.parametrize(
    ("version", "gpus", "expected"),
    [
        ("2.13.0", 2, True),
        ("2.13.0", 0, False),
        ("2.13.0", None, False),
        ("2.13.0+rocm7.2", None, True),
        (None, 1, False),
    ],
)
def test_pytorch_is_asked_for_a_gpu_only_where_there_can_be_one(
    asked_anew: pytest.MonkeyPatch, version: str | None, gpus: int | None, expected: bool
) -> None:
    def of(name: str) -> str:
        assert name == "torch"
        if version is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return version

    asked_anew.setattr(importlib.metadata, "version", of)
    with_driver(asked_anew, gpus)
    asked: list[bool] = []

    class Cuda:
        """PyTorch that finds a GPU."""

        @staticmethod
        def is_available() -> bool:
            asked.append(True)
            return True

    fake: Any = type(sys)("torch")
    fake.cuda = Cuda
    asked_anew.setattr(devices, "import_module", lambda name: fake)
    assert devices.device_type("auto") == ("cuda" if expected else "cpu")
    assert bool(asked) == expected


def test_another_system_has_no_cuda(asked_anew: pytest.MonkeyPatch) -> None:
    asked_anew.setattr(sys, "platform", "darwin")
    assert devices.device_type("auto") == "cpu"
    with pytest.raises(devices.UserError, match=r"^device: cuda is asked for, .* use auto or cpu$"):
        devices.device_type("cuda")


def test_the_type_of_a_device_and_its_name_are_those_of_the_execution() -> None:
    execution = devices.Execution("cpu", "float64")
    assert (execution.device_type, execution.device_name, execution.numpy_dtype) == ("cpu", "cpu", "float64")
