"""Mean and maximum of the eigenvalues of Theta / M and of its block diagonal, for a block of random networks."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.conditional_fisher import block_diagonal_eigenvalues, sample_orthogonal_network
from fisher_spectra.hayase_karakida.theta import theta_maximum
from fisher_spectra.jobs.command_line import job_parser, run_job
from fisher_spectra.networks.haar_measure import sphere_inputs


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment, part of every seed")
    parser.add_argument("--varied", choices=["L", "N"], required=True, help="name of what varies, for the table")
    parser.add_argument("--function", required=True, help="activation function")
    parser.add_argument("--width", type=int, required=True, help="width M")
    parser.add_argument("--depths", type=int, nargs="+", required=True, help="numbers of weight layers L")
    parser.add_argument("--samples", type=int, nargs="+", required=True, help="numbers of inputs N")
    parser.add_argument("--first", type=int, required=True, help="first network of the block")
    parser.add_argument("--stop", type=int, required=True, help="one past the last network of the block")
    with run_job(parser, argv) as job:
        a = job.arguments
        activation = get_activation(a.function)
        cells = [(depth, samples, n) for depth in a.depths for samples in a.samples for n in range(a.first, a.stop)]
        rows = []
        with job.progress(len(cells), f"{a.experiment} against {a.varied}") as progress:
            for depth, samples, number in cells:
                rng = generator(a.root_seed, a.experiment, depth, samples, a.width, number)
                network = sample_orthogonal_network(rng, a.width, depth, activation)
                inputs = sphere_inputs(rng, samples, a.width)
                blocks = block_diagonal_eigenvalues(network, inputs)
                rows.append(
                    {
                        "varied": a.varied,
                        "function": a.function,
                        "L": depth,
                        "N": samples,
                        "M": a.width,
                        "network": number,
                        # the trace has the diagonal blocks alone, so both matrices have this mean
                        "mean": blocks.mean(),
                        "maximum_full": theta_maximum(network, inputs) if samples > 1 else blocks.max(),
                        "maximum_block": blocks.max(),
                    }
                )
                progress.advance()
        job.write_table(pd.DataFrame(rows))
        job.write_provenance()


if __name__ == "__main__":
    main()
