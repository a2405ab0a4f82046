"""Distances between a sampled spectrum and a limiting law."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def kolmogorov_distance(
    eigenvalues: npt.ArrayLike,
    cdf: Callable[[Array], Array],
    atoms: Sequence[tuple[float, float]] = (),
    half_widths: npt.ArrayLike | None = None,
) -> float:
    """sup |F_empirical - F| for a full set of eigenvalues, outside of intervals around the atoms of F if given.

    Where the places of atoms scatter at finite width, the two functions differ by an atom's whole weight between its
    two places. Atoms with a half width are compared as intervals: nothing is compared inside (location - half width,
    location + half width), and the ends of these intervals are compared as everything else, so that an interval must
    hold the right number of eigenvalues.

    Parameters
    ----------
    eigenvalues
        At least one; of one or several matrices, any shape.
    cdf
        F, vectorised and continuous from the right.
    atoms
        Location and weight of the jumps of F. A jump that no eigenvalue shares exactly counts whole.
    half_widths
        One for each atom, not negative; 0, the default, compares the atom itself.

    Raises
    ------
    ValueError
        If there is no eigenvalue, there is not one half width for each atom, or one is negative.

    Examples
    --------
    >>> round(fs.kolmogorov_distance([0.1, 0.4, 0.9], lambda x: np.clip(x, 0.0, 1.0)), 6)
    0.266667
    """
    locations, weights = np.array(atoms, dtype=np.float64).reshape(-1, 2).T
    widths = np.zeros_like(locations) if half_widths is None else np.asarray(half_widths, dtype=np.float64)
    if widths.shape != locations.shape or not np.all(widths >= 0):
        raise ValueError(f"half_widths of shape {widths.shape}: one, not negative, for each of the atoms is needed")
    found = np.sort(np.asarray(eigenvalues, dtype=np.float64), axis=None)
    if not found.size:
        raise ValueError("there is no eigenvalue to compare with")
    low, high = locations - widths, locations + widths
    places = np.concatenate([found, low, high])
    hidden = ((places[:, None] > low) & (places[:, None] < high)).any(axis=1)
    places = places[~hidden]
    limit = cdf(places)
    # Just left of a place an atom that sits there is not counted yet.
    at_place = np.where(places[:, None] == locations, weights, 0.0).sum(axis=1)
    right = np.searchsorted(found, places, side="right") / found.size
    left = np.searchsorted(found, places, side="left") / found.size
    # The left end of an interval is compared from the left only, its right end from the right only.
    from_left = np.where(np.isin(places, high) & ~np.isin(places, low), 0.0, np.abs(left - (limit - at_place)))
    from_right = np.where(np.isin(places, low) & ~np.isin(places, high), 0.0, np.abs(right - limit))
    return float(max(from_left.max(), from_right.max()))


def wasserstein_distance(nodes: Array, weights: Array, quantile: Callable[[Array], Array], levels: int = 2000) -> float:
    """Mean |Q_1 - Q_2| of the quantile functions of a weighted point set and of a reference distribution.

    The mean over the level is a midpoint sum; with half weights at the nodes as in `lanczos.SpectralQuadrature.cdf`,
    Q_1 is interpolated linearly between nodes.

    Parameters
    ----------
    nodes, weights
        Points ascending and their weights, sum 1.
    quantile
        Quantile function of the reference.
    levels
        Number of levels in the midpoint sum.

    Examples
    --------
    >>> round(fs.wasserstein_distance(np.array([0.25, 0.75]), np.array([0.5, 0.5]), lambda p: p), 4)
    0.0625
    """
    level = (np.arange(levels) + 0.5) / levels
    middle = np.cumsum(weights) - 0.5 * weights
    return float(np.mean(np.abs(np.interp(level, middle, nodes) - quantile(level))))
