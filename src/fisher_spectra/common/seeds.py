"""One root seed, one independent generator for each sample."""

from __future__ import annotations

import hashlib
import json

import numpy as np

_WORDS = 8  # 32-bit words of the SHA-256 digest: the whole digest, so that two identities never share a stream


def generator(root_seed: int, *identity: str | int | float) -> np.random.Generator:
    """Generator of the sample that `identity` names, e.g. ``generator(0, "karakida_fig1", "tanh", 1000, 17)``.

    The stream depends on the root seed and on the identity alone, never on how many samples there are, in
    which order or in which process they are drawn: adding a cell to an experiment changes no other cell.

    Parameters
    ----------
    root_seed
        Non-negative integer, the `root_seed` of the configuration.
    *identity
        Strings and plain numbers that name the sample. ``1``, ``1.0`` and ``"1"`` are three different identities:
        convert a number to one type, the same wherever the sample is drawn.

    Raises
    ------
    ValueError
        If the root seed is negative or the identity is empty.
    TypeError
        If a part of the identity is neither a string nor a plain number, as numpy's integers are not.
    """
    if root_seed < 0:
        raise ValueError(f"root_seed = {root_seed}: must be zero or a positive integer")
    if not identity:
        raise ValueError("a sample needs an identity: its experiment and its place in it")
    for part in identity:
        if not isinstance(part, (str, int, float)):
            raise TypeError(f"identity {part!r} of type {type(part).__name__}: must be a string, an int or a float")
    digest = hashlib.sha256(json.dumps(identity).encode()).digest()
    words = tuple(int.from_bytes(digest[4 * k : 4 * k + 4], "little") for k in range(_WORDS))
    return np.random.default_rng(np.random.SeedSequence(root_seed, spawn_key=words))
