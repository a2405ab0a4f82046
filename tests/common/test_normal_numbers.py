"""Normal numbers of compiled loops: those of NumPy's generators, bit by bit, which are the oracle here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fisher_spectra.common import compiled_normal_numbers, normal_numbers
from fisher_spectra.common.normal_numbers import standard_normal

BOTH = pytest.mark.parametrize("dtype", [np.float64, np.float32])
TAIL = 3.6541528853610088  # the ziggurat's lowest layer ends here, and another method begins


@pytest.fixture
def many_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process has drawn so many numbers that it takes the loops."""
    monkeypatch.setattr(normal_numbers._Drawn, "numbers", normal_numbers.BEFORE_THE_LOOP)


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many numbers each call of a loop has drawn."""
    sizes = []

    def fill(generator: Any, out: Any, loop: Any) -> Any:
        sizes.append(out.size)
        return of_loop(generator, out, loop)

    normal_numbers._loops()  # which are compared when they are loaded
    of_loop = normal_numbers._filled
    monkeypatch.setattr(normal_numbers, "_filled", fill)
    return sizes


def bits(numbers: Any) -> Any:
    return numbers.view(f"u{numbers.itemsize}")


@BOTH
def test_a_loop_gives_the_bits_of_numpy_in_every_layer_and_in_the_tail(
    dtype: Any, many_drawn: None, filled: list[int]
) -> None:
    ours, numpys = np.random.default_rng(1), np.random.default_rng(1)
    drawn = standard_normal(ours, (1500, 2000), dtype)
    expected = numpys.standard_normal((1500, 2000), dtype=dtype)
    assert filled == [3_000_000]
    assert (drawn.dtype, drawn.shape) == (expected.dtype, expected.shape)
    assert np.array_equal(bits(drawn), bits(expected))
    assert np.count_nonzero(np.abs(drawn) > TAIL) > 500
    assert ours.bit_generator.state == numpys.bit_generator.state


@BOTH
def test_a_loop_takes_the_generator_over_in_any_state_and_leaves_it_as_numpy_does(
    dtype: Any, many_drawn: None, filled: list[int]
) -> None:
    ours, numpys = np.random.default_rng(2), np.random.default_rng(2)
    for size in (4096, 4097, 5001, 6000):
        assert np.array_equal(standard_normal(ours, size, dtype), numpys.standard_normal(size, dtype=dtype))
        assert ours.bit_generator.state == numpys.bit_generator.state
        # takes half of 64 random bits and keeps the others for the next
        assert ours.integers(1000, dtype=np.int32) == numpys.integers(1000, dtype=np.int32)
        assert ours.standard_t(3.0) == numpys.standard_t(3.0)
    assert filled == [4096, 4097, 5001, 6000]


@pytest.mark.parametrize("kind", ["PCG64DXSM", "Philox", "SFC64", "MT19937"])
def test_other_generators_than_the_default_one_give_their_own_numbers(
    kind: str, many_drawn: None, filled: list[int]
) -> None:
    ours, numpys = (np.random.Generator(getattr(np.random, kind)(3)) for _ in range(2))
    assert np.array_equal(standard_normal(ours, 5000), numpys.standard_normal(5000))
    assert filled == []


def test_a_process_goes_over_to_the_loop_with_the_call_that_makes_its_numbers_many(
    monkeypatch: pytest.MonkeyPatch, filled: list[int]
) -> None:
    monkeypatch.setattr(normal_numbers._Drawn, "numbers", normal_numbers.BEFORE_THE_LOOP - 9000)
    ours, numpys = np.random.default_rng(4), np.random.default_rng(4)
    for shape in (5000, (40, 100), 5000, 5):
        assert np.array_equal(standard_normal(ours, shape), numpys.standard_normal(shape))
    assert filled == [5000]


@BOTH
def test_without_a_compiler_many_numbers_are_the_same(
    dtype: Any, many_drawn: None, filled: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(normal_numbers, "_loops", dict)
    ours, numpys = np.random.default_rng(5), np.random.default_rng(5)
    assert np.array_equal(standard_normal(ours, 5000, dtype), numpys.standard_normal(5000, dtype=dtype))
    assert filled == []


@pytest.mark.parametrize("fault", ["a number", "the state"])
def test_a_loop_that_gives_something_else_than_numpy_is_not_used(
    fault: str, many_drawn: None, filled: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_otherwise(out: Any, state: Any) -> None:
        right(out, state)
        if fault == "a number":
            out[-1] = np.nextafter(out[-1], 9.0)
        else:
            state[1] += np.uint64(1)

    right = compiled_normal_numbers.fill_double
    monkeypatch.setattr(compiled_normal_numbers, "fill_double", fill_otherwise)
    normal_numbers._loops.cache_clear()
    try:
        ours, numpys = np.random.default_rng(7), np.random.default_rng(7)
        assert np.array_equal(standard_normal(ours, 5000), numpys.standard_normal(5000))
        assert list(normal_numbers._loops()) == [np.float32]
    finally:
        normal_numbers._loops.cache_clear()
    assert 5000 not in filled


@pytest.mark.parametrize("size", [1, 10**4])
def test_another_precision_is_refused_as_numpy_refuses_it(size: int, many_drawn: None) -> None:
    with pytest.raises(TypeError, match="float16"):
        standard_normal(np.random.default_rng(6), size, np.float16)
