"""All eigenvalues of the Fisher matrix of blocks of networks with one hidden layer, one row for each eigenvalue.

From the dense matrix, or of wide linear networks from their own structure (16), which puts the zeros in by hand.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.pennington_worah.fisher_matrix import population_fisher, sample_weights
from fisher_spectra.pennington_worah.fisher_spectrum import dense_eigenvalues, find_device, name_of_device
from fisher_spectra.pennington_worah.linear_case import linear_eigenvalues
from fisher_spectra.pennington_worah.network_blocks import Block
from fisher_spectra.pennington_worah.nonlinearities import Nonlinearity


def sample_eigenvalues(
    *,
    job: Job,
    root_seed: int,
    device: str,
    experiment: str,
    nonlinearities: dict[str, Nonlinearity],
    blocks: list[Block],
    linear_by_structure: bool,
) -> pd.DataFrame:
    """The 2 n^2 eigenvalues, ascending, of every network of the blocks with each nonlinearity."""
    place = find_device(device)
    job.device = name_of_device(place)
    activations = {name: nonlinearity.activation for name, nonlinearity in nonlinearities.items()}
    cells = [(name, block.width, number) for name in activations for block in blocks for number in block.networks]
    parts = []
    with job.progress(len(cells), experiment) as progress:
        for name, width, number in cells:
            weights = sample_weights(generator(root_seed, experiment, name, width, number), width)
            if linear_by_structure and activations[name].name == "linear":
                method, eigenvalues = "structure", linear_eigenvalues(*weights)
            else:
                fisher = population_fisher(*weights, activations[name])
                method, eigenvalues = "dense", np.sort(dense_eigenvalues(fisher, place))
            parts.append(
                pd.DataFrame(
                    {
                        "nonlinearity": name,
                        "n": width,
                        "method": method,
                        "network": number,
                        "eigenvalue": eigenvalues,
                    }
                )
            )
            progress.advance(note=f"{name} n={width}")
    return pd.concat(parts)


if __name__ == "__main__":
    run_job(sample_eigenvalues)
