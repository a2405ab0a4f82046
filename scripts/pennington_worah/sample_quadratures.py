"""Lanczos quadratures of the Fisher matrix of blocks of networks with one hidden layer, one row for each node.

The matrix itself is never formed; the expectation over the inputs is exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.command_line import run_job
from fisher_spectra.pennington_worah.binned_spectra import quadrature_rows
from fisher_spectra.pennington_worah.fisher_matrix import population_fisher, sample_weights
from fisher_spectra.pennington_worah.fisher_spectrum import find_device, lanczos_spectrum, name_of_device
from fisher_spectra.pennington_worah.options import blocks_of, blocks_parser, nonlinearities_of


def main(argv: Sequence[str] | None = None) -> None:
    parser = blocks_parser(__doc__)
    parser.add_argument("--steps", type=int, required=True, help="Lanczos steps for each probe")
    parser.add_argument("--probes", type=int, nargs="+", required=True, help="probe vectors of a network of each block")
    parser.add_argument("--precision", choices=["float32", "float64"], required=True, help="of the matrix and vectors")
    parser.add_argument("--device", default="cpu", help="auto, cpu or cuda")
    with run_job(parser, argv) as job:
        a = job.arguments
        if len(a.probes) != len(a.blocks):
            raise UserError(f"--probes {a.probes}: must be one number for each of the {len(a.blocks)} blocks")
        device = find_device(a.device)
        job.device = name_of_device(device)
        rows = []
        activations = nonlinearities_of(a)
        cells = [
            (name, block.width, number, probes)
            for name in activations
            for block, probes in zip(blocks_of(a), a.probes, strict=True)
            for number in range(block.first, block.stop)
        ]
        with job.progress(len(cells), a.experiment) as progress:
            for name, width, number, probes in cells:
                rng = generator(a.root_seed, a.experiment, name, width, number)
                fisher = population_fisher(*sample_weights(rng, width), activations[name], np.dtype(a.precision))
                quadrature = lanczos_spectrum(fisher, a.steps, probes, rng, device)
                cell = {"nonlinearity": name, "n": width, "method": "lanczos", "network": number}
                rows += [cell | row for row in quadrature_rows(quadrature)]
                progress.advance(note=f"{name} n={width}")
        job.write_table(pd.DataFrame(rows))
        job.write_provenance()


if __name__ == "__main__":
    main()
