"""The spectrum predicted at a finite width: its fixed point, the variances in it, and networks."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.errors import UserError
from fisher_spectra.pennington_worah import finite_width
from fisher_spectra.pennington_worah.binned_spectra import NetworkSpectrum
from fisher_spectra.pennington_worah.finite_width import (
    FiniteWidthSpectrum,
    RowVariances,
    keeps_slopes,
    principal_root,
)
from fisher_spectra.pennington_worah.fisher_matrix import sample_weights
from fisher_spectra.pennington_worah.fisher_spectrum import dense_eigenvalues
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum, marchenko_pastur_gauss_rule
from fisher_spectra.pennington_worah.network_terms import fisher_with_terms

F_OPT, SRELU = get_activation("optimal_quadratic"), get_activation("shifted_leaky_relu(alpha=0)")


def terms_alone(activation, kept, width, seed):
    """Blocks 11, 22 and 12 of what the terms add to those of the limit."""
    weights = sample_weights(np.random.default_rng(seed), width)
    matrix = fisher_with_terms(*weights, activation, kept).dense() - fisher_with_terms(*weights, activation, ()).dense()
    size = width**2
    return matrix[:size, :size], matrix[size:, size:], matrix[:size, size:]


@pytest.mark.parametrize("activation", [F_OPT, SRELU])
def test_variances_of_correlations_are_the_mean_squares_of_the_rows(activation):
    n, networks = 24, 8
    squares = np.zeros(3)
    for seed in range(networks):
        first, second, mixed = terms_alone(activation, ("correlations",), n, seed)
        of_unit = second[:n, :n]  # the same for every output; its mean is a part of rank one
        other = of_unit[~np.eye(n, dtype=bool)]
        squares += np.sum(first**2) / n, np.sum((other - other.mean()) ** 2), np.sum(mixed**2) / n
    found = RowVariances.of(activation, ("correlations",))
    # terms of order 1/n, and the scatter of the networks
    assert squares / networks == pytest.approx([found.first, found.second, found.mixed], rel=0.15)


def test_variances_of_lengths_are_those_of_the_diagonal():
    """Of f_opt E f'^2 = (1 + 24 q) / 13 and E f^2 = (q + 6 (3 q^2 - 2 q + 1)) / 13 at the squared length q."""
    rng = np.random.default_rng(0)
    n = 400
    s, q = (rng.standard_normal((2, 200000, 1)) * np.sqrt(2 / n) + 1)[:, :, 0]
    slope = (1 + 24 * q) / 13
    value = (q + 6 * (3 * q**2 - 2 * q + 1)) / 13
    zeta = 1 / 13
    found = RowVariances.of(F_OPT, ("lengths",))
    assert n * np.var((slope - zeta) * s) == pytest.approx(found.first, rel=0.03)
    assert n * np.var(value - zeta * q) == pytest.approx(found.second, rel=0.03)
    assert found.mixed == 0.0


def test_a_sixth_of_the_curvature_is_not_of_rank_n():
    """Of the six (E f'')^4 of its squares five are of matrices of rank 2 n at most, which the prediction leaves out."""
    first, second, mixed = terms_alone(F_OPT, ("curvature",), 24, 0)
    found = RowVariances.of(F_OPT, ("curvature",))
    assert np.sum(mixed**2) > 0  # of rank n
    assert np.sum(first**2) / 24 == pytest.approx(6 * found.first, rel=0.25)
    assert found.first == pytest.approx((24 / 13) ** 2)
    assert np.linalg.matrix_rank(mixed, 1e-6) == 24
    assert np.abs(second).max() == found.second == found.mixed == 0.0
    low_rank = np.linalg.svd(first, compute_uv=False)[: 2 * 24]
    assert (np.sum(first**2) - np.sum(low_rank**2)) / 24 < 1.3 * found.first


def test_variances_of_several_terms_add_up():
    parts = [RowVariances.of(F_OPT, (term,)) for term in ("lengths", "correlations", "curvature")]
    whole = RowVariances.of(F_OPT)
    for block in ("first", "second", "mixed"):
        assert getattr(whole, block) == pytest.approx(sum(getattr(part, block) for part in parts))


