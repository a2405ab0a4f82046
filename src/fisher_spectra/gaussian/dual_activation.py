"""Gaussian expectations of products of f, f', f'' and f''' for all pairs of hidden units.

For pre-activations z = W1 x with x standard normal and K = W1 W1^T, every entry of the population Fisher matrix of
Pennington and Worah is made of

    E f f,   E f' f',   E f''(z_a) f(z_d),   E f'' f'',   E f'''(z_a) f'(z_d).

These are derivatives of the dual activation kappa(K_aa, K_ad, K_dd) = E f(z_a) f(z_d), and exist for weak derivatives
too. Three routes, the first two exact up to rounding:

- piecewise linear f: f'' is a sum of point masses at the kinks, and normal probabilities do the rest;
- f = outer erf(inner x): arcsine and its derivatives;
- any other f: f(sqrt(q) x) is expanded in Hermite polynomials, E f f = sum_k F_k(K_aa) F_k(K_dd) c^k with c the
  correlation (Mehler), and the derivatives of f only shift and scale the coefficients, so that f alone is evaluated.
  Exact for polynomials. Pairs so strongly correlated that the series is too long are integrated over the plane, with
  derivatives moved by partial integration onto the normal density.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.activations.catalogue import as_activation_like
from fisher_spectra.activations.closed_forms import piecewise_linear_closed_forms
from fisher_spectra.activations.protocol import ActivationLike
from fisher_spectra.common.arguments import finite_array
from fisher_spectra.common.gauss_legendre import gauss_legendre

Array = npt.NDArray[np.float64]

_ERROR_FUNCTIONS = ("erf", "normalised_erf")
# Where erf and its multiples have reached their limits in double precision.
_SATURATED = 1e8

# Hermite route: terms at most, relative size of the first neglected one, and the integration grid. The integrand of
# order k oscillates with wave number sqrt(k) under exp(-x^2 / 4), so 13 is far enough and 20 nodes per half unit
# resolve order 400.
_MOST_TERMS = 400
_SERIES_TOLERANCE = 1e-17
_REACH = 13.0
_PANEL_NODES = 20
_WIDEST_PANEL = 0.5
_NARROWEST_PANEL = 2.0**-8
_PANEL_TOLERANCE = 1e-12


@dataclass(frozen=True)
class DualActivation:
    """Expectations for all pairs (a, d) of hidden units, float64, shape (n, n).

    On the diagonal only the combinations that the Fisher matrix contains are finite for a kinked f. By convention
    `second_second` is 0 there, `third_first` is E (f'^2)'' / 2 and `second_value` is E (f f')' - E f'^2, derivatives
    being those of the product.

    Attributes
    ----------
    value
        E f(z_a) f(z_d).
    first
        E f'(z_a) f'(z_d).
    second_value
        E f''(z_a) f(z_d); not symmetric.
    second_second
        E f''(z_a) f''(z_d).
    third_first
        E f'''(z_a) f'(z_d); not symmetric.
    """

    value: Array
    first: Array
    second_value: Array
    second_second: Array
    third_first: Array


def dual_activation(activation: ActivationLike | str, covariance: npt.ArrayLike) -> DualActivation:
    """All expectations for centred Gaussian pre-activations with the given covariance.

    Parameters
    ----------
    activation
        Continuous; kinks declared. A piecewise linear one declares its slopes too.
    covariance
        K = W1 W1^T, shape (n, n), with positive diagonal.

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric, a variance is not positive, or two units are perfectly correlated
        (for a kinked f the Fisher matrix is then no function of K alone; for any f two hidden units coincide).

    Notes
    -----
    Errors are of the order of rounding, except for pairs whose series is too long (tanh at variance 1 from |c| = 0.992
    on, at variance 4 from 0.945). These are integrated over the plane, where second derivatives move onto a normal
    density that narrows with c: `second_second` and `third_first` of tanh are then off by up to 1e-16 / (1 - c^2) over
    the smaller variance, measured: 5e-9 at variance 1 and 1 - |c| = 1e-8, 5e-5 at the limit of 1e-12.

    Examples
    --------
    >>> dual = fs.dual_activation(fs.get_activation("relu"), np.array([[1.0, 0.5], [0.5, 1.0]]))
    >>> dual.value.round(4)
    array([[0.5   , 0.3045],
           [0.3045, 0.5   ]])
    >>> dual.first.round(4)
    array([[0.5   , 0.3333],
           [0.3333, 0.5   ]])
    """
    activation, covariance = as_activation_like(activation), finite_array("covariance", covariance)
    if covariance.ndim != 2 or covariance.shape[0] != covariance.shape[1] or covariance.size == 0:
        raise ValueError(f"covariance: shape {covariance.shape}, must be square with at least one hidden unit")
    if not np.allclose(covariance, covariance.T, rtol=1e-12, atol=0.0):
        raise ValueError("covariance: must be symmetric")
    variance = np.diagonal(covariance).copy()
    if np.any(variance <= 0.0):
        raise ValueError("covariance: all variances must be positive (a hidden unit has no incoming weight)")
    deviation = np.sqrt(variance)
    correlation = covariance / deviation[:, None] / deviation[None, :]
    np.fill_diagonal(correlation, 0.0)
    if np.max(np.abs(correlation), initial=0.0) >= 1.0 - 1e-12:
        raise ValueError("covariance: two hidden units are perfectly correlated, the Fisher matrix needs them distinct")
    if activation.slopes is not None:
        result = _piecewise_linear(activation, activation.slopes, covariance)
        _set_diagonal(activation, variance, _WIDEST_PANEL, result)
    elif activation.spec.partition("(")[0] in _ERROR_FUNCTIONS:
        result = _error_function(activation, covariance)
    else:
        panel = _resolving_panel(activation, variance)
        result = _by_hermite_series(activation, variance, correlation, panel)
        _set_diagonal(activation, variance, panel, result)
    return result


def _set_diagonal(activation: ActivationLike, variance: Array, panel: float, result: DualActivation) -> None:
    """Diagonal by one-dimensional quadrature: E F'' = E F (z^2 - q) / q^2 and E (f f')' = E f f' z / q."""
    if activation.kinks:
        pairs = [_grid(tuple(kink / np.sqrt(q) for kink in activation.kinks), panel) for q in variance]
        nodes = np.array([x for x, _ in pairs])
        weights = np.array([w for _, w in pairs])
    else:
        nodes, weights = (part[None, :] for part in _grid((), panel))
    z = np.sqrt(variance)[:, None] * nodes
    f, slope = activation(z), activation.derivative(z)
    first = np.sum(weights * slope**2, axis=1)
    indices = np.arange(variance.size)
    result.value[indices, indices] = np.sum(weights * f**2, axis=1)
    result.first[indices, indices] = first
    result.second_value[indices, indices] = np.sum(weights * f * slope * z, axis=1) / variance - first
    result.second_second[indices, indices] = 0.0
    result.third_first[indices, indices] = 0.5 * np.sum(weights * slope**2 * (nodes**2 - 1.0), axis=1) / variance


# ---------------------------------------------------------------------------------------------------------------------
# Piecewise linear activations


def _piecewise_linear(activation: ActivationLike, slopes: tuple[float, ...], covariance: Array) -> DualActivation:
    """f'' = sum_i jump_i delta(x - kink_i)."""
    kinks = np.array(activation.kinks)
    jumps = np.diff(np.array(slopes))
    variance = np.diagonal(covariance)
    s, t = variance[:, None], variance[None, :]
    ratio = covariance / s  # E (z_d | z_a) = ratio z_a
    rest = t - covariance * ratio
    np.fill_diagonal(rest, 1.0)  # the diagonal is set elsewhere; any positive number keeps it finite
    spread = np.sqrt(rest)
    second_value = np.zeros_like(covariance)
    second_second = np.zeros_like(covariance)
    third_first = np.zeros_like(covariance)
    # f(x) = start + slopes[0] x + sum_j jump_j (x - kink_j)_+ holds everywhere.
    far_left = np.array([kinks.min(initial=0.0) - 1.0])
    start = float(activation(far_left)[0] - slopes[0] * far_left[0])
    for kink, jump in zip(kinks, jumps, strict=True):
        mean = ratio * kink
        conditional_value = start + slopes[0] * mean
        conditional_slope = np.full_like(covariance, slopes[0])
        conditional_mass = np.zeros_like(covariance)
        for other, other_jump in zip(kinks, jumps, strict=True):
            h = (mean - other) / spread
            tail, bell = scipy.special.ndtr(h), np.exp(-0.5 * h**2) / np.sqrt(2.0 * np.pi)
            conditional_value += other_jump * spread * (h * tail + bell)
            conditional_slope += other_jump * tail
            conditional_mass += other_jump * bell / spread
        point = jump * np.exp(-0.5 * kink**2 / s) / np.sqrt(2.0 * np.pi * s)
        second_value += point * conditional_value
        second_second += point * conditional_mass
        third_first += point * conditional_slope * kink / s
    # Stein: E z_a f''(z_a) f'(z_d) = K_aa E f''' f' + K_ad E f'' f''.
    third_first -= ratio * second_second
    return DualActivation(*_values(activation, slopes, covariance), second_value, second_second, third_first)


