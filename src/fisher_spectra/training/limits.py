"""Sizes at which training goes over from one way of computing to another: the estimates of memory and time share them.

Without PyTorch, since estimates are made where the workflow is planned.
"""

from __future__ import annotations

# Applying k updates at a time costs 2 M^2 / k numbers a step, and keeping them 2 k M: about sqrt(M).
UPDATES_AT_A_TIME = 16
EVALUATED_AT_A_TIME = 2048  # samples