@pytest.mark.parametrize("activation", [F_OPT, SRELU])
def test_transforms_solve_the_equation_of_two_by_two_matrices(activation):
    """By a midpoint rule in place of both integrals, a = 4 zeta cos^2 t with the density (4 / pi) sin^2 t."""
    spectrum = FiniteWidthSpectrum(LimitingSpectrum.of(activation), RowVariances.of(activation), 4)
    c, v = spectrum.limit.constants, spectrum.variances
    x = np.array([0.4, 1.3, 2.5])
    g = np.array(spectrum.transforms(x))
    t = (np.arange(200) + 0.5) * np.pi / 400
    a, b = (grid.ravel() for grid in np.meshgrid(4 * c.zeta * np.cos(t) ** 2, 4 * c.zeta * np.cos(t) ** 2))
    weights = np.outer(np.sin(t) ** 2, np.sin(t) ** 2).ravel() / 100**2
    for k, place in enumerate(x):
        sigma = np.array([[v.first, v.mixed], [v.mixed, v.second]]) @ g[:, k] / 4
        matrices = np.zeros((len(a), 2, 2), complex)
        matrices[:, 0, 0], matrices[:, 1, 1] = c.upper_shift + sigma[0] + a, c.lower_shift + sigma[1] + b
        matrices[:, 0, 1] = matrices[:, 1, 0] = np.sqrt(a * b)
        inverse = np.linalg.inv((place + 2e-3j) * np.eye(2) - matrices)
        assert weights @ inverse[:, 0, 0] == pytest.approx(g[0, k], rel=1e-3)
        assert weights @ inverse[:, 1, 1] == pytest.approx(g[1, k], rel=1e-3)


def iterated(spectrum, x):
    """The equation's own iteration, half a step at a time, from far above the real axis."""
    v, n, constants = spectrum.variances, spectrum.width, spectrum.limit.constants
    a, weights = marchenko_pastur_gauss_rule(48, constants.zeta)
    g = np.array([1 / (x + 10j)] * 2)
    for height in np.geomspace(10, 2e-3, 16):
        for _ in range(1000):
            p = x + 1j * height - constants.upper_shift - (v.first * g[0] + v.mixed * g[1]) / n
            q = x + 1j * height - constants.lower_shift - (v.mixed * g[0] + v.second * g[1]) / n
            y = (p[:, None] - a) * (q / p)[:, None]
            inverse = 2 / (y * (1 + np.sqrt(1 - 4 * constants.zeta / y))) / p[:, None]
            means = np.array([(1 + a * q[:, None] * inverse) @ weights / p, ((p[:, None] - a) * inverse) @ weights])
            g, change = 0.5 * (g + means), np.abs(means - g).max()
            if change < 1e-11:
                break
    return g


@pytest.mark.parametrize("width", [4, 64])
@pytest.mark.parametrize("activation", [F_OPT, SRELU])
def test_newtons_method_ends_where_the_equations_own_iteration_does(activation, width):
    spectrum = FiniteWidthSpectrum(LimitingSpectrum.of(activation), RowVariances.of(activation), width)
    x = spectrum.places()[::7]
    assert np.array(spectrum.transforms(x)) == pytest.approx(iterated(spectrum, x), rel=1e-8)


@pytest.mark.parametrize("width", [4, 64, 32768])
def test_newtons_method_takes_five_steps_at_most_at_each_height(width, monkeypatch):
    """As it does with the right derivatives; with others it still ends, after many more."""
    spectrum = FiniteWidthSpectrum(LimitingSpectrum.of(F_OPT), RowVariances.of(F_OPT), width)
    steps, means, solved = [], FiniteWidthSpectrum._means, FiniteWidthSpectrum._solved

    def counted(self, *arguments):
        steps[-1] += 1
        return means(self, *arguments)

    def at_a_height(self, *arguments):
        steps.append(0)
        return solved(self, *arguments)

    monkeypatch.setattr(FiniteWidthSpectrum, "_means", counted)
    monkeypatch.setattr(FiniteWidthSpectrum, "_solved", at_a_height)
    spectrum.transforms(spectrum.places())
    assert len(steps) >= 16 * 3
    assert max(steps) <= 5