def _values(activation: ActivationLike, slopes: tuple[float, ...], covariance: Array) -> tuple[Array, Array]:
    """E f f and E f' f'."""
    origin = np.zeros(1)
    forms = piecewise_linear_closed_forms(
        activation.kinks, slopes, float(activation(origin)[0]), float(activation.derivative(origin)[0])
    )
    assert forms.kernel is not None
    assert forms.derivative_kernel is not None
    variance = np.diagonal(covariance)
    s, t = variance[:, None], variance[None, :]
    return np.array(forms.kernel(s, t, covariance)), np.array(forms.derivative_kernel(s, t, covariance))


# ---------------------------------------------------------------------------------------------------------------------
# Error functions


def _error_function(activation: ActivationLike, covariance: Array) -> DualActivation:
    """f(x) = outer erf(inner x): E f f = outer^2 (2/pi) arcsin(2 inner^2 c / sqrt(p r)) and its derivatives."""
    outer = float(activation(np.array([_SATURATED]))[0])
    slope = float(activation.derivative(np.array([0.0]))[0])
    scale = 0.5 * np.pi * (slope / outer) ** 2  # 2 inner^2
    variance = np.diagonal(covariance)
    p, r = 1.0 + scale * variance[:, None], 1.0 + scale * variance[None, :]
    gram = np.maximum(variance[:, None] * variance[None, :] - covariance**2, 0.0)
    determinant = 1.0 + scale * (variance[:, None] + variance[None, :]) + scale**2 * gram
    root = np.sqrt(determinant)
    amplitude = outer**2 * 2.0 / np.pi
    result = DualActivation(
        value=amplitude * np.arctan2(scale * covariance, root),
        first=amplitude * scale / root,
        second_value=-amplitude * scale**2 * covariance / (p * root),
        second_second=amplitude * scale**3 * covariance / (determinant * root),
        third_first=-amplitude * scale**2 * r / (determinant * root),
    )
    # All five are finite on the diagonal too; only the convention of `DualActivation` for it remains.
    indices = np.arange(variance.size)
    result.third_first[indices, indices] += result.second_second[indices, indices]
    result.second_second[indices, indices] = 0.0
    return result


