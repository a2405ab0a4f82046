"""Signal propagation, atoms, recursions, limits of large depth and finite-width scatter (Hayase and Karakida)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import erfc
from scipy.stats import norm

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.gaussian.integrals import derivative_second_moment
from fisher_spectra.hayase_karakida import printed_formulas as printed
from fisher_spectra.hayase_karakida.conditional_fisher import conditional_fisher, sample_orthogonal_network
from fisher_spectra.hayase_karakida.signal_propagation import (
    DerivativeLaw,
    SignalPropagation,
    atom_scatter,
    atoms,
    constant_propagation,
    depth_of_vanishing_atom,
    derivative_law,
    isometry_rates,
    largest_atom_weight,
    largest_eigenvalue_recursion,
    limiting_atom_weight,
    limiting_maximum,
    limiting_mean,
    limiting_mean_of_many_inputs,
    mean_eigenvalue_recursion,
    moment_scatter,
    signal_propagation,
    stationary_hard_tanh,
    two_point_law,
)
from fisher_spectra.networks.fully_connected import forward
from fisher_spectra.networks.haar_measure import sphere_inputs

# The setting of all figures: s^2 = 0.125, g = 1.0013.
FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"


# -- laws of the derivative


def test_alpha_of_hard_tanh_is_the_probability_of_the_linear_part():
    s, g, q = math.sqrt(0.125), 1.0013, 0.9
    law = derivative_law(get_activation(FIGURES), q)
    assert law.is_two_point
    assert law.alpha == pytest.approx(2 * norm.cdf(1 / (s * g) / math.sqrt(q)) - 1, abs=1e-14)
    assert law.gamma == pytest.approx(g**2, rel=1e-15)
    assert law.weight_at_zero == law.deficit == pytest.approx(2 * norm.sf(1 / (s * g) / math.sqrt(q)), rel=1e-13)


def test_alpha_of_shifted_relu_is_the_upper_tail():
    law = derivative_law(get_activation("shifted_relu(a=1.3,b=0.4)"), 2.0)
    assert law.values == (0.0, pytest.approx(1.69))
    assert law.alpha == pytest.approx(norm.sf(0.4 / math.sqrt(2)), rel=1e-13)


def test_relu_has_half_of_its_derivatives_at_zero_and_leaky_relu_none():
    assert derivative_law(get_activation("relu"), 0.3).weights == (0.5, 0.5)
    law = derivative_law(get_activation("leaky_relu(slope=0.1)"), 0.3)
    assert law.values == (pytest.approx(0.01), 1.0)
    assert law.weight_at_zero == 0
    assert not law.is_two_point


def test_linear_network_has_one_value():
    law = derivative_law(get_activation("linear"), 1.0)
    assert (law.values, law.weights, law.deficit) == ((1.0,), (1.0,), 0.0)
    assert law.is_two_point


@pytest.mark.parametrize("spec", ["tanh", "erf", "gelu", "sine", "silu"])
@pytest.mark.parametrize("variance", [0.3, 1.0, 4.0])
def test_law_of_a_smooth_derivative_has_the_mean_of_the_quadrature(spec, variance):
    activation = get_activation(spec)
    law = derivative_law(activation, variance)
    assert law.moment(1) == pytest.approx(float(derivative_second_moment(activation, variance)), rel=1e-9)
    fourth, _ = quad(
        lambda z: float(activation.derivative(math.sqrt(variance) * z)) ** 4 * norm.pdf(z), -9, 9, limit=200
    )
    assert law.moment(2) == pytest.approx(fourth, rel=1e-8)


def test_law_of_an_even_derivative_merges_the_two_signs():
    assert len(derivative_law(get_activation("tanh"), 1.0).values) == 78


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
    law = derivative_law(get_activation(f"hard_tanh(s={printed.S_OF_FIGURE_1},g=1.0013)"), 1.0)
    assert law.deficit == pytest.approx(erfc(8 / 1.0013 / math.sqrt(2)), rel=1e-12)
    assert law.deficit < 2e-15
    propagation = signal_propagation(get_activation(f"hard_tanh(s={printed.S_OF_FIGURE_1},g=1.0013)"), 3)
    assert largest_atom_weight(propagation)[-1] > 1 - 1e-14


def test_printed_hard_tanh_jumps_and_the_right_one_does_not():
    s, g = math.sqrt(0.125), 1.0013
    kink = 1 / (s * g)
    sides = np.array([kink * (1 - 1e-12), kink * (1 + 1e-12)])
    assert abs(np.diff(printed.hard_tanh(sides, s, g))[0]) == pytest.approx(1 / s - g, rel=1e-9)
    assert abs(np.diff(get_activation(FIGURES)(sides))[0]) < 1e-11
    inside = np.linspace(-kink, kink, 11)[1:-1]
    np.testing.assert_allclose(get_activation(FIGURES)(inside), printed.hard_tanh(inside, s, g), rtol=1e-15)


def test_refusals_name_the_value():
    with pytest.raises(ValueError, match=r"variance = 0\.0"):
        derivative_law(get_activation("tanh"), 0.0)
    with pytest.raises(ValueError, match="ascend"):
        DerivativeLaw((1.0, 0.0), (0.5, 0.5))
    with pytest.raises(ValueError, match="sum 1"):
        DerivativeLaw((0.0, 1.0), (0.5, 0.6))
    with pytest.raises(ValueError, match="as many"):
        DerivativeLaw((0.0, 1.0), (1.0,))
    for values in ((math.nan,), (0.0, math.nan), (0.0, math.inf)):
        with pytest.raises(ValueError, match="ascend"):
            DerivativeLaw(values, (1.0,) if len(values) == 1 else (0.5, 0.5))
    for weights in ((math.nan, 1.0), (0.5, math.nan), (0.0, 1.0)):
        with pytest.raises(ValueError, match="sum 1"):
            DerivativeLaw((0.0, 1.0), weights)
    with pytest.raises(ValueError, match="alpha = 0"):
        two_point_law(0.0, 1.0)
    with pytest.raises(ValueError, match="depth = 0"):
        signal_propagation(get_activation("relu"), 0)
    with pytest.raises(ValueError, match="depth = 0"):
        constant_propagation(0, 0.5, 1.0)
    for sigma2 in ((1.0, 1.0), (1.0,) * 4, -1.0):
        with pytest.raises(ValueError, match="must be one positive number or 3 of them"):
            signal_propagation(get_activation("relu"), 3, sigma2=sigma2)
    with pytest.raises(ValueError, match="must be L, L - 1, L"):
        SignalPropagation((1.0, 1.0), (), (1.0, 1.0))
    with pytest.raises(ValueError, match="positive and finite"):
        SignalPropagation((1.0, -1.0), (two_point_law(0.5, 1.0),), (1.0, 1.0))
    with pytest.raises(ValueError, match="depth = 4"):
        constant_propagation(3, 0.5, 1.0).truncated(4)
    with pytest.raises(ValueError, match="depth = 1"):
        isometry_rates(constant_propagation(1, 0.5, 1.0))
    with pytest.raises(ValueError, match="between 0 and 1"):
        stationary_hard_tanh(10, 20.0)
    with pytest.raises(ValueError, match="depth = 0"):
        stationary_hard_tanh(0, 0.3)
    for q in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match=f"q = {q}"):
            stationary_hard_tanh(10, 0.3, q)


# -- propagation


def test_second_moments_follow_the_gaussian_mean_of_each_layer():
    s, g = 0.8, 1.1
    sigma2 = (1.2, 0.7, 1.0, 1.4)
    p = signal_propagation(get_activation(f"hard_tanh(s={s},g={g})"), 4, sigma2=sigma2, input_moment=1.3)
    q = [1.3]
    for variance in sigma2[:-1]:
        root = math.sqrt(variance * q[-1])
        kink = 1 / (s * g * root)
        mean, _ = quad(lambda z, r=root: (g * r * z) ** 2 * norm.pdf(z), -kink, kink, epsabs=1e-13)
        q.append(mean + 2 * norm.sf(kink) / s**2)
    np.testing.assert_allclose(p.moments, q, rtol=1e-12)
    assert p.depth == 4
    np.testing.assert_allclose(p.gamma, g**2)


def test_truncated_network_is_the_shallower_one():
    activation = get_activation(FIGURES)
    assert signal_propagation(activation, 12).truncated(5) == signal_propagation(activation, 5)


def test_second_moment_of_the_figures_falls_from_1_to_0_81_at_depth_100():
    p = signal_propagation(get_activation(FIGURES), 100)
    assert p.moments[0] == 1
    assert p.moments[-1] == pytest.approx(0.81, abs=0.005)
    assert np.all(np.diff(p.moments) < 0)


@pytest.mark.parametrize(("depth", "ratio"), [(10, 0.99), (30, 0.97), (100, 0.996), (300, 1.25)])
def test_largest_eigenvalue_of_the_figures_over_depth(depth, ratio):
    largest = largest_eigenvalue_recursion(signal_propagation(get_activation(FIGURES), depth))
    assert largest[-1] / depth == pytest.approx(ratio, abs=0.005)


def test_recursions_are_those_of_every_shallower_network():
    p = signal_propagation(get_activation(FIGURES), 9)
    for recursion in (largest_eigenvalue_recursion, mean_eigenvalue_recursion, largest_atom_weight):
        shallow = [recursion(p.truncated(depth))[-1] for depth in range(1, 10)]
        np.testing.assert_allclose(recursion(p), shallow, rtol=1e-14)


def test_recursions_at_constant_parameters_are_geometric_sums():
    depth, alpha, gamma, q, sigma2 = 7, 0.9, 1.2, 0.6, 0.8
    p = constant_propagation(depth, alpha, gamma, q, sigma2)
    powers = np.arange(depth)
    assert largest_eigenvalue_recursion(p)[-1] == pytest.approx(q * np.sum((sigma2 * gamma) ** powers))
    assert mean_eigenvalue_recursion(p)[-1] == pytest.approx(q * np.sum((sigma2 * gamma * alpha) ** powers))
    np.testing.assert_allclose(largest_atom_weight(p), 1 - (1 - alpha) * powers)


@pytest.mark.parametrize(("alpha", "depth"), [(0.9, 11), (0.91, 13), (0.8, 6), (5 / 6, 7), (0.99, 101), (0.999, 1001)])
def test_atom_of_the_maximum_vanishes_at_the_depth_on_paper(alpha, depth):
    # 1 - (l - 1)(1 - alpha) <= 0 from this depth on; with equality, as at 0.9, rounding must not decide.
    p = constant_propagation(depth + 20, alpha, 1.0)
    assert depth_of_vanishing_atom(p) == depth
    assert depth_of_vanishing_atom(p.truncated(depth - 1)) is None
    assert limiting_atom_weight(p.truncated(depth)) <= 0 < limiting_atom_weight(p.truncated(depth - 1))
    for shallow, has_atom in ((p.truncated(depth - 1), True), (p.truncated(depth), False)):
        assert (atoms(shallow).positions[-1] == pytest.approx(shallow.depth, rel=1e-12)) == has_atom


def test_atoms_of_little_weight_are_no_rounding_error():
    p = SignalPropagation((1.0,) * 3, (two_point_law(1 - 1e-15, 1.0), two_point_law(1 - 3e-16, 1.0)), (1.0,) * 3)
    first, second = (law.deficit for law in p.laws)
    np.testing.assert_allclose(atoms(p).weights, [second, first - second, 1 - first - second], rtol=1e-15)


# -- atoms


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


# -- limits of large depth


@pytest.mark.parametrize("epsilon_1", [0.05, 0.3])
def test_stationary_hard_tanh_keeps_q_and_has_the_deficit_asked_for(epsilon_1):
    depth, q = 50, 1.7
    s, g = stationary_hard_tanh(depth, epsilon_1, q)
    p = signal_propagation(get_activation(f"hard_tanh(s={s!r},g={g!r})"), depth, input_moment=q)
    np.testing.assert_allclose(p.moments, q, rtol=1e-12)
    rates = isometry_rates(p)
    assert rates.epsilon_1 == pytest.approx(epsilon_1, rel=1e-9)
    assert rates.epsilon_2 == pytest.approx(-depth * math.log(g**2), rel=1e-12)


@pytest.mark.parametrize("depth", [100, 1000])
def test_theorem_4_3_and_proposition_4_4_hold_up_to_one_over_depth(depth):
    s, g = stationary_hard_tanh(depth, 0.3)
    p = signal_propagation(get_activation(f"hard_tanh(s={s!r},g={g!r})"), depth)
    rates = isometry_rates(p)
    maximum = largest_eigenvalue_recursion(p)[-1] / depth
    mean = mean_eigenvalue_recursion(p)[-1] / depth
    # The sum of a geometric series against its integral: relative deviation (epsilon / 2) / L.
    assert maximum == pytest.approx(limiting_maximum(1.0, rates.epsilon_2), rel=abs(rates.epsilon_2) / depth)
    assert mean == pytest.approx(
        limiting_mean(1.0, rates.epsilon_1, rates.epsilon_2), rel=abs(rates.epsilon_1 + rates.epsilon_2) / depth
    )
    assert largest_atom_weight(p)[-1] == pytest.approx(limiting_atom_weight(p), rel=1e-9)
    assert limiting_atom_weight(p) == pytest.approx(1 - 0.3, abs=0.4 / depth)


def test_corollary_4_5_is_proposition_4_4_times_the_ratio():
    assert limiting_mean_of_many_inputs(0.5, 0.9, 0.1, 0.2) == pytest.approx(0.5 * 0.9 * (1 - math.exp(-0.3)) / 0.3)


@pytest.mark.parametrize("sign", [1, -1])
def test_expansions_have_minus_half_epsilon_and_the_preprint_has_the_wrong_sign(sign):
    q = 0.8
    for epsilon in (1e-2 * sign, 1e-3 * sign):
        for exact, wrong in (
            (limiting_maximum(q, epsilon), printed.expansion_of_limiting_maximum(q, epsilon)),
            (limiting_mean(q, 0.3 * epsilon, 0.7 * epsilon), printed.expansion_of_limiting_mean(q, epsilon, 0.0)),
        ):
            assert abs(exact - q * (1 - epsilon / 2)) < q * epsilon**2 / 5
            assert abs(exact - wrong) > 0.99 * q * abs(epsilon)


def test_limits_are_q_at_exact_isometry():
    assert limiting_maximum(0.7, 0.0) == 0.7
    assert limiting_mean(0.7, 0.0, 0.0) == 0.7


# -- finite width


@pytest.mark.parametrize("gaussian_weights", [False, True])
@pytest.mark.parametrize("spec", [FIGURES, "hard_tanh(s=1,g=1)", "relu"])
def test_scatter_of_second_moments_is_that_of_sampled_layers(spec, gaussian_weights):
    activation = get_activation(spec)
    width, depth, samples = 1000, 4, 4000
    p = signal_propagation(activation, depth)
    expected = moment_scatter(activation, p, width, gaussian_weights)
    rng = generator(0, "test_moment_scatter", spec, int(gaussian_weights))
    moments = np.ones((samples, depth))
    for layer in range(1, depth):
        h = rng.standard_normal((samples, width)) * np.sqrt(moments[:, layer - 1 : layer])
        if not gaussian_weights:  # on the sphere
            h *= np.sqrt(moments[:, layer - 1] * width)[:, None] / np.linalg.norm(h, axis=1, keepdims=True)
        moments[:, layer] = np.mean(activation(h) ** 2, axis=1)
    sampled = np.cov(moments.T)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))[1:, 1:]
    # A sample covariance of 4000 has a relative error of 2.2 % (more with few saturated units, of which the skewed
    # scatter comes); corrections to the leading order are about 1 / M.
    assert np.max(np.abs(sampled - expected)[1:, 1:] / scale) < 0.09
    assert np.all(expected[0] == 0)


def test_scatter_of_an_atom_follows_from_that_of_the_moments():
    activation = get_activation("hard_tanh(s=0.7,g=1.1)")
    p = signal_propagation(activation, 4)
    covariance = moment_scatter(activation, p, 100)
    found = atoms(p)
    rng = generator(0, "test_atom_scatter")
    drawn = rng.multivariate_normal(p.moments, covariance, size=20000) @ found.coefficients.T
    np.testing.assert_allclose(atom_scatter(found, covariance), drawn.std(axis=0), rtol=0.03)
