"""Fisher-Rao norm of a block of random networks, one row for each (Theorem 5)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.activations import get_activation
from fisher_spectra.command_line import network_block_parser, run_job
from fisher_spectra.networks import gaussian_inputs, sample_network
from fisher_spectra.sampled_fisher_rao import sampled_fisher_rao_norm
from fisher_spectra.seeds import generator


def main(argv: Sequence[str] | None = None) -> None:
    parser = network_block_parser(__doc__)
    with run_job(parser, argv) as job:
        a = job.arguments
        activation = get_activation(a.function)
        widths = [*[a.width] * a.depth, a.outputs]
        cell = {"activation": a.activation, "M": a.width, "T": a.samples, "L": a.depth, "C": a.outputs}
        rows = []
        with job.progress(a.stop - a.first, f"{a.experiment} {a.activation} L={a.depth} M={a.width}") as progress:
            for number in range(a.first, a.stop):
                rng = generator(a.root_seed, a.experiment, *cell.values(), number)
                network = sample_network(rng, widths, activation, a.sigma_w2, a.sigma_b2)
                norm = sampled_fisher_rao_norm(network, gaussian_inputs(rng, a.samples, a.width))
                rows.append(
                    {
                        **cell,
                        "function": a.function,
                        "sigma_w2": a.sigma_w2,
                        "sigma_b2": a.sigma_b2,
                        "network": number,
                        "norm": norm,
                    }
                )
                progress.advance()
        job.write_table(pd.DataFrame(rows))
        job.write_provenance()


if __name__ == "__main__":
    main()
