"""Table of Theorem 5: sampled Fisher-Rao norms beside the printed and the corrected formula, all for one output."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.jobs.command_line import parts_parser, run_job
from fisher_spectra.karakida.fisher_rao_norm import fisher_rao_norm, fisher_rao_norm_printed
from fisher_spectra.karakida.mean_field import mean_field


def main(argv: Sequence[str] | None = None) -> None:
    parser = parts_parser(__doc__)
    with run_job(parser, argv) as job:
        networks = job.read_parts()
        rows = []
        for (activation, depth, width, outputs), group in networks.groupby(["activation", "L", "M", "C"], sort=False):
            first = group.iloc[0]
            order = mean_field(
                get_activation(first["function"]), first["sigma_w2"], first["sigma_b2"], depth=int(depth)
            )
            rows.append(
                {
                    "activation": activation,
                    "L": depth,
                    "M": width,
                    "T": first["T"],
                    "C": outputs,
                    "paper": fisher_rao_norm_printed(order),
                    "corrected": fisher_rao_norm(order),
                    "empirical_mean": group["norm_per_output"].mean(),
                    "empirical_sem": group["norm_per_output"].std(ddof=1) / np.sqrt(len(group)),
                    "n_seeds": len(group),
                }
            )
        job.write_table(pd.DataFrame(rows))
        job.write_provenance()


if __name__ == "__main__":
    main()
