"""What runs on a GPU gives what the CPU gives: training, Fisher matrices, spectra, and memory that really runs out.

`make test-gpu` runs these tests, and says so where there is no GPU; `make test` skips them there. Double precision is
compared up to rounding. In single precision PyTorch's products must not be those of
TensorFloat-32, which have ten bits.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from digits_file import digits_file
from online_problems import assert_same_outcome, online_problem
from plain_online_training import train_online_plainly
from reader_modules import reader_inputs, reader_module
from script_modules import script_module

import fisher_spectra as fs
from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution, device_name
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator
from fisher_spectra.common.tables import read_table
from fisher_spectra.hayase_karakida import conditional_fisher_torch
from fisher_spectra.hayase_karakida.conditional_fisher import conditional_fisher
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.networks import haar_measure_torch
from fisher_spectra.networks.fully_connected import RandomNetwork
from fisher_spectra.networks.haar_measure import haar_orthogonal
from fisher_spectra.pennington_worah.fisher_matrix import FisherMatrix, population_fisher, sample_weights
from fisher_spectra.pennington_worah.fisher_matrix_torch import to_torch
from fisher_spectra.pennington_worah.fisher_spectrum import (
    dense_eigenvalues,
    find_device,
    lanczos_spectrum,
    name_of_device,
)
from fisher_spectra.training.grid import batched_training
from fisher_spectra.training.grid.gradient_descent import GradientDescent, NetworkEnsemble, TrainingGrid
from fisher_spectra.training.grid.mini_batches import MiniBatches, train_on_data
from fisher_spectra.training.grid.student_teacher import train_student_teacher
from fisher_spectra.training.online import descent as online
from fisher_spectra.training.online.descent import train_online
from fisher_spectra.training.online.problem import OnlineData, OnlineDescent, epochs_in_order
from fisher_spectra.training.online.setting import initial_weights

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no CUDA device here")

RATES = (0.003, 0.01, 0.03, 1.0, 3.0, 30.0)  # from some that converge to some that diverge within a few steps
HARD_TANH = "hard_tanh(s=0.35355339059327379,g=1.0013)"


def ensemble_of(spec: str, width: int = 16) -> NetworkEnsemble:
    return NetworkEnsemble(get_activation(spec), (width, width, width, 3), 2.0, 0.3)


def on_teacher(spec: str, execution: Execution, width: int = 16) -> TrainingGrid:
    generators = [generator(0, "test_gpu", number) for number in (0, 1)]
    return train_student_teacher(ensemble_of(spec, width), GradientDescent(RATES, 25, 0.9), 12, generators, execution)


def on_data(spec: str, execution: Execution, width: int = 16) -> TrainingGrid:
    rng = generator(0, "test_gpu", "data")
    x, y = rng.standard_normal((50, width)), rng.standard_normal((50, 3))
    generators = [generator(0, "test_gpu", number) for number in (0, 1)]
    return train_on_data(
        ensemble_of(spec, width), GradientDescent(RATES, 14, 0.9), MiniBatches(x, y, 7), generators, execution
    )


def assert_same_grid(found: TrainingGrid, expected: TrainingGrid, **tolerances: float) -> None:
    assert expected.diverged.any()
    assert not expected.diverged.all()
    np.testing.assert_array_equal(found.diverged, expected.diverged)
    np.testing.assert_array_equal(found.step_of_divergence, expected.step_of_divergence)
    np.testing.assert_allclose(found.loss, expected.loss, **tolerances)


# -- training over (M, eta)


@pytest.mark.parametrize("run", [on_teacher, on_data])
@pytest.mark.parametrize("spec", ["tanh", "relu", "linear"])
def test_cells_end_on_a_gpu_as_on_the_cpu(run: Callable[..., TrainingGrid], spec: str) -> None:
    assert_same_grid(run(spec, Execution("cuda", "float64")), run(spec, Execution("cpu", "float64")), rtol=1e-9)


@pytest.mark.parametrize("run", [on_teacher, on_data])
def test_cells_in_single_precision_are_those_in_double_precision_to_its_rounding(
    run: Callable[..., TrainingGrid],
) -> None:
    # Ten bits, as TensorFloat-32 has, would be off by more than 1e-4 after the first product.
    single, double = run("linear", Execution("cuda"), 64), run("linear", Execution("cpu", "float64"), 64)
    converged = ~double.diverged
    assert converged.any()
    np.testing.assert_allclose(single.loss[converged], double.loss[converged], rtol=1e-4)


@pytest.mark.parametrize("cells", [1, 5])
def test_number_of_cells_in_a_kernel_call_changes_nothing_but_rounding(cells: int) -> None:
    pieces = on_teacher("tanh", Execution("cuda", "float64", cells_per_batch=cells))
    assert_same_grid(pieces, on_teacher("tanh", Execution("cuda", "float64")), rtol=1e-9)


# -- memory


@pytest.fixture
def little_memory() -> Iterator[Callable[[int], None]]:
    """Leave this process so many bytes of the GPU besides what it holds."""
    total = torch.cuda.get_device_properties(0).total_memory

    def leave(size: int) -> None:
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + size) / total)

    yield leave
    torch.cuda.set_per_process_memory_fraction(1.0)
    torch.cuda.empty_cache()


def test_a_grid_that_runs_out_of_memory_goes_on_with_fewer_cells(
    little_memory: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = on_teacher("tanh", Execution("cuda", "float64"), 512)
    batches: list[int] = []
    original = batched_training.train_batch
    monkeypatch.setattr(
        batched_training,
        "train_batch",
        lambda problem, descent, cells, outcome: (
            batches.append(len(cells)),
            original(problem, descent, cells, outcome),
        ),
    )
    # A cell takes 4.2 MB, and so does the start of a trial; the allocator reserves up to 20 MB at a time.
    little_memory(64 * 2**20)
    found = on_teacher("tanh", Execution("cuda", "float64"), 512)
    assert batches[0] == 12
    assert 1 <= batches[-1] < 12
    assert_same_grid(found, expected, rtol=1e-9)


def test_online_training_that_runs_out_of_memory_goes_on_with_fewer_cells(
    little_memory: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, data = problem(512, 4)
    descent = OnlineDescent(tuple(np.geomspace(0.02, 0.2, 12)), epochs_in_order(20, 1))
    activation = get_activation(HARD_TANH)
    expected = train_online(weights, activation, data, descent, Execution("cuda"), "deferred")
    tried: list[int] = []
    original = online._train_batch
    monkeypatch.setattr(
        online,
        "_train_batch",
        lambda problem, batch, *rest: (tried.append(len(batch)), original(problem, batch, *rest)),
    )
    # A cell takes 4.3 MB, and so do the initial weights.
    little_memory(30 * 2**20)
    found = train_online(weights, activation, data, descent, Execution("cuda"), "deferred")
    assert tried[0] == 12
    assert 1 <= tried[-1] < 12
    assert_same_outcome(found, expected, rtol=1e-4)


def test_a_network_that_does_not_fit_at_all_is_refused_in_one_line(little_memory: Callable[[int], None]) -> None:
    weights, data = problem(512, 4)
    little_memory(7 * 2**20)  # the initial weights and the samples, no cell
    with pytest.raises(UserError, match="memory: cuda has not enough left to train one network of 4 layers"):
        train_online(weights, get_activation("tanh"), data, OnlineDescent((0.1,), (0,)), Execution("cuda"), "deferred")


def test_a_dense_matrix_that_does_not_fit_is_refused_before_it_is_tried() -> None:
    total = torch.cuda.get_device_properties(0).total_memory

    class Huge(FisherMatrix):
        def dense(self):
            return np.broadcast_to(np.float64(0), (round((total / 8) ** 0.5),) * 2)

    small = fisher_matrix(6)
    huge = Huge(**{name: getattr(small, name) for name in small.__dataclass_fields__})
    with pytest.raises(UserError, match="the dense Fisher matrix"):
        dense_eigenvalues(huge, find_device("cuda"))


# -- online training


def problem(width: int, depth: int) -> tuple[list[np.ndarray], OnlineData]:
    return online_problem(generator(0, "test_gpu", "online", width, depth), width, depth)


@pytest.mark.parametrize("method", ["auto", "dense", "deferred"])  # the others are for processors
@pytest.mark.parametrize(("spec", "depth"), [(HARD_TANH, 1), ("tanh", 4)])
def test_online_training_on_a_gpu_is_the_plain_loop_on_the_cpu(method: str, spec: str, depth: int) -> None:
    weights, data = problem(24, depth)
    descent = OnlineDescent((0.05, 30.0, 0.2, 1e30, 0.6 / depth), epochs_in_order(30, 2), give_up_loss=50.0)
    kept: dict[str, dict[int, list[np.ndarray]]] = {"cuda": {}, "cpu": {}}

    def keep(device: str) -> Callable[..., None]:
        return lambda cell, final: kept[device].update({cell: [weight.cpu().numpy().copy() for weight in final]})

    activation = get_activation(spec)
    found = train_online(weights, activation, data, descent, Execution("cuda", "float64"), method, inspect=keep("cuda"))
    expected = train_online_plainly(
        weights, activation, data, descent, Execution("cpu", "float64"), inspect=keep("cpu")
    )
    assert expected.diverged.tolist() == [False, True, False, True, False]
    assert_same_outcome(found, expected, rtol=1e-9)
    assert sorted(kept["cuda"]) == sorted(kept["cpu"]) == [0, 2, 4]
    for cell, final in kept["cpu"].items():
        for moved, plainly in zip(kept["cuda"][cell], final, strict=True):
            np.testing.assert_allclose(moved, plainly, rtol=1e-8, atol=1e-11)


# -- orthogonal weights and Fisher matrices


def test_haar_matrix_and_initial_weights_are_those_of_the_cpu() -> None:
    device = torch.device("cuda")
    found = haar_measure_torch.haar_orthogonal(generator(0, "haar"), 200, device)
    assert found.device.type == "cuda"
    np.testing.assert_allclose(found.cpu(), haar_orthogonal(generator(0, "haar"), 200), rtol=1e-9, atol=1e-12)
    pairs = zip(
        initial_weights(generator(0, "weights"), 100, 3, device),
        initial_weights(generator(0, "weights"), 100, 3),
        strict=True,
    )
    for there, here in pairs:
        assert there.dtype == np.float32
        np.testing.assert_allclose(there, here, rtol=1e-6, atol=1e-9)


def test_conditional_fisher_matrix_and_its_eigenvalues_are_those_of_the_cpu() -> None:
    rng = generator(0, "test_gpu", "conditional")
    weights = tuple(haar_orthogonal(rng, 60) for _ in range(6))
    x = rng.standard_normal(60)
    network = RandomNetwork(weights, tuple(np.zeros(60) for _ in weights), get_activation("tanh"))
    expected = conditional_fisher(network, x)
    there = [torch.from_numpy(weight).cuda() for weight in weights]
    found = conditional_fisher_torch.conditional_fisher(there, network.activation, torch.from_numpy(x))
    np.testing.assert_allclose(found.cpu(), expected, rtol=1e-11, atol=1e-13)
    eigenvalues = conditional_fisher_torch.conditional_eigenvalues(there, network.activation, x)
    np.testing.assert_allclose(eigenvalues, np.linalg.eigvalsh(expected), rtol=1e-10)


def fisher_matrix(width: int, dtype: str = "float64") -> FisherMatrix:
    weights = sample_weights(generator(0, "test_gpu", "fisher", width), width)
    return population_fisher(*weights, get_activation("normalised_erf"), dtype)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)])
def test_fisher_operator_on_a_gpu_is_that_of_numpy(dtype: str, tolerance: float) -> None:
    exact, rounded = fisher_matrix(40), fisher_matrix(40, dtype)
    vector = generator(0, "test_gpu", "vector").standard_normal(exact.parameters)
    expected = exact.apply(vector)
    found = to_torch(rounded, "cuda").apply(torch.from_numpy(vector.astype(dtype)).cuda()).cpu().numpy()
    assert np.linalg.norm(found - expected) < tolerance * np.linalg.norm(expected)


def test_all_eigenvalues_on_a_gpu_are_those_of_lapack() -> None:
    matrix = fisher_matrix(12)
    expected = dense_eigenvalues(matrix)
    np.testing.assert_allclose(
        dense_eigenvalues(matrix, find_device("cuda")), expected, rtol=0, atol=1e-12 * expected[-1]
    )


def test_lanczos_quadrature_on_a_gpu_is_that_of_the_cpu() -> None:
    matrix = fisher_matrix(20)
    here, there = (
        lanczos_spectrum(matrix, 20, 2, generator(0, "test_gpu", "probes"), device)
        for device in ("cpu", find_device("auto"))
    )
    for a, b in zip((*here.nodes, *here.weights), (*there.nodes, *there.weights), strict=True):
        np.testing.assert_allclose(b, a, atol=1e-10)


# -- what the record says


def test_auto_takes_the_gpu_and_the_record_has_its_name() -> None:
    device = Execution("auto").torch_device
    assert device.type == "cuda"
    assert device_name(device) == name_of_device(find_device("auto")) == torch.cuda.get_device_name()


def run_script(name: str, called: str, output: Path, **settings: object) -> str:
    """Run a script of Hayase and Karakida; the device in its sidecar."""
    sidecar, digits = output.with_suffix(".json"), digits_file(output.parent)
    text = json.dumps(
        {"scale": "smoke", "root_seed": 3, "sections": {}, "job": ONLINE | settings | {"dataset": str(digits)}}
    )
    run_job(
        getattr(script_module(f"hayase_karakida/{name}"), called),
        ["--output", str(output), "--provenance", str(sidecar), "--settings", text],
    )
    device: str = json.loads(sidecar.read_text())["machine"]["device"]
    return device


ONLINE: dict[str, object] = {
    "experiment": "x",
    "samples": 40,
    "epochs": 1,
    "label_norm": "root_width",
    "isometry": {"s_squared": 0.125, "g": 1.0013},
    "depths": [2, 5],
    "give_up_loss": 1000,
}


def test_online_training_leaves_the_table_of_the_cpu_and_the_name_of_the_gpu(tmp_path: Path) -> None:
    rates = {"smallest": 0.01, "largest": 30, "number": 5}
    cells = {"learning_rates": rates, "first": 0, "stop": 5, "trials": 1}
    names = [
        run_script("train_online", "train_columns_online", tmp_path / f"{device}.csv", device=device, **cells)
        for device in ("auto", "cpu")
    ]
    assert names == [torch.cuda.get_device_name(), "cpu"]
    there, here = (read_table(tmp_path / f"{device}.csv") for device in ("auto", "cpu"))
    assert here["diverged"].any()
    pd.testing.assert_frame_equal(there, here, rtol=1e-3)


def test_spectra_after_training_are_those_of_the_cpu(tmp_path: Path) -> None:
    for device in ("cuda", "cpu"):
        output = tmp_path / f"{device}.csv"
        run_script("train_spectra", "train_spectra", output, device=device, rates=[0.1, 30], inputs=2)
    there, here = (read_table(tmp_path / f"{device}.csv") for device in ("cuda", "cpu"))
    assert here["diverged"].any()
    pd.testing.assert_frame_equal(there, here, rtol=1e-3)


@pytest.mark.parametrize("method", ["dual_matrix", "products"])
@pytest.mark.parametrize("name", ["plain", "convolution", "batch_norm_training", "attention"])
def test_a_module_is_analysed_where_it_lies(name: str, method: str) -> None:
    expected = fs.analyse(reader_module(name), reader_inputs(), "cross_entropy", 0.9, method=method)
    found = fs.analyse(reader_module(name).cuda(), reader_inputs(), "cross_entropy", 0.9, method=method)
    assert found.measurement.factor.device.type == "cuda"
    np.testing.assert_allclose(found.largest(5), expected.largest(5), rtol=1e-8)
    np.testing.assert_allclose(found.by_layer["trace"], expected.by_layer["trace"], rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(found.spectrum.trace, expected.spectrum.trace, rtol=1e-6)
    tables = [one.check_by_training((0.9, 1.1), steps=50) for one in (found, expected)]
    assert list(tables[0]["outcome"]) == list(tables[1]["outcome"])
