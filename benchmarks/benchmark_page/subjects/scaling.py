"""How time and memory of our own functions grow: one candidate, whose settings differ from case to case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmark_page.comparison import Prepared
from benchmark_page.subjects import dual_matrix, lanczos, online, training_column
from fisher_spectra.common.seeds import generator
from fisher_spectra.networks.dual_fisher import dual_fisher_operator
from fisher_spectra.spectra.lanczos import stochastic_lanczos_quadrature

STEPS, PROBES = 40, 1  # of the Lanczos quadrature


def prepare(candidate: str, settings: Mapping[str, Any]) -> Prepared:
    """The function that the candidate names."""
    return MAKERS[candidate](settings)


def quadrature(settings: Mapping[str, Any]) -> Prepared:
    """Lanczos quadrature of the population Fisher matrix with n units, in double precision."""
    fisher = lanczos.population(settings["n"])

    def call() -> None:
        rng = generator(0, "benchmark scaling", settings["n"])
        stochastic_lanczos_quadrature(fisher.apply, fisher.parameters, STEPS, PROBES, rng)

    return Prepared(call)


def eigenvalue(settings: Mapping[str, Any]) -> Prepared:
    """One product F* v, which is what the Lanczos method repeats."""
    network, inputs = lanczos.network_of(settings["L"], settings["M"], settings["T"], settings["C"])
    vector = np.ones(settings["T"] * settings["C"])
    operator = dual_fisher_operator(network, inputs)

    def call() -> None:
        operator @ vector

    return Prepared(call)


MAKERS: dict[str, Callable[[Mapping[str, Any]], Prepared]] = {
    "`dual_fisher`": lambda settings: dual_matrix.prepare(dual_matrix.OURS, settings),
    "`train_student_teacher`": lambda settings: training_column.prepare(training_column.OURS, settings),
    "`train_online`": lambda settings: online.prepare(online.OURS, settings),
    "`stochastic_lanczos_quadrature`": quadrature,
    "`dual_fisher_operator`": eigenvalue,
}
