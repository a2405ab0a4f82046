"""The spectrum of a module by all eigenvalues and by random probes, and its table."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import fisher_spectra as fs
from fisher_spectra.measurement.spectrum import ModuleSpectrum
from fisher_spectra.spectra.lanczos import SpectralQuadrature

EPS = float(np.finfo(np.float64).eps)


@pytest.fixture(scope="module")
def analyses():
    """One network, by either way: 120 eigenvalues."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = nn.Sequential(nn.Linear(20, 30), nn.Tanh(), nn.Linear(30, 3)).double()
    inputs = torch.randn(40, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    return [fs.analyse(module, inputs, loss="half_sum", method=method) for method in ("dual_matrix", "products")]


def test_moments_by_probes_are_the_exact_ones_within_their_errors(analyses):
    exact, probed = (one.spectrum for one in analyses)
    assert exact.exact
    assert not probed.exact
    for name in ("trace", "mean", "second_moment"):
        value, none = getattr(exact, name)
        mean, error = getattr(probed, name)
        assert none == 0.0
        assert 0.0 < error < 0.2 * value
        assert abs(mean - value) < 4.0 * error, name
    dual = analyses[0].measurement.factor.dual()
    assert exact.trace[0] == pytest.approx(float(torch.trace(dual)))
    assert exact.second_moment[0] * exact.n_parameters == pytest.approx(float(dual.square().sum()))


def test_numbers_of_eigenvalues_by_probes_are_the_exact_ones_within_their_errors(analyses):
    exact, probed = (one.spectrum for one in analyses)
    edges = exact.largest * np.array([1e-4, 0.02, 0.2, 1.5])
    numbers, none = exact.counts(edges)
    found, errors = probed.counts(edges)
    assert numbers.sum() == 120
    assert not none.any()
    # smearing moves some across the edges
    assert (abs(found - numbers) < 4.0 * errors + 0.1 * numbers + 1.0).all()


def test_the_table_has_every_eigenvalue_once_and_the_largest_in_the_last_bins(analyses):
    for spectrum in (one.spectrum for one in analyses):
        table = spectrum.table
        assert table["eigenvalues"].sum() == pytest.approx(spectrum.order, rel=1e-3)
        assert table["lambda_high"].iloc[-1] > spectrum.largest > table["lambda_low"].iloc[-2]
        widths = table["lambda_high"] - table["lambda_low"]
        np.testing.assert_allclose(table["density"] * widths * spectrum.order, table["eigenvalues"])
        np.testing.assert_allclose(np.diff(np.log10(table["lambda_low"])), 0.125)


def test_zeros_and_what_is_rounding_are_in_no_bin():
    values = np.array([2.0, 1.0, 1e-17, 0.0])
    assert ModuleSpectrum(4, 9, EPS, eigenvalues=values).table["eigenvalues"].sum() == 2
    quadrature = SpectralQuadrature((values[::-1],), (np.full(4, 0.25),))
    probed = ModuleSpectrum(4, 9, EPS, quadrature=quadrature)
    assert probed.table["eigenvalues"].sum() == pytest.approx(2.0, rel=0.1)
    assert probed.mean == (pytest.approx(3.0 / 9.0), 0.0)
    assert ModuleSpectrum(4, 9, EPS, eigenvalues=np.zeros(4)).table.empty


@pytest.mark.parametrize("edges", [[1.0], [0.0, 1.0], [2.0, 1.0], [1.0, np.inf], [[1.0, 2.0]]])
def test_edges_that_are_none_are_refused(edges):
    with pytest.raises(ValueError, match="edges"):
        ModuleSpectrum(1, 1, EPS, eigenvalues=np.ones(1)).counts(edges)


@pytest.mark.parametrize("last", [nn.Linear(30, 3), nn.Sequential(nn.Linear(30, 3), nn.LayerNorm(3))])
def test_single_precision_makes_no_eigenvalues_of_zeros(last):
    """The softmax does not see a shift of all outputs: C T eigenvalues, of which T are zeros."""
    module = nn.Sequential(nn.Linear(20, 30), nn.Tanh(), last)
    found = fs.analyse(module, torch.randn(40, 20, generator=torch.Generator().manual_seed(1)), "cross_entropy")
    assert found.spectrum.order == 120
    assert found.spectrum.eigenvalues[80:].max() < 1e-9 * found.largest_eigenvalue
    assert found.spectrum.table["eigenvalues"].sum() <= 80
