"""H_L with independent projections."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.independent_projections import sample_projected_eigenvalues
from fisher_spectra.hayase_karakida.signal_propagation import constant_propagation
from fisher_spectra.hayase_karakida.spectral_law import SpectralLaw
from fisher_spectra.networks.haar_measure import haar_orthogonal


def test_eigenvalues_are_those_of_the_recursion_with_full_matrices():
    width, depth, weight, moment = 12, 4, 0.5, 0.7
    found = sample_projected_eigenvalues(generator(0, "projections"), width, depth, weight, moment)
    rng = generator(0, "projections")
    projection = np.diag((np.arange(width) < 6).astype(float))
    matrix = moment * np.eye(width)
    for _ in range(depth - 1):
        rotation = haar_orthogonal(rng, width)
        matrix = moment * np.eye(width) + rotation @ projection @ matrix @ projection @ rotation.T
    np.testing.assert_allclose(found, np.linalg.eigvalsh(matrix), atol=1e-12)


def test_three_layers_follow_the_arcsine_law():
    rng = generator(0, "arcsine")
    found = sample_projected_eigenvalues(rng, 600, 3, 0.5)
    law = SpectralLaw(constant_propagation(3, 0.5, 1.0))
    # a free projection is rigid: the empirical distribution function is off by less than 2 / M
    assert law.kolmogorov_distance(found, [1e-9]) < 0.005


def test_a_projection_on_everything_leaves_one_eigenvalue():
    np.testing.assert_allclose(sample_projected_eigenvalues(generator(0, "all"), 8, 5, 1.0, 0.5), 2.5, rtol=1e-12)


def test_refusals_name_the_value():
    rng = generator(0, "refused")
    with pytest.raises(ValueError, match="weight = 0"):
        sample_projected_eigenvalues(rng, 5, 3, 0.0)
    with pytest.raises(ValueError, match="depth = 0"):
        sample_projected_eigenvalues(rng, 5, 0, 0.5)
