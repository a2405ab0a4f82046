"""Sizes at which training goes over from one way of computing to another: the estimates of memory and time share them.

Without PyTorch, since estimates are made where the workflow is planned.
"""

from __future__ import annotations

# Applying k updates at a time costs 2 M^2 / k numbers a step, and keeping them 2 k M: about sqrt(M).
UPDATES_AT_A_TIME = 16
EVALUATED_AT_A_TIME = 2048  # samples
# Bytes of the matrices of one network in online training, from which on they come from memory.
CACHED_BYTES = 16 * 2**20


def directions(samples: int, steps: int) -> int:
    """How many directions the inputs of a layer take in online training of wide networks, about.

    Those of the samples, and one more for every tenth time that a sample is seen again: 500 in the first epoch at
    M = 3072, and 40 in each later one.
    """
    return samples + max(0, steps - samples) // 10


# From so many times as wide as there are samples on, networks are trained by what their matrices make of the inputs.
_WIDTHS_PER_SAMPLE = 5
# So many of them together: reading the matrices that they share costs less than a third then, and a job that is killed
# loses no more than these.
PROJECTED_TOGETHER = 4


def takes_few_directions(width: int, depth: int, samples: int, itemsize: int) -> bool:
    """Whether matrices of online training come from memory, and the inputs of so many samples span little of them."""
    return depth * width**2 * itemsize > CACHED_BYTES and width >= _WIDTHS_PER_SAMPLE * samples


def projected_numbers(width: int, depth: int, samples: int, steps: int) -> int:
    """Numbers that a network takes which is trained by what its matrices make of the inputs."""
    return 2 * depth * width * directions(samples, steps)
