"""Sampled spectra in bins beside the limiting density: what Figures 1 and 2 of Pennington and Worah (2018) show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from fisher_spectra.common.errors import UserError
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.spectra.distances import kolmogorov_distance
from fisher_spectra.spectra.lanczos import SpectralQuadrature

Array = npt.NDArray[np.float64]

# Distances from z_1 .. z_6 at which the density is looked at besides the even grid, in units of z_6: close enough to
# draw the inverse square roots at z_1 and z_4 up to a hundred times the mean density.
_NEAREST, _FARTHEST, _DISTANCES = 1e-6, 0.05, 30


@dataclass(frozen=True)
class NetworkSpectrum:
    """Spectrum of one network: all its eigenvalues, or a quadrature.

    Attributes
    ----------
    eigenvalues
        Shape (P,), or a quadrature in place of it.
    """

    eigenvalues: Array | SpectralQuadrature

    def density(self, edges: Array) -> Array:
        """Share of all eigenvalues in each bin divided by the bin's width, shape (bins,); exact zeros are left out."""
        if isinstance(self.eigenvalues, SpectralQuadrature):
            return np.asarray(self.eigenvalues.histogram(edges)[0])
        counts = np.histogram(self.eigenvalues[self.eigenvalues != 0.0], edges)[0]
        return np.asarray(counts / self.eigenvalues.size / np.diff(edges))

    def atom_at_zero(self) -> float:
        """Share of the eigenvalues that are exactly zero; a quadrature cannot tell, and has none."""
        if isinstance(self.eigenvalues, SpectralQuadrature):
            return 0.0
        return float(np.mean(self.eigenvalues == 0.0))

    def share_below(self, bound: float) -> float:
        """Share of the eigenvalues below a bound; of a quadrature, of the nodes with their weights."""
        if isinstance(self.eigenvalues, SpectralQuadrature):
            nodes, weights = self.eigenvalues.merged()
            return float(weights[nodes < bound].sum())
        return float(np.mean(self.eigenvalues < bound))

    def share_between(self, low: float, high: float) -> float:
        """Share of the eigenvalues above `low` and not above `high`; of a quadrature, interpolated between nodes."""
        if isinstance(self.eigenvalues, SpectralQuadrature):
            return float(np.diff(self.eigenvalues.cdf([low, high])[0])[0])
        return float(np.mean((self.eigenvalues > low) & (self.eigenvalues <= high)))

    def kolmogorov_distance(self, limit: LimitingSpectrum) -> float:
        """Largest difference between the distribution functions of this network and of the limit.

        Raises
        ------
        UserError
            If this is a quadrature and the limit has atoms: its nodes come close to an atom, on either side.
        """
        if isinstance(self.eigenvalues, SpectralQuadrature):
            if limit.atoms:
                raise UserError(
                    f"a quadrature has no Kolmogorov distance to a limit with an atom, at {limit.atoms[0][0]:g}; "
                    "compute the eigenvalues"
                )
            features = limit.constants.features
            return self.eigenvalues.kolmogorov_distance(limit.cdf, points=(features[0], features[3]))
        return kolmogorov_distance(self.eigenvalues, limit.cdf, limit.atoms)


def cells_of(parts: pd.DataFrame) -> Iterator[tuple[str, int, str, pd.DataFrame]]:
    """Nonlinearity, width n and method of each cell of sampled spectra, in order of appearance, with its rows."""
    for _, rows in parts.groupby(["nonlinearity", "n", "method"], sort=False):
        first = rows.iloc[0]
        yield str(first["nonlinearity"]), int(first["n"]), str(first["method"]), rows


def network_spectra(rows: pd.DataFrame) -> list[NetworkSpectrum]:
    """Spectra of the networks of one cell, in the order of their numbers.

    Parameters
    ----------
    rows
        Columns network and eigenvalue or, where the column method is "lanczos", network, probe, node and weight.
    """
    spectra = []
    for _, network in rows.groupby("network", sort=True):
        if network["method"].iloc[0] == "lanczos":
            probes = [group for _, group in network.groupby("probe", sort=True)]
            nodes, weights = (tuple(p[name].to_numpy(dtype=np.float64) for p in probes) for name in ("node", "weight"))
            spectra.append(NetworkSpectrum(SpectralQuadrature(nodes, weights)))
        else:
            spectra.append(NetworkSpectrum(network["eigenvalue"].to_numpy(dtype=np.float64)))
    return spectra


