"""Mean-field theory of a phase diagram: arrays of networks against the loop over single ones.

    python benchmarks/phase_diagram.py                # 100 x 100 networks of depth 10, all activations: a minute or two
    python benchmarks/phase_diagram.py --points 20

For each activation the array function is called twice: once as a process does for the first time, when what it
interpolates is fitted, and once again. The loop is timed at networks drawn from the grid, in one run with the others,
and its time for the whole grid is their mean times the number of points. All times are processor time; the last column
is the largest difference from the loop, relative to kappa_1.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from fisher_spectra.activations.catalogue import activation_specs, get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.gaussian.equal_variances import equal_variances
from fisher_spectra.karakida.mean_field import mean_field
from fisher_spectra.karakida.mean_fields import mean_fields

# sigma_w^2 and sigma_b^2 from order to chaos of all activations of the catalogue.
RANGES = (0.5, 4.0), (0.0, 1.0)
GOAL = 2.0  # seconds for 100 x 100 networks

_Result = TypeVar("_Result")


def main() -> None:
    """Parse the command line; one row for each activation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=100, help="along each variance (default 100)")
    parser.add_argument("--depth", type=int, default=10, help="L (default 10)")
    parser.add_argument("--single", type=int, default=20, help="single networks that are timed (default 20)")
    options = parser.parse_args()
    if min(options.points, options.single) < 1 or options.depth < 2:
        parser.error("--depth must be at least 2, all other numbers at least 1")
    sigma_w2, sigma_b2 = (np.linspace(*ends, options.points) for ends in RANGES)
    mean_fields("linear", 1.0, 0.0, 2)  # imports
    print(f"kappa_1 and kappa_2 of {options.points} x {options.points} networks, L = {options.depth}\n")
    print(f"{'activation':28}  {'first':>8}  {'again':>8}  {'loop':>9}  {'loop/first':>10}  {'difference':>10}")
    slowest = 0.0
    for spec in activation_specs():
        row = compare(spec, sigma_w2, sigma_b2, options.depth, options.single)
        slowest = max(slowest, row[0])
        first, again, loop, difference = row
        print(f"{spec:28}  {first:6.2f} s  {again:6.2f} s  {loop:7.1f} s  {loop / first:10.0f}  {difference:10.1e}")
    if options.points == 100:
        print(f"\nExpected: at most {GOAL:g} s for every activation; the slowest took {slowest:.2f} s.")


def compare(
    spec: str, sigma_w2: np.ndarray, sigma_b2: np.ndarray, depth: int, single: int
) -> tuple[float, float, float, float]:
    """Seconds of the first call, of another one, of the loop, and the largest difference."""
    phi = get_activation(spec)
    first, fields = timed(lambda: mean_fields(phi, sigma_w2[:, None], sigma_b2, depth))
    again, _ = timed(lambda: mean_fields(phi, sigma_w2[:, None], sigma_b2, depth))
    rng, seconds, difference = generator(0, "benchmark phase_diagram", spec), 0.0, 0.0
    there = np.argwhere(np.isfinite(fields.kappa_1))  # elsewhere moments overflow
    for i, j in there[rng.integers(len(there), size=single)]:
        elapsed, field = timed(lambda i=i, j=j: mean_field(phi, float(sigma_w2[i]), float(sigma_b2[j]), depth))
        seconds += elapsed
        for found, expected in ((fields.kappa_1, field.kappa_1), (fields.kappa_2, field.kappa_2)):
            difference = max(difference, abs(float(found[i, j]) - expected) / field.kappa_1)
    assert difference <= equal_variances(phi).error * 10 * depth, spec
    return first, again, seconds / single * fields.kappa_1.size, difference


def timed(call: Callable[[], _Result]) -> tuple[float, _Result]:
    """Processor time of a call, and what it returns."""
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


if __name__ == "__main__":
    main()
