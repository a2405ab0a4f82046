"""Maximum, mean and multiplicity of the maximum of the eigenvalues of H_L against depth, for a block of networks.

The hard tanh has fixed s and g, or, with --epsilon-1, for each depth those for which q_l is the same in all layers and
L (1 - alpha) = epsilon_1 (Assumptions 4.1 and 4.2). For the depths of --many-inputs also the mean eigenvalue of
Theta / M for as many inputs as layers (Corollary 4.5), and with --deepest the depth at which no direction is left
that no layer has cut.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.conditional_fisher import (
    block_diagonal_eigenvalues,
    sample_conditional_eigenvalues,
    sample_orthogonal_network,
)
from fisher_spectra.hayase_karakida.limits_of_large_depth import stationary_hard_tanh
from fisher_spectra.hayase_karakida.sampled_atoms import sampled_vanishing_depth, top_multiplicity
from fisher_spectra.jobs.command_line import job_parser, run_job
from fisher_spectra.networks.haar_measure import sphere_inputs


def hard_tanh(a: argparse.Namespace, depth: int) -> tuple[float, float]:
    """s and g at a depth."""
    if a.epsilon_1 is not None:
        return stationary_hard_tanh(depth, a.epsilon_1)
    return float(np.sqrt(a.s_squared)), a.g


def measured(a: argparse.Namespace, number: int) -> Iterator[dict[str, float | str]]:
    """Every quantity of one network of each depth."""
    for depth in a.depths:
        s, g = hard_tanh(a, depth)
        rng = generator(a.root_seed, a.experiment, a.setting, depth, a.width, number)
        found = sample_conditional_eigenvalues(rng, a.width, depth, get_activation(f"hard_tanh(s={s!r},g={g!r})"))
        cell = {"L": depth, "N": 1, "M": a.width, "s": s, "g": g}
        yield cell | {"quantity": "maximum", "value": found.eigenvalues[-1]}
        yield cell | {"quantity": "mean", "value": found.eigenvalues.mean()}
        yield cell | {"quantity": "atom_weight", "value": top_multiplicity(found.eigenvalues) / a.width}
    for depth in a.many_inputs:
        s, g = hard_tanh(a, depth)
        rng = generator(a.root_seed, a.experiment, a.setting, "many_inputs", depth, a.many_inputs_width, number)
        activation = get_activation(f"hard_tanh(s={s!r},g={g!r})")
        network = sample_orthogonal_network(rng, a.many_inputs_width, depth, activation)
        blocks = block_diagonal_eigenvalues(network, sphere_inputs(rng, depth, a.many_inputs_width))
        cell = {"L": depth, "N": depth, "M": a.many_inputs_width, "s": s, "g": g}
        yield cell | {"quantity": "mean_many_inputs", "value": blocks.mean()}
    if a.deepest is not None:
        s, g = hard_tanh(a, 0)
        rng = generator(a.root_seed, a.experiment, a.setting, "vanishing_depth", a.width, number)
        depth = sampled_vanishing_depth(rng, a.width, get_activation(f"hard_tanh(s={s!r},g={g!r})"), a.deepest)
        cell = {"L": a.deepest, "N": 1, "M": a.width, "s": s, "g": g}
        yield cell | {"quantity": "vanishing_depth", "value": depth}


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment, part of every seed")
    parser.add_argument("--setting", required=True, help="name of the setting in tables, part of every seed")
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--s-squared", type=float, help="s^2 of the hard tanh")
    kind.add_argument("--epsilon-1", type=float, help="L (1 - alpha) of the hard tanh that keeps q_l")
    parser.add_argument("--g", type=float, default=1.0, help="g of the hard tanh with --s-squared")
    parser.add_argument("--depths", type=int, nargs="+", required=True, help="numbers of weight layers L")
    parser.add_argument("--width", type=int, required=True, help="width M")
    parser.add_argument(
        "--many-inputs", type=int, nargs="*", default=[], help="depths L at which N = L inputs are taken"
    )
    parser.add_argument("--many-inputs-width", type=int, help="width M with several inputs")
    parser.add_argument("--deepest", type=int, help="largest depth at which the last uncut direction is sought")
    parser.add_argument("--first", type=int, required=True, help="first network of the block")
    parser.add_argument("--stop", type=int, required=True, help="one past the last network of the block")
    with run_job(parser, argv) as job:
        a = job.arguments
        rows = []
        with job.progress(a.stop - a.first, f"{a.experiment} {a.setting}") as progress:
            for number in range(a.first, a.stop):
                rows += [{"setting": a.setting, "network": number} | row for row in measured(a, number)]
                progress.advance()
        job.write_table(pd.DataFrame(rows))
        job.write_provenance()


if __name__ == "__main__":
    main()
