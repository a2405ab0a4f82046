"""What the theory asks of an activation: value, derivative and kinks."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class ActivationLike(Protocol):
    """Any object with these members can take the place of a registered activation on the numpy side.

    `slopes` holds the slopes between the kinks of a piecewise linear function and is ``None`` for every other one.
    """

    @property
    def spec(self) -> str: ...

    @property
    def kinks(self) -> tuple[float, ...]: ...

    @property
    def slopes(self) -> tuple[float, ...] | None: ...

    def __call__(self, x: Array, /) -> Array: ...

    def derivative(self, x: Array, /) -> Array: ...
