"""A limiting law and sampled eigenvalues in the same bins, as rows of a table."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from fisher_spectra.hayase_karakida.spectral_law import SpectralLaw

Array = npt.NDArray[np.float64]


def bins_of_width(width: float, maximum: float) -> Array:
    """Edges 0, width, 2 width, .. of bins that reach beyond `maximum`.

    Raises
    ------
    ValueError
        If the width is not positive, the maximum is negative, or one of them is not finite.
    """
    if not (0 < width < math.inf and 0 <= maximum < math.inf):
        raise ValueError(
            f"width = {width}, maximum = {maximum}: the first must be positive, the second not negative, both finite"
        )
    return np.asarray(width * np.arange(math.floor(maximum / width) + 2))


def binned_law(law: SpectralLaw, eigenvalues: npt.ArrayLike, edges: npt.ArrayLike) -> pd.DataFrame:
    """One row for each bin, normalised as densities.

    Parameters
    ----------
    law
        Limiting law.
    eigenvalues
        Of one or several matrices; any shape.
    edges
        Ascending; eigenvalues outside are counted in the normalisation, not in any bin.

    Returns
    -------
    DataFrame
        lambda (centre of the bin), bin_low, bin_high, density_theory (mass of the law in the bin over its width, atoms
        included), density_continuous (the same without atoms), atom_weight (mass of the atoms in the bin),
        density_empirical (share of eigenvalues in the bin over its width).

    Raises
    ------
    ValueError
        If there is no eigenvalue.
    """
    found = np.asarray(eigenvalues, dtype=np.float64).ravel()
    if not found.size:
        raise ValueError("there is no eigenvalue to count")
    bounds = np.asarray(edges, dtype=np.float64)
    low, high = bounds[:-1], bounds[1:]
    # (low, high], as the distribution function counts
    place = np.searchsorted(bounds, law.atoms.positions, side="left") - 1
    inside = (place >= 0) & (place < len(low))
    atoms = np.bincount(place[inside], weights=law.atoms.weights[inside], minlength=len(low))
    mass = law.histogram(bounds)
    counts = np.diff(np.searchsorted(np.sort(found), bounds, side="right"))
    return pd.DataFrame(
        {
            "lambda": (low + high) / 2,
            "bin_low": low,
            "bin_high": high,
            "density_theory": mass / (high - low),
            "density_continuous": np.maximum(mass - atoms, 0.0) / (high - low),
            "atom_weight": atoms,
            "density_empirical": counts / found.size / (high - low),
        }
    )