def test_a_place_where_nothing_is_found_is_named(monkeypatch):
    monkeypatch.setattr(finite_width, "_ITERATIONS", 1)
    spectrum = FiniteWidthSpectrum(LimitingSpectrum.of(F_OPT), RowVariances.of(F_OPT), 4)
    with pytest.raises(UserError, match=r"^width n = 4: the predicted spectrum is not found at x = 1\.5$"):
        spectrum.transforms(np.array([1.5, 2.0]))


def test_principal_roots_are_numpys():
    rng = np.random.default_rng(0)
    z = rng.standard_normal(1000) * np.exp(rng.uniform(-80, 80, 1000)) + 1j * rng.standard_normal(1000)
    z = np.concatenate([z, [4, -4, complex(-4, -0.0), 1j, -1j]])
    roots = principal_root(z)
    np.testing.assert_allclose(roots, np.sqrt(z), rtol=1e-15)
    assert np.array_equal(np.signbit(roots.imag), np.signbit(np.sqrt(z).imag))


def test_the_distribution_is_that_of_the_limit_plus_an_independent_matrix():
    """Networks with nothing but the terms of the limit, and normal entries of the stated variances added to them."""
    n, rng = 20, np.random.default_rng(1)
    variances = RowVariances(20.0, 8.0, 3.0)
    spectrum = FiniteWidthSpectrum(LimitingSpectrum.of(F_OPT), variances, n)
    matrix = fisher_with_terms(*sample_weights(rng, n), F_OPT, ()).dense()
    size = n**2
    scale = np.zeros((2 * size, 2 * size))
    scale[:size, :size], scale[size:, size:], scale[:size, size:] = 20.0, 8.0, 3.0
    noise = np.triu(rng.standard_normal(scale.shape) * np.sqrt(scale / (n * size)))
    eigenvalues = np.linalg.eigvalsh(matrix + noise + np.triu(noise, 1).T)
    x = spectrum.places()
    sampled = np.searchsorted(eigenvalues, x) / eigenvalues.size
    # one network has n eigenvalues of S and K each, which scatter by about 1/n
    assert np.abs(sampled - spectrum.cdf(x)).max() < 0.03


@pytest.mark.parametrize(
    "kept", [("lengths",), ("correlations", "curvature"), ("lengths", "correlations", "curvature")]
)
def test_networks_have_the_predicted_distance_to_the_limit(kept):
    limit = LimitingSpectrum.of(F_OPT)
    z = limit.constants.features
    distance, gap = FiniteWidthSpectrum(limit, RowVariances.of(F_OPT, kept), 20).distance_and_share(z[1], z[3])
    found = []
    for seed in range(3):
        fisher = fisher_with_terms(*sample_weights(np.random.default_rng(seed), 20), F_OPT, kept)
        spectrum = NetworkSpectrum(dense_eigenvalues(fisher))
        found.append((spectrum.kolmogorov_distance(limit), spectrum.share_between(z[1], z[3])))
    assert np.mean(found, axis=0) == pytest.approx((distance, gap), rel=0.15)


def test_the_distance_falls_with_the_width_and_faster_at_large_ones():
    limit, variances = LimitingSpectrum.of(F_OPT), RowVariances.of(F_OPT)
    distances = [FiniteWidthSpectrum(limit, variances, n).distance_and_share(1.3, 1.8)[0] for n in (256, 1024, 16384)]
    exponents = np.diff(np.log(distances)) / np.diff(np.log([256, 1024, 16384]))
    assert -0.2 < exponents[0] < -0.1
    assert -0.3 < exponents[1] < -0.2


def test_erf_networks_have_no_prediction_as_their_slopes_change_with_the_lengths():
    erf = get_activation("normalised_erf(alpha=1)")
    assert not keeps_slopes(erf)
    assert keeps_slopes(F_OPT)
    with pytest.raises(UserError, match="third derivative must be 0"):
        RowVariances.of(erf)
