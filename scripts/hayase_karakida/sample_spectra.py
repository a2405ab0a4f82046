"""Eigenvalues of H_L of a block of random networks, or with independent projections; one row for each eigenvalue."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.linalg

from fisher_spectra.activations.catalogue import Activation, get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.conditional_fisher import (
    conditional_fisher,
    sample_conditional_eigenvalues,
    sample_orthogonal_network,
)
from fisher_spectra.hayase_karakida.independent_projections import sample_projected_eigenvalues
from fisher_spectra.jobs.command_line import job_parser, run_job
from fisher_spectra.networks.fully_connected import sample_network
from fisher_spectra.networks.haar_measure import sphere_inputs


def plain(rng: np.random.Generator, width: int, depth: int, activation: Activation, weights: str) -> np.ndarray:
    """Eigenvalues of H_L of a network whose weights are all drawn."""
    if weights == "gaussian":
        network = sample_network(rng, (width,) * (depth + 1), activation, sigma_w2=1.0, sigma_b2=0.0)
    else:
        network = sample_orthogonal_network(rng, width, depth, activation)
    return np.asarray(scipy.linalg.eigvalsh(conditional_fisher(network, sphere_inputs(rng, 1, width)[0])))


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment, part of every seed")
    parser.add_argument("--panel", required=True, help="name of the law in tables, part of every seed")
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--function", help="activation function, e.g. hard_tanh(s=1,g=1)")
    kind.add_argument("--projection-weight", type=float, help="share of ones of independent projections D_l")
    parser.add_argument(
        "--sampler",
        choices=["orthogonal", "gaussian", "frames"],
        default="orthogonal",
        help="weights that are drawn in full, or frames: the same law as orthogonal without the weights",
    )
    parser.add_argument("--depths", type=int, nargs="+", required=True, help="numbers of weight layers L")
    parser.add_argument("--widths", type=int, nargs="+", required=True, help="widths M")
    parser.add_argument("--first", type=int, required=True, help="first network of the block")
    parser.add_argument("--stop", type=int, required=True, help="one past the last network of the block")
    with run_job(parser, argv) as job:
        a = job.arguments
        cells = [(depth, width, n) for depth in a.depths for width in a.widths for n in range(a.first, a.stop)]
        tables = []
        with job.progress(len(cells), f"{a.experiment} {a.panel}") as progress:
            for depth, width, number in cells:
                rng = generator(a.root_seed, a.experiment, a.panel, depth, width, number)
                if a.projection_weight is not None:
                    eigenvalues = sample_projected_eigenvalues(rng, width, depth, a.projection_weight)
                elif a.sampler == "frames":
                    sample = sample_conditional_eigenvalues(rng, width, depth, get_activation(a.function))
                    eigenvalues = sample.eigenvalues
                else:
                    eigenvalues = plain(rng, width, depth, get_activation(a.function), a.sampler)
                names = {
                    "panel": a.panel,
                    "function": a.function or "projections",
                    "projection_weight": np.nan if a.projection_weight is None else a.projection_weight,
                    "weights": "gaussian" if a.sampler == "gaussian" else "orthogonal",
                    "L": depth,
                    "M": width,
                    "network": number,
                }
                tables.append(pd.DataFrame(names | {"eigenvalue": eigenvalues}))
                progress.advance()
        job.write_table(pd.concat(tables, ignore_index=True))
        job.write_provenance()


if __name__ == "__main__":
    main()
