"""Table of Theorem 5: sampled Fisher-Rao norms beside the printed and the corrected formula."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from fisher_spectra.fisher_rao import fisher_rao_norm, fisher_rao_norm_printed
from fisher_spectra.mean_field import mean_field

from fisher_spectra.activations import get_activation
from fisher_spectra.command_line import parts_parser, run_job


def main(argv: Sequence[str] | None = None) -> None:
    parser = parts_parser(__doc__)
    with run_job(parser, argv) as job:
        networks = job.read_parts()
        rows = []
        for (activation, depth, width, outputs), group in networks.groupby(["activation", "L", "M", "C"], sort=False):
            first = group.iloc[0]
            function, sigma_w2, sigma_b2 = (
                get_activation(first["function"]),
                float(first["sigma_w2"]),
                float(first["sigma_b2"]),
            )
            order = mean_field(function, sigma_w2, sigma_b2, depth=int(depth))
            rows.append(
                {
                    "activation": activation,
                    "L": depth,
                    "M": width,
                    "T": first["T"],
                    "C": outputs,
                    "paper": fisher_rao_norm_printed(order, sigma_w2, int(outputs)),
                    "corrected": fisher_rao_norm(function, sigma_w2, sigma_b2, int(depth), int(outputs)),
                    "empirical_mean": group["norm"].mean(),
                    "empirical_sem": group["norm"].std(ddof=1) / np.sqrt(len(group)),
                    "n_seeds": len(group),
                }
            )
        job.write_table(pd.DataFrame(rows))
        job.write_provenance()


if __name__ == "__main__":
    main()
