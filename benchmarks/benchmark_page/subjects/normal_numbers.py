"""Normal numbers, of which random networks consist: ours, NumPy's, which are the same numbers, PyTorch's and JAX's."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmark_page.comparison import Prepared
from fisher_spectra.common.normal_numbers import BEFORE_THE_LOOP
from fisher_spectra.networks.fully_connected import gaussian_inputs

OURS, NUMPY, TORCH, JAX = "`gaussian_inputs`", "NumPy, `standard_normal`", "`torch.randn`", "JAX, jitted"
NAMES = (OURS, NUMPY, TORCH, JAX)


def prepare(candidate: str, settings: Mapping[str, Any]) -> Prepared:
    """A candidate for a matrix of the order and the precision of the settings."""
    order, dtype = settings["M"], np.dtype(settings["dtype"])
    rng = np.random.default_rng(0)
    same_numbers: dict[str, Callable[[], Any]] = {
        OURS: lambda: gaussian_inputs(rng, order, order, dtype),
        NUMPY: lambda: rng.standard_normal((order, order), dtype=dtype.type),
    }
    if candidate == OURS:
        other = np.random.default_rng(1)
        for _ in range(BEFORE_THE_LOOP // order**2 + 1):
            gaussian_inputs(other, order, order, dtype)
    if candidate in same_numbers:
        return Prepared(same_numbers[candidate])
    call, compiled = {TORCH: by_torch, JAX: by_jax}[candidate](order, dtype)

    def draw() -> None:
        call()  # other numbers, which are not compared

    return Prepared(draw, compiled=compiled)


def by_torch(order: int, dtype: np.dtype[Any]) -> tuple[Callable[[], Any], float]:
    """By PyTorch's own generator."""
    import torch

    source = torch.Generator().manual_seed(0)
    kind = getattr(torch, dtype.name)
    return lambda: torch.randn((order, order), generator=source, dtype=kind), 0.0


def by_jax(order: int, dtype: np.dtype[Any]) -> tuple[Callable[[], Any], float]:
    """By JAX's own generator, each call with a key of its own."""
    import jax

    jax.config.update("jax_enable_x64", dtype == np.float64)

    def drawn(key: Any) -> Any:
        key, own = jax.random.split(key)
        return key, jax.random.normal(own, (order, order), dtype.name)

    key, start = jax.random.key(0), time.process_time()
    compiled = jax.jit(drawn).lower(key).compile()
    seconds = time.process_time() - start

    def call() -> Any:
        nonlocal key
        key, numbers = compiled(key)
        return numbers.block_until_ready()

    return call, seconds
