"""Eigenvalue statistics of the Fisher information matrix of a block of random networks, one row for each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.activations import get_activation
from fisher_spectra.command_line import network_block_parser, run_job
from fisher_spectra.dual_fisher import count_at_least, dual_fisher, eigenvalues, fisher_statistics
from fisher_spectra.networks import gaussian_inputs, sample_network
from fisher_spectra.seeds import generator


def main(argv: Sequence[str] | None = None) -> None:
    parser = network_block_parser(__doc__)
    parser.add_argument("--thresholds", type=float, nargs="*", default=[], help="also count eigenvalues >= these")
    with run_job(parser, argv) as job:
        a = job.arguments
        activation = get_activation(a.function)
        widths = [*[a.width] * a.depth, a.outputs]
        cell = {"activation": a.activation, "M": a.width, "T": a.samples, "L": a.depth, "C": a.outputs}
        rows = []
        label = f"{a.experiment} {a.activation} M={a.width} T={a.samples} C={a.outputs}"
        with job.progress(a.stop - a.first, label) as progress:
            for number in range(a.first, a.stop):
                rng = generator(a.root_seed, a.experiment, *cell.values(), number)
                network = sample_network(rng, widths, activation, a.sigma_w2, a.sigma_b2)
                inputs = gaussian_inputs(rng, a.samples, a.width)
                statistics = fisher_statistics(network, inputs)
                row = {
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
                progress.advance()
        job.write_table(pd.DataFrame(rows))
        job.write_provenance()


if __name__ == "__main__":
    main()