# ---------------------------------------------------------------------------------------------------------------------
# Any activation


def _resolving_panel(activation: ActivationLike, variance: Array) -> float:
    """Width of panels at which E f^2 and E f'^2 agree with panels of half the width, for the extreme variances."""

    def moments(panel: float) -> Array:
        result = []
        for q in (float(np.min(variance)), float(np.max(variance))):
            x, w = _grid(tuple(kink / np.sqrt(q) for kink in activation.kinks), panel)
            z = np.sqrt(q) * x
            result += [w @ activation(z) ** 2, w @ activation.derivative(z) ** 2]
        return np.array(result)

    panel = _WIDEST_PANEL
    coarse = moments(panel)
    while panel >= _NARROWEST_PANEL:
        fine = moments(0.5 * panel)
        if np.all(np.abs(fine - coarse) <= _PANEL_TOLERANCE * np.abs(fine)):
            return panel
        panel, coarse = 0.5 * panel, fine
    raise ValueError(
        f"activation {activation.spec}: E f^2 or E f'^2 does not settle for variances between {np.min(variance):g} and "
        f"{np.max(variance):g}; it is too steep, has a kink that is not declared, or grows too fast"
    )


def _grid(breaks: tuple[float, ...], panel: float) -> tuple[Array, Array]:
    """Nodes and weights for the standard normal measure: Gauss-Legendre panels, split at the given points.

    The number of nodes depends on the number of breaks alone, so that grids of different units can be stacked.
    """
    node, weight = gauss_legendre(_PANEL_NODES)
    regular = np.linspace(-_REACH, _REACH, round(2.0 * _REACH / panel) + 1)
    edges = np.sort(np.concatenate([regular, np.clip(breaks, -_REACH, _REACH)]))
    half, centre = 0.5 * np.diff(edges), 0.5 * (edges[1:] + edges[:-1])
    x = (centre[:, None] + half[:, None] * node).ravel()
    w = (half[:, None] * weight).ravel() * np.exp(-0.5 * x**2) / np.sqrt(2.0 * np.pi)
    return x, w


