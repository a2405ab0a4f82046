"""One depth of Figure 4 of Hayase, Karakida 2021: online gradient descent at all learning rates.

The plain loop is that of `benchmarks/online_training.py`, cell by cell. `fused_online.c` is the same in forty lines
of C. `torch.mv` alone takes the two products of each layer, step and cell and does nothing else: less than any loop
that keeps a matrix for each cell. At the rates that are taken no cell diverges, so that all do all steps.
"""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from online_training import plain_step

from benchmark_page.comparison import Array, Prepared
from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.networks.haar_measure import haar_orthogonal
from fisher_spectra.training.online.descent import train_online
from fisher_spectra.training.online.problem import OnlineData, OnlineDescent, epochs_in_order

OURS, C, JAX = "`train_online`", "C, one fused loop", "JAX, jitted, scan over steps"
PLAIN, PRODUCTS = "torch, plain loop over cells", "`torch.mv` alone: two a layer"
NAMES = (OURS, C, JAX, PLAIN, PRODUCTS)
SLOPE, BOUND = 1.0013, 1.0 / 0.35355339059327379  # of the hard tanh; Hayase, Karakida 2021, Section 5.2
COMPILE = ("cc", "-O3", "-march=native", "-ffast-math", "-fPIC", "-c")
# A step of its own: a library linked with -ffast-math has numbers below 2e-308 count as zero in all of the process.
LINK = ("cc", "-shared")

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Task:
    """What all candidates train: initial weights (M, M) of each layer, samples, targets, learning rates, epochs."""

    weights: list[Floats]
    x: Floats
    y: Floats
    rates: tuple[float, ...]
    epochs: int
    method: str = "auto"  # of ours

    @property
    def samples(self) -> int:
        """How many there are; a step sees one of them."""
        return len(self.x)

    @property
    def width(self) -> int:
        """M."""
        return int(self.x.shape[1])


def task(width: int, depth: int, cells: int, samples: int, epochs: int = 1, method: str = "auto") -> Task:
    """Orthogonal weights, Gaussian samples and targets."""
    rng = generator(0, "benchmark online", width, depth)
    weights = [haar_orthogonal(rng, width).astype(np.float32) for _ in range(depth)]
    x, y = (rng.standard_normal((samples, width)).astype(np.float32) for _ in range(2))
    y /= np.linalg.norm(y, axis=1, keepdims=True) / width**0.5  # label vectors of equal norms
    return Task(weights, x, y, tuple(np.geomspace(0.001, 0.2, cells) / depth), epochs, method)


