"""Standard normal random numbers: those of NumPy's generators, to the last bit, in a third of the time."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.compiled import can_compile

# Of fewer at once, reading and writing the generator's state takes as long as is saved.
_FEW = 2**11
# With so many behind it a process has lost as much as it takes to import Numba and load the loops, half a second.
BEFORE_THE_LOOP = 7 * 10**7
_WORD = 2**64


class _Drawn:
    """How many numbers this process has drawn."""

    numbers = 0


def standard_normal(
    rng: np.random.Generator, shape: int | tuple[int, ...], dtype: npt.DTypeLike = np.float64
) -> npt.NDArray[Any]:
    """What ``rng.standard_normal(shape, dtype)`` returns; the generator is left in the same state, too.

    Where Numba is installed, a process that draws more than some ten million numbers goes over to a compiled loop.

    Parameters
    ----------
    rng
        The only source of randomness. Only NumPy's default generator, PCG64, is made faster.
    shape
        Of the result.
    dtype
        float64 or float32.

    Raises
    ------
    TypeError
        If the dtype is another.
    """
    numbers = math.prod(shape) if isinstance(shape, tuple) else shape
    _Drawn.numbers += numbers
    if numbers >= _FEW and _Drawn.numbers > BEFORE_THE_LOOP and type(rng.bit_generator) is np.random.PCG64:
        fill = _loops().get(np.dtype(dtype))
        if fill is not None:
            return _filled(rng.bit_generator, np.empty(shape, dtype), fill)
    return rng.standard_normal(shape, dtype=dtype)  # type: ignore[arg-type]  # which NumPy's says no


def _filled(generator: np.random.BitGenerator, out: npt.NDArray[Any], fill: Callable[..., None]) -> npt.NDArray[Any]:
    with generator.lock:
        state: Any = generator.state
        pair = state["state"]
        words = [*divmod(pair["state"], _WORD), *divmod(pair["inc"], _WORD), state["has_uint32"], state["uinteger"]]
        held = np.array(words, dtype=np.uint64)
        fill(out.reshape(-1), held)
        pair["state"] = int(held[0]) * _WORD + int(held[1])
        state["has_uint32"], state["uinteger"] = int(held[4]), int(held[5])
        generator.state = state
    return out


def compile_loops() -> None:
    """So that their machine code is kept on disk; nothing where there is no compiler."""
    for dtype, fill in _loops().items():
        _filled(np.random.PCG64(0), np.empty(1, dtype), fill)


@lru_cache(maxsize=1)
def _loops() -> dict[np.dtype[Any], Callable[..., None]]:
    """The loop for each precision; none where there is no compiler, or Numba has moved the tables of the ziggurat."""
    if not can_compile():
        return {}
    try:
        from fisher_spectra.common.compiled_normal_numbers import fill_double, fill_single
    except ImportError:
        return {}
    return {np.dtype(np.float64): fill_double, np.dtype(np.float32): fill_single}
