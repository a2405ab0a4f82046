"""Largest eigenvalue of a block of random networks of each kind of layers, one row for each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.karakida.universality import Base
from fisher_spectra.layers.cases import LayerCase, layer_cells
from fisher_spectra.layers.stack import dual_fisher_of_stack, passes, sample_stack
from fisher_spectra.networks.fully_connected import gaussian_inputs
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue


def sample_layers(
    *,
    job: Job,
    root_seed: int,
    activations: dict[str, Base],
    cases: dict[str, LayerCase],
    widths: Sequence[int],
    samples: int,
    first: int,
    stop: int,
) -> pd.DataFrame:
    """Networks `first` to `stop` - 1 of each case, activation and width.

    The least variance is that of the outputs before the last layer's normalisation, over the samples.
    """
    cells = layer_cells(activations, cases, widths, samples)
    rows = []
    with job.progress(len(cells) * (stop - first), "layers") as progress:
        for cell in cells:
            for number in range(first, stop):
                rng = generator(root_seed, "karakida_layers", cell.case, cell.activation, cell.width, number)
                network = sample_stack(rng, cell.stack)
                inputs = gaussian_inputs(rng, cell.samples, cell.width)
                found = largest_eigenvalue(dual_fisher_of_stack(network, inputs))
                variance = float(passes(network, inputs)[-1].raw.var(axis=0).min())
                rows.append(cell.key | {"network": number, "maximum": found, "least_variance": variance})
                progress.advance(note=f"{cell.case} {cell.activation} M={cell.width}")
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(sample_layers)
