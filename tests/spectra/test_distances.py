"""Distances between samples and laws."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from fisher_spectra.spectra.distances import kolmogorov_distance, wasserstein_distance
from fisher_spectra.spectra.lanczos import SpectralQuadrature

Array = npt.NDArray[np.float64]


def test_kolmogorov_distance_refuses_an_empty_spectrum() -> None:
    with pytest.raises(ValueError, match="no eigenvalue"):
        kolmogorov_distance(np.array([]), lambda x: x)


def test_kolmogorov_distance_of_a_shifted_uniform_sample() -> None:
    def uniform(x: Array) -> Array:
        return np.clip(x, 0.0, 1.0)

    sample = 0.1 + (np.arange(1000) + 0.5) / 1000
    assert kolmogorov_distance(sample, uniform) == pytest.approx(0.1 + 0.0005, abs=1e-12)
    exact = SpectralQuadrature((sample,), (np.full(1000, 1e-3),))
    assert exact.kolmogorov_distance(uniform) == pytest.approx(0.1, abs=1e-12)


def test_wasserstein_distance_of_a_shift_is_the_shift() -> None:
    nodes = (np.arange(500) + 0.5) / 500
    assert wasserstein_distance(nodes, np.full(500, 0.002), lambda p: p + 0.25) == pytest.approx(0.25, abs=1e-9)


def test_kolmogorov_distance_to_a_limit_with_an_atom_leaves_the_jump_out_on_the_left() -> None:
    def half_at_zero(x: Array) -> Array:
        return np.where(x >= 0.0, 0.5 + 0.5 * np.clip(x, 0.0, 1.0), 0.0)

    atoms = [(0.0, 0.5)]
    uniform = (np.arange(500) + 0.5) / 500
    good = np.concatenate([np.zeros(500), uniform])
    assert kolmogorov_distance(good, half_at_zero, atoms) == pytest.approx(0.0005, abs=1e-12)
    # half of the eigenvalues of the atom are missing, seen just left of 0.001; or all of them are somewhere else
    assert kolmogorov_distance(good[250:], half_at_zero, atoms) == pytest.approx(0.5005 - 250 / 750, abs=1e-12)
    assert kolmogorov_distance(good - np.where(good == 0.0, 1e-3, 0.0), half_at_zero, atoms) == pytest.approx(0.5)
    assert kolmogorov_distance(uniform + 1.0, half_at_zero, atoms) == pytest.approx(1.0)
    grid = np.linspace(-0.5, 1.5, 20001)
    sample = np.random.default_rng(21).choice(good, 200)
    slow = np.abs(np.mean(sample[:, None] <= grid, axis=0) - half_at_zero(grid)).max()
    assert kolmogorov_distance(sample, half_at_zero, atoms) == pytest.approx(slow, abs=1e-4)
