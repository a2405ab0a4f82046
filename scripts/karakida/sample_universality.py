"""Eigenvalue statistics of networks of other laws, inputs and layers than the paper's, one row for each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.karakida.universality import Base, Case, cases
from fisher_spectra.networks.dual_fisher import eigenvalue_statistics
from fisher_spectra.networks.laws import draw, sample_network_of_laws
from fisher_spectra.networks.layered import dual_fisher_of_pass, forward
from fisher_spectra.networks.overlapping_inputs import overlapping_inputs

OUTPUTS = 1  # as in the paper's Figure 1


def inputs_of(case: Case, rng: np.random.Generator, samples: int, width: int) -> npt.NDArray[np.float64]:
    """Inputs of a case, shape (T, M_0)."""
    if case.overlap:
        return np.asarray(np.sqrt(case.moment) * overlapping_inputs(rng, samples, width, case.overlap / case.moment))
    return draw(rng, case.inputs, (samples, width), case.moment)


def sample_universality(
    *,
    job: Job,
    root_seed: int,
    activations: dict[str, Base],
    depth: int,
    widths: Sequence[int],
    samples: int,
    first: int,
    stop: int,
) -> pd.DataFrame:
    """Networks `first` to `stop` - 1 of each case and width."""
    every = cases(activations, depth)
    rows = []
    with job.progress(len(every) * len(widths) * (stop - first), "universality") as progress:
        for case in every:
            layers = len(case.sigma_w2)
            for width in widths:
                for number in range(first, stop):
                    rng = generator(root_seed, "karakida_universality", *case.key.values(), width, samples, number)
                    shape = [*[width] * layers, OUTPUTS]
                    laws = (case.weights, case.biases)
                    network = sample_network_of_laws(rng, shape, case.functions, case.sigma_w2, case.sigma_b2, laws)
                    passed = forward(network, inputs_of(case, rng, samples, width))
                    found = eigenvalue_statistics(dual_fisher_of_pass(passed), network.n_parameters())
                    rows.append(
                        case.key
                        | {"M": width, "T": samples, "L": layers, "C": OUTPUTS, "network": number}
                        | {"mean": found.mean, "second_moment": found.second_moment, "maximum": found.maximum}
                    )
                    progress.advance(note=f"{case.group} {case.name} M={width}")
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(sample_universality)
