"""Sizes of the arrays that computations hold at once: the estimates of memory share them."""

from __future__ import annotations

# Samples of one-step descent handled at once. Fixed, as the order of summation and the generators of the samples
# depend on it; 2048 x 128 double precision numbers are 2 MiB, so that the few arrays in use stay in the cache.
SAMPLES_AT_A_TIME = 2048
# Rows of such a block that a loss reduction takes through the cache: a quarter of a MiB for each array at n = 128.
ROWS_AT_A_TIME = 256
