"""Run time and memory of the spectrum of the population Fisher matrix: dense eigenvalues against the matrix-free way.

    python benchmarks/fisher_operator.py --dense-widths 32 48 64 --widths 32 48 64 128 256 --output benchmark.csv

Each case runs in a process of its own, so that its peak memory is its own. Set OMP_NUM_THREADS to fix the threads.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.fisher_matrix import population_fisher, sample_weights
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.spectra.distances import kolmogorov_distance
from fisher_spectra.spectra.lanczos import stochastic_lanczos_quadrature

# ru_maxrss is in KiB on Linux and in bytes on macOS.
_RSS_UNIT = 1 if platform.system() == "Darwin" else 1024
_GIB = 2**30


@dataclass(frozen=True)
class Case:
    """One row of the benchmark; everything a fresh process needs to know."""

    method: str  # dense, lanczos
    width: int
    activation: str
    dtype: str
    steps: int
    probes: int
    device: str
    root_seed: int


def measure(case: Case) -> dict[str, Any]:
    """Run one case and give its row of the table."""
    start, cpu_start = time.perf_counter(), time.process_time()
    activation = get_activation(case.activation)
    constants = nonlinearity_constants(activation)
    limit = LimitingSpectrum(constants)
    weights = sample_weights(generator(case.root_seed, "benchmark", case.width), case.width)
    fisher = population_fisher(*weights, activation, dtype=np.dtype(case.dtype))
    built = time.perf_counter()
    if case.method == "dense":
        distance = kolmogorov_distance(np.linalg.eigvalsh(fisher.dense()).astype(np.float64), limit.cdf)
    else:
        matvec: Any = fisher.apply
        convert: Any = lambda vector: vector.astype(case.dtype)  # noqa: E731
        if case.device != "numpy":
            import torch

            from fisher_spectra.pennington_worah.fisher_matrix_torch import to_torch

            on_device = to_torch(fisher, case.device)
            matvec = on_device.apply
            convert = lambda vector: torch.as_tensor(vector, dtype=on_device.value.dtype, device=case.device)  # noqa: E731
        quadrature = stochastic_lanczos_quadrature(
            matvec,
            fisher.parameters,
            case.steps,
            case.probes,
            generator(case.root_seed, "benchmark probes", case.width),
            convert=convert,
            itemsize=np.dtype(case.dtype).itemsize,
        )
        features = constants.features
        distance = quadrature.kolmogorov_distance(limit.cdf, points=(features[0], features[3]))
    return {
        **asdict(case),
        "parameters": fisher.parameters,
        "build_s": built - start,
        "spectrum_s": time.perf_counter() - built,
        "cpu_s": time.process_time() - cpu_start,
        "peak_memory_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT / _GIB,
        "kolmogorov_distance": distance,
        "threads": os.environ.get("OMP_NUM_THREADS", "unset"),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dense-widths", type=int, nargs="*", default=[32, 48, 64])
    parser.add_argument("--widths", type=int, nargs="*", default=[32, 48, 64, 128, 256, 512, 1024])
    parser.add_argument("--activation", default="normalised_erf(alpha=1)")
    parser.add_argument("--dtype", choices=["float64", "float32"], default="float32")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--probes", type=int, default=2)
    parser.add_argument("--device", default="numpy", help="numpy, or a torch device such as cpu or cuda")
    parser.add_argument("--root-seed", type=int, default=0)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    common = {
        "activation": arguments.activation,
        "steps": arguments.steps,
        "probes": arguments.probes,
        "root_seed": arguments.root_seed,
    }
    cases = [
        Case(method="dense", width=n, dtype="float64", device="numpy", **common) for n in arguments.dense_widths
    ] + [
        Case(method="lanczos", width=n, dtype=arguments.dtype, device=arguments.device, **common)
        for n in arguments.widths
    ]
    context = multiprocessing.get_context("spawn")
    rows = []
    with ProcessPoolExecutor(max_workers=1, mp_context=context, max_tasks_per_child=1) as pool:
        for case in cases:
            try:
                rows.append(pool.submit(measure, case).result())
            except UserError as error:
                print(f"error: {error}", file=sys.stderr)
                return 1
            print({key: rows[-1][key] for key in ("method", "width", "spectrum_s", "peak_memory_gib")}, flush=True)
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format="%.4g"))
    if arguments.output is not None:
        table.to_csv(arguments.output, index=False, float_format="%.6g")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
