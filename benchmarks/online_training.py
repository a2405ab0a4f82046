"""Time of a step of online training of many cells at a time: the plain loop against `training.online.cells`.

    python benchmarks/online_training.py --device cuda                      # M = 784, L = 2, 10, 50, 16 learning rates
    python benchmarks/online_training.py --device cuda --width 3072
    python benchmarks/online_training.py --small                            # M = 64, L = 2, 10 on the CPU: seconds

Candidates: `plain`, each cell with its matrices and an update each step; `dense`, the same for all cells in one kernel
call; `deferred`, as dense, with updates applied some at a time. The compiled loop, the way on the CPU, is on the page
that `make bench` writes.

Single steps are timed, not whole trainings. All times are for all cells; no cell diverges here, while every cell that
does makes a real training shorter. Candidates take turns, the fastest of all turns counts, and with one thread the
processor's time is measured, so that other work on the machine disturbs the ratios little; on a GPU it is the clock on
the wall, after all kernels have ended. Before timing, all candidates do the same steps and have to agree to 1e-4 of the
change of the weights, besides rounding.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.networks.haar_measure import haar_orthogonal
from fisher_spectra.training.limits import UPDATES_AT_A_TIME
from fisher_spectra.training.online.cells import (
    Cells,
    DeferredCells,
    DenseCells,
    descend_cells,
    forward_cells,
)

ACTIVATION = get_activation("hard_tanh(s=0.35355339059327379,g=1.0013)")  # Hayase, Karakida 2021, Section 5.2
AGREEMENT = 1e-4
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
    print(f"{'L':>4}  {'candidate':<10} {'ms a step':>11} {'seconds':>9} {'ratio':>6} {'MB of weights':>14}")
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
    best = fastest(timed, options.rounds, clock_of(options))
    plain, later = best["plain"] * options.cells, best["deferred"] / UPDATES_AT_A_TIME
    vectors = 2 * 4e-6 * depth * UPDATES_AT_A_TIME * width
    rows = [
        ("plain", plain, 2 * matrix),
        ("dense", best["dense"], (1 + options.cells) * matrix),
        ("deferred", later, (1 + options.cells) * matrix + options.cells * vectors),
    ]
    for name, seconds, megabytes in rows:
        total = seconds * options.steps
        print(
            f"{depth:>4}  {name:<10} {1e3 * seconds:>11.1f} {total:>9.1f} {plain / seconds:>6.2f} {megabytes:>14.0f}",
            flush=True,
        )


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
    cells: list[Cells] = [DenseCells(weights, 2), DeferredCells(weights, 2)]
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
