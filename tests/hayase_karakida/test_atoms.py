"""Atoms of the limiting law: places, weights, where they vanish, and against a sampled matrix."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import erfc

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.atoms import (
    Atoms,
    atom_scatter,
    atoms,
    depth_of_vanishing_atom,
    largest_atom_weight,
    scattered_atoms,
)
from fisher_spectra.hayase_karakida.conditional_fisher import conditional_fisher, sample_orthogonal_network
from fisher_spectra.hayase_karakida.derivative_law import derivative_law, two_point_law
from fisher_spectra.hayase_karakida.eigenvalue_recursions import largest_eigenvalue_recursion
from fisher_spectra.hayase_karakida.limits_of_large_depth import (
    isometry_rates,
    limiting_atom_weights,
)
from fisher_spectra.hayase_karakida.signal_propagation import (
    SignalPropagation,
    constant_propagation,
    moment_scatter,
    signal_propagation,
)
from fisher_spectra.networks.fully_connected import forward
from fisher_spectra.networks.haar_measure import sphere_inputs

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"


S_OF_CAPTION = 0.125  # of Figure 1; Section 5.2 has s^2 = 0.125, which gives the figure


def test_law_of_a_smooth_derivative_has_neither_alpha_nor_gamma_nor_atoms():
    p = signal_propagation(get_activation("tanh"), 3)
    assert atoms(p).mass == 0
    assert atoms(p.truncated(2), gaussian_weights=True).mass == 0
    for call in (
        lambda: p.laws[0].alpha,
        lambda: p.laws[0].gamma,
        lambda: largest_eigenvalue_recursion(p),
        lambda: largest_atom_weight(p),
        lambda: isometry_rates(p),
    ):
        with pytest.raises(ValueError, match="smooth activation"):
            call()
    with pytest.raises(ValueError, match="L = 2: nodes of the quadrature"):
        atoms(p.truncated(2))


def test_smooth_activation_that_is_linear_to_rounding_has_the_law_of_a_linear_one():
    found = atoms(signal_propagation(get_activation("tanh"), 4, input_moment=1e-20))
    assert found.weights.tolist() == [1.0]
    assert found.positions == pytest.approx([4e-20], rel=1e-12)


def test_caption_of_figure_1_read_literally_leaves_no_saturated_unit():
    # s = 0.125: P(|x| > 1/(s g)) = erfc(8 / (1.0013 sqrt 2)): in 1000 units never to be seen.
    law = derivative_law(get_activation(f"hard_tanh(s={S_OF_CAPTION},g=1.0013)"), 1.0)
    assert law.deficit == pytest.approx(erfc(8 / 1.0013 / math.sqrt(2)), rel=1e-12)
    assert law.deficit < 2e-15
    propagation = signal_propagation(get_activation(f"hard_tanh(s={S_OF_CAPTION},g=1.0013)"), 3)
    assert largest_atom_weight(propagation)[-1] > 1 - 1e-14


@pytest.mark.parametrize(("alpha", "depth"), [(0.9, 11), (0.91, 13), (0.8, 6), (5 / 6, 7), (0.99, 101), (0.999, 1001)])
def test_atom_of_the_maximum_vanishes_at_the_depth_on_paper(alpha, depth):
    # 1 - (l - 1)(1 - alpha) <= 0 from this depth on; with equality, as at 0.9, rounding must not decide.
    p = constant_propagation(depth + 20, alpha, 1.0)
    assert depth_of_vanishing_atom(p) == depth
    assert depth_of_vanishing_atom(p.truncated(depth - 1)) is None
    weights = limiting_atom_weights(p)
    assert weights[depth - 1] <= 0 < weights[depth - 2]
    for shallow, has_atom in ((p.truncated(depth - 1), True), (p.truncated(depth), False)):
        assert (atoms(shallow).positions[-1] == pytest.approx(shallow.depth, rel=1e-12)) == has_atom


def test_atoms_of_little_weight_are_no_rounding_error():
    p = SignalPropagation((1.0,) * 3, (two_point_law(1 - 1e-15, 1.0), two_point_law(1 - 3e-16, 1.0)), (1.0,) * 3)
    first, second = (law.deficit for law in p.laws)
    np.testing.assert_allclose(atoms(p).weights, [second, first - second, 1 - first - second], rtol=1e-15)


def test_atoms_have_the_multiplicities_of_a_sampled_matrix():
    # At finite width the eigenspace of the maximum is the part that no layer has cut: M minus all cut coordinates.
    # alpha_l and q_l of the sample itself take the place of the limits, and then atoms agree to rounding.
    activation = get_activation("hard_tanh(s=0.6,g=1.05)")
    width, depth = 150, 4
    rng = generator(0, "test_atoms")
    network = sample_orthogonal_network(rng, width, depth, activation)
    x = sphere_inputs(rng, 1, width)
    passed = forward(network, x)
    moments = [float(h[0] @ h[0]) / width for h in passed.activations]
    laws = [two_point_law(float(np.mean(d[0] != 0)), 1.05**2) for d in passed.slopes]
    found = atoms(SignalPropagation(tuple(moments), tuple(laws), (1.0,) * depth))
    spectrum = np.linalg.eigvalsh(conditional_fisher(network, x[0]))
    for position, weight in zip(found.positions, found.weights, strict=True):
        count = np.sum(np.abs(spectrum - position) < 1e-9)
        assert count == round(weight * width)
    assert len(found.positions) >= 2
    assert found.positions[-1] == pytest.approx(spectrum[-1], rel=1e-12)


def test_atom_positions_are_linear_in_the_second_moments():
    p = signal_propagation(get_activation("hard_tanh(s=0.7,g=1.2)"), 5, sigma2=(1.0, 0.9, 1.1, 1.2, 0.8))
    found = atoms(p)
    np.testing.assert_allclose(found.coefficients @ p.moments, found.positions, rtol=1e-14)
    assert found.positions[-1] == pytest.approx(largest_eigenvalue_recursion(p)[-1], rel=1e-14)
    assert found.weights[-1] == pytest.approx(largest_atom_weight(p)[-1], abs=1e-14)
    assert found.mass == pytest.approx(found.weights.sum())


def test_atom_of_the_maximum_is_gone_where_its_weight_would_be_negative():
    p = constant_propagation(20, 0.9, 1.0)
    assert largest_atom_weight(p)[-1] < 0
    assert atoms(p).positions[-1] < largest_eigenvalue_recursion(p)[-1] - 1


def test_atoms_of_a_linear_network_are_one():
    found = atoms(signal_propagation(get_activation("linear"), 6))
    assert (found.positions.tolist(), found.weights.tolist()) == ([6.0], [1.0])


def test_gaussian_weights_leave_the_atom_of_the_last_cut_alone():
    p = signal_propagation(get_activation(FIGURES), 5)
    found = atoms(p, gaussian_weights=True)
    assert found.positions.tolist() == [p.moments[-1]]
    assert found.weights.tolist() == [p.laws[-1].deficit]


def test_scatter_of_an_atom_follows_from_that_of_the_moments():
    activation = get_activation("hard_tanh(s=0.7,g=1.1)")
    p = signal_propagation(activation, 4)
    covariance = moment_scatter(activation, p, 100)
    found = atoms(p)
    rng = generator(0, "test_atom_scatter")
    drawn = rng.multivariate_normal(p.moments, covariance, size=20000) @ found.coefficients.T
    np.testing.assert_allclose(atom_scatter(found, covariance), drawn.std(axis=0), rtol=0.03)


def test_scattered_atoms_fill_bins_like_draws_of_their_places():
    found = Atoms(np.array([1.0, 2.5]), np.array([0.3, 0.6]), np.zeros((2, 1)))
    edges, scatter = np.array([0.0, 0.9, 1.1, 2.0, 4.0]), np.array([0.1, 0.4])
    rng, number = generator(0, "scattered atoms"), 200_000
    drawn = sum(
        weight * np.histogram(rng.normal(place, deviation, number), edges)[0] / number
        for place, weight, deviation in zip(found.positions, found.weights, scatter, strict=True)
    )
    np.testing.assert_allclose(scattered_atoms(found, scatter, edges), drawn, atol=0.002)
    # (low, high], as in the bins of a law
    np.testing.assert_allclose(scattered_atoms(found, np.zeros(2), [0.0, 1.0, 2.0, 3.0]), [0.3, 0.0, 0.6])
