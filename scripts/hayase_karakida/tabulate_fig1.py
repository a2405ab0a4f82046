"""Table of Figure 1: histograms of sampled eigenvalues of H_L in the paper's bins and in fine ones, beside the law.

The closed form of Theorem 3.2 stands beside the law that is computed for any depth.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from fisher_spectra.hayase_karakida.sampled_laws import SampledLaw, sampled_laws
from fisher_spectra.hayase_karakida.theorem_3_2 import theorem_3_2
from fisher_spectra.jobs.run_job import run_job

CLOSED_FORM_DEPTH = 3  # L of Theorem 3.2


def closed_form(sampled: SampledLaw, edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | float:
    """Density of Theorem 3.2 in each bin; not a number at depths for which there is no closed form."""
    if sampled.depth != CLOSED_FORM_DEPTH:
        return float("nan")
    return theorem_3_2(sampled.law.propagation).histogram(edges) / np.diff(edges)


def tabulate_fig1(parts: pd.DataFrame, bin_width: float, fine_bin_width: float) -> pd.DataFrame:
    """One row for each law, width of the bins and bin, from sampled eigenvalues."""
    tables = []
    for sampled in sampled_laws(parts):
        for width in (bin_width, fine_bin_width):
            table = sampled.histogram(width)
            table.insert(
                list(table).index("n_networks"), "density_closed_form", closed_form(sampled, sampled.edges(width))
            )
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    run_job(tabulate_fig1)
