"""Time and peak memory of one column of Figure 2, left: all learning rates and trials at one width.

    python benchmarks/training_column.py                 # M = 256, 100 steps: about a minute, 500 MB
    python benchmarks/training_column.py --small         # M = 64, 20 steps: a few seconds
    python benchmarks/training_column.py --width 512 --steps 100 --threads 2

This package trains the column against the loop that one would write first: for each cell a torch.nn.Sequential,
autograd and torch.optim.SGD. That loop comes in two forms: it takes every step of every cell, or leaves a cell when
this package does. The ratio to the former is the gain; the ratio to the latter is what does not come from stopping.

Each candidate runs in a process of its own, on the same samples and initial parameters, and has to give the same
verdict on every cell. Memory is the peak of the resident set during training, less the resident set just before it:
imports are there already, and the libraries have been warmed up on a tiny column.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np
import torch
from peak_memory import peak_resident, start_of_peak

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.devices import Execution
from fisher_spectra.common.seeds import generator
from fisher_spectra.karakida.mean_field import critical_learning_rate, mean_field
from fisher_spectra.networks.fully_connected import RandomNetwork, forward, gaussian_inputs
from fisher_spectra.training.grid.gradient_descent import GradientDescent, NetworkEnsemble
from fisher_spectra.training.grid.student_teacher import train_student_teacher

OURS, STOPPING, PLAIN = "this package", "plain loop that stops", "plain loop"
CANDIDATES = (OURS, STOPPING, PLAIN)
# Karakida 2019, Figure 2: depth, outputs, samples, momentum, trials, and the variances of each activation.
DEPTH, OUTPUTS, SAMPLES, MOMENTUM, TRIALS = 4, 10, 100, 0.9, 5
VARIANCES = {"tanh": (3.0, 0.64), "relu": (2.0, 0.1), "linear": (1.0, 0.1)}
MODULES = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "linear": torch.nn.Identity, "gelu": torch.nn.GELU}
# Cells next to the border may end on either side: the last bit of a rounding decides there.
DIFFERING_CELLS = 0.05


def main() -> None:
    """Parse the command line; run all candidates, or in a child process the one that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="M = 64, 20 steps: a quick run, e.g. for CI")
    parser.add_argument("--width", type=int, help="M of the inputs and all hidden layers (default 256)")
    parser.add_argument("--steps", type=int, help="steps of gradient descent (default 100)")
    parser.add_argument("--rates", type=int, default=16, help="learning rates from eta_c / 10 to 10 eta_c (default 16)")
    parser.add_argument("--activation", choices=sorted(VARIANCES), default="tanh", help="(default tanh)")
    parser.add_argument("--threads", type=int, default=1, help="threads of each candidate (default 1)")
    parser.add_argument("--child", choices=CANDIDATES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.width = options.width or (64 if options.small else 256)
    options.steps = options.steps or (20 if options.small else 100)
    if min(options.width, options.steps, options.rates, options.threads) < 1:
        parser.error("all numbers must be at least 1")
    if options.child:
        run_child(options)
    else:
        compare(options)


# ---------------------------------------------------------------------------------------------------------------------
# Child process: one candidate


def column(activation: str, width: int, steps: int, rates: int) -> tuple[NetworkEnsemble, GradientDescent]:
    """The column that all candidates train."""
    variances = VARIANCES[activation]
    theory = mean_field(get_activation(activation), *variances, DEPTH)
    critical = critical_learning_rate(theory, width, SAMPLES, MOMENTUM)
    grid = tuple(float(rate) for rate in np.geomspace(critical / 10, 10 * critical, rates))
    ensemble = NetworkEnsemble(get_activation(activation), (*[width] * DEPTH, OUTPUTS), *variances)
    return ensemble, GradientDescent(grid, steps, MOMENTUM)


def trials(width: int) -> list[np.random.Generator]:
    return [generator(0, "benchmark training_column", width, trial) for trial in range(TRIALS)]


def run(candidate: str, ensemble: NetworkEnsemble, descent: GradientDescent, seeds: list[np.random.Generator]) -> Any:
    """Whether each cell diverged, (rates, trials)."""
    if candidate == OURS:
        return train_student_teacher(ensemble, descent, SAMPLES, seeds, Execution("cpu")).diverged
    diverged = np.empty((len(descent.learning_rates), len(seeds)), dtype=bool)
    for trial, rng in enumerate(seeds):
        x = gaussian_inputs(rng, SAMPLES, ensemble.widths[0])
        y = forward(ensemble.sample(rng), x).outputs
        student = ensemble.sample(rng)
        inputs, targets = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        patience = descent.hopeless if candidate == STOPPING else float("inf")
        for row, rate in enumerate(descent.learning_rates):
            loss = plain_loss(student, inputs, targets, rate, descent, patience)
            diverged[row, trial] = not loss <= descent.divergence_loss
    return diverged


def module_of(network: RandomNetwork) -> torch.nn.Sequential:
    """The network as one writes it in PyTorch, in single precision."""
    layers: list[torch.nn.Module] = []
    for weight, bias in zip(network.weights, network.biases, strict=True):
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight))
            layer.bias.copy_(torch.from_numpy(bias))
        layers += [layer, MODULES[network.activation.name]()]
    return torch.nn.Sequential(*layers[:-1])


