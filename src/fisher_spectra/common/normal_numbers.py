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
# Numbers that are compared with NumPy's before a loop is used: of some the ziggurat's tail is asked for.
_COMPARED = 2**14
_WORD = 2**64


class _Drawn:
    """How many numbers this process has drawn."""

    numbers = 0


def standard_normal(
    rng: np.random.Generator,
    shape: int | tuple[int, ...],
    dtype: type[np.float32] | type[np.float64] = np.float64,
) -> npt.NDArray[Any]:
    """What ``rng.standard_normal(shape, dtype)`` returns; the generator is left in the same state, too.

    Where Numba is installed, a process goes over to a compiled loop once it has drawn seventy million numbers.

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
    return rng.standard_normal(shape, dtype=dtype)


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
    _loops()


@lru_cache(maxsize=1)
def _loops() -> dict[np.dtype[Any], Callable[..., None]]:
    """The loop for each precision, where it gives what NumPy gives; none without a compiler.

    NumPy may draw otherwise in a version to come, and Numba may move its tables of the ziggurat.
    """
    if not can_compile():
        return {}
    try:
        from fisher_spectra.common.compiled_normal_numbers import fill_double, fill_single
    except ImportError:
        return {}
    loops: dict[np.dtype[Any], Callable[..., None]]
    loops = {np.dtype(np.float64): fill_double, np.dtype(np.float32): fill_single}
    return {dtype: fill for dtype, fill in loops.items() if _gives_numpys(fill, dtype)}


def _gives_numpys(fill: Callable[..., None], dtype: np.dtype[Any]) -> bool:
    ours, numpys = np.random.PCG64(0), np.random.PCG64(0)
    drawn = _filled(ours, np.empty(_COMPARED, dtype), fill)
    expected = np.random.Generator(numpys).standard_normal(_COMPARED, dtype=dtype)
    return np.array_equal(drawn, expected) and ours.state == numpys.state
