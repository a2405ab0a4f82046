"""Density of the bulk of the Fisher matrix of one output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_integer, check_type, finite_array
from fisher_spectra.finite_size.data_kernels import centred_spectrum
from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.fixed_point import Pencil, density, mean_and_variance
from fisher_spectra.finite_size.inputs import inputs_of
from fisher_spectra.finite_size.nodes import bulk_pencil
from fisher_spectra.finite_size.upper_edge import upper_edge
from fisher_spectra.finite_size.variables import order_parameters

Array = npt.NDArray[np.float64]

# Fewer classes of neurons than for the edge: a density is read off a curve.
_CLASSES_OF_Z, _CLASSES_OF_NORM = 30, 8
_MARGIN = 1.02  # of the edge, for points that are not given
_NUMBER = 200


def bulk_density(
    ensemble: LayeredEnsemble,
    samples: int | None = None,
    points: int | npt.ArrayLike | None = None,
    *,
    overlaps: npt.ArrayLike | None = None,
    input_moment: float = 1.0,
    input_overlap: float = 0.0,
) -> tuple[Array, Array]:
    """Density of the T - 1 eigenvalues of F* of one output beside the outlier, for T and M_l large at fixed ratios.

    Parameters
    ----------
    ensemble
        The networks; their last width is taken as 1.
    samples
        T >= 2; that of the overlaps if they are given.
    points
        How many, between 0 and a little above the upper edge, or the points x > 0 themselves; 200 if not given.
    overlaps, input_moment, input_overlap
        As in :func:`finite_size_prediction`.

    Returns
    -------
    (x, density), both of shape (points,); the density integrates to 1.

    Raises
    ------
    ValueError
        If a value is out of range, or neither samples nor overlaps are given.

    Examples
    --------
    >>> x, density = fs.bulk_density(fs.layered_ensemble((400, 400, 1), "tanh", sigma_w2=1.0), samples=200)
    >>> round(float(x[-1] / 1.02), 2), round(float(np.trapezoid(density, x)), 2)
    (5.32, 1.0)
    """
    check_type("ensemble", ensemble, LayeredEnsemble, "what layered_ensemble returns")
    inputs = inputs_of(samples, overlaps, input_moment, input_overlap)
    fields = order_parameters(ensemble, inputs.moment, inputs.overlap)
    spectrum = None if inputs.overlaps is None else centred_spectrum(inputs.overlaps)
    pencil = bulk_pencil(
        ensemble, fields, inputs.samples, spectrum, outputs=1, classes=(_CLASSES_OF_Z, _CLASSES_OF_NORM)
    )
    edge = upper_edge(pencil).position
    if edge == 0.0:
        raise ValueError("overlaps or input_overlap: all samples are the same, so that there is no bulk")
    given = finite_array("points", _NUMBER if points is None else points)
    if given.ndim == 0:
        number = check_integer("points", _NUMBER if points is None else points, 2)
        x = _MARGIN * edge * np.arange(1, number + 1) / number
    else:
        x = given.ravel()
        if not x.size or x.min() <= 0.0:
            raise ValueError("points: must be numbers > 0, at least one")
    return x, density(pencil, x, edge)


@dataclass(frozen=True)
class BulkMoments:
    """Mean of the eigenvalues of the bulk, and in units of it their mean square and the upper edge."""

    mean: float
    second_moment: float
    edge: float


def bulk_moments(ensemble: LayeredEnsemble, samples: int) -> BulkMoments:
    """Of the bulk of F* of one output, Gaussian inputs, T and M_l large at fixed ratios.

    In the limit of large widths at fixed T the mean square and the edge are 1: Karakida, Akaho, Amari 2019, Appendix
    A.4, where all T - 1 eigenvalues are alpha (kappa_1 - kappa_2) M / T.

    Parameters
    ----------
    ensemble
        The networks; their last width is taken as 1.
    samples
        T >= 2.

    Raises
    ------
    ValueError
        If the moments overflow.
    """
    pencil = _plain_pencil(ensemble, samples)
    mean, variance = mean_and_variance(pencil)
    return BulkMoments(mean, 1.0 + variance / mean**2, upper_edge(pencil).position / mean)


def bulk_distribution(ensemble: LayeredEnsemble, samples: int, edges: npt.ArrayLike) -> tuple[Array, Array]:
    """Density of the bulk's eigenvalues at the edges of bins, and their share below each, in units of their mean.

    The density is integrated by the trapezoidal rule over the bins and brought to 1 at the last edge.

    Parameters
    ----------
    ensemble, samples
        As in `bulk_moments`.
    edges
        Ascending from 0 to beyond the upper edge, shape (bins + 1,).

    Returns
    -------
    Density and share, the latter from 0 to 1, both of shape (bins + 1,).
    """
    x = np.asarray(edges, dtype=np.float64)
    pencil = _plain_pencil(ensemble, samples)
    mean, _ = mean_and_variance(pencil)
    end = upper_edge(pencil).position
    heights: Array = np.zeros_like(x)
    inside = (x > 0.0) & (x * mean < end)
    heights[inside] = density(pencil, x[inside] * mean, end) * mean
    summed = np.concatenate([[0.0], np.cumsum(0.5 * (heights[1:] + heights[:-1]) * np.diff(x))])
    return heights, np.asarray(summed / summed[-1])


def _plain_pencil(ensemble: LayeredEnsemble, samples: int) -> Pencil:
    classes = (_CLASSES_OF_Z, _CLASSES_OF_NORM)
    return bulk_pencil(ensemble, order_parameters(ensemble), samples, outputs=1, classes=classes)
