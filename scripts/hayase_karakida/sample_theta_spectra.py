"""All eigenvalues of Theta / M and of its block diagonal, for a block of random networks."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import scipy.linalg

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.conditional_fisher import block_diagonal_eigenvalues, sample_orthogonal_network
from fisher_spectra.hayase_karakida.theta import scaled_theta
from fisher_spectra.jobs.command_line import job_parser, run_job
from fisher_spectra.networks.haar_measure import sphere_inputs


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment, part of every seed")
    parser.add_argument("--function", required=True, help="activation function")
    parser.add_argument("--depth", type=int, required=True, help="number of weight layers L")
    parser.add_argument("--samples", type=int, required=True, help="number of inputs N")
    parser.add_argument("--width", type=int, required=True, help="width M")
    parser.add_argument("--first", type=int, required=True, help="first network of the block")
    parser.add_argument("--stop", type=int, required=True, help="one past the last network of the block")
    with run_job(parser, argv) as job:
        a = job.arguments
        activation = get_activation(a.function)
        tables = []
        with job.progress(a.stop - a.first, a.experiment) as progress:
            for number in range(a.first, a.stop):
                rng = generator(a.root_seed, a.experiment, a.depth, a.samples, a.width, number)
                network = sample_orthogonal_network(rng, a.width, a.depth, activation)
                inputs = sphere_inputs(rng, a.samples, a.width)
                names = {"function": a.function, "L": a.depth, "N": a.samples, "M": a.width, "network": number}
                spectra = {
                    "full": scipy.linalg.eigvalsh(scaled_theta(network, inputs), overwrite_a=True),
                    "block": block_diagonal_eigenvalues(network, inputs).ravel(),
                }
                tables.append(pd.DataFrame(names | spectra))
                progress.advance()
        job.write_table(pd.concat(tables, ignore_index=True))
        job.write_provenance()


if __name__ == "__main__":
    main()