def prepare(candidate: str, settings: Mapping[str, Any]) -> Prepared:
    """A candidate for L, M, the numbers of cells and steps of the settings; each sample once if no epochs are given."""
    makers: dict[str, Callable[[Task], tuple[Callable[[], Array | None], float]]] = {
        OURS: by_us,
        C: by_c,
        JAX: by_jax,
        PLAIN: lambda given: (lambda: plainly(given), 0.0),
        PRODUCTS: lambda given: (lambda: products(given), 0.0),
    }
    make, cells = makers[candidate], settings["cells"]
    epochs, method = settings.get("epochs", 1), settings.get("method", "auto")
    make(task(16, 2, 2, 16, 1, method))[0]()  # what a library sets up on first use is no property of the method
    if candidate == OURS and method == "auto":
        make(task(16, 2, 2, 16, 1, "projected"))[0]()
    given = task(settings["M"], settings["L"], cells, settings["steps"] // epochs, epochs, method)
    call, compiled = make(given)
    steps = given.epochs * given.samples
    # To read a cell's matrices once forward and once backward, and to write them once.
    return Prepared(call, 3.0 * 4 * cells * settings["L"] * settings["M"] ** 2 * steps, 1.0, compiled)


def by_us(given: Task) -> tuple[Callable[[], Array], float]:
    """Training losses of the cells at the end, and no compiling."""
    labels = np.arange(given.samples)
    data = OnlineData(given.x, labels, given.y, given.x[:1], labels[:1])
    descent = OnlineDescent(given.rates, epochs_in_order(given.samples, given.epochs))
    phi = get_activation(f"hard_tanh(s={1 / BOUND!r},g={SLOPE})")
    return lambda: train_online(given.weights, phi, data, descent, method=given.method).train_loss, 0.0


def training_loss(weights: Sequence[torch.Tensor], given: Task) -> float:
    """The mean over the samples of |f - y|^2 / (2 M)."""
    h = torch.from_numpy(given.x)
    for weight in weights[:-1]:
        h = (SLOPE * h @ weight.T).clip_(-BOUND, BOUND)
    error = h @ weights[-1].T - torch.from_numpy(given.y)
    return float(error.double().square().sum()) / (2 * given.width * given.samples)


@torch.inference_mode()
def plainly(given: Task) -> Array:
    """Each cell with its matrices and an update each step."""
    x, y, found = torch.from_numpy(given.x), torch.from_numpy(given.y), []
    for rate in given.rates:
        weights = [torch.from_numpy(weight).clone() for weight in given.weights]
        for step in range(given.samples * given.epochs):
            plain_step(weights, x[step % given.samples], y[step % given.samples], rate / given.width)
        found.append(training_loss(weights, given))
    return np.array(found)


@torch.inference_mode()
def products(given: Task) -> None:
    """The matrix-vector products of all cells and steps; each cell has matrices of its own."""
    cells = [[torch.from_numpy(weight).clone() for weight in given.weights] for _ in given.rates]
    x = torch.from_numpy(given.x[0])
    for _ in range(given.samples * given.epochs):
        for weights in cells:
            for weight in weights:
                torch.mv(weight, x)
                torch.mv(weight.T, x)


def by_c(given: Task) -> tuple[Callable[[], Array], float]:
    """`fused_online.c`, compiled by the compiler of this machine."""
    source, start = Path(__file__).with_name("fused_online.c"), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        library, compiled_source = Path(folder, "fused_online.so"), Path(folder, "fused_online.o")
        try:
            subprocess.run([*COMPILE, "-o", str(compiled_source), str(source)], check=True)
            subprocess.run([*LINK, "-o", str(library), str(compiled_source), "-lm"], check=True)
        except FileNotFoundError:
            raise ModuleNotFoundError("no C compiler", name="a C compiler") from None
        train = ctypes.CDLL(str(library)).train_cells
    compiled = time.perf_counter() - start
    floats = np.ctypeslib.ndpointer(np.float32, flags="C_CONTIGUOUS")
    whole, real = ctypes.c_int, ctypes.c_float
    train.argtypes = [floats, whole, whole, whole, floats, floats, whole, whole, real, real, floats]
    depth, rates = len(given.weights), np.array(given.rates, dtype=np.float32)

    def call() -> Array:
        weights = np.repeat(np.stack(given.weights)[None], len(rates), axis=0)
        sizes = len(rates), depth, given.width
        if train(weights, *sizes, given.x, given.y, given.samples, given.epochs, SLOPE, BOUND, rates):
            raise MemoryError("fused_online.c")
        return np.array([training_loss(list(torch.from_numpy(cell)), given) for cell in weights])

    return call, compiled


def by_jax(given: Task) -> tuple[Callable[[], Array], float]:
    """A scan over the steps, gradients by hand as rank-one updates, mapped over the cells."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", False)

    x, y, depth = jnp.asarray(given.x), jnp.asarray(given.y), len(given.weights)

    def step(rate: Any, weights: Any, number: Any) -> Any:
        h, gains = [x[number]], []
        for weight in weights[:-1]:
            u = SLOPE * (weight @ h[-1])
            gains.append(jnp.where(jnp.abs(u) < BOUND, SLOPE, 0.0))
            h.append(jnp.clip(u, -BOUND, BOUND))
        delta, moved = weights[-1] @ h[-1] - y[number], list(weights)
        for layer in range(depth - 1, -1, -1):
            moved[layer] = weights[layer] - jnp.outer(rate * delta, h[layer])
            delta = (delta @ weights[layer]) * gains[layer - 1] if layer else delta
        return moved, None

    def train_cell(weights: Any, rate: Any) -> Any:
        order = jnp.tile(jnp.arange(given.samples), given.epochs)
        return jax.lax.scan(lambda w, number: step(rate, w, number), weights, order)[0]

    def train(weights: Any, rates: Any) -> Any:
        return jax.lax.map(lambda rate: train_cell(weights, rate), rates)

    start = time.process_time()
    weights, rates = [jnp.asarray(one) for one in given.weights], jnp.asarray(given.rates) / given.width
    compiled = jax.jit(train).lower(weights, rates).compile()
    seconds = time.process_time() - start

    def call() -> Array:
        trained = [np.asarray(layer) for layer in compiled(weights, rates)]
        cells = ([torch.tensor(layer[cell]) for layer in trained] for cell in range(len(given.rates)))
        return np.array([training_loss(cell, given) for cell in cells])

    return call, seconds