def quadrature_rows(quadrature: SpectralQuadrature) -> Iterable[dict[str, float]]:
    """Rows probe, node, weight; `network_spectra` reads them."""
    for probe, (nodes, weights) in enumerate(zip(quadrature.nodes, quadrature.weights, strict=True)):
        for node, weight in zip(nodes, weights, strict=True):
            yield {"probe": probe, "node": float(node), "weight": float(weight)}


def density_grid(limit: LimitingSpectrum, even: Array) -> Array:
    """An even grid with more points around z_1 .. z_6; without z_1 and z_4, where the density jumps or diverges."""
    features = np.array(limit.constants.features)
    distances = features[5] * np.geomspace(_NEAREST, _FARTHEST, _DISTANCES)
    around = (features[:, None] + np.concatenate([-distances, distances])).ravel()
    grid = np.unique(np.concatenate([even, around[(around > even[0]) & (around < even[-1])]]))
    return grid[~np.isin(grid, features[[0, 3]])]


def binned_rows(limit: LimitingSpectrum, spectra: Sequence[NetworkSpectrum], edges: Array, grid: Array) -> pd.DataFrame:
    """Limiting and sampled density at every point of a grid.

    Parameters
    ----------
    limit
        The limiting spectrum.
    spectra
        One for each network; their histograms are averaged.
    edges
        Edges of the bins, ascending, shape (bins + 1,).
    grid
        Points inside the bins, ascending.

    Returns
    -------
    DataFrame
        lambda, density_theory (at that point), density_empirical (in the bin around it) with its standard error over
        networks (nan for one), bin_low, bin_high, density_theory_bin (mean of the limiting density over the bin),
        atom_theory, atom_empirical (weight of the eigenvalue 0, which no density holds), n_networks.
    """
    bins = np.searchsorted(edges, grid, side="right") - 1
    bins = np.where(grid == edges[-1], len(edges) - 2, bins)
    if np.any((bins < 0) | (bins > len(edges) - 2)):
        raise ValueError("grid: every point must lie in a bin")
    atoms = dict(limit.atoms)
    # An atom at 0 sits on the first edge at most, and the density has no part of it.
    cumulated = limit.cdf(edges) - sum(weight * (edges >= place) for place, weight in atoms.items())
    theory = np.diff(cumulated) / np.diff(edges)
    densities = np.array([spectrum.density(edges) for spectrum in spectra])
    error = np.full(len(theory), np.nan)
    if len(spectra) > 1:
        error = np.std(densities, axis=0, ddof=1) / np.sqrt(len(spectra))
    return pd.DataFrame(
        {
            "lambda": grid,
            "density_theory": limit.density(grid),
            "density_empirical": np.mean(densities, axis=0)[bins],
            "density_empirical_sem": error[bins],
            "bin_low": edges[bins],
            "bin_high": edges[bins + 1],
            "density_theory_bin": theory[bins],
            "atom_theory": atoms.get(0.0, 0.0),
            "atom_empirical": float(np.mean([spectrum.atom_at_zero() for spectrum in spectra])),
            "n_networks": len(spectra),
        }
    )


def poisson_mass(eigenvalues: Array, location: float, epsilons: Array) -> Array:
    """eps |Im G(location + i eps)| of a sampled spectrum: the mean of eps^2 / ((lambda - location)^2 + eps^2).

    Tends to the share of eigenvalues at `location` as eps goes to 0, and never lies below it.

    Returns
    -------
    Array
        Shape of `epsilons`.
    """
    distance = (eigenvalues - location)[:, None]
    return np.asarray(np.mean(epsilons**2 / (distance**2 + epsilons**2), axis=0))
