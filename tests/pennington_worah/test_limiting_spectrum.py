"""Limiting spectrum (20): density, distribution function, moments, sampling; errata (25), (26) and z_3."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from pennington_worah_stieltjes_transform import stieltjes_by_double_sum
from scipy.integrate import quad

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.pennington_worah.constants import NonlinearityConstants, nonlinearity_constants
from fisher_spectra.pennington_worah.density_slopes import corners
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.pennington_worah.singularities import atom_scaling

ERF = NonlinearityConstants(1.0, 1.2257000037856907, 0.9135828428288514)
SRELU = NonlinearityConstants(1.0, 1.46694220692426, 0.73347110346213)
OPTIMAL = NonlinearityConstants(1.0, 25 / 13, 1 / 13)
NEARLY_LINEAR = NonlinearityConstants(1.0, 1.0001, 0.9999)
LINEAR = NonlinearityConstants(1.0, 1.0, 1.0)
EVEN = NonlinearityConstants(1.0, 2.0, 0.0)
NONLINEAR = [ERF, SRELU, OPTIMAL, NEARLY_LINEAR]
SPREADING = [*NONLINEAR, LINEAR]


def printed_stieltjes_transform(z: complex, c: NonlinearityConstants) -> complex:
    """(20) as printed, with adaptive integrals over both measures (22)."""

    def inner(first: float) -> complex:
        def outer(second: float) -> complex:
            one = c.eta_prime - c.zeta + 4 * c.zeta * np.sin(first) ** 2
            two = c.eta - c.zeta + 4 * c.zeta * np.sin(second) ** 2
            # sqrt((b - x)/(x - a)) dx / (2 pi) with x - a = 4 zeta sin^2: (4 zeta / pi) cos^2.
            weight = (4 * c.zeta / np.pi * np.cos(first) * np.cos(second)) ** 2
            denominator = (c.eta - c.zeta) * (c.eta_prime - c.zeta) + one * (z - c.eta + c.zeta)
            denominator += two * (z - c.eta_prime + c.zeta) - z**2
            return complex(weight * (one + two - 2 * z) / (2 * c.zeta**2 * denominator))

        return quad(outer, 0, np.pi / 2, complex_func=True)[0]

    return quad(inner, 0, np.pi / 2, complex_func=True)[0]


@pytest.mark.parametrize("constants", [ERF, OPTIMAL])
def test_stieltjes_transform_is_equation_20_as_printed(constants: NonlinearityConstants) -> None:
    for z in (1.5 + 1.0j, -0.5 + 0.3j, 4.0 - 0.7j):
        assert LimitingSpectrum(constants).stieltjes(z) == pytest.approx(
            printed_stieltjes_transform(z, constants), abs=1e-9
        )


@pytest.mark.parametrize("constants", SPREADING)
def test_stieltjes_transform_equals_the_double_midpoint_sum(constants: NonlinearityConstants) -> None:
    spectrum = LimitingSpectrum(constants)
    z = np.array([[0.5 + 0.5j, 1.0 + 0.1j], [-1.0, constants.features[3] - 0.1j]])
    assert np.max(np.abs(spectrum.stieltjes(z) - stieltjes_by_double_sum(spectrum.constants, z, 600))) < 1e-12


@pytest.mark.parametrize("constants", NONLINEAR)
def test_density_is_the_boundary_value_of_the_stieltjes_transform(constants: NonlinearityConstants) -> None:
    spectrum = LimitingSpectrum(constants)
    grid = np.linspace(constants.features[0] - 0.1, constants.features[5] + 0.1, 200)
    grid = grid[np.min(np.abs(grid[:, None] - constants.features), axis=1) > 1e-2]
    boundary = -spectrum.stieltjes(grid + 1e-9j).imag / np.pi
    assert np.max(np.abs(spectrum.density(grid) - boundary)) < 1e-6


@pytest.mark.parametrize("constants", NONLINEAR)
def test_density_equals_an_adaptive_integral_to_1e_9(constants: NonlinearityConstants) -> None:
    """Oracle: b = b(a; x), density of a times density of b times db/dx, adaptively between the branch points."""
    d_1, d_2, width = constants.upper_shift, constants.lower_shift, 4 * constants.zeta

    def marchenko_pastur(x: float) -> float:
        return float(np.sqrt((width - x) / x) * 2 / (np.pi * width)) if 0 < x < width else 0.0

    def density(x: float) -> float:
        def integrand(angle: float) -> float:
            a = width * np.sin(angle) ** 2
            b = (x - d_2) * (x - d_1 - a) / (x - d_1)
            slope = 1 + a * (d_1 - d_2) / (x - d_1) ** 2
            return 4 / np.pi * np.cos(angle) ** 2 * marchenko_pastur(b) * slope

        branch = [(x - d_1) / width, (x - d_1) * (1 - width / (x - d_2)) / width]
        cuts = sorted({0.0, np.pi / 2, *(float(np.arcsin(np.sqrt(p))) for p in branch if 0 < p < 1)})
        # Substituting low + length sin^2 makes the inverse square roots at the cuts smooth.
        total = 0.0
        for low, high in pairwise(cuts):
            length = high - low
            total += quad(
                lambda t, low=low, length=length: integrand(low + length * np.sin(t) ** 2)
                * length * np.sin(2 * t), 0, np.pi / 2, epsabs=1e-12, epsrel=1e-12, limit=200,
            )[0]  # fmt: skip
        return total / 2

    low, high = constants.features[0], constants.features[5]
    for x in low + (high - low) * np.array([0.03, 0.11, 0.37, 0.61, 0.9]):
        assert LimitingSpectrum(constants).density(x) == pytest.approx(density(float(x)), abs=1e-9)


@pytest.mark.parametrize("constants", NONLINEAR)
def test_density_integrates_to_the_distribution_function(constants: NonlinearityConstants) -> None:
    spectrum = LimitingSpectrum(constants)
    low, high = constants.features[0], constants.features[5]
    ends = low + (high - low) * np.array([0.21, 0.34, 0.93])
    inner = [z for z in constants.features if ends[0] < z < ends[-1]]
    for a, b in ((ends[0], ends[1]), (ends[1], ends[2])):
        points = [z for z in inner if a < z < b] or None
        integral = quad(lambda x: float(spectrum.density(x)), a, b, points=points, limit=400)[0]
        assert integral == pytest.approx(float(spectrum.cdf(b) - spectrum.cdf(a)), abs=1e-7)


@pytest.mark.parametrize("constants", [*NONLINEAR, LINEAR, EVEN])
def test_total_mass_is_one_and_half_of_it_lies_below_z_4(constants: NonlinearityConstants) -> None:
    spectrum = LimitingSpectrum(constants)
    z_1, z_4, z_6 = (constants.features[i] for i in (0, 3, 5))
    assert spectrum.cdf(z_6) == 1.0
    assert spectrum.cdf(z_1 - 1e-9) == 0.0
    below = {LINEAR: 0.0}.get(constants, 0.5)  # the linear atom sits at z_4 = 0 itself
    assert spectrum.cdf(z_4 - 1e-13) == pytest.approx(below, abs=1e-4)


@pytest.mark.parametrize("constants", [*SPREADING, EVEN])
def test_first_two_moments_are_equation_27(constants: NonlinearityConstants) -> None:
    spectrum = LimitingSpectrum(constants)
    assert spectrum.moment(0) == pytest.approx(1.0, abs=1e-14)
    assert spectrum.moment(1) == pytest.approx(constants.first_moment, rel=1e-13)
    assert spectrum.moment(2) == pytest.approx(constants.second_moment, rel=1e-13)


@pytest.mark.parametrize("constants", [ERF, OPTIMAL])
def test_moments_are_the_laurent_coefficients_of_the_stieltjes_transform(constants: NonlinearityConstants) -> None:
    spectrum = LimitingSpectrum(constants)
    # Cauchy: m_k is the mean of z^(k+1) G(z) over a circle around the spectrum.
    z = 10.0 * np.exp(2j * np.pi * (np.arange(64) + 0.5) / 64)
    g = spectrum.stieltjes(z)
    for k in range(6):
        assert spectrum.moment(k) == pytest.approx(float(np.mean(z ** (k + 1) * g).real), rel=1e-9)


def test_moments_of_the_linear_case_are_sums_of_catalan_numbers() -> None:
    catalan = [1, 1, 2, 5, 14, 42, 132]
    binomial = [1]
    for k in range(1, 7):
        binomial = [1, *(x + y for x, y in pairwise(binomial)), 1]
        expected = sum(b * catalan[k - j] * catalan[j] for j, b in enumerate(binomial)) / 2
        assert LimitingSpectrum(LINEAR).moment(k) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("constants", NONLINEAR)
def test_sampled_values_follow_the_distribution_function(constants: NonlinearityConstants) -> None:
    spectrum = LimitingSpectrum(constants)
    sample = np.sort(spectrum.sample(50_000, np.random.default_rng(1)))
    distance = np.max(np.abs((np.arange(sample.size) + 0.5) / sample.size - spectrum.cdf(sample)))
    assert distance < 1.95 / np.sqrt(sample.size)  # Kolmogorov's test at level 1e-3


def test_sampled_values_are_eigenvalues_of_2_by_2_matrices() -> None:
    spectrum = LimitingSpectrum(ERF)
    rng = np.random.default_rng(2)
    a, b = rng.uniform(0, 4 * ERF.zeta, (2, 50))
    lower, upper = spectrum._eigenvalues(a, b)
    for k in range(50):
        v = np.sqrt([a[k], b[k]])
        matrix = np.diag([ERF.eta_prime - ERF.zeta, ERF.eta - ERF.zeta]) + np.outer(v, v)
        assert np.allclose(np.linalg.eigvalsh(matrix), [lower[k], upper[k]], atol=1e-14)


@pytest.mark.parametrize("constants", [*SPREADING, EVEN])
def test_quantiles_invert_the_distribution_function(constants: NonlinearityConstants) -> None:
    spectrum = LimitingSpectrum(constants)
    p = np.linspace(0, 1, 21)
    x = spectrum.quantile(p)
    assert np.all(np.diff(x) >= 0)
    assert x[0] == constants.features[0]
    assert x[-1] == constants.features[5]
    assert np.all(spectrum.cdf(x) >= p - 1e-12)
    inside = x > constants.features[0]
    assert np.all(spectrum.cdf(x[inside] * (1 - 1e-12)) <= p[inside])


def test_quantile_refuses_what_is_no_probability() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        LimitingSpectrum(ERF).quantile([0.2, 1.2])


def test_stieltjes_transform_refuses_points_inside_the_spectrum() -> None:
    with pytest.raises(ValueError, match="inside the spectrum"):
        LimitingSpectrum(ERF).stieltjes(1.0)


def test_spectrum_of_f_opt_has_a_gap_from_z_2_to_z_4() -> None:
    spectrum = LimitingSpectrum(OPTIMAL)
    (_, left_end), (right_start, _) = spectrum.support
    assert left_end == pytest.approx(16 / 13)
    assert right_start == pytest.approx(24 / 13)
    assert np.all(spectrum.density(np.linspace(left_end + 1e-9, right_start - 1e-9, 50)) == 0.0)
    assert np.all(spectrum.cdf(np.linspace(left_end + 1e-9, right_start - 1e-9, 50)) == 0.5)
    assert spectrum.density(left_end - 1e-3) > 0
    assert spectrum.density(right_start + 1e-3) > 0
    assert len(LimitingSpectrum(ERF).support) == 1


def test_without_linear_part_the_spectrum_is_two_atoms() -> None:
    spectrum = LimitingSpectrum(EVEN)
    assert spectrum.atoms == ((1.0, 0.5), (2.0, 0.5))
    assert spectrum.stieltjes(3.0 + 1.0j) == pytest.approx(0.5 / (2.0 + 1.0j) + 0.5 / (1.0 + 1.0j))
    assert list(spectrum.cdf([0.9, 1.0, 1.9, 2.0])) == [0.0, 0.5, 0.5, 1.0]


@pytest.mark.parametrize("constants", [ERF, SRELU, OPTIMAL])
@pytest.mark.parametrize("feature", [0, 3])
def test_erratum_26_peaks_of_nonlinear_activations_are_inverse_square_roots(
    constants: NonlinearityConstants, feature: int
) -> None:
    spectrum = LimitingSpectrum(constants)
    scaling = atom_scaling(spectrum, constants.features[feature], np.geomspace(1e-10, 1e-6, 9))
    assert scaling.exponent == pytest.approx(0.5, abs=1e-3)
    assert scaling.values[0] < 1e-4
    assert spectrum.atoms == ()
    # The mass within delta of the peak vanishes like its square root.
    z = constants.features[feature]
    mass = [float(spectrum.cdf(z + d) - spectrum.cdf(z - d)) for d in (1e-5, 1e-7, 1e-9)]
    assert mass[0] / mass[1] == pytest.approx(10.0, rel=0.02)
    assert mass[1] / mass[2] == pytest.approx(10.0, rel=0.02)
    assert np.isinf(spectrum.density(z))


def test_linear_activation_has_an_atom_of_one_half_at_0() -> None:
    spectrum = LimitingSpectrum(LINEAR)
    scaling = atom_scaling(spectrum, 0.0, np.geomspace(1e-10, 1e-6, 9))
    assert scaling.exponent == pytest.approx(0.0, abs=1e-5)
    assert np.allclose(scaling.values, 0.5, atol=1e-6)
    assert spectrum.atoms == ((0.0, 0.5),)


def test_scaling_exponent_is_one_where_the_density_is_finite() -> None:
    scaling = atom_scaling(LimitingSpectrum(ERF), 2.0, np.geomspace(1e-10, 1e-6, 5))
    assert scaling.exponent == pytest.approx(1.0, abs=1e-4)


def test_scaling_needs_two_positive_epsilons() -> None:
    with pytest.raises(ValueError, match="at least two positive"):
        atom_scaling(LimitingSpectrum(ERF), 2.0, [1e-3])


def one_sided_slopes(constants: NonlinearityConstants, location: float, h: float) -> tuple[float, float]:
    x = location + h * np.array([-1.0, -0.5, 0.5, 1.0])
    d = LimitingSpectrum(constants).density(x)
    return float((d[1] - d[0]) / (h / 2)), float((d[3] - d[2]) / (h / 2))


@pytest.mark.parametrize("constants", [ERF, SRELU, OPTIMAL])
def test_erratum_slope_is_continuous_at_z_3(constants: NonlinearityConstants) -> None:
    """The paper says that the derivative is discontinuous at z_3: only the second one is singular there."""
    jumps = []
    for h in (1e-4, 1e-5, 1e-6):
        left, right = one_sided_slopes(constants, constants.features[2], h)
        jumps.append(abs(left - right) / abs(left))
    assert jumps[-1] < 2e-3
    assert jumps[2] < jumps[1] < jumps[0]


@pytest.mark.parametrize(("constants", "feature"), [(ERF, 4), (SRELU, 4), (OPTIMAL, 4), (ERF, 1), (SRELU, 1)])
def test_slope_diverges_logarithmically_at_z_5_and_without_a_gap_at_z_2(
    constants: NonlinearityConstants, feature: int
) -> None:
    slopes = [one_sided_slopes(constants, constants.features[feature], h) for h in (1e-3, 1e-5, 1e-7)]
    for side in (0, 1):
        steps = np.diff([slope[side] for slope in slopes])
        assert steps[0] < 0
        assert steps[1] == pytest.approx(steps[0], rel=0.05)


def test_atoms_are_those_of_zeta_0_although_quadrature_leaves_a_rest() -> None:
    constants = nonlinearity_constants(get_activation("shifted_leaky_relu(alpha=1)"))
    spectrum = LimitingSpectrum(constants)
    assert constants.zeta < 1e-20  # f = (|x| - E |x|) / deviation is even
    (low, below), (high, above) = spectrum.atoms
    assert (low, below, high, above) == pytest.approx((1.0, 0.5, 1 / (1 - 2 / np.pi), 0.5))
    assert list(spectrum.cdf(np.array([0.9 * low, low, 1.1 * low, high]))) == [0.0, 0.5, 0.5, 1.0]
    assert atom_scaling(spectrum, low, np.geomspace(1e-6, 1e-3, 4)).exponent == pytest.approx(0.0, abs=1e-6)
    assert list(corners(constants)) == []
    z = np.array([0.5 + 0.1j, 2.0 + 0.01j])
    assert np.allclose(spectrum.stieltjes(z), stieltjes_by_double_sum(spectrum.constants, z))
    # a zeta that is small but there is not taken for it
    assert LimitingSpectrum(NonlinearityConstants(1.0, 2.0, 1e-12)).atoms == ()
