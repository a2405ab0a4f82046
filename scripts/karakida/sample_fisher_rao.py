"""Fisher-Rao norm of a block of random networks, one row for each (Theorem 5).

The norm is a sum over the outputs, so its mean is C times that of one output; the table holds the norm over C. With
one output it scatters like the square of a Gaussian variable, with many outputs a few networks suffice.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.command_line import cells_of, network_block_parser, run_job
from fisher_spectra.karakida.sampled_fisher_rao_norm import sampled_fisher_rao_norm
from fisher_spectra.networks.fully_connected import gaussian_inputs, sample_network


def main(argv: Sequence[str] | None = None) -> None:
    parser = network_block_parser(__doc__)
    with run_job(parser, argv) as job:
        a = job.arguments
        activation = get_activation(a.function)
        rows = []
        grid = list(cells_of(a))
        with job.progress(len(grid) * (a.stop - a.first), f"{a.experiment} {a.activation}") as progress:
            for cell in grid:
                for number in range(a.first, a.stop):
                    rng = generator(a.root_seed, a.experiment, a.activation, *cell.values(), number)
                    widths = [*[cell["M"]] * cell["L"], cell["C"]]
                    network = sample_network(rng, widths, activation, a.sigma_w2, a.sigma_b2)
                    norm = sampled_fisher_rao_norm(network, gaussian_inputs(rng, cell["T"], cell["M"]))
                    rows.append(
                        {
                            "activation": a.activation,
                            **cell,
                            "function": a.function,
                            "sigma_w2": a.sigma_w2,
                            "sigma_b2": a.sigma_b2,
                            "network": number,
                            "norm_per_output": norm / cell["C"],
                        }
                    )
                    progress.advance(note=f"L={cell['L']} M={cell['M']}")
        job.write_table(pd.DataFrame(rows))
        job.write_provenance()


if __name__ == "__main__":
    main()
