"""Bins of sampled spectra and the points in them."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.pennington_worah.bins import EvenBins, LogarithmicBins

EVEN = EvenBins(number=6, largest=12.0, points=4)
LOGARITHMIC = LogarithmicBins(number=5, smallest=0.01, largest=10.0, points=3)


@pytest.mark.parametrize("bins", [EVEN, LOGARITHMIC])
def test_every_bin_has_its_number_of_points_inside(bins):
    counts = np.histogram(bins.grid(), bins.edges())[0]
    assert counts.tolist() == [bins.points] * bins.number
    assert not np.isin(bins.grid(), bins.edges()).any()


@pytest.mark.parametrize(
    ("bins", "ends", "spacing"), [(EVEN, (0.0, 12.0), np.asarray), (LOGARITHMIC, (0.01, 10.0), np.log)]
)
def test_bins_and_points_are_evenly_spaced_on_their_axis(bins, ends, spacing):
    edges, grid = bins.edges(), bins.grid()
    assert (edges[0], edges[-1]) == ends
    np.testing.assert_allclose(np.diff(spacing(edges)), np.ptp(spacing(edges)) / bins.number, rtol=1e-12)
    step = np.ptp(spacing(edges)) / (bins.number * bins.points)
    np.testing.assert_allclose(np.diff(spacing(grid)), step, rtol=1e-10)
    assert spacing(grid)[0] - spacing(edges)[0] == pytest.approx(step / 2)
