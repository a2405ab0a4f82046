"""Cells side by side: bits that do not depend on the neighbours, compaction, memory that runs out, devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common import devices
from fisher_spectra.common.devices import Execution, is_out_of_memory, resolve_device
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator
from fisher_spectra.networks.fully_connected import RandomNetwork, forward, gaussian_inputs
from fisher_spectra.training.grid import gradient_descent
from fisher_spectra.training.grid.batched_network import BatchedNetwork, Parameters
from fisher_spectra.training.grid.gradient_descent import (
    GradientDescent,
    NetworkEnsemble,
    TrainingGrid,
    TrainingProblem,
)
from fisher_spectra.training.grid.mini_batches import MiniBatches, train_on_data
from fisher_spectra.training.grid.network_shape import NetworkShape
from fisher_spectra.training.grid.student_teacher import train_student_teacher

# From rates that converge to rates that diverge within a few steps, at widths around 16.
RATES = (0.003, 0.01, 0.03, 1.0, 3.0, 30.0)


def ensemble_of(spec: str, width: int) -> NetworkEnsemble:
    return NetworkEnsemble(get_activation(spec), (width, width, width, 3), 2.0, 0.3)


def trials(*numbers: int) -> list[np.random.Generator]:
    return [generator(0, "test_batches", number) for number in numbers]


def student_teacher(
    spec: str = "tanh",
    width: int = 16,
    rates: Sequence[float] = RATES,
    numbers: Sequence[int] = (0, 1),
    **settings: Any,
) -> TrainingGrid:
    execution = Execution("cpu", **({"dtype": "float64"} | settings))
    descent = GradientDescent(tuple(rates), 25, 0.9)
    return train_student_teacher(ensemble_of(spec, width), descent, 12, trials(*numbers), execution)


def data(
    spec: str = "tanh", rates: Sequence[float] = RATES, numbers: Sequence[int] = (0, 1), dtype: str = "float64"
) -> TrainingGrid:
    rng = generator(0, "test_batches", "data")
    x, y = rng.standard_normal((50, 16)), rng.standard_normal((50, 3))
    descent = GradientDescent(tuple(rates), 14, 0.9)
    return train_on_data(
        ensemble_of(spec, 16), descent, MiniBatches(x, y, 7), trials(*numbers), Execution("cpu", dtype)
    )


@pytest.fixture
def batched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells in batches, as without a compiler."""
    monkeypatch.setattr(gradient_descent, "can_compile", lambda: False)


@pytest.fixture
def side_by_side(monkeypatch: pytest.MonkeyPatch, batched: None) -> None:
    """Eight cells in a kernel call, as on a GPU."""
    monkeypatch.setattr(Execution, "cells_per_kernel", lambda self, size: 8)


