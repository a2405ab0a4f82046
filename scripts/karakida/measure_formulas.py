"""Formulas that are right as printed and that no figure shows: printed and sampled values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.erratum import Erratum
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.formula_table import formula_table
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.karakida.errata import Setting
from fisher_spectra.karakida.formulas import critical_line, erf_integrals, hessian, recursions, share_of_biases
from fisher_spectra.karakida.natural_gradient import natural_gradient_rates
from fisher_spectra.karakida.statements_on_training import changes_of_weights
from fisher_spectra.karakida.universality import Base

FEWEST = 2  # networks, of which there is a standard error
_NARROW = 8  # the width over that of networks that are trained some hundreds of times
_SMALLEST = 10  # of these


def measure_formulas(
    *,
    job: Job,
    root_seed: int,
    experiment: str,
    activations: dict[str, Base],
    depth: int,
    width: int,
    samples: int,
    outputs: int,
    networks: int,
    draws: int,
) -> pd.DataFrame:
    """One row for each formula; the recursions of erf, ReLU and linear networks, the rest of the first activation."""
    settings = [
        Setting(get_activation(base.function), base.sigma_w2, base.sigma_b2, depth, width)
        for base in activations.values()
    ]
    smooth, explicit = settings[0], [one for one in settings if one.activation.name in ("erf", "relu", "linear")]
    of_figures = [one for one in settings if one.activation.name != "erf"]
    narrow = replace(smooth, width=max(_SMALLEST, width // _NARROW))
    few = max(FEWEST, networks // 10)
    rng = partial(generator, root_seed, experiment)
    formulas: list[Callable[[], list[Erratum]]] = [
        *(partial(recursions, rng("recursion", one.activation.name), one, networks) for one in explicit),
        lambda: erf_integrals(rng("erf"), draws),
        lambda: [share_of_biases(rng("biases"), smooth, samples, networks)],
        lambda: hessian(rng("hessian"), smooth, samples, outputs, networks),
        lambda: [critical_line(rng("critical_line", one.activation.name), one, few) for one in of_figures],
        lambda: natural_gradient_rates(rng("natural_gradient"), narrow, samples, outputs, few),
        lambda: changes_of_weights(rng("change_of_weights"), smooth, narrow, (few, max(FEWEST, networks // 4))),
    ]
    return formula_table(job, experiment, formulas)


if __name__ == "__main__":
    run_job(measure_formulas)
