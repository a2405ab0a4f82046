"""What a job asks of the machine: memory, time limit and estimated time, from the estimates of its rule."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fisher_spectra.workflow.estimates.rates import limit_minutes

# An estimate looks at the wildcards of a job, whose names are those of its rule.
Estimate = Callable[[Any], float]


@dataclass(frozen=True)
class Requests:
    """Turns estimates into what Snakemake's `resources` take.

    Attributes
    ----------
    overhead_mb
        What an executor adds to the memory of a job.
    """

    overhead_mb: int = 0

    def memory(self, estimate: Estimate) -> Callable[[Any, int], int]:
        """Memory of a job in MB, from its estimate; more at each retry."""
        return lambda wildcards, attempt: attempt * (math.ceil(estimate(wildcards)) + self.overhead_mb)

    def fixed_memory(self, megabytes: int) -> Callable[[Any, int], int]:
        """Memory of a job that is known without its wildcards; more at each retry."""
        return self.memory(lambda wildcards: megabytes)

    @staticmethod
    def time_limit(estimate: Estimate) -> Callable[[Any, int], int]:
        """Time limit of a job in minutes, from its estimate in seconds; more at each retry."""
        return lambda wildcards, attempt: limit_minutes(estimate(wildcards), attempt)

    @staticmethod
    def seconds(estimate: Estimate) -> Callable[[Any], int]:
        """The estimate itself, which `make plan` shows."""
        return lambda wildcards: math.ceil(estimate(wildcards))
