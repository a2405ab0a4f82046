"""The spectrum of a Gauss-Newton matrix: its eigenvalues, or what random probes tell of their density."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from fisher_spectra.common.arguments import finite_array
from fisher_spectra.spectra.lanczos import SpectralQuadrature
from fisher_spectra.spectra.probes import mean_over_probes

Array = npt.NDArray[np.float64]

BINS_PER_DECADE = 8
_DECADES = 8.0  # shown below the largest eigenvalue: what is further down is rounding in single precision
_WIDTH = np.log(10.0) / BINS_PER_DECADE
# Eigenvalues below so many roundings of the largest are zeros.
_ZERO = 64.0


@dataclass(frozen=True)
class ModuleSpectrum:
    """Eigenvalues of the P x P Gauss-Newton matrix of a module.

    Attributes
    ----------
    order
        min(C T, P): all other eigenvalues are zero.
    n_parameters
        P.
    rounding
        Precision of the numbers that they were computed with.
    eigenvalues
        The `order` eigenvalues, descending; nothing if they are only known by `quadrature`,
    quadrature
        Gauss rules of the spectral measure of order `order`, one for each probe.
    """

    order: int
    n_parameters: int
    rounding: float
    eigenvalues: Array | None = None
    quadrature: SpectralQuadrature | None = None

    @property
    def exact(self) -> bool:
        """Whether each eigenvalue is known."""
        return self.eigenvalues is not None

    def _power_sum(self, power: int) -> tuple[float, float]:
        if self.eigenvalues is not None:
            return float(np.sum(self.eigenvalues**power)), 0.0
        assert self.quadrature is not None
        mean, error = self.quadrature.moment(power)
        return self.order * float(mean), self.order * float(error)

    @property
    def trace(self) -> tuple[float, float]:
        """Sum of the eigenvalues, and its standard error over probes (0 if all are known)."""
        return self._power_sum(1)

    @property
    def mean(self) -> tuple[float, float]:
        """Mean of all P eigenvalues, and its standard error; Karakida, Akaho, Amari 2019, Theorem 1, predicts it."""
        value, error = self.trace
        return value / self.n_parameters, error / self.n_parameters

    @property
    def second_moment(self) -> tuple[float, float]:
        """Mean of the squares of all P eigenvalues, and its standard error (their Theorem 3)."""
        value, error = self._power_sum(2)
        return value / self.n_parameters, error / self.n_parameters

    @property
    def largest(self) -> float:
        """Largest eigenvalue, or the largest node of the probes, which lies at or below it."""
        if self.eigenvalues is not None:
            return float(self.eigenvalues[0])
        assert self.quadrature is not None
        return float(max(nodes[-1] for nodes in self.quadrature.nodes))

    def counts(self, edges: npt.ArrayLike) -> tuple[Array, Array]:
        """Number of eigenvalues in bins between positive edges, and its standard error over probes; shape (bins,) each.

        Nodes of probes are smeared over ln lambda by Gaussians as wide as a bin of `table`, reflected at the largest
        node: between the nodes of one probe there are eigenvalues that it does not resolve, and above them none.

        Raises
        ------
        ValueError
            If the edges are not positive and ascending.
        """
        edges = finite_array("edges", edges)
        if edges.ndim != 1 or len(edges) < 2 or edges[0] <= 0.0 or not (np.diff(edges) > 0.0).all():
            raise ValueError("edges: must be positive and ascending, at least two")
        if self.eigenvalues is not None:
            numbers = np.histogram(self.eigenvalues, edges)[0].astype(np.float64)
            return numbers, np.zeros_like(numbers)
        assert self.quadrature is not None
        top = np.log(self.largest)
        places = np.minimum(np.log(edges), top)
        rows = []
        for nodes, weights in zip(self.quadrature.nodes, self.quadrature.weights, strict=True):
            positive = nodes > _ZERO * self.rounding * self.largest
            centres = np.log(nodes[positive])[:, None]
            below = scipy.special.ndtr((places - centres) / _WIDTH) - scipy.special.ndtr(
                (2.0 * top - places - centres) / _WIDTH
            )
            rows.append(self.order * weights[positive] @ np.diff(below, axis=1))
        return mean_over_probes(np.array(rows))

    @property
    def table(self) -> pd.DataFrame:
        """Numbers of eigenvalues in logarithmic bins below the largest one.

        Returns
        -------
        pandas.DataFrame
            lambda_low, lambda_high, eigenvalues (their number in the bin), eigenvalues_error, density (share of the
            `order` eigenvalues over the width of the bin), density_error.
        """
        largest = self.largest
        if largest <= 0.0:
            return pd.DataFrame({name: np.empty(0) for name in (*_BIN, "density", "density_error")})
        decades = min(_DECADES, -np.log10(_ZERO * self.rounding))
        # the largest eigenvalue lies within the last bin, not on its edge
        exponents = np.log10(largest) + np.arange(-round(decades * BINS_PER_DECADE), 2) / BINS_PER_DECADE
        edges = 10.0 ** (exponents - 0.5 / BINS_PER_DECADE)
        numbers, errors = self.counts(edges)
        scale = self.order * np.diff(edges)
        columns = (edges[:-1], edges[1:], numbers, errors, numbers / scale, errors / scale)
        return pd.DataFrame(dict(zip((*_BIN, "density", "density_error"), columns, strict=True)))


_BIN = ("lambda_low", "lambda_high", "eigenvalues", "eigenvalues_error")
