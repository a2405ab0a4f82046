"""Table of Theorem 5: sampled Fisher-Rao norms beside the printed and the corrected formula, all for one output."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.karakida.fisher_rao_norm import fisher_rao_norm, fisher_rao_norm_printed
from fisher_spectra.karakida.mean_field import mean_field


def tabulate_theorem5(parts: pd.DataFrame) -> pd.DataFrame:
    """One row for each activation, depth and width, from the rows of sampled networks."""
    rows = []
    for _, group in parts.groupby(["activation", "L", "M", "C"], sort=False):
        first = group.iloc[0]
        order = mean_field(get_activation(first["function"]), first["sigma_w2"], first["sigma_b2"], int(first["L"]))
        rows.append(
            {
                **{name: first[name] for name in ("activation", "L", "M", "T", "C")},
                "paper": fisher_rao_norm_printed(order),
                "corrected": fisher_rao_norm(order),
                "empirical_mean": group["norm_per_output"].mean(),
                "empirical_sem": group["norm_per_output"].std(ddof=1) / np.sqrt(len(group)),
                "n_seeds": len(group),
            }
        )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(tabulate_theorem5)
