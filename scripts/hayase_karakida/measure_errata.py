"""Printed, corrected and sampled values of the formulas that the two papers misprint.

Those errata that show in a figure's table are measured there; this table has the others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

import pandas as pd

from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.errata import (
    Setting,
    atom_at_zero,
    constant_moment,
    divergence,
    dual_weight,
    gaussian_normalisation,
    hard_tanh_outside,
    limits_of_large_depth,
    online_step,
    overlaps,
    recursion_of_maximum,
    s_transform_example,
    scale_of_theta,
    sum_of_moments,
    two_hidden_layer_atoms,
)
from fisher_spectra.hayase_karakida.signal_propagation import signal_propagation
from fisher_spectra.jobs.command_line import job_parser, run_job

_AT = 0.5  # argument of the S-transform that is compared


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment, part of every seed")
    parser.add_argument("--isometry", type=float, nargs=2, required=True, help="s^2 and g close to isometry")
    parser.add_argument("--saturating", type=float, nargs=2, required=True, help="s^2 and g with saturated units")
    parser.add_argument("--width", type=int, required=True, help="width M of the sampled networks")
    parser.add_argument("--networks", type=int, required=True, help="number of random networks of each formula")
    parser.add_argument("--depth", type=int, required=True, help="number of weight layers L of the limits in depth")
    parser.add_argument("--epsilon-1", type=float, required=True, help="L (1 - alpha) of the limits in depth")
    parser.add_argument("--samples", type=int, required=True, help="number of inputs N behind a divergence")
    parser.add_argument("--ranks", type=float, nargs=2, required=True, help="ranks over M of two free projections")
    parser.add_argument("--learning-rate", type=float, required=True, help="eta of one online step")
    parser.add_argument("--draws", type=int, required=True, help="number of draws of each scalar mean")
    with run_job(parser, argv) as job:
        a = job.arguments
        near, far = (Setting(math.sqrt(s2), g, a.width) for s2, g in (a.isometry, a.saturating))
        law = signal_propagation(far.activation, 2).laws[0]
        rng = partial(generator, a.root_seed, a.experiment)
        errata = []
        stages = (
            lambda: [hard_tanh_outside(near)],
            lambda: [gaussian_normalisation(rng("gaussian_normalisation"), a.draws)],
            lambda: [divergence(rng("divergence"), far, a.samples, a.networks)],
            lambda: [dual_weight(rng("dual_weight"), near, a.networks)],
            lambda: [s_transform_example(rng("s_transform"), law.alpha, law.gamma, _AT, a.draws)],
            lambda: two_hidden_layer_atoms(rng("two_hidden_layer_atoms"), far, a.networks),
            lambda: [recursion_of_maximum(rng("recursion_of_maximum"), a.width, min(a.ranks), a.networks)],
            lambda: [constant_moment(rng("constant_moment"), near, a.depth, a.networks)],
            lambda: [atom_at_zero(rng("atom_at_zero"), a.width, *a.ranks, a.networks)],
            lambda: limits_of_large_depth(rng("large_depth"), a.depth, a.epsilon_1, a.width, a.networks),
            lambda: [overlaps(rng("overlaps"), far, a.networks)],
            lambda: [scale_of_theta(rng("scale_of_theta"), near, a.networks)],
            lambda: [online_step(rng("online_step"), near, a.learning_rate, a.networks)],
            lambda: [sum_of_moments(rng("sum_of_moments"), a.draws)],
        )
        with job.progress(len(stages), a.experiment) as progress:
            for compute in stages:
                errata += compute()
                progress.advance(note=errata[-1].place)
        job.write_table(pd.DataFrame([asdict(erratum) for erratum in errata]))
        job.write_provenance()


if __name__ == "__main__":
    main()