def _hermite_coefficients(activation: ActivationLike, variance: Array, count: int, panel: float) -> Array:
    """F_k(q) = E f(sqrt(q) x) h_k(x), normalised Hermite polynomials, k < count; shape (count, n).

    Panels of one width for all units, which `_resolving_panel` has tested. `gaussian.integrals`, for variances of any
    ratio, has other panels for each variance, and bounds the rest of the series: the two agree to rounding only.
    """
    if not activation.kinks:
        x, w = _grid((), panel)
        values = w[:, None] * activation(np.sqrt(variance)[None, :] * x[:, None])
        return np.array([h @ values for h in _hermite_polynomials(x, count)])
    result = np.empty((count, variance.size))
    for unit, q in enumerate(variance):
        x, w = _grid(tuple(kink / np.sqrt(q) for kink in activation.kinks), panel)
        values = w * activation(np.sqrt(q) * x)
        result[:, unit] = [h @ values for h in _hermite_polynomials(x, count)]
    return result


def _hermite_polynomials(x: Array, count: int) -> list[Array]:
    polynomials = [np.ones_like(x), x.copy()]
    for k in range(1, count - 1):
        polynomials.append((x * polynomials[k] - np.sqrt(k) * polynomials[k - 1]) / np.sqrt(k + 1.0))
    return polynomials[:count]


def _by_hermite_series(activation: ActivationLike, variance: Array, correlation: Array, panel: float) -> DualActivation:
    coefficients = _hermite_coefficients(activation, variance, _MOST_TERMS + 4, panel)
    largest = np.max(np.abs(coefficients), axis=1)
    # Below the rounding error of the quadrature a coefficient is noise: a polynomial ends there.
    coefficients[largest < 1e-15 * np.max(largest)] = 0.0
    order = np.arange(_MOST_TERMS)
    # Size of the terms of all five series, per power of c: derivatives multiply by at most (k + 4)^4 / sqrt of it.
    envelope = np.max(np.abs(coefficients), axis=1)
    sizes = (order + 4.0) ** 2 * np.max([envelope[i : i + _MOST_TERMS] for i in range(4)], axis=0) ** 2
    with np.errstate(divide="ignore"):
        log_sizes = np.log(sizes / np.max(sizes))
    strength = np.abs(correlation)
    limit = _largest_correlation(log_sizes)
    in_series = strength <= limit
    terms = _terms(log_sizes, float(np.max(np.where(in_series, strength, 0.0), initial=0.0)))
    c = np.where(in_series, correlation, 0.0)
    k = np.arange(terms, dtype=np.float64)[:, None]
    f = coefficients
    # f^(j)(sqrt(q) x) has coefficients sqrt((k + 1) .. (k + j)) F_{k+j} / q^(j/2).
    f_0 = f[:terms]
    f_1 = np.sqrt(k + 1.0) * f[1 : terms + 1]
    f_2 = np.sqrt((k + 1.0) * (k + 2.0)) * f[2 : terms + 2]
    f_3 = np.sqrt((k + 1.0) * (k + 2.0) * (k + 3.0)) * f[3 : terms + 3]
    root = np.sqrt(variance)
    s, st = variance[:, None], root[:, None] * root[None, :]
    result = DualActivation(
        value=_series(f_0, f_0, c),
        first=_series(f_1, f_1, c) / st,
        second_value=_series(f_2, f_0, c) / s,
        second_second=_series(f_2, f_2, c) / st**2,
        third_first=_series(f_3, f_1, c) / (s * st),
    )
    for a, d in np.argwhere(np.triu(~in_series, 1)):
        _integrate_pair(activation, variance, correlation, int(a), int(d), panel, result)
    return result


