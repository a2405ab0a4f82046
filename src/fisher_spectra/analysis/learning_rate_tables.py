"""Tables in which a page can look things up: kappas, order and chaos, bulks, over variances and depths.

Everything is of equal widths, one output and independent N(0, 1) inputs. With kappa_1, kappa_2 and alpha = L - 1 the
eigenvalues of any M and T, and the critical learning rate, are the short formulas (13), (14), (16) and (22) of
Karakida, Akaho, Amari 2019, so that M and T need no table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import as_activation
from fisher_spectra.analysis.signal_phases import edge_of_chaos, fixed_moments, slopes
from fisher_spectra.finite_size.bulk import bulk_distribution
from fisher_spectra.finite_size.ensemble import layered_ensemble
from fisher_spectra.karakida.mean_fields import mean_fields

Array = npt.NDArray[np.float64]

_INPUT_MOMENT = 1.0  # of N(0, 1) entries
_EDGE_POINTS = 25
_BULK_WIDTH = 400  # a bulk in units of its mean depends on T / M alone


@dataclass(frozen=True, eq=False)
class VarianceGrid:
    """Grid of a table: every pair of variances, for every depth.

    Attributes
    ----------
    sigma_w2, sigma_b2
        Ascending, evenly spaced, shapes (nw,) and (nb,).
    depths
        L >= 2, ascending.
    """

    sigma_w2: Array
    sigma_b2: Array
    depths: tuple[int, ...]

    def pairs(self) -> tuple[Array, Array]:
        """sigma_w2 and sigma_b2 of all pairs, shape (nb nw,) each: sigma_b2 varies slowest."""
        b2, w2 = np.meshgrid(self.sigma_b2, self.sigma_w2, indexing="ij")
        return w2.ravel(), b2.ravel()


@dataclass(frozen=True, eq=False)
class LearningRateTable:
    """What :func:`learning_rate_table` finds for one activation.

    Attributes
    ----------
    kappa_1, kappa_2
        Shape (depths, nb, nw); ``nan`` where moments overflow.
    chi
        Slope of the map of correlations at 1, below 1 in the ordered phase; shape (nb, nw).
    edge_sigma_b2, edge_sigma_w2
        Points of the line chi = 1, shape (n,); empty if it crosses the grid nowhere.
    """

    kappa_1: Array
    kappa_2: Array
    chi: Array
    edge_sigma_b2: Array
    edge_sigma_w2: Array


def learning_rate_table(activation: str, grid: VarianceGrid) -> LearningRateTable:
    """kappa_1, kappa_2 and chi of an activation on a grid.

    Parameters
    ----------
    activation
        A text of :func:`fisher_spectra.activation_specs`.
    grid
        Where.

    Raises
    ------
    UserError
        If there is no such activation.
    """
    phi = as_activation(activation)
    w2, b2 = grid.pairs()
    shape = (len(grid.sigma_b2), len(grid.sigma_w2))
    fields = mean_fields(phi, w2, b2, np.array(grid.depths)[:, None], input_moment=_INPUT_MOMENT)
    chi = slopes(phi, w2, fixed_moments(phi, w2, b2, _INPUT_MOMENT))
    # close together at the lower end, where the edge of saturating activations rises from a corner
    low, high = grid.sigma_b2[0], grid.sigma_b2[-1]
    biases = low + (high - low) * np.linspace(0.0, 1.0, _EDGE_POINTS) ** 3
    edge = edge_of_chaos(phi, float(grid.sigma_w2[0]), float(grid.sigma_w2[-1]), biases, _INPUT_MOMENT)
    there = np.isfinite(edge)
    return LearningRateTable(
        kappa_1=fields.kappa_1.reshape(-1, *shape),
        kappa_2=fields.kappa_2.reshape(-1, *shape),
        chi=chi.reshape(shape),
        edge_sigma_b2=biases[there],
        edge_sigma_w2=edge[there],
    )


def bulk_shapes(
    activation: str, grid: VarianceGrid, samples_over_width: float, edges: Sequence[float] | Array
) -> Array:
    """Densities of the eigenvalues beside the largest, in units of their mean, at every point of a grid.

    Their mean is alpha (kappa_1 - kappa_2) M / T at any T / M (Appendix A.4 of the paper).

    Parameters
    ----------
    activation
        A text of :func:`fisher_spectra.activation_specs`.
    grid
        A coarse one: each density takes up to a second.
    samples_over_width
        T / M.
    edges
        Points x from 0 to beyond the upper edge, shape (points,).

    Returns
    -------
    Shape (depths, nb, nw, points).

    Raises
    ------
    UserError
        If there is no such activation.
    """
    x = np.asarray(edges, dtype=np.float64)
    samples = max(2, round(samples_over_width * _BULK_WIDTH))
    shape = (len(grid.depths), len(grid.sigma_b2), len(grid.sigma_w2), len(x))
    found = np.empty(shape)
    for number, depth in enumerate(grid.depths):
        for row, b2 in enumerate(grid.sigma_b2):
            for column, w2 in enumerate(grid.sigma_w2):
                ensemble = layered_ensemble((_BULK_WIDTH,) * depth + (1,), activation, float(w2), float(b2))
                found[number, row, column] = bulk_distribution(ensemble, samples, x)[0]
    return found
