"""Limiting law and sampled eigenvalues in the same bins."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.hayase_karakida.binned_spectra import binned_law, bins_of_width
from fisher_spectra.hayase_karakida.limiting_laws import limiting_law

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"


@pytest.fixture(scope="module")
def law():
    return limiting_law("projections", 0.5, depth=3)


@pytest.fixture(scope="module")
def eigenvalues(law):
    return law.quantile((np.arange(4000) + 0.5) / 4000)


def test_bins_begin_at_zero_and_reach_beyond_the_maximum():
    np.testing.assert_allclose(bins_of_width(0.31, 2.99), 0.31 * np.arange(11))
    assert bins_of_width(0.5, 2.0)[-1] == 2.5  # an eigenvalue at the end of a bin is in it all the same


def test_bins_need_a_width():
    with pytest.raises(ValueError, match="width = 0"):
        bins_of_width(0.0, 1.0)


def test_theory_and_sample_are_densities_of_mass_one(law, eigenvalues):
    table = binned_law(law, eigenvalues, bins_of_width(0.31, 3.0))
    widths = table["bin_high"] - table["bin_low"]
    assert np.sum(widths * table["density_theory"]) == pytest.approx(1, abs=1e-5)
    assert np.sum(widths * table["density_empirical"]) == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(table["density_empirical"], table["density_theory"], atol=1 / 4000 / 0.31)


def test_continuous_part_and_atoms_add_up_to_the_law(law, eigenvalues):
    table = binned_law(law, eigenvalues, bins_of_width(0.1, 3.0))
    widths = table["bin_high"] - table["bin_low"]
    total = table["density_continuous"] * widths + table["atom_weight"]
    np.testing.assert_allclose(total, table["density_theory"] * widths, atol=1e-12)
    assert table["atom_weight"].sum() == 0.5
    # the arcsine law between 2 and 3, half of the mass
    x = np.array([2.3, 2.4])
    assert np.diff(np.arcsin(2 * x - 5))[0] / (2 * np.pi) == pytest.approx(
        float(table["density_continuous"][np.isclose(table["bin_low"], 2.3)].iloc[0]) * 0.1, rel=1e-6
    )


def test_an_atom_at_the_edge_of_two_bins_is_in_the_left_one_as_its_eigenvalues_are(law):
    table = binned_law(law, [1.0, 2.5], [0.0, 0.5, 1.0, 3.0])
    assert table["atom_weight"].tolist() == [0.0, 0.5, 0.0]
    assert (table["density_empirical"] * (table["bin_high"] - table["bin_low"])).tolist() == [0.0, 0.5, 0.5]


def test_eigenvalues_outside_of_all_bins_count_in_the_normalisation(law):
    table = binned_law(law, [1.0, 9.0], [0.0, 3.0])
    assert table["density_empirical"].iloc[0] * 3.0 == 0.5


def test_limiting_law_knows_networks_and_projections():
    assert limiting_law(FIGURES, float("nan"), 10).maximum == pytest.approx(9.8698, abs=1e-4)
    assert limiting_law("projections", 0.5, 3).maximum == pytest.approx(3.0, abs=1e-6)
    assert limiting_law(FIGURES, float("nan"), 3, gaussian_weights=True).maximum > 10


def test_bins_without_an_end_and_no_eigenvalues_are_refused(law):
    for width, maximum in ((0.1, np.inf), (np.inf, 1.0), (np.nan, 1.0), (0.1, np.nan), (0.1, -1.0)):
        with pytest.raises(ValueError, match="both finite"):
            bins_of_width(width, maximum)
    with pytest.raises(ValueError, match="no eigenvalue to count"):
        binned_law(law, [], [0.0, 3.0])
