"""Time of one depth of online training: the plain loop against the ways of `fisher_spectra.training.online.cells`.

    python benchmarks/online_training.py                       # M = 784, L = 2, 10, 50, 16 learning rates: minutes
    python benchmarks/online_training.py --depths 100          # once; 7 GB
    python benchmarks/online_training.py --small               # M = 64, L = 2, 10: seconds
    python benchmarks/online_training.py --device cuda --width 3072 --depths 2 10 50

Candidates: `plain`, each cell with its matrices and an update each step; `dense`, the same for all cells in one kernel
call; `deferred`, as dense, with updates applied some at a time; `single`, one cell after the other in this way;
`shared`, all cells with the common initial matrices and the vectors of the steps so far, then `single`. On a GPU the
last two, which make a kernel call for each cell, are left out.

Single steps are timed, not whole trainings. Shared cells take longer the more vectors they have stored, so they are
timed at five fillings, with random vectors, and their time is the trapezoid rule through these. All times are for all
cells; no cell diverges here, while every cell that does makes a real training shorter. Candidates take turns, the
fastest of all turns counts, and with one thread the processor's time is measured, so that other work on the machine
disturbs the ratios little (it still takes cache and memory bandwidth away); on a GPU it is the clock on the wall, after
all kernels have ended. Before timing, all candidates do the same
steps and have to agree to 1e-4 of the change of the weights, besides rounding.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.networks.haar_measure import haar_orthogonal
from fisher_spectra.training.limits import UPDATES_AT_A_TIME, shared_steps
from fisher_spectra.training.online.cells import (
    Cells,
    DeferredCells,
    DenseCells,
    SharedCells,
    SingleCell,
    descend_cells,
    forward_cells,
)

ACTIVATION = get_activation("hard_tanh(s=0.35355339059327379,g=1.0013)")  # Hayase, Karakida 2021, Section 5.2
AGREEMENT = 1e-4
FILLINGS = (0.0, 0.25, 0.5, 0.75, 1.0)
STEPS_TO_AGREE = 20


def main() -> None:
    """Parse the command line and print a table for each depth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="M = 64, L = 2 and 10: a quick run, e.g. for CI")
    parser.add_argument("--width", type=int, help="M (default 784)")
    parser.add_argument("--depths", type=int, nargs="+", help="L (default 2 10 50)")
    parser.add_argument("--cells", type=int, default=16, help="number of learning rates (default 16)")
    parser.add_argument("--steps", type=int, default=500, help="steps of the training that is estimated (default 500)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each candidate (default 5)")
    parser.add_argument("--threads", type=int, default=1, help="threads (default 1)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where it runs (default cpu)")
    options = parser.parse_args()
    width = options.width or (64 if options.small else 784)
    depths = options.depths or ([2, 10] if options.small else [2, 10, 50])
    if min(width, *depths, options.cells, options.steps, options.rounds, options.threads) < 1:
        parser.error("all numbers must be at least 1")
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("--device cuda: PyTorch finds no CUDA device here")
    torch.set_num_threads(options.threads)
    place = torch.cuda.get_device_name() if options.device == "cuda" else f"{options.threads} thread(s)"
    print(
        f"M = {width}, {options.cells} learning rates, {place}, float32; "
        f"seconds for {options.steps} steps, extrapolated from single steps"
    )
    print(f"{'L':>4}  {'candidate':<10} {'ms a step':>42} {'seconds':>9} {'ratio':>6} {'MB of weights':>14}")
    with torch.inference_mode():
        for depth in depths:
            compare(width, depth, options)


def compare(width: int, depth: int, options: argparse.Namespace) -> None:
    """Time all candidates at one depth."""
    rng, place = generator(0, "benchmark online_training", width, depth), torch.device(options.device)
    weights = [torch.from_numpy(haar_orthogonal(rng, width)).float().to(place) for _ in range(depth)]
    x, y = (torch.from_numpy(rng.standard_normal((64, width))).float().to(place) for _ in range(2))
    rates = torch.from_numpy(np.geomspace(0.01, 0.5, options.cells)[:, None] / depth / width).float().to(place)
    check_agreement(weights, x, y, rates)
    matrix = 4e-6 * depth * width**2
    moved, rate = [weight.clone() for weight in weights], float(rates[0])
    dense, deferred = DenseCells(weights, options.cells), DeferredCells(weights, options.cells)
    timed: dict[str, Callable[[int], None]] = {
        "plain": lambda k: plain_step(moved, x[k % 64], y[k % 64], rate),
        "dense": lambda k: step(dense, x[k % 64], y[k % 64], rates),
        "deferred": lambda k: some_steps(deferred, x[k % 64], y[k % 64], rates),
    }
    first, stored = shared_steps(width, options.steps), list[int]()
    if options.device == "cpu":
        shared = FilledCells(weights, options.cells, first)
        single = SingleCell([weight.clone() for weight in weights])
        timed["single"] = lambda k: some_steps(single, x[k % 64], y[k % 64], rates[:1])
        stored = [min(round(filling * first), first - 1) for filling in FILLINGS]
        for count in stored:
            timed[f"shared {count}"] = partial(shared_step, shared, count, x, y, rates)
    best = fastest(timed, options.rounds, clock_of(options))
    plain, later = best["plain"] * options.cells, best["deferred"] / UPDATES_AT_A_TIME
    vectors = 2 * 4e-6 * depth * UPDATES_AT_A_TIME * width
    rows = [
        ("plain", [plain], plain * options.steps, 2 * matrix),
        ("dense", [best["dense"]], best["dense"] * options.steps, (1 + options.cells) * matrix),
        ("deferred", [later], later * options.steps, (1 + options.cells) * matrix + options.cells * vectors),
    ]
    if options.device == "cpu":
        alone = best["single"] * options.cells / UPDATES_AT_A_TIME
        fillings = [best[f"shared {count}"] for count in stored]
        together = first * float(np.trapezoid(fillings, FILLINGS)) + (options.steps - first) * alone
        all_vectors = 2 * 4e-6 * depth * first * width * options.cells
        rows.append(("single", [alone], alone * options.steps, 2 * matrix + vectors))
        rows.append(("shared", [*fillings, alone], together, 3 * matrix + all_vectors))
    for name, steps, total, megabytes in rows:
        times = " ".join(f"{1e3 * seconds:.1f}" for seconds in steps)
        ratio = plain * options.steps / total
        print(f"{depth:>4}  {name:<10} {times:>42} {total:>9.1f} {ratio:>6.2f} {megabytes:>14.0f}", flush=True)


