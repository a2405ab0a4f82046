"""The elementary operations that activations are written in, for numpy arrays and for torch tensors.

Torch is imported only when a tensor arrives.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import scipy


class _NumpyOperations:
    """The operations that activations are written in, for numpy arrays."""

    tanh = staticmethod(np.tanh)
    exp = staticmethod(np.exp)
    sin = staticmethod(np.sin)
    cos = staticmethod(np.cos)
    clip = staticmethod(np.clip)
    ones_like = staticmethod(np.ones_like)

    # Looked up when they are called, since SciPy loads its parts when they are first used: most jobs use none.
    @staticmethod
    def erf(x: Any) -> Any:
        return scipy.special.erf(x)

    @staticmethod
    def normal_distribution(x: Any) -> Any:
        return scipy.special.ndtr(x)

    @staticmethod
    def sigmoid(x: Any) -> Any:
        return scipy.special.expit(x)

    @staticmethod
    def at_least(x: Any, bound: float) -> Any:
        return np.maximum(x, bound)

    @staticmethod
    def bent_at_origin(x: Any, left: float, right: float) -> Any:
        """left x for x <= 0, right x for x > 0: the larger of the two, or the smaller, which takes no branch.

        Of an infinite x and a slope 0, whose product is no number, the other product.
        """
        return (np.fmax if right >= left else np.fmin)(right * x, left * x)

    @staticmethod
    def softplus(x: Any) -> Any:
        return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))

    @staticmethod
    def step(condition: Any, if_true: float, if_false: float, x: Any) -> Any:
        """One of two numbers for each element, in the dtype of x."""
        return np.where(condition, x.dtype.type(if_true), x.dtype.type(if_false))


def operations_for(x: Any) -> tuple[Any, Any]:
    """(operations, x): those of the library of x, and x as a floating point array or tensor of it."""
    if isinstance(x, np.ndarray):
        return _NumpyOperations, x if x.dtype.kind == "f" else x.astype(np.float64)
    if type(x).__module__.partition(".")[0] == "torch":
        return _torch_operations(), x
    return _NumpyOperations, np.float64(x)


@lru_cache(maxsize=1)
def _torch_operations() -> Any:
    import torch

    class TorchOperations:
        """The same operations for torch tensors, on any device."""

        tanh = staticmethod(torch.tanh)
        erf = staticmethod(torch.erf)
        normal_distribution = staticmethod(torch.special.ndtr)
        sigmoid = staticmethod(torch.sigmoid)
        exp = staticmethod(torch.exp)
        sin = staticmethod(torch.sin)
        cos = staticmethod(torch.cos)
        # hardtanh and threshold, not clamp: their autograd agrees with the convention of `definitions` at a kink.
        clip = staticmethod(torch.nn.functional.hardtanh)
        ones_like = staticmethod(torch.ones_like)

        @staticmethod
        def at_least(x: Any, bound: float) -> Any:
            return torch.nn.functional.threshold(x, bound, bound)

        @staticmethod
        def bent_at_origin(x: Any, left: float, right: float) -> Any:
            # not the larger of the two: its autograd has the mean of both slopes at the origin
            return torch.where(x > 0, right * x, left * x)

        @staticmethod
        def softplus(x: Any) -> Any:
            # The default threshold of 20 would cost 2e-9 in double precision.
            return torch.nn.functional.softplus(x, threshold=50.0)

        @staticmethod
        def step(condition: Any, if_true: float, if_false: float, x: Any) -> Any:
            if (if_true, if_false) == (1.0, 0.0):
                return condition.to(x.dtype)
            return torch.full_like(x, if_false).masked_fill_(condition, if_true)

    return TorchOperations
