"""The spectral law of H_L at any depth: mass, moments, distribution function, sampled matrices."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from panels_of_figure_1 import PANELS

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida import spectral_law
from fisher_spectra.hayase_karakida.atoms import atom_scatter, largest_atom_weight
from fisher_spectra.hayase_karakida.conditional_fisher import conditional_fisher, sample_orthogonal_network
from fisher_spectra.hayase_karakida.eigenvalue_recursions import largest_eigenvalue_recursion
from fisher_spectra.hayase_karakida.layer_map import ConvergenceError
from fisher_spectra.hayase_karakida.signal_propagation import (
    constant_propagation,
    moment_scatter,
    signal_propagation,
)
from fisher_spectra.hayase_karakida.spectral_law import SpectralLaw
from fisher_spectra.hayase_karakida.spectral_moments import moment_recursion
from fisher_spectra.networks.fully_connected import sample_network
from fisher_spectra.networks.haar_measure import sphere_inputs

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"


@functools.cache
def law_of(spec, depth, gaussian_weights=False):
    return SpectralLaw(signal_propagation(get_activation(spec), depth), gaussian_weights)


# -- mass, positivity, moments


@pytest.mark.parametrize(
    ("spec", "depth", "gaussian_weights", "order"),
    [
        (FIGURES, 2, False, 6),
        (FIGURES, 5, False, 6),
        (FIGURES, 10, False, 6),
        (FIGURES, 30, False, 5),
        (FIGURES, 100, False, 4),
        ("hard_tanh(s=1,g=1)", 10, False, 6),
        ("relu", 6, False, 5),
        ("leaky_relu(slope=0.1)", 4, False, 5),
        ("shifted_relu(a=1.1,b=-0.5)", 5, False, 5),
        ("shifted_relu(a=1.2,b=1.0)", 25, False, 4),
        ("hard_tanh(s=0.5,g=0.8)", 30, False, 4),
        ("silu", 3, False, 5),
        ("sine", 8, False, 5),
        (FIGURES, 4, True, 6),
        ("hard_tanh(s=1,g=1)", 10, True, 5),
    ],
)
def test_mass_is_one_and_moments_are_those_of_the_recursion(spec, depth, gaussian_weights, order):
    law = law_of(spec, depth, gaussian_weights)
    # Edges like an inverse square root, which ReLU-like units have, lose the square root of the height 1e-11.
    tolerance = 1e-5 if "relu" in spec else 1e-6
    assert law.mass == pytest.approx(1, abs=tolerance)
    expected = moment_recursion(law.propagation, order, gaussian_weights)
    np.testing.assert_allclose([law.moment(k) for k in range(1, order + 1)], expected, rtol=tolerance)


@pytest.mark.parametrize("spec", [FIGURES, "hard_tanh(s=1,g=1)"])
def test_cauchy_transform_is_that_of_atoms_and_density_together(spec):
    law = law_of(spec, 10)
    z = np.array([[0.3 + 0.2j, 1.99 + 0.05j], [2.5 + 0.1j, 9.0 + 1.0j]])
    panels = law._panels
    discrete = np.sum(law.atoms.weights / (z[..., None] - law.atoms.positions), axis=-1)
    continuous = np.sum(panels.weights.ravel() / (z[..., None] - panels.x.ravel()), axis=-1)
    np.testing.assert_allclose(law.cauchy_transform(z), discrete + continuous, rtol=1e-7)


@pytest.mark.parametrize(("spec", "gaussian_weights"), [(FIGURES, False), ("relu", False), (FIGURES, True)])
def test_cauchy_transform_maps_the_upper_half_plane_into_the_lower_one(spec, gaussian_weights):
    rng = generator(0, "test_half_plane", spec)
    law = law_of(spec, 10, gaussian_weights)
    z = rng.uniform(0, 1.2 * law.maximum, 300) + 1j * law.maximum * 10.0 ** rng.uniform(-10, 0, 300)
    assert np.all(law.cauchy_transform(z).imag < 0)


def test_density_is_positive_inside_the_bands_and_zero_outside():
    law = law_of(FIGURES, 10)
    assert len(law.bands) == 8
    for low, high in law.bands:
        assert np.all(law.density(np.linspace(low, high, 52)[1:-1]) > 0)
    gaps = [0.5 * (left[1] + right[0]) for left, right in zip(law.bands[:-1], law.bands[1:], strict=True)]
    assert not law.density([0.0, *gaps, law.maximum + 1, *law.atoms.positions]).any()
    assert law.density(np.zeros((2, 3))).shape == (2, 3)


def test_missing_mass_is_refused(monkeypatch):
    law = SpectralLaw(constant_propagation(4, 0.6, 1.0))
    monkeypatch.setattr(law, "atoms", spectral_law.atoms(constant_propagation(4, 0.65, 1.0)))
    with pytest.raises(ConvergenceError, match="L = 4: atoms and density have the mass"):
        _ = law.mass


# -- distribution function


@pytest.mark.parametrize("spec", [FIGURES, "hard_tanh(s=1,g=1)", "relu"])
def test_cdf_rises_from_zero_to_one_and_jumps_at_atoms(spec):
    law = law_of(spec, 10)
    x = np.sort(np.concatenate([np.linspace(0, 1.1 * law.maximum, 4001), law.atoms.positions]))
    values = law.cdf(x)
    assert values[0] == 0
    assert values[-1] == pytest.approx(1, abs=1e-5)
    assert np.all(np.diff(values) >= 0)
    jumps = law.cdf(law.atoms.positions) - law.cdf(law.atoms.positions * (1 - 1e-13))
    np.testing.assert_allclose(jumps, law.atoms.weights, atol=1e-6)
    np.testing.assert_allclose(law.histogram(x), np.diff(values), atol=1e-15)


@pytest.mark.parametrize("spec", [FIGURES, "hard_tanh(s=1,g=1)"])
def test_quantile_inverts_the_cdf(spec):
    law = law_of(spec, 10)
    p = np.array([1e-4, 0.002, 0.01, 0.02, 0.3, 0.5, 0.84, 0.99, 1.0])
    x = law.quantile(p)
    assert np.all(np.diff(x) >= 0)
    assert np.all(law.cdf(x) >= p * law.mass - 1e-9)
    assert np.all(law.cdf(x * (1 - 1e-9)) <= p + 1e-9)
    assert law.minimum == pytest.approx(x[0], rel=1e-6)
    with pytest.raises(ValueError, match="p must be"):
        law.quantile(0.0)


def test_support_ends_at_the_recursion_where_the_maximum_is_an_atom_and_below_it_where_not():
    with_atom = signal_propagation(get_activation(FIGURES), 40)
    assert largest_atom_weight(with_atom)[-1] > 0
    assert SpectralLaw(with_atom).maximum == pytest.approx(largest_eigenvalue_recursion(with_atom)[-1], rel=1e-12)
    without = constant_propagation(20, 0.9, 1.0)
    assert largest_atom_weight(without)[-1] < 0
    assert SpectralLaw(without).maximum < largest_eigenvalue_recursion(without)[-1] - 0.01


# -- sampled matrices


def sampled_spectra(spec, width, depth, samples, gaussian_weights=False):
    activation = get_activation(spec)
    spectra = []
    for trial in range(samples):
        rng = generator(0, "test_sampled_spectra", spec, width, depth, int(gaussian_weights), trial)
        if gaussian_weights:
            network = sample_network(rng, (width,) * (depth + 1), activation, 1.0, 0.0)
        else:
            network = sample_orthogonal_network(rng, width, depth, activation)
        spectra.append(np.linalg.eigvalsh(conditional_fisher(network, sphere_inputs(rng, 1, width)[0])))
    return np.array(spectra)


@pytest.mark.parametrize(
    ("spec", "depth", "gaussian_weights"),
    [
        (FIGURES, 3, False),
        (FIGURES, 10, False),
        ("hard_tanh(s=1,g=1)", 3, False),
        ("hard_tanh(s=1,g=1)", 10, False),
        ("hard_tanh(s=0.7,g=1.2)", 5, False),
        (FIGURES, 3, True),
    ],
)
def test_empirical_law_of_ten_networks_has_a_kolmogorov_distance_below_0_03(spec, depth, gaussian_weights):
    width = 300
    spectra = sampled_spectra(spec, width, depth, 10, gaussian_weights)
    law = law_of(spec, depth, gaussian_weights)
    covariance = moment_scatter(get_activation(spec), law.propagation, width, gaussian_weights)
    # Four standard deviations of the atoms' positions at this width.
    assert law.kolmogorov_distance(spectra, 4 * atom_scatter(law.atoms, covariance)) < 0.03
    # At M = 300 the maximum scatters by 1.4 % (near isometry, L = 10), its mean over ten networks by 0.5 %.
    assert spectra[:, -1].mean() == pytest.approx(law.maximum, rel=0.03 if gaussian_weights else 0.02)


@pytest.mark.parametrize("spec", ["tanh", "leaky_relu(slope=0.3)", "relu"])
def test_sampled_resolvent_of_other_activations_agrees(spec):
    spectra = sampled_spectra(spec, width=300, depth=4, samples=6)
    law = law_of(spec, 4)
    z = np.array([0.3, 0.6, 1.0, 1.4]) + 0.2j
    sampled = np.mean(1 / (z - spectra.reshape(-1, 1)), axis=0)
    # The second moments of ReLU-like units scatter by up to 7 % at this width, 3 % in the mean of six.
    np.testing.assert_allclose(law.cauchy_transform(z), sampled, rtol=0.03)


@pytest.mark.parametrize("depth", [3, 8])
@pytest.mark.parametrize("spec", ["silu", "gelu", "sine"])
def test_sampled_resolvent_of_smooth_activations_agrees(spec, depth):
    spectra = sampled_spectra(spec, width=400, depth=depth, samples=20)
    law = law_of(spec, depth)
    z = law.maximum * (np.array([0.1, 0.4, 0.7, 1.0]) + 0.3j)
    sampled = np.mean(1 / (z - spectra.reshape(-1, 1)), axis=0)
    # The second moments of units without a symmetry scatter by 10 %: standard errors are 1 to 2.4 %, for sine 0.2 %.
    np.testing.assert_allclose(law.cauchy_transform(z), sampled, rtol=0.005 if spec == "sine" else 0.03)


@pytest.mark.parametrize(("g", "depth"), [(1.5, 40), (2.0, 20), (4.0, 40)])
def test_law_whose_smallest_eigenvalues_are_lost_is_refused_in_one_line(g, depth):
    law = law_of(f"hard_tanh(s=1,g={g})", depth)
    with pytest.raises(UserError, match=f"L = {depth}: atoms and density .* take fewer layers") as caught:
        _ = law.mass
    assert "\n" not in str(caught.value)


def test_smooth_activations_are_refused_at_depth_two_with_orthogonal_weights_only():
    with pytest.raises(ValueError, match="take L >= 3"):
        law_of("tanh", 2)
    assert law_of("tanh", 2, True).mass == pytest.approx(1, abs=1e-4)


# -- Kolmogorov distance


def test_kolmogorov_distance_of_quantiles_is_half_a_step():
    law = SpectralLaw(PANELS["right"])
    n = 400
    quantiles = law.quantile((np.arange(n) + 0.5) / n)
    assert law.kolmogorov_distance(quantiles, [0.0]) == pytest.approx(0.5 / n, abs=1e-5)


def test_kolmogorov_distance_sees_a_shifted_atom_unless_the_interval_allows_for_it():
    law = SpectralLaw(PANELS["left"])
    n = 1000
    shifted = law.quantile((np.arange(n) + 0.5) / n)
    shifted[shifted == law.atoms.positions[-1]] += 0.01
    assert law.kolmogorov_distance(shifted, [0.0, 0.0, 0.0]) > 0.98
    assert law.kolmogorov_distance(shifted, [0.0, 0.0, 0.005]) > 0.98
    assert law.kolmogorov_distance(shifted, [0.0, 0.0, 0.02]) < 0.001


def test_kolmogorov_distance_counts_the_eigenvalues_of_an_interval():
    law = SpectralLaw(PANELS["left"])
    few = law.quantile((np.arange(1000) + 0.5) / 1000)[:-100]
    assert law.kolmogorov_distance(few, [0.1, 0.1, 0.1]) < 0.001
    everything_at_the_bottom = np.where(np.arange(1000) < 100, law.minimum, law.maximum)
    assert law.kolmogorov_distance(everything_at_the_bottom, [0.1, 0.1, 0.1]) == pytest.approx(0.0954, abs=0.001)


def test_kolmogorov_distance_refuses_what_it_cannot_compare():
    law = SpectralLaw(PANELS["right"])
    with pytest.raises(ValueError, match="half_widths"):
        law.kolmogorov_distance([1.0], [0.1, 0.1])
    with pytest.raises(ValueError, match="half_widths"):
        law.kolmogorov_distance([1.0], [-0.1])
    with pytest.raises(ValueError, match="no eigenvalue"):
        law.kolmogorov_distance([], [0.1])
