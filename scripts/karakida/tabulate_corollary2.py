"""Table of Corollary 2: sampled numbers of eigenvalues of at least k beside the bound."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.jobs.command_line import parts_parser, run_job
from fisher_spectra.karakida.mean_field import corollary_2_bound, mean_field


def main(argv: Sequence[str] | None = None) -> None:
    parser = parts_parser(__doc__)
    parser.add_argument("--thresholds", type=float, nargs="+", required=True, help="thresholds k")
    with run_job(parser, argv) as job:
        networks = job.read_parts()
        rows = []
        for (activation, depth, width, outputs), group in networks.groupby(["activation", "L", "M", "C"], sort=False):
            first = group.iloc[0]
            order = mean_field(
                get_activation(first["function"]), first["sigma_w2"], first["sigma_b2"], depth=int(depth)
            )
            for k in job.arguments.thresholds:
                counts = group[f"count_{k:g}"]
                rows.append(
                    {
                        "activation": activation,
                        "M": width,
                        "L": depth,
                        "C": outputs,
                        "T": first["T"],
                        "k": k,
                        "bound": corollary_2_bound(order, int(width), k, int(outputs)),
                        "count": counts.mean(),
                        "count_largest": counts.max(),
                        "n_seeds": len(group),
                    }
                )
        job.write_table(pd.DataFrame(rows))
        job.write_provenance()


if __name__ == "__main__":
    main()
