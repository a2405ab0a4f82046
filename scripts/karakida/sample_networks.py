"""Eigenvalue statistics of the Fisher information matrix of a block of random networks, one row for each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.command_line import cells_of, network_block_parser, run_job
from fisher_spectra.networks.dual_fisher import count_at_least, dual_fisher, eigenvalues, fisher_statistics
from fisher_spectra.networks.fully_connected import gaussian_inputs, sample_network


def main(argv: Sequence[str] | None = None) -> None:
    parser = network_block_parser(__doc__)
    parser.add_argument("--thresholds", type=float, nargs="*", default=[], help="also count eigenvalues >= these")
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
                    inputs = gaussian_inputs(rng, cell["T"], cell["M"])
                    statistics = fisher_statistics(network, inputs)
                    row = {
                        "activation": a.activation,
                        **cell,
                        "function": a.function,
                        "sigma_w2": a.sigma_w2,
                        "sigma_b2": a.sigma_b2,
                        "network": number,
                        "mean": statistics.mean,
                        "second_moment": statistics.second_moment,
                        "maximum": statistics.maximum,
                    }
                    if a.thresholds:
                        counts = count_at_least(eigenvalues(dual_fisher(network, inputs)), a.thresholds)
                        row |= {f"count_{k:g}": int(n) for k, n in zip(a.thresholds, counts, strict=True)}
                    rows.append(row)
                    progress.advance(note=f"M={cell['M']} T={cell['T']}")
        job.write_table(pd.DataFrame(rows))
        job.write_provenance()


if __name__ == "__main__":
    main()
