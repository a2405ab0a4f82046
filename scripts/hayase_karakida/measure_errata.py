"""Printed, corrected and sampled values of the formulas that the two papers misprint, and of some that are right.

Those that show in a figure's table are measured there; this table has the others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd

from fisher_spectra.common.erratum import Erratum
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
from fisher_spectra.hayase_karakida.formulas import overlaps_of_two_inputs, shifted_relu, transform_of_three_layers
from fisher_spectra.hayase_karakida.hard_tanh import HardTanh
from fisher_spectra.hayase_karakida.signal_propagation import signal_propagation
from fisher_spectra.jobs.formula_table import formula_table
from fisher_spectra.jobs.run_job import Job, run_job

_AT = 0.5  # argument of the S-transform that is compared


def measure_errata(
    *,
    job: Job,
    root_seed: int,
    experiment: str,
    isometry: HardTanh,
    saturating: HardTanh,
    width: int,
    networks: int,
    depth: int,
    epsilon_1: float,
    samples: int,
    ranks: tuple[float, float],
    learning_rate: float,
    draws: int,
) -> pd.DataFrame:
    """One row for each formula."""
    near, far = (Setting(shape.s, shape.g, width) for shape in (isometry, saturating))
    law = signal_propagation(far.activation, 2).laws[0]
    rng = partial(generator, root_seed, experiment)
    formulas: tuple[Callable[[], list[Erratum]], ...] = (
        lambda: [hard_tanh_outside(near)],
        lambda: [gaussian_normalisation(rng("gaussian_normalisation"), draws)],
        lambda: [divergence(rng("divergence"), far, samples, networks)],
        lambda: [dual_weight(rng("dual_weight"), near, networks)],
        lambda: [s_transform_example(rng("s_transform"), law.alpha, law.gamma, _AT, draws)],
        lambda: two_hidden_layer_atoms(rng("two_hidden_layer_atoms"), far, networks),
        lambda: [recursion_of_maximum(rng("recursion_of_maximum"), width, min(ranks), networks)],
        lambda: [constant_moment(rng("constant_moment"), near, depth, networks)],
        lambda: [atom_at_zero(rng("atom_at_zero"), width, *ranks, networks)],
        lambda: limits_of_large_depth(rng("large_depth"), depth, epsilon_1, width, networks),
        lambda: [overlaps(rng("overlaps"), far, networks)],
        lambda: [scale_of_theta(rng("scale_of_theta"), near, networks)],
        lambda: [online_step(rng("online_step"), near, learning_rate, networks)],
        lambda: [sum_of_moments(rng("sum_of_moments"), draws)],
        lambda: [overlaps_of_two_inputs(rng("overlaps_of_two_inputs"), far, networks)],
        lambda: [transform_of_three_layers(rng("transform"), far, networks)],
        lambda: shifted_relu(rng("shifted_relu"), width, networks),
    )
    return formula_table(job, experiment, formulas)


if __name__ == "__main__":
    run_job(measure_errata)
