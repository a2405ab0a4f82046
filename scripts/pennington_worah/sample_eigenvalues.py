"""All eigenvalues of the Fisher matrix of blocks of networks with one hidden layer, one row for each eigenvalue.

Linear networks from their own structure (16), others from the dense matrix.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.command_line import run_job
from fisher_spectra.pennington_worah.fisher_matrix import population_fisher, sample_weights
from fisher_spectra.pennington_worah.fisher_spectrum import dense_eigenvalues, find_device, name_of_device
from fisher_spectra.pennington_worah.linear_case import linear_eigenvalues
from fisher_spectra.pennington_worah.options import blocks_of, blocks_parser, nonlinearities_of


def main(argv: Sequence[str] | None = None) -> None:
    parser = blocks_parser(__doc__)
    parser.add_argument("--width-gpu", type=int, help="width n of every block where a GPU is used (default: its own)")
    parser.add_argument("--device", default="cpu", help="auto, cpu or cuda")
    with run_job(parser, argv) as job:
        a = job.arguments
        device = find_device(a.device)
        job.device = name_of_device(device)
        activations = nonlinearities_of(a)
        cells = [
            (name, a.width_gpu if device != "cpu" and a.width_gpu else block.width, number)
            for name in activations
            for block in blocks_of(a)
            for number in range(block.first, block.stop)
        ]
        parts = []
        with job.progress(len(cells), a.experiment) as progress:
            for name, width, number in cells:
                weights = sample_weights(generator(a.root_seed, a.experiment, name, width, number), width)
                if activations[name].name == "linear":
                    method, eigenvalues = "structure", linear_eigenvalues(*weights)
                else:
                    fisher = population_fisher(*weights, activations[name])
                    method, eigenvalues = "dense", np.sort(dense_eigenvalues(fisher, device))
                parts.append(
                    pd.DataFrame(
                        {
                            "nonlinearity": name,
                            "n": width,
                            "method": method,
                            "network": number,
                            "eigenvalue": eigenvalues,
                        }
                    )
                )
                progress.advance(note=f"{name} n={width}")
        job.write_table(pd.concat(parts))
        job.write_provenance()


if __name__ == "__main__":
    main()
