"""Lanczos quadratures of the Fisher matrix of blocks of networks with one hidden layer, one row for each node.

The matrix itself is never formed; the expectation over the inputs is exact.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.pennington_worah.binned_spectra import quadrature_rows
from fisher_spectra.pennington_worah.fisher_matrix import population_fisher, sample_weights
from fisher_spectra.pennington_worah.fisher_spectrum import find_device, lanczos_spectrum, name_of_device
from fisher_spectra.pennington_worah.network_blocks import Block
from fisher_spectra.pennington_worah.nonlinearities import Nonlinearity
from fisher_spectra.pennington_worah.probes import number_of_probes


def sample_quadratures(
    *,
    job: Job,
    root_seed: int,
    device: str,
    precision: Literal["float32", "float64"],
    experiment: str,
    nonlinearities: dict[str, Nonlinearity],
    blocks: list[Block],
    steps: int,
    probe_numbers: int,
) -> pd.DataFrame:
    """Nodes and weights of so many Lanczos `steps` for each probe of every network, with each nonlinearity.

    The matrix and the vectors are in the given precision; probes have `probe_numbers` numbers together.
    """
    place = find_device(device)
    job.device = name_of_device(place)
    activations = {name: nonlinearity.activation for name, nonlinearity in nonlinearities.items()}
    cells = [(name, block.width, number) for name in activations for block in blocks for number in block.networks]
    rows = []
    with job.progress(len(cells), experiment) as progress:
        for name, width, number in cells:
            rng = generator(root_seed, experiment, name, width, number)
            fisher = population_fisher(*sample_weights(rng, width), activations[name], np.dtype(precision))
            quadrature = lanczos_spectrum(fisher, steps, number_of_probes(probe_numbers, width), rng, place)
            cell = {"nonlinearity": name, "n": width, "method": "lanczos", "network": number}
            rows += [cell | row for row in quadrature_rows(quadrature)]
            progress.advance(note=f"{name} n={width}")
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(sample_quadratures)
