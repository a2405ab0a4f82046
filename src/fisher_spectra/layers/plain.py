"""Stacks of plain layers, all of one activation and width."""

from __future__ import annotations

from fisher_spectra.karakida.universality import Base
from fisher_spectra.layers.names import layer_stack
from fisher_spectra.layers.stack import LayerStack


def plain_stack(base: Base, depth: int, width: int, outputs: int) -> LayerStack:
    """L plain layers of M neurons, also of the inputs, with C outputs.

    Parameters
    ----------
    base
        Activation and variances.
    depth, width, outputs
        L, M and C.
    """
    return layer_stack(
        (*[width] * depth, outputs),
        ("dense",) * depth,
        (base.function,) * (depth - 1),
        (base.sigma_w2,) * depth,
        (base.sigma_b2,) * depth,
    )
