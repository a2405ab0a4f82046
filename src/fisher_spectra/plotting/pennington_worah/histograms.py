"""Binned spectra of sampled networks, of which the tables have several rows for each bin."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd


def histogram_of(rows: pd.DataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Edges of the bins that the rows of one cell lie in, and their densities; one edge more than bins."""
    bins = rows.drop_duplicates("bin_low").sort_values("bin_low")
    edges = np.append(bins["bin_low"].to_numpy(dtype=float), float(bins["bin_high"].iloc[-1]))
    return edges, bins["density_empirical"].to_numpy(dtype=float)
