"""Table of orthogonal beside Gaussian weights: histograms of sampled eigenvalues of H_L and the limiting laws."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.hayase_karakida.sampled_laws import sampled_laws
from fisher_spectra.jobs.run_job import run_job


def tabulate_gaussian(parts: pd.DataFrame, bins: int) -> pd.DataFrame:
    """One row for each law, depth and bin, of which there are `bins` up to the largest eigenvalue."""
    # a little wider, so that the largest eigenvalue is inside
    tables = [sampled.histogram(1.001 * sampled.largest / bins) for sampled in sampled_laws(parts)]
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    run_job(tabulate_gaussian)
