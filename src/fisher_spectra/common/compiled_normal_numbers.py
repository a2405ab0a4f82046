"""The ziggurat of NumPy's generators in compiled loops, which give its numbers to the last bit.

Marsaglia and Tsang 2000, as NumPy has it, on PCG64 (O'Neill 2014: XSL-RR of a linear congruential generator of 128
bits). A third of NumPy's time goes into a branch on the sign, which no processor foretells, and a third into calls
through pointers; here the sign is a bit that is flipped, and the generator is part of the loop.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np.random._constants import (
    fi_double,
    fi_float,
    ki_double,
    ki_float,
    wi_double,
    wi_float,
    ziggurat_nor_inv_r,
    ziggurat_nor_inv_r_f,
    ziggurat_nor_r,
    ziggurat_nor_r_f,
)

from fisher_spectra.common.compiled import compiled_as_written

_MULTIPLIER = 47026247687942121848144207491837523525  # of PCG64
_LONG, _WORD = ir.IntType(128), ir.IntType(64)
_U = np.uint64
_LAYER, _SIGN, _MANTISSA, _MANTISSA_SINGLE = _U(0xFF), _U(0x100), _U(0x000FFFFFFFFFFFFF), _U(0x7FFFFF)
_HALF_WORD = _U(0xFFFFFFFF)
_UNIT, _UNIT_SINGLE = 2.0**-53, np.float32(2.0**-24)


def _step_of_state(_context: Any, high: Any, low: Any, above: Any, below: Any) -> Any:
    """The state, (high, low), times the multiplier plus the increment, (above, below), modulo 2^128."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        words = [builder.zext(word, _LONG) for word in arguments]
        state, increment = (builder.or_(builder.shl(words[k], ir.Constant(_LONG, 64)), words[k + 1]) for k in (0, 2))
        state = builder.add(builder.mul(state, ir.Constant(_LONG, _MULTIPLIER)), increment)
        halves = (builder.lshr(state, ir.Constant(_LONG, 64)), state)
        return context.make_tuple(builder, signature.return_type, [builder.trunc(half, _WORD) for half in halves])

    return types.UniTuple(types.uint64, 2)(high, low, above, below), generate


def _sign_of(_context: Any, number: Any, drawn: Any) -> Any:
    """The number, negative where the bit after those of the layer is set."""
    bits = number.bitwidth

    def generate(_: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        same_size = ir.IntType(bits)
        sign = builder.and_(arguments[1], ir.Constant(_WORD, 0x100))
        sign = builder.trunc(builder.shl(sign, ir.Constant(_WORD, bits - 9)), same_size)
        flipped = builder.xor(builder.bitcast(arguments[0], same_size), sign)
        return builder.bitcast(flipped, arguments[0].type)

    return number(number, drawn), generate


_stepped: Any = intrinsic(_step_of_state)
_with_sign: Any = intrinsic(_sign_of)


@compiled_as_written
def _word(high: Any, low: Any, above: Any, below: Any) -> Any:
    """The next state, and 64 random bits."""
    high, low = _stepped(high, low, above, below)
    mixed, turn = high ^ low, high >> _U(58)
    return high, low, (mixed >> turn) | (mixed << ((_U(64) - turn) & _U(63)))


@compiled_as_written
def fill_double(out: Any, state: Any) -> None:
    """Standard normal numbers in double precision; the state is [high, low] of the generator, [high, low] of its sum,
    whether half a word is left over, and that half. It is left as NumPy leaves it.
    """
    high, low, above, below = state[0], state[1], state[2], state[3]
    k = 0
    while k < out.size:
        high, low, drawn = _word(high, low, above, below)
        layer = drawn & _LAYER
        size = (drawn >> _U(9)) & _MANTISSA
        x = _with_sign(np.float64(np.int64(size)) * wi_double[layer], drawn)
        out[k] = x
        if size < ki_double[layer]:  # 99 of 100
            k += 1
        elif layer > 0:
            high, low, drawn = _word(high, low, above, below)
            uniform = np.float64(np.int64(drawn >> _U(11))) * _UNIT
            drop = fi_double[layer - _U(1)] - fi_double[layer]
            if drop * uniform + fi_double[layer] < math.exp(-0.5 * x * x):
                k += 1
        else:  # the tail
            beyond, other = 0.0, 0.0
            while not other + other > beyond * beyond:
                high, low, drawn = _word(high, low, above, below)
                beyond = -ziggurat_nor_inv_r * math.log1p(-np.float64(np.int64(drawn >> _U(11))) * _UNIT)
                high, low, drawn = _word(high, low, above, below)
                other = -math.log1p(-np.float64(np.int64(drawn >> _U(11))) * _UNIT)
            x = ziggurat_nor_r + beyond
            out[k] = -x if size & _SIGN else x
            k += 1
    state[0], state[1] = high, low


@compiled_as_written
def _half_word(high: Any, low: Any, above: Any, below: Any, held: Any, kept: Any) -> Any:
    """The next state, whether half a word is left over, that half, and 32 random bits."""
    if held:
        return high, low, _U(0), kept, kept
    high, low, drawn = _word(high, low, above, below)
    return high, low, _U(1), drawn >> _U(32), drawn & _HALF_WORD


@compiled_as_written
def fill_single(out: Any, state: Any) -> None:
    """As `fill_double`, in single precision, which takes half as many random bits."""
    high, low, above, below, held, kept = state[0], state[1], state[2], state[3], state[4], state[5]
    k = 0
    while k < out.size:
        high, low, held, kept, drawn = _half_word(high, low, above, below, held, kept)
        layer = drawn & _LAYER
        size = (drawn >> _U(9)) & _MANTISSA_SINGLE
        x = _with_sign(np.float32(np.int64(size)) * wi_float[layer], drawn)
        out[k] = x
        if size < ki_float[layer]:
            k += 1
        elif layer > 0:
            high, low, held, kept, drawn = _half_word(high, low, above, below, held, kept)
            uniform = np.float32(np.int64(drawn >> _U(8))) * _UNIT_SINGLE
            drop = fi_float[layer - _U(1)] - fi_float[layer]
            if np.float64(drop * uniform + fi_float[layer]) < math.exp(-0.5 * np.float64(x) * np.float64(x)):
                k += 1
        else:
            beyond, other = np.float32(0.0), np.float32(0.0)
            while not other + other > beyond * beyond:
                high, low, held, kept, drawn = _half_word(high, low, above, below, held, kept)
                uniform = np.float32(np.int64(drawn >> _U(8))) * _UNIT_SINGLE
                beyond = -ziggurat_nor_inv_r_f * np.float32(math.log1p(-uniform))
                high, low, held, kept, drawn = _half_word(high, low, above, below, held, kept)
                uniform = np.float32(np.int64(drawn >> _U(8))) * _UNIT_SINGLE
                other = -np.float32(math.log1p(-uniform))
            x = ziggurat_nor_r_f + beyond
            out[k] = -x if size & _SIGN else x
            k += 1
    state[0], state[1], state[4], state[5] = high, low, held, kept
