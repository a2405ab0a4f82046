"""First two moments of the eigenvalues, exact for each network of a block, one row for each."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.command_line import run_job
from fisher_spectra.pennington_worah.fisher_matrix import population_fisher, sample_weights
from fisher_spectra.pennington_worah.options import network_block_parser, nonlinearities_of


def main(argv: Sequence[str] | None = None) -> None:
    parser = network_block_parser(__doc__)
    with run_job(parser, argv) as job:
        a = job.arguments
        rows = []
        activations = nonlinearities_of(a)
        cells = [(name, width) for name in activations for width in a.widths]
        with job.progress(len(cells) * (a.stop - a.first), a.experiment) as progress:
            for name, width in cells:
                for number in range(a.first, a.stop):
                    weights = sample_weights(generator(a.root_seed, a.experiment, name, width, number), width)
                    first, second = population_fisher(*weights, activations[name]).moments()
                    rows.append({"nonlinearity": name, "n": width, "network": number, "m1": first, "m2": second})
                    progress.advance(note=f"{name} n={width}")
        job.write_table(pd.DataFrame(rows))
        job.write_provenance()


if __name__ == "__main__":
    main()