def clock_of(options: argparse.Namespace) -> Callable[[], float]:
    """The clock that the candidates are timed with."""
    if options.device == "cuda":

        def when_kernels_have_ended() -> float:
            torch.cuda.synchronize()
            return time.perf_counter()

        return when_kernels_have_ended
    return time.process_time if options.threads == 1 else time.perf_counter


def step(cells: Cells, x: Tensor, y: Tensor, rates: Tensor) -> None:
    descend_cells(cells, forward_cells(cells, ACTIVATION, x, y), rates)


def shared_step(cells: FilledCells, stored: int, x: Tensor, y: Tensor, rates: Tensor, k: int) -> None:
    step(cells.filled(stored), x[k % 64], y[k % 64], rates)


def some_steps(cells: Cells, x: Tensor, y: Tensor, rates: Tensor) -> None:
    """As many as it takes until the updates are applied."""
    for _ in range(UPDATES_AT_A_TIME):
        step(cells, x, y, rates)


def plain_step(weights: list[Tensor], x: Tensor, y: Tensor, rate: float) -> None:
    """One step of one cell, as in the plain loop of tests/oracles."""
    inputs, slopes = [x], []
    for weight in weights[:-1]:
        u = weight @ inputs[-1]
        inputs.append(ACTIVATION(u))
        slopes.append(ACTIVATION.derivative(u))
    delta = weights[-1] @ inputs[-1] - y
    for layer in range(len(weights) - 1, -1, -1):
        back = (weights[layer].T @ delta) * slopes[layer - 1] if layer else delta
        weights[layer].addr_(delta, inputs[layer], alpha=-rate)
        delta = back


class FilledCells(SharedCells):
    """Shared cells that can be set to any number of stored steps, with tiny random vectors."""

    def __init__(self, weights: list[Tensor], count: int, steps: int) -> None:
        super().__init__(weights, count, steps)
        torch.manual_seed(0)
        for buffers in (self._changes, self._inputs):
            for tensors in buffers:
                for tensor in tensors:
                    tensor.normal_(std=1e-6)

    def filled(self, stored: int) -> FilledCells:
        self._stored = stored
        return self

    def end_step(self) -> None:
        """Stay at the same filling."""


def fastest(timed: dict[str, Callable[[int], None]], rounds: int, clock: Callable[[], float]) -> dict[str, float]:
    """Seconds of one call of each, the candidates taking turns."""
    best = dict.fromkeys(timed, float("inf"))
    for _ in range(rounds):
        for name, call in timed.items():
            call(0)
            start, calls = clock(), 0
            while calls < 3 or (clock() - start < 0.2 and calls < 100):
                for _ in range(3):  # the clock of a GPU waits for it: not after every call
                    calls += 1
                    call(calls)
            best[name] = min(best[name], (clock() - start) / calls)
    return best


def check_agreement(weights: list[Tensor], x: Tensor, y: Tensor, rates: Tensor) -> None:
    """All candidates do the same steps; refuse to time them if their weights differ."""
    # The largest rate: where the weights hardly move, their own rounding is not small beside the change.
    rate = rates[-1:]
    plain = [weight.clone() for weight in weights]
    cells = [
        DenseCells(weights, 2),
        DeferredCells(weights, 2),
        SharedCells(weights, 2, STEPS_TO_AGREE),
        SingleCell([weight.clone() for weight in weights]),
    ]
    for k in range(STEPS_TO_AGREE):
        plain_step(plain, x[k], y[k], float(rate))
        for candidate in cells:
            passed = forward_cells(candidate, ACTIVATION, x[k], y[k])
            descend_cells(candidate, passed, rate.expand(candidate.rows, 1))
    for layer, weight in enumerate(weights):
        change = torch.linalg.norm(plain[layer] - weight)
        # The plain loop rounds every weight at every step, which is not small beside a small change.
        rounding = STEPS_TO_AGREE**0.5 * torch.finfo(weight.dtype).eps * torch.linalg.norm(weight)
        for candidate in cells:
            if not torch.linalg.norm(candidate.weight(layer, 0) - plain[layer]) <= AGREEMENT * change + rounding:
                raise SystemExit(f"error: {type(candidate).__name__} does not agree with the plain loop")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
