"""Maximum, mean and multiplicity of the maximum of the eigenvalues of H_L against depth, for a block of networks.

The hard tanh has fixed s and g, or for each depth those for which q_l is the same in all layers and L (1 - alpha) =
epsilon_1 (Assumptions 4.1 and 4.2). Where asked for also the mean eigenvalue of Theta / M for numbers of inputs in
proportion to the depth (Corollary 4.5), and the depth at which no direction is left that no layer has cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.conditional_fisher import (
    block_diagonal_means,
    sample_conditional_eigenvalues,
    sample_orthogonal_network,
)
from fisher_spectra.hayase_karakida.hard_tanh import HardTanh, hard_tanh
from fisher_spectra.hayase_karakida.limits_of_large_depth import stationary_hard_tanh
from fisher_spectra.hayase_karakida.sampled_atoms import sampled_vanishing_depth, top_multiplicity
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.networks.haar_measure import sphere_inputs

# s and g at a depth.
ShapeAt = Callable[[int], tuple[float, float]]
Row = dict[str, float | str]


@dataclass(frozen=True)
class ManyInputs:
    """Depths L, the ratios L / N to the number of inputs, and the width M of these networks."""

    depths: list[int]
    ratios: list[float]
    width: int


@dataclass(frozen=True)
class Setting:
    """Random networks of a setting: how each is seeded, and its hard tanh."""

    generator: Callable[..., np.random.Generator]
    shape_at: ShapeAt

    def of_one_input(self, number: int, depth: int, width: int) -> Iterator[Row]:
        """Maximum, mean and share of eigenvalues at the maximum."""
        s, g = self.shape_at(depth)
        rng = self.generator(depth, width, number)
        found = sample_conditional_eigenvalues(rng, width, depth, get_activation(hard_tanh(s, g)))
        cell: Row = {"L": depth, "N": 1, "M": width, "s": s, "g": g}
        yield cell | {"quantity": "maximum", "value": found.eigenvalues[-1]}
        yield cell | {"quantity": "mean", "value": found.eigenvalues.mean()}
        yield cell | {"quantity": "atom_weight", "value": top_multiplicity(found.eigenvalues) / width}

    def of_many_inputs(self, number: int, depth: int, many: ManyInputs) -> Iterator[Row]:
        """Mean for each ratio of the depth to the number of inputs; the network is the same for all."""
        s, g = self.shape_at(depth)
        for ratio in many.ratios:
            rng = self.generator("many_inputs", depth, many.width, number)
            network = sample_orthogonal_network(rng, many.width, depth, get_activation(hard_tanh(s, g)))
            samples = max(1, round(depth / ratio))
            means = block_diagonal_means(network, sphere_inputs(rng, samples, many.width))
            cell: Row = {"L": depth, "N": samples, "M": many.width, "s": s, "g": g}
            yield cell | {"quantity": "mean_many_inputs", "value": means.mean()}

    def of_vanishing_atom(self, number: int, deepest: int, width: int) -> Iterator[Row]:
        """Depth at which no direction is left that no layer has cut, sought up to `deepest`."""
        s, g = self.shape_at(deepest)
        rng = self.generator("vanishing_depth", width, number)
        depth = sampled_vanishing_depth(rng, width, get_activation(hard_tanh(s, g)), deepest)
        cell: Row = {"L": deepest, "N": 1, "M": width, "s": s, "g": g}
        yield cell | {"quantity": "vanishing_depth", "value": depth}


def shape_of(fixed: HardTanh | None, epsilon_1: float | None) -> ShapeAt:
    """s and g against depth: fixed, or those that keep q_l with L (1 - alpha) = epsilon_1."""
    if epsilon_1 is not None:
        return lambda depth: stationary_hard_tanh(depth, epsilon_1)
    if fixed is None:
        raise UserError("--settings: fixed, epsilon_1: one of them must be given")
    return lambda depth: (fixed.s, fixed.g)


def sample_depths(
    *,
    job: Job,
    root_seed: int,
    experiment: str,
    setting: str,
    depths: list[int],
    width: int,
    first: int,
    stop: int,
    fixed: HardTanh | None,
    epsilon_1: float | None,
    many_inputs: ManyInputs | None,
    deepest: int | None,
) -> pd.DataFrame:
    """Every quantity of networks `first` to `stop` - 1, one row for each quantity, network and depth."""
    networks = Setting(partial(generator, root_seed, experiment, setting), shape_of(fixed, epsilon_1))
    rows: list[Row] = []
    with job.progress(stop - first, f"{experiment} {setting}") as progress:
        for number in range(first, stop):
            found = [row for depth in depths for row in networks.of_one_input(number, depth, width)]
            if many_inputs is not None:
                for depth in many_inputs.depths:
                    found += networks.of_many_inputs(number, depth, many_inputs)
            if deepest is not None:
                found += networks.of_vanishing_atom(number, deepest, width)
            rows += [{"setting": setting, "network": number, **row} for row in found]
            progress.advance()
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(sample_depths)
