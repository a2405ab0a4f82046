"""`analyse` against curvlinops (largest eigenvalue), nngeometry (trace) and the explicit Jacobian, on ten modules.

    python benchmarks/module_spectrum.py --output benchmark.csv
    python benchmarks/module_spectrum.py --step --widths 784 2048 2048 2048 10 --samples 10000
    python benchmarks/module_spectrum.py --whole --widths 784 2048 2048 2048 10 --samples 10000

The first prints, for each module, how far each tool is from the explicit Jacobian in float64, and its time and peak
memory; the second what one product costs beside a plain product with J and one with its transpose; the third what an
analysis takes, density left out (it takes hundreds of products). Each case runs in a
process of its own, so that its peak memory is its own. Set OMP_NUM_THREADS to fix the threads. Needs the packages
curvlinops-for-pytorch and nngeometry, which nothing else here does; `--tools` leaves them out.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
from peak_memory import peak_resident, start_of_peak

TOOLS = ("explicit", "dual_matrix", "products", "curvlinops", "nngeometry")
_PACKAGES = {"curvlinops": "curvlinops-for-pytorch", "nngeometry": "nngeometry"}
MODULES = (
    "plain",
    "unequal",
    "convolution",
    "layer_norm",
    "batch_norm",
    "batch_norm_training",
    "residual",
    "softmax",
    "attention",
    "cross_entropy",
)
_MB = 10**6
_TOLERANCE = 1e-10  # of the Lanczos iterations of curvlinops' operator, as that of `analyse` in float64


@dataclass(frozen=True)
class Case:
    """One row; everything that a fresh process needs to know."""

    module: str
    tool: str
    samples: int


def make(name: str) -> Any:
    """A module in float64, which takes 64 numbers and gives 10."""
    import torch
    from torch import nn

    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.enter, self.block, self.leave = nn.Linear(64, 96), nn.Linear(96, 96), nn.Linear(96, 10)

        def forward(self, x: torch.Tensor) -> Any:
            h = torch.tanh(self.enter(x))
            return self.leave(h + torch.relu(self.block(h)))

    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.leave = nn.Linear(8, 32), nn.Linear(32, 10)
            self.mix = nn.MultiheadAttention(32, 4, batch_first=True)

        def forward(self, x: torch.Tensor) -> Any:
            h = self.embed(x.view(len(x), 8, 8))
            return self.leave(self.mix(h, h, h, need_weights=False)[0].mean(1))

    def plain(
        *widths: int, activation: type[nn.Module] = nn.Tanh, norm: Callable[[int], nn.Module] | None = None
    ) -> Any:
        parts: list[nn.Module] = []
        for below, above in pairwise(widths):
            parts += [nn.Linear(below, above), *([norm(above)] if norm else []), activation()]
        return nn.Sequential(*parts[: -2 if norm else -1])

    torch.manual_seed(0)
    makers: dict[str, Callable[[], Any]] = {
        "plain": lambda: plain(64, 128, 128, 10),
        "unequal": lambda: plain(64, 160, 96, 48, 10, activation=nn.GELU),
        "convolution": lambda: nn.Sequential(
            nn.Unflatten(1, (1, 8, 8)),
            nn.Conv2d(1, 16, 3),
            nn.ReLU(),
            nn.Conv2d(16, 16, 3),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(256, 10),
        ),
        "layer_norm": lambda: plain(64, 128, 128, 10, norm=nn.LayerNorm),
        "batch_norm": lambda: plain(64, 128, 128, 10, norm=nn.BatchNorm1d).eval(),
        "batch_norm_training": lambda: plain(64, 128, 128, 10, norm=nn.BatchNorm1d),
        "residual": Residual,
        "softmax": lambda: nn.Sequential(plain(64, 128, 128, 10, activation=nn.ReLU), nn.Softmax(dim=1)),
        "attention": Attention,
        "cross_entropy": lambda: plain(64, 128, 128, 10, activation=nn.ReLU),
    }
    return makers[name]().double()


def measure(case: Case) -> dict[str, Any]:
    """The largest eigenvalue and the trace that a tool finds, with its time and memory; or why it does not."""
    import torch

    module = make(case.module)
    inputs = torch.randn(case.samples, 64, dtype=torch.float64)
    loss = "cross_entropy" if case.module == "cross_entropy" else "mse"
    run = {"explicit": explicit, "curvlinops": by_curvlinops, "nngeometry": by_nngeometry}.get(case.tool)
    parameters = sum(parameter.numel() for parameter in module.parameters())
    row: dict[str, Any] = {"module": case.module, "loss": loss, "parameters": parameters, "tool": case.tool}
    for _ in range(2):  # the first imports and warms up
        before, start = start_of_peak(), time.perf_counter()
        try:
            found = run(module, inputs, loss) if run else analysed(module, inputs, loss, case.tool)
        except Exception as error:  # whatever a tool makes of a module
            return row | {"refused": f"{type(error).__name__}: {' '.join(str(error).split())[:60]}"}
        row |= {"seconds": time.perf_counter() - start, "memory_mb": (peak_resident() - before) / _MB}
    return row | dict(zip(("largest", "trace"), found, strict=True))


def explicit(module: Any, inputs: Any, loss: str) -> tuple[float, float]:
    """The Jacobian as PyTorch gives it, and all eigenvalues of J J^T with the loss."""
    import torch

    parameters = {name: value.detach() for name, value in module.named_parameters()}

    def outputs(values: dict[str, Any]) -> Any:
        buffers = {name: value.clone() for name, value in module.named_buffers()}
        return torch.func.functional_call(module, {**values, **buffers}, (inputs,))

    value = outputs(parameters)
    samples, classes = value.shape
    found = torch.func.jacrev(outputs)(parameters)
    jacobian = torch.cat([part.reshape(samples * classes, -1) for part in found.values()], dim=1)
    if loss == "mse":
        dual = 2.0 / (classes * samples) * jacobian @ jacobian.T
    else:
        p = torch.softmax(value, 1)
        values, vectors = torch.linalg.eigh(torch.diag_embed(p) - p[:, :, None] * p[:, None, :])
        root = vectors @ torch.diag_embed(values.clamp(min=0.0).sqrt()) @ vectors.mT / samples**0.5
        rows = (root @ jacobian.view(samples, classes, -1)).flatten(0, 1)
        dual = rows @ rows.T
    return float(torch.linalg.eigvalsh(dual)[-1]), float(torch.trace(dual))


def analysed(module: Any, inputs: Any, loss: str, method: str) -> tuple[float, float]:
    """By this library: the trace is exact by the dual matrix, and not asked for by products."""
    import fisher_spectra as fs

    found = fs.analyse(module, inputs, loss=loss, method=method)
    trace = found.spectrum.trace[0] if method == "dual_matrix" else float("nan")
    return found.largest_eigenvalue, trace


def by_curvlinops(module: Any, inputs: Any, loss: str) -> tuple[float, float]:
    """The largest eigenvalue by Lanczos iterations on curvlinops' operator."""
    import scipy.sparse.linalg
    import torch
    from curvlinops import GGNLinearOperator

    target = torch.zeros(len(inputs), 10, dtype=inputs.dtype) if loss == "mse" else torch.zeros(len(inputs)).long()
    function = torch.nn.MSELoss() if loss == "mse" else torch.nn.CrossEntropyLoss()
    parameters = list(module.parameters())
    operator = GGNLinearOperator(module, function, parameters, [(inputs, target)], check_deterministic=False)
    values = scipy.sparse.linalg.eigsh(operator.to_scipy(), k=1, which="LA", tol=_TOLERANCE, return_eigenvectors=False)
    return float(values[0]), float("nan")


