"""Sizes at which training goes over from one way of computing to another: the estimates of memory and time share them.

Without PyTorch, since estimates are made where the workflow is planned.
"""

from __future__ import annotations

# On the CPU, up to this width a matrix for each cell is faster: see benchmarks/online_training.py.
DENSE_WIDTH = 160
# Steps that `training.online.cells.SharedCells` are for, in units of the width. The measured crossing with `SingleCell`
# at M = 784 is from 0.25 (L = 10: the matrices of one cell stay in the cache) to 0.5 (L = 50: they do not); in between
# little is lost.
SHARED_STEPS = 0.4
# Applying k updates at a time costs 2 M^2 / k numbers a step, and keeping them 2 k M: about sqrt(M).
UPDATES_AT_A_TIME = 16
EVALUATED_AT_A_TIME = 2048  # samples


def shared_steps(width: int, steps: int) -> int:
    """Number of the first steps, of `steps` in all, for which `SharedCells` are the faster way."""
    return min(steps, max(1, int(SHARED_STEPS * width)))
