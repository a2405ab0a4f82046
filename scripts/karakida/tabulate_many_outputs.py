"""Table of Section 3.4: statistics of networks with C proportional to M beside the bounds (17) and (18)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from fisher_spectra.mean_field import many_outputs_bounds, mean_field

from fisher_spectra.activations import get_activation
from fisher_spectra.command_line import parts_parser, run_job


def main(argv: Sequence[str] | None = None) -> None:
    parser = parts_parser(__doc__)
    with run_job(parser, argv) as job:
        networks = job.read_parts()
        rows = []
        for (activation, *_), group in networks.groupby(["activation", "L", "M", "T", "C"], sort=False):
            first = group.iloc[0]
            order = mean_field(
                get_activation(first["function"]), first["sigma_w2"], first["sigma_b2"], depth=int(first["L"])
            )
            bounds = many_outputs_bounds(order, int(first["M"]), int(first["T"]), int(first["C"]))
            for statistic in ("mean", "second_moment", "maximum"):
                lower, upper = getattr(bounds, statistic)
                rows.append(
                    {
                        "activation": activation,
                        **{name: int(first[name]) for name in ("M", "T", "L", "C")},
                        "statistic": statistic,
                        "lower_bound": lower,
                        "upper_bound": upper,
                        "empirical_mean": group[statistic].mean(),
                        "empirical_sem": group[statistic].std(ddof=1) / np.sqrt(len(group)),
                        "n_seeds": len(group),
                    }
                )
        job.write_table(pd.DataFrame(rows))
        job.write_provenance()


if __name__ == "__main__":
    main()