def by_nngeometry(module: Any, inputs: Any, loss: str) -> tuple[float, float]:
    """The trace of nngeometry's Fisher matrix, from its diagonal."""
    import torch
    from nngeometry.metrics import FIM
    from nngeometry.object import PMatDiag

    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs), batch_size=len(inputs))
    variant = "classif_logits" if loss == "cross_entropy" else "regression"
    torch.set_default_dtype(torch.float64)  # in which it makes some of its tensors
    fisher = FIM(module, loader, PMatDiag, variant=variant)
    scale = 2.0 / 10 if loss == "mse" else 1.0  # of the sum over outputs, over 1
    return float("nan"), scale * float(fisher.trace())


# ---------------------------------------------------------------------------------------------------------------------
# The cost of one product


def plain_network(widths: list[int], samples: int) -> tuple[Any, Any]:
    """A ReLU network of these widths in float32, and Gaussian inputs."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    parts: list[nn.Module] = []
    for below, above in pairwise(widths):
        parts += [nn.Linear(below, above), nn.ReLU()]
    return nn.Sequential(*parts[:-1]), torch.randn(samples, widths[0])


def step(widths: list[int], samples: int, way: str) -> dict[str, Any]:
    """Seconds and memory of A A^T u for a plain network in float32, beside those of its two halves done plainly."""
    import torch

    from fisher_spectra.measurement.measure import measure as measure_module

    module, inputs = plain_network(widths, samples)
    before = start_of_peak()
    if way == "plain":
        parameters = {name: value.detach() for name, value in module.named_parameters()}
        batch = inputs[: min(samples, 1000)]
        start = time.perf_counter()
        outputs = module(batch)
        torch.autograd.grad(outputs, list(module.parameters()), torch.ones_like(outputs))
        torch.func.jvp(lambda p: torch.func.functional_call(module, p, (batch,)), (parameters,), (parameters,))
        seconds = (time.perf_counter() - start) * samples / len(batch)
    else:
        found = measure_module(module, inputs, "mse", "products", None)
        factor: Any = found.by_module if way == "module" else found.factor
        vector = torch.randn(factor.shape[0])
        if way == "layers":
            factor.dual_times(vector)  # activations are kept from the first on
        start = time.perf_counter()
        factor.dual_times(vector)
        seconds = time.perf_counter() - start
    return {
        "way": way,
        "parameters": sum(parameter.numel() for parameter in module.parameters()),
        "samples": samples,
        "seconds": seconds,
        "memory_mb": (peak_resident() - before) / _MB,
    }


def whole(widths: list[int], samples: int) -> list[dict[str, Any]]:
    """Seconds and memory, from the start on, of each thing that an analysis by products offers."""
    import fisher_spectra as fs

    module, inputs = plain_network(widths, samples)
    before = start_of_peak()
    start = time.perf_counter()
    found = fs.analyse(module, inputs, method="products")
    asked: dict[str, Callable[[], object]] = {
        "critical_learning_rate": lambda: found.critical_learning_rate,
        "theory": lambda: found.theory and found.theory.critical_learning_rate(),
        "largest(10)": lambda: found.largest(10).tolist(),
        "trace": lambda: float(found.by_layer["trace"].sum()),
    }
    rows = []
    for name, get in asked.items():
        value = get()
        seconds, peak = time.perf_counter() - start, (peak_resident() - before) / _MB
        rows.append({"what": name, "value": value, "seconds": seconds, "memory_mb": peak})
        print(rows[-1], flush=True)
    return rows


# ---------------------------------------------------------------------------------------------------------------------


def compared(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """With deviations from the explicit Jacobian, and times and memory as multiples of those of `analyse` itself."""
    table = pd.DataFrame(rows)
    for name in ("largest", "trace", "seconds", "memory_mb", "refused"):
        if name not in table:
            table[name] = float("nan")
    exact, own = (table[table["tool"] == tool].set_index("module") for tool in ("explicit", "products"))
    for name in ("largest", "trace"):
        table[f"{name}_deviation"] = (table[name] / table["module"].map(exact[name]) - 1.0).abs()
    for name in ("seconds", "memory_mb"):
        table[f"{name}_ratio"] = table[name] / table["module"].map(own[name])
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modules", nargs="*", choices=MODULES, default=list(MODULES))
    parser.add_argument("--tools", nargs="*", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--step", action="store_true", help="time one product instead")
    parser.add_argument("--whole", action="store_true", help="time a whole analysis instead")
    parser.add_argument("--widths", type=int, nargs="*", default=[784, 512, 512, 10])
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    lacking = [_PACKAGES[tool] for tool in arguments.tools if tool in _PACKAGES and find_spec(tool) is None]
    if lacking and not (arguments.step or arguments.whole):
        print(f"error: {' and '.join(lacking)} not installed: pip install {' '.join(lacking)}", file=sys.stderr)
        return 1
    context = multiprocessing.get_context("spawn")
    rows = []
    with ProcessPoolExecutor(max_workers=1, mp_context=context, max_tasks_per_child=1) as pool:
        if arguments.whole:
            table = pd.DataFrame(pool.submit(whole, arguments.widths, arguments.samples).result())
        elif arguments.step:
            ways = ("plain", "module", "layers")
            rows = [pool.submit(step, arguments.widths, arguments.samples, way).result() for way in ways]
            table = pd.DataFrame(rows)
            table["seconds_ratio"] = table["seconds"] / table["seconds"].iloc[0]
        else:
            for module in arguments.modules:
                for tool in arguments.tools:
                    rows.append(pool.submit(measure, Case(module, tool, arguments.samples)).result())
                    print({key: rows[-1].get(key) for key in ("module", "tool", "seconds", "refused")}, flush=True)
            table = compared(rows)
    print(table.to_string(index=False, float_format="%.3g"))
    if arguments.output is not None:
        table.to_csv(arguments.output, index=False, float_format="%.6g")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
