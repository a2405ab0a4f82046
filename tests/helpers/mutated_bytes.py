"""Files as damage and ill will leave them: bytes changed, cut, doubled, moved, by a seeded generator."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

# A few seconds for each reader in the ordinary tests; `make test-faults` sets FAULT_MOMENTS=20: as many times more.
ROUNDS = 300 * int(os.environ.get("FAULT_MOMENTS", "1"))
INTERESTING = b"\x00\x01\x7f\x80\xff\n\r\"'\\(){}[]<>:,;#&*!|%@-+.0123456789eE "


def mutations(seed: int, originals: list[bytes], rounds: int = ROUNDS) -> Iterator[bytes]:
    """`rounds` damaged copies of `originals`, each by one to four changes, most of which keep the length."""
    rng = np.random.default_rng(seed)
    for _ in range(rounds):
        content = bytearray(originals[rng.integers(len(originals))])
        for _ in range(rng.integers(1, 5)):
            _CHANGES[rng.integers(len(_CHANGES))](content, rng)
        yield bytes(content)


def _span(content: bytearray, rng: np.random.Generator) -> tuple[int, int]:
    first = int(rng.integers(len(content) + 1))
    return first, min(len(content), first + int(rng.integers(1, 2 ** int(rng.integers(1, 8)))))


def _flip_a_bit(content: bytearray, rng: np.random.Generator) -> None:
    if content:
        content[rng.integers(len(content))] ^= 1 << int(rng.integers(8))


def _set_a_byte(content: bytearray, rng: np.random.Generator) -> None:
    if content:
        content[rng.integers(len(content))] = INTERESTING[rng.integers(len(INTERESTING))]


def _insert_bytes(content: bytearray, rng: np.random.Generator) -> None:
    at = int(rng.integers(len(content) + 1))
    content[at:at] = bytes(INTERESTING[k] for k in rng.integers(len(INTERESTING), size=rng.integers(1, 5)))


def _remove_a_span(content: bytearray, rng: np.random.Generator) -> None:
    first, stop = _span(content, rng)
    del content[first:stop]


def _double_a_span(content: bytearray, rng: np.random.Generator) -> None:
    first, stop = _span(content, rng)
    content[first:first] = content[first:stop]


def _set_a_number(content: bytearray, rng: np.random.Generator) -> None:
    """Four or eight bytes in a row, as lengths and offsets of binary formats are."""
    first, size = int(rng.integers(len(content) + 1)), int(rng.choice([4, 8]))
    value = int(rng.choice([0, 1, 2**31 - 1, 2**31, 2**32 - 1]))
    content[first : first + size] = value.to_bytes(size, "little" if rng.integers(2) else "big")


def _cut(content: bytearray, rng: np.random.Generator) -> None:
    if rng.integers(8) == 0:  # seldom, since little is left to go wrong after it
        del content[rng.integers(len(content) + 1) :]


_CHANGES: list[Callable[[bytearray, np.random.Generator], None]] = [
    *(_flip_a_bit, _set_a_byte, _set_a_number) * 3,
    *(_insert_bytes, _remove_a_span, _double_a_span, _cut),
]


HOSTILE: tuple[Any, ...] = (
    *(None, True, -1, 0.5, 10**400, float("nan"), float("inf"), [], {}, [[]], {"": {}}, [1, "a"]),
    *("", ".", "/", "..", "../../etc/passwd", "/etc/passwd", "/dev/zero", "README.md", "a//b.py", "src/none.py"),
    *(
        "x" * 5000,
        "a/" * 3000,
        "\0",
        "a\0.csv",
        "\ud800",
        "\x1b[2J",
        "two\nlines",
        "é",
        "{}",
        "{a}",
        "%s",
        "'",
        "$(touch x)",
    ),
)


def mutated_objects(seed: int, original: dict[str, Any], rounds: int = ROUNDS) -> Iterator[dict[str, Any]]:
    """`rounds` copies of a JSON object in which one to three values or keys are others, or gone."""
    rng = np.random.default_rng(seed)
    for _ in range(rounds):
        changed = copy.deepcopy(original)
        for _ in range(rng.integers(1, 4)):
            _change_a_value(changed, rng)
        yield changed


def _change_a_value(whole: dict[str, Any], rng: np.random.Generator) -> None:
    places = list(_places(whole))
    if not places:
        return
    inside, key = places[rng.integers(len(places))]
    hostile = copy.deepcopy(HOSTILE[rng.integers(len(HOSTILE))])
    match rng.integers(4):
        case 0:
            del inside[key]
        case 1 if isinstance(inside, dict) and isinstance(hostile, str):
            inside[hostile] = inside.pop(key)
        case _:
            inside[key] = hostile


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])
