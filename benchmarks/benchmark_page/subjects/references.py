"""What the machine gives: a large matrix product, and a copy of memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmark_page.comparison import COPY, PRODUCTS, Prepared

ORDER = 1536  # of the matrices: from about a thousand on a product has its full speed
COPIED = 2**27  # bytes: more than any cache


def prepare(candidate: str, settings: Mapping[str, Any]) -> Prepared:
    """The product or the copy."""
    if candidate == COPY:
        source = np.ones(COPIED // 8)
        target = np.empty_like(source)
        target[:] = source  # memory is given when it is first written to, which some machines take a second for
        return Prepared(lambda: np.copyto(target, source), 2.0 * COPIED)
    (dtype,) = (name for name, said in PRODUCTS.items() if said == candidate)
    left = np.random.default_rng(0).standard_normal((ORDER, ORDER)).astype(dtype)
    product = np.empty_like(left)

    def multiply() -> None:
        np.matmul(left, left, out=product)

    return Prepared(multiply, 2.0 * ORDER**3)
