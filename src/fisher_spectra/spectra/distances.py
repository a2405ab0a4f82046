"""Distances between a sampled spectrum and a limiting law."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_callable, check_integer, finite_array, real_array

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
    check_callable("cdf", cdf)
    pairs = finite_array("atoms", atoms)
    if pairs.size and (pairs.ndim != 2 or pairs.shape[1] != 2):
        raise ValueError(f"atoms of shape {pairs.shape}: must be pairs of a location and a weight")
    locations, weights = pairs.reshape(-1, 2).T
    widths = np.zeros_like(locations) if half_widths is None else real_array("half_widths", half_widths)
    if widths.shape != locations.shape or not np.all(widths >= 0):
        raise ValueError(f"half_widths of shape {widths.shape}: one, not negative, for each of the atoms is needed")
    found = np.sort(finite_array("eigenvalues", eigenvalues), axis=None)
    if not found.size:
        raise ValueError("eigenvalues: there is no eigenvalue to compare with")
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


def wasserstein_distance(
    nodes: npt.ArrayLike, weights: npt.ArrayLike, quantile: Callable[[Array], Array], levels: int = 2000
) -> float:
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
    check_callable("quantile", quantile)
    nodes, weights = finite_array("nodes", nodes), finite_array("weights", weights)
    if nodes.ndim != 1 or nodes.shape != weights.shape or not nodes.size:
        raise ValueError(
            f"nodes and weights of the shapes {nodes.shape} and {weights.shape}: must be as many, not none"
        )
    if np.any(np.diff(nodes) < 0) or not np.all(weights >= 0):
        raise ValueError("nodes and weights: nodes must ascend, weights must not be negative")
    level = (np.arange(check_integer("levels", levels, 1)) + 0.5) / levels
    middle = np.cumsum(weights) - 0.5 * weights
    return float(np.mean(np.abs(np.interp(level, middle, nodes) - quantile(level))))