@pytest.fixture(params=["compiled", "batched"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """One compiled loop for each cell, and what there is without a compiler."""
    monkeypatch.setattr(gradient_descent, "can_compile", lambda: request.param == "compiled")


# ---------------------------------------------------------------------------------------------------------------------
# Bits


@pytest.mark.parametrize(("spec", "width"), [("tanh", 9), ("softplus", 13), ("silu", 33), ("relu", 48), ("tanh", 65)])
@pytest.mark.usefixtures("way")
def test_bits_of_a_cell_do_not_depend_on_the_other_cells(spec: str, width: int) -> None:
    together = student_teacher(spec, width, dtype="float32")
    assert together.diverged.any()
    assert not together.diverged.all()
    for row in (0, 2, 4):
        alone = student_teacher(spec, width, [RATES[row]], [1], dtype="float32")
        np.testing.assert_array_equal(alone.loss[0, 0], together.loss[row, 1])
        assert alone.step_of_divergence[0, 0] == together.step_of_divergence[row, 1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.usefixtures("way")
def test_bits_of_a_cell_on_data_do_not_depend_on_the_other_cells(dtype: str) -> None:
    together = data("softplus", dtype=dtype)
    alone = data("softplus", [RATES[1]], [1], dtype=dtype)
    np.testing.assert_array_equal(alone.loss[0, 0], together.loss[1, 1])


@pytest.mark.parametrize("cells_per_batch", [1, 5, 100])
@pytest.mark.usefixtures("way")
def test_bits_on_the_cpu_do_not_depend_on_the_batch_size(cells_per_batch: int) -> None:
    whole = student_teacher("softplus", 13, dtype="float32")
    parts = student_teacher("softplus", 13, dtype="float32", cells_per_batch=cells_per_batch)
    np.testing.assert_array_equal(parts.loss, whole.loss)


@pytest.mark.usefixtures("way")
def test_the_same_run_gives_the_same_bits() -> None:
    np.testing.assert_array_equal(student_teacher(dtype="float32").loss, student_teacher(dtype="float32").loss)


# ---------------------------------------------------------------------------------------------------------------------
# Several cells in a kernel call, as on a GPU. Such kernels may add in another order, so the two agree to rounding.


@pytest.mark.parametrize("run", [student_teacher, data], ids=["student_teacher", "data"])
@pytest.mark.parametrize("spec", ["tanh", "relu"])
@pytest.mark.usefixtures("side_by_side")
def test_cells_side_by_side_end_as_they_do_alone(run: Callable[..., TrainingGrid], spec: str) -> None:
    together = run(spec)
    assert together.diverged.any()
    assert not together.diverged.all()
    for row, rate in enumerate(RATES):
        for trial in (0, 1):
            alone = run(spec, rates=[rate], numbers=[trial])
            np.testing.assert_array_equal(alone.diverged[0, 0], together.diverged[row, trial])
            np.testing.assert_array_equal(alone.step_of_divergence[0, 0], together.step_of_divergence[row, trial])
            np.testing.assert_allclose(alone.loss[0, 0], together.loss[row, trial], rtol=1e-9)


@pytest.mark.usefixtures("side_by_side")
def test_networks_are_dropped_as_they_diverge(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    descend = BatchedNetwork.descend
    monkeypatch.setattr(BatchedNetwork, "descend", lambda self: sizes.append(self.cells) or descend(self))
    grid = student_teacher(numbers=[0])
    assert sizes[0] == len(RATES)
    assert sizes[-1] == np.isfinite(grid.loss).sum() < len(RATES)
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("in_span", [False, True])
def test_networks_that_are_kept_move_as_if_none_had_been_dropped(in_span: bool) -> None:
    rates = torch.tensor([0.01, 0.02, 0.03, 0.04], dtype=torch.float64)
    shape = NetworkShape((8, 8, 5, 2), get_activation("tanh"), 6, 0.9, in_span)
    rng = generator(0, "test_batches", "keep")
    ensemble = NetworkEnsemble(get_activation("tanh"), shape.widths, 1.5, 0.1)
    starts, samples = [], []
    for _ in range(4):
        x, network = gaussian_inputs(rng, 6, 8), ensemble.sample(rng)
        y = torch.tensor(forward(ensemble.sample(rng), x).outputs)
        starts.append(
            [
                (torch.tensor(w), torch.tensor(b))
                for w, b in zip(network.weights[in_span:], network.biases[in_span:], strict=True)
            ]
        )
        offset = torch.tensor(x @ network.weights[0].T + network.biases[0])
        samples.append((torch.tensor(x @ x.T + 1.0), y, offset) if in_span else (torch.tensor(x), y))

    def losses(networks: BatchedNetwork, cells: Sequence[int]) -> torch.Tensor:
        return networks.loss(*(torch.stack([samples[cell][part] for cell in cells]) for part in range(2 + in_span)))

    all_four, some = BatchedNetwork(shape, starts, rates), BatchedNetwork(shape, starts, rates)
    everyone: list[int] = [0, 1, 2, 3]
    kept = everyone
    for step in range(9):
        whole, part = losses(all_four, everyone), losses(some, kept)
        torch.testing.assert_close(part, whole[kept], rtol=1e-12, atol=0)
        all_four.descend()
        some.descend()
        if step in (2, 5):
            remaining = {2: [1, 2, 3], 5: [0, 2]}[step]
            some.keep(remaining)
            kept = [kept[position] for position in remaining]
    assert kept == [1, 3]
    assert rates.tolist() == [0.01, 0.02, 0.03, 0.04]


def test_an_offset_is_taken_in_the_span_only() -> None:
    rates = torch.tensor([0.1])
    start = [[(torch.zeros(3, 3), torch.zeros(3)), (torch.zeros(2, 3), torch.zeros(2))]]
    dense = BatchedNetwork(NetworkShape((3, 3, 2), get_activation("tanh"), 3, 0.9), start, rates)
    span = BatchedNetwork(NetworkShape((3, 3, 2), get_activation("tanh"), 3, 0.9, in_span=True), [start[0][1:]], rates)
    x, y = torch.zeros(1, 3, 3), torch.zeros(1, 3, 2)
    with pytest.raises(ValueError, match="offset"):
        dense.loss(x, y, x)
    with pytest.raises(ValueError, match="offset"):
        span.loss(x, y)
    with pytest.raises(ValueError, match="in_span"):
        span.forward(x)


# ---------------------------------------------------------------------------------------------------------------------
# Memory


@pytest.mark.parametrize("run", [student_teacher, data], ids=["student_teacher", "data"])
@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("out of memory"), RuntimeError("DefaultCPUAllocator: can't allocate memory: 8 bytes")],
)
@pytest.mark.usefixtures("side_by_side")
def test_batches_that_do_not_fit_are_halved_until_they_do(
    run: Callable[..., TrainingGrid], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run()
    networks, sizes = TrainingProblem.networks, []

    def limited(self: TrainingProblem, trials: Sequence[int], learning_rates: np.ndarray) -> BatchedNetwork:
        sizes.append(len(trials))
        if len(trials) > 3:
            raise error
        return networks(self, trials, learning_rates)

    monkeypatch.setattr(TrainingProblem, "networks", limited)
    grid = run()
    assert sizes == [8, 4, 2, 2, 2, 2, 2, 2]
    np.testing.assert_allclose(grid.loss, expected.loss, rtol=1e-9)
    np.testing.assert_array_equal(grid.step_of_divergence, expected.step_of_divergence)


@pytest.mark.usefixtures("side_by_side")
def test_memory_that_runs_out_in_the_middle_of_training_costs_no_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = student_teacher()
    descend, calls = BatchedNetwork.descend, []

    def failing(self: BatchedNetwork) -> None:
        calls.append(self.cells)
        if len(calls) == 9:
            raise torch.OutOfMemoryError("out of memory")
        descend(self)

    monkeypatch.setattr(BatchedNetwork, "descend", failing)
    np.testing.assert_allclose(student_teacher().loss, expected.loss, rtol=1e-9)
    assert len(calls) > 9


@pytest.mark.usefixtures("side_by_side")
def test_a_trial_whose_drawing_ran_out_of_memory_is_drawn_again_from_the_same_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = student_teacher()
    start, calls = TrainingProblem.start, []

    def failing(self: TrainingProblem, student: RandomNetwork) -> Parameters:
        calls.append(1)
        if len(calls) == 2:
            raise torch.OutOfMemoryError("out of memory")
        return start(self, student)

    monkeypatch.setattr(TrainingProblem, "start", failing)
    np.testing.assert_allclose(student_teacher().loss, expected.loss, rtol=1e-9)
    assert len(calls) == 3


def test_generators_of_the_caller_stay_as_they_are() -> None:
    seeds = trials(0, 1)
    descent = GradientDescent((0.01,), 3, 0.9)
    execution = Execution("cpu")
    first = train_student_teacher(ensemble_of("tanh", 5), descent, 4, seeds, execution)
    np.testing.assert_array_equal(
        train_student_teacher(ensemble_of("tanh", 5), descent, 4, seeds, execution).loss, first.loss
    )


@pytest.mark.usefixtures("batched")
def test_no_memory_for_a_single_cell_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(self: TrainingProblem, trials: Sequence[int], learning_rates: np.ndarray) -> BatchedNetwork:
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(TrainingProblem, "networks", failing)
    with pytest.raises(UserError, match=r"^memory: cpu has not enough left .* \(16, 16, 16, 3\).*$"):
        student_teacher()


@pytest.mark.usefixtures("batched")
def test_other_errors_are_not_taken_for_a_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(self: TrainingProblem, trials: Sequence[int], learning_rates: np.ndarray) -> BatchedNetwork:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(TrainingProblem, "networks", failing)
    with pytest.raises(RuntimeError, match="mat1"):
        student_teacher()
    assert not is_out_of_memory(RuntimeError("mat1"))
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be reported later"))
    assert is_out_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"))
    assert not is_out_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`"))


def test_a_memory_limit_below_one_cell_is_refused_before_training() -> None:
    with pytest.raises(UserError, match="GiB"):
        student_teacher(memory_limit=1000)


@pytest.mark.parametrize("in_span", [False, True])
def test_bytes_per_cell_cover_the_tensors_of_a_network(in_span: bool) -> None:
    shape = NetworkShape((60, 50, 40, 10), get_activation("tanh"), 30, 0.9, in_span)
    rates = torch.full((2,), 0.1)
    start = [(torch.zeros(rows, columns), torch.zeros(rows)) for columns, rows in ((60, 50), (50, 40), (40, 10))]
    networks = BatchedNetwork(shape, [start[in_span:]] * 2, rates)
    x, y, offset = torch.zeros(2, 30, 30 if in_span else 60), torch.zeros(2, 30, 10), torch.zeros(2, 30, 50)
    networks.loss(x, y, offset if in_span else None)
    held = [networks._parameters, networks._velocities, *networks._u, *networks._delta, networks._error]
    held += [*networks._h, *networks._slopes, y] + ([offset] if in_span else [])
    total = sum(tensor.numel() * tensor.element_size() for tensor in held)
    counted = 2 * shape.bytes_per_cell(4)
    assert total <= counted <= 1.2 * total


def test_cells_of_a_kernel_call_are_bounded_by_memory_and_by_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Execution("cpu", cells_per_batch=7).cells_per_kernel(10) == 1
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert Execution("cuda", memory_limit=1000).cells_per_kernel(10) == 100
    assert Execution("cuda", memory_limit=1000, cells_per_batch=7).cells_per_kernel(10) == 7
    assert Execution("cuda", memory_limit=1000).cells_per_kernel(4000) == 1


# ---------------------------------------------------------------------------------------------------------------------
# Devices


def test_auto_takes_cuda_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for present, expected in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda present=present: present)
        assert resolve_device("auto").type == expected
        assert resolve_device("cpu").type == "cpu"


def test_cuda_asked_for_and_absent_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match=r"^device: cuda is asked for, .* use auto or cpu$"):
        student_teacher_on("cuda")


def student_teacher_on(device: str) -> TrainingGrid:
    descent = GradientDescent((0.1,), 2, 0.9)
    return train_student_teacher(ensemble_of("tanh", 4), descent, 3, trials(0), Execution(device))


def test_usable_memory_of_the_cpu_leaves_some_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available_memory", lambda: 1000)
    assert devices.usable_memory(torch.device("cpu")) == 800


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"device": "gpu"}, "'gpu' is not known, must be one of auto, cpu, cuda"),
        ({"dtype": "float16"}, "'float16' is not known, must be one of float32, float64"),
        ({"cells_per_batch": 0}, "cells_per_batch: 0"),
        ({"memory_limit": -1}, "memory_limit: -1"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(UserError, match=named):
        Execution(**settings)
    with pytest.raises(UserError, match="'gpu' is not known"):
        resolve_device("gpu")


def test_the_memory_of_a_job_bounds_the_host_and_not_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Execution.of_job("cpu", 300).memory_limit == 300 * 10**6
    assert Execution.of_job("cpu", None).memory_limit is None
    monkeypatch.setattr(devices, "device_type", lambda name: "cuda")
    assert Execution.of_job("auto", 300) == Execution("auto", memory_limit=None)
