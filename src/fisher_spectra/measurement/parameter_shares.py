"""What each parameter of a module has of the curvature: its diagonal block of the Gauss-Newton matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch

from fisher_spectra.common.progress import Progress
from fisher_spectra.measurement.curvature import Factor, batch_size
from fisher_spectra.measurement.eigenvalues import largest_by_products
from fisher_spectra.measurement.measure import Measurement
from fisher_spectra.measurement.module_function import analysable
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue
from fisher_spectra.spectra.probes import inner_product, mean_over_probes

COLUMNS = (
    "parameter",
    "layer",
    "kind",
    "parameters",
    "trace",
    "trace_error",
    "share",
    "largest_eigenvalue",
    "input_second_moment",
)


def parameter_shares(measurement: Measurement, probes: int, rng: np.random.Generator) -> pd.DataFrame:
    """A row for each trainable parameter, in the order of the module.

    Returns
    -------
    pandas.DataFrame
        parameter, layer (the name of the module that it belongs to), kind (the class of that), parameters (their
        number), trace of its block with standard error (0 where the dual matrix is computed), share of the trace of the
        whole, largest_eigenvalue of the block, input_second_moment (mean square of what enters the layer; nan where
        that is not one tensor).
    """
    factor, names = measurement.factor, list(measurement.factor.sizes)
    owners = dict(measurement.function.module.named_modules())
    moments = input_second_moments(measurement)
    if measurement.method == "dual_matrix":
        duals = {name: factor.of_parameters([name]).dual() for name in names}
        traces = {name: (float(torch.trace(dual)), 0.0) for name, dual in duals.items()}
        largest = {name: max(largest_eigenvalue(dual.cpu().numpy()), 0.0) for name, dual in duals.items()}
    else:
        traces = _traces(factor, probes, rng)
        largest = {}
        with Progress(len(names), "largest eigenvalues of the parameters") as progress:
            for name in names:
                largest[name] = float(largest_by_products(factor.of_parameters([name]), 1)[0])
                progress.advance(note=name)
    total = sum(value for value, _ in traces.values())
    rows = []
    for name in names:
        layer = name.rpartition(".")[0]
        value, error = traces[name]
        rows.append(
            (
                name,
                layer,
                type(owners[layer]).__name__,
                factor.sizes[name],
                value,
                error,
                value / total if total else 0.0,
                largest[name],
                moments.get(layer, float("nan")),
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _traces(factor: Factor, probes: int, rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    """Trace of each block with its standard error: the mean of |A_b^T z|^2 over random signs z (Hutchinson 1990)."""
    rows = []
    with Progress(probes, "traces of the parameters") as progress:
        for _ in range(probes):
            signs = torch.as_tensor(rng.choice([-1.0, 1.0], factor.shape[0]), dtype=factor.dtype, device=factor.device)
            pulled = torch.split(factor.transposed_times(signs), list(factor.sizes.values()))
            rows.append([inner_product(part, part) for part in pulled])
            progress.advance()
    means, errors = mean_over_probes(np.array(rows))
    return {name: (float(m), float(e)) for name, m, e in zip(factor.sizes, means, errors, strict=True)}


def input_second_moments(measurement: Measurement) -> dict[str, float]:
    """Mean square of what enters each part of the module that has parameters of its own, by its name."""
    function, inputs = measurement.function, measurement.inputs
    sums: dict[str, tuple[float, int]] = {}

    def hook(name: str) -> object:
        def add(module: torch.nn.Module, arguments: tuple[object, ...]) -> None:
            first = arguments[0] if arguments else None
            if isinstance(first, torch.Tensor) and first.is_floating_point():
                total, count = sums.get(name, (0.0, 0))
                sums[name] = (total + float(first.double().square().sum()), count + first.numel())

        return add

    handles = [
        part.register_forward_pre_hook(hook(name))
        for name, part in function.module.named_modules()
        if any(True for _ in part.parameters(recurse=False))
    ]
    by_module = measurement.by_module
    size = len(inputs) if function.interacting else batch_size(by_module.saved_per_sample, by_module.memory)
    try:
        with analysable(function.device), torch.no_grad():
            for start in range(0, len(inputs), size):
                function(function.parameters, inputs[start : start + size])
    finally:
        for handle in handles:
            handle.remove()
    return {name: total / count for name, (total, count) in sums.items() if count}
