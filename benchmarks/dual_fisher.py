"""Time and peak memory of the dual Fisher matrix: layer formula against torch.func Jacobians.

    python benchmarks/dual_fisher.py            # L = 3, M = 1000, T = 100, C = 1: about two minutes, 4 GB
    python benchmarks/dual_fisher.py --small    # M = 200, T = 40: a few seconds
    python benchmarks/dual_fisher.py --by-hand  # interleaved with what one writes for this network alone

Every candidate gets the same network and inputs in a process of its own, and has to return the same matrix. Memory
is the peak of the resident set during the first call, less the resident set just before it: imports, network and
inputs are there already, and the libraries have been warmed up on a tiny network. Time is the median of the calls
after that one. Drawing the network counts for none. The torch candidates multiply the Jacobian of each parameter
tensor with itself where it lies, without joining them to one matrix, which would double their memory.

With --by-hand, one process takes turns between the layer formula, the same in NumPy written for L = 3 tanh layers and
one output, that under jax.jit where JAX is installed, and a product of two matrices of order 1024, whose speed is the
unit of the last column. Medians of processor time.

The second table splits the time of one sample of karakida_fig1 (network, dual matrix, statistics) into stages.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from peak_memory import peak_resident, start_of_peak

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.networks.dual_fisher import dual_fisher, eigenvalue_statistics
from fisher_spectra.networks.fully_connected import FloatArray, RandomNetwork, forward, gaussian_inputs, sample_network

if TYPE_CHECKING:
    import torch

OURS = "layer formula"
CANDIDATES = (OURS, "vmap(jacrev)", "vmap(grad)")
DTYPES = ("float64", "float32")
# Largest difference between two candidates over the largest entry: rounding of sums of M^2 products.
AGREEMENT = {"float64": 1e-12, "float32": 1e-4}
EXPECTED_SPEED, EXPECTED_MEMORY = 50, 20
VARIANCES = (3.0, 0.64)  # tanh network of Karakida 2019, Figure 1


def main() -> None:
    """Parse the command line; run all candidates, or in a child process the one that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="M = 200, T = 40: a quick run, e.g. for CI")
    parser.add_argument("--depth", type=int, default=3, help="L (default 3)")
    parser.add_argument("--width", type=int, help="M of the input and all hidden layers (default 1000)")
    parser.add_argument("--samples", type=int, help="T (default 100)")
    parser.add_argument("--repetitions", type=int, default=5, help="timed calls of each candidate (default 5)")
    parser.add_argument("--threads", type=int, default=1, help="threads of each candidate (default 1)")
    parser.add_argument("--by-hand", action="store_true", help="against NumPy and JAX for this network alone, L = 3")
    parser.add_argument("--child", nargs=3, metavar=("TASK", "DTYPE", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.width = options.width or (200 if options.small else 1000)
    options.samples = options.samples or (40 if options.small else 100)
    if min(options.depth - 1, options.width, options.samples, options.repetitions, options.threads) < 1:
        parser.error("--depth must be at least 2, all other numbers at least 1")
    if options.by_hand and options.child is None:
        for dtype in DTYPES:
            child(options, "by_hand", dtype, Path(os.devnull))
    elif options.child:
        run_child(options, *options.child)
    else:
        compare(options)


# ---------------------------------------------------------------------------------------------------------------------
# Child process: one candidate


def sample(samples: int, width: int, depth: int, dtype: str) -> tuple[RandomNetwork, FloatArray]:
    """The network and inputs that all candidates of one dtype share."""
    widths = (*[width] * depth, 1)
    rng = generator(0, "benchmark dual_fisher", *widths, samples)
    network = sample_network(rng, widths, get_activation("tanh"), *VARIANCES, dtype)
    return network, gaussian_inputs(rng, samples, width, dtype)


def torch_candidate(name: str, network: RandomNetwork, inputs: FloatArray, threads: int) -> Callable[[], FloatArray]:
    """Dual matrix from the per-sample Jacobian that torch.func builds, for one output."""
    import torch

    torch.set_num_threads(threads)
    parameters = [
        (torch.from_numpy(weight), torch.from_numpy(bias))
        for weight, bias in zip(network.weights, network.biases, strict=True)
    ]
    x = torch.from_numpy(inputs)

    def output(parameters: list[tuple[torch.Tensor, torch.Tensor]], h: torch.Tensor) -> torch.Tensor:
        for weight, bias in parameters[:-1]:
            h = torch.tanh(weight @ h + bias)
        weight, bias = parameters[-1]
        return (weight @ h + bias).squeeze(0)

    differentiate: Any = {"vmap(jacrev)": torch.func.jacrev, "vmap(grad)": torch.func.grad}[name]

    def dual() -> FloatArray:
        jacobian = torch.func.vmap(differentiate(output), in_dims=(None, 0))(parameters, x)
        total = torch.zeros(len(x), len(x), dtype=x.dtype)
        for tensors in jacobian:
            for tensor in tensors:
                flat = tensor.reshape(len(x), -1)
                total += flat @ flat.T
        result: FloatArray = (total / len(x)).numpy()
        return result

    return dual


def run_child(options: argparse.Namespace, task: str, dtype: str, file: str) -> None:
    """Measure `task` and print the measurements as JSON; a candidate's matrix goes to `file`."""
    if task == "by_hand":
        by_hand(options, dtype)
        print("{}")
        return
    if task == "stages":
        print(json.dumps(stages(options, dtype)))
        return
    # What a library loads or sets up on first use is no property of the method: a tiny case comes first.
    candidate(task, *sample(2, 3, options.depth, dtype), options.threads)()
    call = candidate(task, *sample(options.samples, options.width, options.depth, dtype), options.threads)
    before = start_of_peak()
    matrix = call()
    memory = peak_resident() - before
    np.save(file, matrix)
    print(json.dumps({"seconds": median(timed(call) for _ in range(options.repetitions)), "bytes": memory}))


def candidate(name: str, network: RandomNetwork, inputs: FloatArray, threads: int) -> Callable[[], FloatArray]:
    """The call to be measured."""
    if name == OURS:
        return lambda: dual_fisher(network, inputs)
    return torch_candidate(name, network, inputs, threads)


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def stages(options: argparse.Namespace, dtype: str) -> dict[str, float]:
    """Median seconds of the parts of one sample of karakida_fig1."""
    seconds: dict[str, list[float]] = {}
    size = options.samples, options.width, options.depth, dtype
    network, inputs = sample(*size)
    matrix = dual_fisher(network, inputs)
    parts: dict[str, Callable[[], object]] = {
        "draw network and inputs": lambda: sample(*size),
        "dual matrix": lambda: dual_fisher(network, inputs),
        "  of which forward pass": lambda: forward(network, inputs).slopes,
        "eigenvalue statistics": lambda: eigenvalue_statistics(matrix, network.n_parameters()),
    }
    for _ in range(options.repetitions + 1):
        for name, part in parts.items():
            seconds.setdefault(name, []).append(timed(part))
    return {name: median(values[1:]) for name, values in seconds.items()}


# ---------------------------------------------------------------------------------------------------------------------
# What one writes for one network


def formula_by_hand(xp: Any, weights: Any, biases: Any, x: Any) -> Any:
    """F* of three layers of tanh and one output, in NumPy or in JAX."""
    (w1, w2, w3), (b1, b2, _) = weights, biases
    h1 = xp.tanh(x @ w1.T + b1)
    h2 = xp.tanh(h1 @ w2.T + b2)
    d2 = w3 * (1 - h2 * h2)
    d1 = (d2 @ w2) * (1 - h1 * h1)
    return ((h2 @ h2.T + 1) + (d2 @ d2.T) * (h1 @ h1.T + 1) + (d1 @ d1.T) * (x @ x.T + 1)) / len(x)


def by_hand(options: argparse.Namespace, dtype: str) -> None:
    """Take turns, and print medians to standard error, as standard output is for the numbers of a child."""
    samples, width = options.samples, options.width
    network, inputs = sample(samples, width, 3, dtype)
    weights, biases = network.weights, network.biases
    calls: dict[str, Callable[[], Any]] = {
        OURS: lambda: dual_fisher(network, inputs),
        "NumPy by hand": lambda: formula_by_hand(np, weights, biases, inputs),
    }
    try:
        import jax
    except ImportError:
        print("jitted JAX: not installed", file=sys.stderr)
    else:
        jax.config.update("jax_enable_x64", True)
        jitted = jax.jit(lambda *arguments: formula_by_hand(jax.numpy, *arguments))
        on_device = jax.tree.map(jax.numpy.asarray, (weights, biases, inputs))
        calls["jitted JAX"] = lambda: jitted(*on_device).block_until_ready()
    square = np.ones((1024, 1024), dtype=dtype)
    calls["product of order 1024"] = lambda: square @ square
    expected = dual_fisher(network, inputs)
    for name, call in list(calls.items())[:-1]:
        difference = np.abs(np.asarray(call()) - expected).max() / np.abs(expected).max()
        if difference > AGREEMENT[dtype]:
            sys.exit(f"error: {name} in {dtype} differs from the {OURS} by {difference:.1e}")
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    turns = generator(0, "benchmark dual_fisher", "turns")
    for _ in range(options.repetitions):
        for name in turns.permutation(list(calls)):  # each finds in the cache what another one has left there
            start = time.process_time()
            calls[name]()
            seconds[name].append(time.process_time() - start)
    # Two products forward and one back, and five A A^T, of which one half is needed.
    operations = 3 * 2 * samples * width**2 + 5 * samples**2 * width
    unit = 2 * 1024**3 / median(seconds["product of order 1024"])
    print(f"{dtype}, M = {width}, T = {samples}, {options.threads} thread(s)", file=sys.stderr)
    for name, values in seconds.items():
        if name in (OURS, "NumPy by hand", "jitted JAX"):
            share = operations / median(values) / unit
            print(
                f"  {name:14}  {1e3 * median(values):8.2f} ms  {share:5.2f} of the speed of a product", file=sys.stderr
            )


# ---------------------------------------------------------------------------------------------------------------------
# Parent process


def compare(options: argparse.Namespace) -> None:
    """Run every candidate, check that the matrices agree, print the tables."""
    width, samples = options.width, options.samples
    parameters = (options.depth - 1) * width**2 + width + (options.depth - 1) * width + 1
    print(
        f"Dual Fisher matrix: tanh, L = {options.depth}, M = {width}, T = {samples}, C = 1, P = {parameters}; "
        f"{options.threads} thread(s), median of {options.repetitions} calls\n"
    )
    print(f"{'dtype':8}  {'candidate':14}  {'time':>10}  {'peak memory':>12}  {'time ratio':>10}  {'memory ratio':>12}")
    for dtype in DTYPES:
        ours: dict[str, float] = {}
        reference = np.empty(0)
        for candidate in CANDIDATES:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder, "matrix.npy")
                result = child(options, candidate, dtype, file)
                matrix = np.load(file)
            if candidate == OURS:
                ours, reference = result, matrix
            difference = np.abs(matrix - reference).max() / np.abs(reference).max()
            if difference > AGREEMENT[dtype]:
                sys.exit(f"error: {candidate} in {dtype} differs from the {OURS} by {difference:.1e}")
            print(
                f"{dtype:8}  {candidate:14}  {1e3 * result['seconds']:7.1f} ms  {result['bytes'] / 1e6:9.1f} MB"
                f"  {result['seconds'] / ours['seconds']:10.1f}  {result['bytes'] / ours['bytes']:12.1f}"
            )
    print("All candidates agree to " + ", ".join(f"{limit:g} in {dtype}" for dtype, limit in AGREEMENT.items()) + ".")
    if (options.depth, width, samples) == (3, 1000, 100):
        print(f"Expected at this size: time ratio at least {EXPECTED_SPEED}, memory ratio at least {EXPECTED_MEMORY}.")
    print("\nOne sample of karakida_fig1\n")
    by_dtype = {dtype: child(options, "stages", dtype, Path(os.devnull)) for dtype in DTYPES}
    print(f"{'stage':24}" + "".join(f"{dtype:>12}" for dtype in DTYPES))
    for stage in by_dtype[DTYPES[0]]:
        print(f"{stage:24}" + "".join(f"{1e3 * by_dtype[dtype][stage]:9.2f} ms" for dtype in DTYPES))


def child(options: argparse.Namespace, task: str, dtype: str, file: Path) -> dict[str, float]:
    """Measurements of one task in a fresh process with a pinned number of threads."""
    numbers = ("depth", "width", "samples", "repetitions", "threads")
    command = [sys.executable, __file__, "--child", task, dtype, str(file)]
    command += [f"--{name}={getattr(options, name)}" for name in numbers]
    pinned = {f"{library}_NUM_THREADS": str(options.threads) for library in ("OMP", "MKL", "OPENBLAS")}
    done = subprocess.run(command, env=os.environ | pinned, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"error: {task} in {dtype} ended with status {done.returncode}")
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


if __name__ == "__main__":
    main()