def _largest_correlation(log_sizes: Array) -> float:
    """Largest |c| for which the terms fall below the tolerance within the series."""
    tail = np.arange(_MOST_TERMS // 2, _MOST_TERMS)
    finite = np.isfinite(log_sizes[tail])
    if not np.any(finite):
        return 1.0
    needed = (np.log(_SERIES_TOLERANCE) - np.max(log_sizes[tail][finite])) / _MOST_TERMS
    return float(np.exp(min(needed, 0.0)))


def _terms(log_sizes: Array, strength: float) -> int:
    """Number of terms until all later ones are below the tolerance."""
    order = np.arange(_MOST_TERMS)
    exponent = log_sizes + order * np.log(max(strength, np.finfo(np.float64).tiny))
    above = np.flatnonzero(exponent > np.log(_SERIES_TOLERANCE))
    return int(above[-1]) + 1 if above.size else 1


def _series(left: Array, right: Array, c: Array) -> Array:
    """sum_k left[k, a] right[k, d] c[a, d]^k by Horner's rule."""
    total = np.zeros_like(c)
    for k in range(left.shape[0] - 1, -1, -1):
        total *= c
        total += left[k][:, None] * right[k][None, :]
    return total


def _integrate_pair(
    activation: ActivationLike,
    variance: Array,
    correlation: Array,
    a: int,
    d: int,
    panel: float,
    result: DualActivation,
) -> None:
    """One pair by product quadrature: derivatives beyond the first are taken on the normal density."""
    s, t, c = float(variance[a]), float(variance[d]), float(correlation[a, d])
    x, x_weight = _grid(tuple(kink / np.sqrt(s) for kink in activation.kinks), panel)
    # z_d = sqrt(t) (c x + r y) with x, y independent: the inner grid is split where z_d passes a kink.
    r = np.sqrt((1.0 - c) * (1.0 + c))
    u = np.sqrt(s) * x
    inner = [_grid(tuple((kink / np.sqrt(t) - c * xi) / r for kink in activation.kinks), panel) for xi in x]
    y = np.array([nodes for nodes, _ in inner])
    weight = x_weight[:, None] * np.array([weights for _, weights in inner])
    v = np.sqrt(t) * (c * x[:, None] + r * y)
    f_u, g_u = activation(u)[:, None], activation.derivative(u)[:, None]
    f_v, g_v = activation(v), activation.derivative(v)
    # Scores of the joint density in units of the deviations: y_u = (x - c y / r), y_v = y / r, both times 1/sqrt(q).
    score_u = (x[:, None] - c * y / r) / np.sqrt(s)
    score_v = y / r / np.sqrt(t)
    precision_uu, precision_vv = 1.0 / (s * r**2), 1.0 / (t * r**2)
    precision_uv = -c / (np.sqrt(s * t) * r**2)
    slopes = weight * g_u * g_v
    moments = np.array(
        [
            np.sum(weight * f_u * f_v),
            np.sum(slopes),
            np.sum(weight * g_u * score_u * f_v),
            np.sum(weight * f_u * score_v * g_v),
            np.sum(slopes * (score_u * score_v - precision_uv)),
            np.sum(slopes * (score_u**2 - precision_uu)),
            np.sum(slopes * (score_v**2 - precision_vv)),
        ]
    )
    result.value[a, d] = result.value[d, a] = moments[0]
    result.first[a, d] = result.first[d, a] = moments[1]
    result.second_value[a, d], result.second_value[d, a] = moments[2], moments[3]
    result.second_second[a, d] = result.second_second[d, a] = moments[4]
    result.third_first[a, d], result.third_first[d, a] = moments[5], moments[6]
