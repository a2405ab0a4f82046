"""Loss reduction by one optimal gradient step (33) for a family of activations on a block of networks.

One row for each network and member of the family; all members see the same weights, inputs and perturbations.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.command_line import job_parser, run_job
from fisher_spectra.pennington_worah.one_step_descent import one_step_descent


def main(argv: Sequence[str] | None = None) -> None:
    parser = job_parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment, part of every seed")
    parser.add_argument("--family", required=True, help="name of the family in tables")
    parser.add_argument("--function", required=True, help="activation with a parameter alpha, e.g. normalised_erf")
    parser.add_argument("--alphas", type=float, nargs="+", required=True, help="values of alpha")
    parser.add_argument("--width", type=int, required=True, help="width n")
    parser.add_argument("--samples", type=int, required=True, help="number of samples M")
    parser.add_argument("--perturbation", type=float, required=True, help="standard deviation of the targets' noise")
    parser.add_argument("--first", type=int, required=True, help="first network of the block")
    parser.add_argument("--stop", type=int, required=True, help="one past the last network of the block")
    with run_job(parser, argv) as job:
        a = job.arguments
        activations = [get_activation(f"{a.function}(alpha={alpha!r})") for alpha in a.alphas]
        rows = []
        with job.progress(a.stop - a.first, f"{a.experiment} {a.family}") as progress:
            for number in range(a.first, a.stop):
                # the same for both families: their curves then differ by the activation alone
                rng = generator(a.root_seed, a.experiment, a.width, number)
                results = one_step_descent(activations, a.width, a.samples, a.perturbation, rng)
                for alpha, activation, result in zip(a.alphas, activations, results, strict=True):
                    rows.append(
                        {
                            "family": a.family,
                            "alpha": alpha,
                            "function": activation.spec,
                            "n": a.width,
                            "samples": a.samples,
                            "perturbation": a.perturbation,
                            "network": number,
                            "loss_reduction": result.loss_reduction,
                            "predicted_network": result.predicted_reduction,
                            "initial_loss": result.initial_loss,
                            "step": result.step,
                        }
                    )
                progress.advance(note=f"network {number}")
        job.write_table(pd.DataFrame(rows))
        job.write_provenance()


if __name__ == "__main__":
    main()