def plain_loss(
    student: RandomNetwork,
    inputs: torch.Tensor,
    targets: torch.Tensor,
    rate: float,
    descent: GradientDescent,
    patience: float,
) -> float:
    """Loss after the last step, or the first one that is above `patience`."""
    network = module_of(student)
    optimizer = torch.optim.SGD(network.parameters(), lr=rate, momentum=descent.momentum)
    for _ in range(descent.steps):
        optimizer.zero_grad()
        loss: torch.Tensor = ((network(inputs) - targets) ** 2).sum() / (2 * len(inputs))
        if patience < float("inf") and not loss.item() <= patience:
            return float(loss.detach())
        torch.autograd.backward(loss)
        optimizer.step()
    with torch.no_grad():
        return float(((network(inputs) - targets) ** 2).sum() / (2 * len(inputs)))


def run_child(options: argparse.Namespace) -> None:
    """Measure one candidate and print the measurements as JSON."""
    torch.set_num_threads(options.threads)
    # What a library loads or sets up on first use is no property of the method: a tiny case comes first.
    run(options.child, *column(options.activation, 4, 2, 2), trials(4))
    ensemble, descent = column(options.activation, options.width, options.steps, options.rates)
    before, start, cpu_start = start_of_peak(), time.perf_counter(), time.process_time()
    diverged = run(options.child, ensemble, descent, trials(options.width))
    seconds, cpu_seconds, memory = (
        time.perf_counter() - start,
        time.process_time() - cpu_start,
        peak_resident() - before,
    )
    measured = {"seconds": seconds, "cpu_seconds": cpu_seconds, "bytes": memory}
    print(json.dumps(measured | {"diverged": diverged.astype(int).tolist()}))


# ---------------------------------------------------------------------------------------------------------------------
# Parent process


def compare(options: argparse.Namespace) -> None:
    """Run every candidate, check that the verdicts agree, print the table."""
    cells = options.rates * TRIALS
    print(
        f"One training column: {options.activation}, L = {DEPTH}, M = {options.width}, C = {OUTPUTS}, T = {SAMPLES}, "
        f"mu = {MOMENTUM};\n"
        f"{options.rates} rates x {TRIALS} trials, {options.steps} steps; {options.threads} thread(s)\n"
    )
    print(f"{'':60}{'ratio of':>8}")
    print(
        f"{'candidate':22} {'time':>9} {'CPU time':>11} {'peak memory':>13} {'time':>8} {'CPU time':>9} {'memory':>8}"
    )
    ours: dict[str, Any] = {}
    differing = 0
    for candidate in CANDIDATES:
        result = child(options, candidate)
        ours = ours or result
        differing = max(differing, int(np.sum(np.array(result["diverged"]) != np.array(ours["diverged"]))))
        print(
            f"{candidate:22} {result['seconds']:7.2f} s {result['cpu_seconds']:9.2f} s {result['bytes'] / 1e6:10.1f} MB"
            f" {result['seconds'] / ours['seconds']:8.2f} {result['cpu_seconds'] / ours['cpu_seconds']:9.2f}"
            f" {result['bytes'] / ours['bytes']:8.2f}",
            flush=True,
        )
    print(f"\n{np.sum(ours['diverged'])} of {cells} cells diverged; the candidates differ in {differing}.")
    if differing > DIFFERING_CELLS * cells:
        sys.exit(f"error: the candidates differ in more than {DIFFERING_CELLS:.0%} of the cells")


def child(options: argparse.Namespace, candidate: str) -> dict[str, Any]:
    """Measurements of one candidate in a fresh process with a pinned number of threads."""
    command = [sys.executable, __file__, "--child", candidate, "--activation", options.activation]
    command += [f"--{name}={getattr(options, name)}" for name in ("width", "steps", "rates", "threads")]
    pinned = {f"{library}_NUM_THREADS": str(options.threads) for library in ("OMP", "MKL", "OPENBLAS")}
    done = subprocess.run(command, env=os.environ | pinned, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"error: {candidate} ended with status {done.returncode}")
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


if __name__ == "__main__":
    main()
