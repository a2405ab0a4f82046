"""First two moments of the eigenvalues, exact for each network of a block, one row for each."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.pennington_worah.fisher_matrix import population_fisher, sample_weights
from fisher_spectra.pennington_worah.nonlinearities import Nonlinearity


def sample_moments(
    *,
    job: Job,
    root_seed: int,
    experiment: str,
    nonlinearities: dict[str, Nonlinearity],
    widths: list[int],
    first: int,
    stop: int,
) -> pd.DataFrame:
    """Moments m1 and m2 of networks `first` to `stop` - 1 of each nonlinearity and width."""
    activations = {name: nonlinearity.activation for name, nonlinearity in nonlinearities.items()}
    cells = [(name, width) for name in activations for width in widths]
    rows = []
    with job.progress(len(cells) * (stop - first), experiment) as progress:
        for name, width in cells:
            for number in range(first, stop):
                weights = sample_weights(generator(root_seed, experiment, name, width, number), width)
                m1, m2 = population_fisher(*weights, activations[name]).moments()
                rows.append({"nonlinearity": name, "n": width, "network": number, "m1": m1, "m2": m2})
                progress.advance(note=f"{name} n={width}")
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(sample_moments)
