"""Functions inside compiled loops, without a call or a branch: processors do several at a time."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.compiled import compiled, compiled_in_place

Coefficients = npt.NDArray[np.float32]

_ZERO, _HALF, _ONE, _INFINITE = (np.float32(value) for value in (0.0, 0.5, 1.0, np.inf))


def _single(numbers: Any) -> Coefficients:
    """Coefficients of a polynomial, the highest power first, from those that rise."""
    return np.array([float(number) for number in reversed(numbers)], dtype=np.float32)


def _continued_fraction(levels: int) -> tuple[list[Fraction], list[Fraction]]:
    """tanh(x) = x p(x^2) / q(x^2) from Lambert's x / (1 + x^2 / (3 + x^2 / (5 + ..))), cut off: coefficients of p, q.

    They rise with the powers, and q(0) = 1.
    """
    upper, lower = [Fraction(2 * levels - 1)], [Fraction(1)]
    for odd in range(2 * levels - 3, 0, -2):
        # odd + z / (upper / lower)
        product = [odd * c for c in upper] + [Fraction(0)] * (len(lower) + 1 - len(upper))
        for power, c in enumerate(lower, start=1):
            product[power] += c
        upper, lower = product, upper
    return [c / upper[0] for c in lower], [c / upper[0] for c in upper]


# With 13 levels the fraction is right to 1e-7 up to 9.1, and beyond 9.02 tanh rounds to 1 in single precision.
_LARGEST = np.float32(9.1)
_P, _Q = ([np.float32(float(c)) for c in part] for part in _continued_fraction(13))
_P0, _P1, _P2, _P3, _P4, _P5, _P6 = _P
_Q0, _Q1, _Q2, _Q3, _Q4, _Q5, _Q6 = _Q


@compiled
def tanh_single(x: Any) -> Any:
    """tanh of a number in single precision, within 5 units in the last place; what is not a number stays so."""
    x = _LARGEST if x > _LARGEST else x
    x = -_LARGEST if x < -_LARGEST else x
    z = x * x
    p = (((((_P6 * z + _P5) * z + _P4) * z + _P3) * z + _P2) * z + _P1) * z + _P0
    q = (((((_Q6 * z + _Q5) * z + _Q4) * z + _Q3) * z + _Q2) * z + _Q1) * z + _Q0
    value = x * p / q
    value = _ONE if value > _ONE else value
    return -_ONE if value < -_ONE else value


# exp(x) = 2^n exp(r), |r| <= log(2) / 2, where eight terms of Taylor's series are right to 6e-9. log(2) is taken off in
# two parts, of which the first has so few digits that n times it is exact.
_PER_LOG_2 = np.float32(1.0 / math.log(2.0))
_LOG_2_HIGH = np.float32(355.0 / 512.0)
_LOG_2_LOW = np.float32(math.log(2.0) - float(_LOG_2_HIGH))
_TAYLOR = _single([Fraction(1, math.factorial(k)) for k in range(8)])
_LEAST, _MOST = np.float32(-87.0), np.float32(88.0)  # beyond are denormal numbers, and soon none that are finite
_BIAS, _FRACTION_BITS = np.int32(127), np.int32(23)  # of IEEE 754's single precision


@compiled_in_place
def exp_single(x: Any) -> Any:
    """exp of a number in single precision, within 2 units in the last place; 0 below -87 and infinite above 88."""
    near = _MOST if x > _MOST else x
    near = _LEAST if near < _LEAST else near
    n = np.floor(near * _PER_LOG_2 + _HALF)
    rest = (near - n * _LOG_2_HIGH) - n * _LOG_2_LOW
    value = _TAYLOR[0]
    for k in range(1, len(_TAYLOR)):
        value = value * rest + _TAYLOR[k]
    value *= np.int32((np.int32(n) + _BIAS) << _FRACTION_BITS).view(np.float32)
    value = _INFINITE if x > _MOST else value
    return _ZERO if x < _LEAST else value


# The same in double precision, where fourteen terms are right to 5e-18. n is read off the last digits of the sum with
# 1.5 2^52: processors without AVX-512 cannot make whole numbers of several others at a time. The two parts of log(2)
# are those of the C library fdlibm.
_PER_LOG_2_DOUBLE, _TO_WHOLE = 1.0 / math.log(2.0), 1.5 * 2.0**52
_LOG_2_HIGH_DOUBLE, _LOG_2_LOW_DOUBLE = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_TAYLOR_DOUBLE = np.array([1.0 / math.factorial(k) for k in reversed(range(14))])
_LEAST_DOUBLE, _MOST_DOUBLE = -708.0, 709.0
_BIAS_DOUBLE, _FRACTION_BITS_DOUBLE = np.int64(1023), np.int64(52)


@compiled_in_place
def exp_double(x: Any) -> Any:
    """exp of a number in double precision, within 2 units in the last place; 0 below -708 and infinite above 709."""
    near = _MOST_DOUBLE if x > _MOST_DOUBLE else x
    near = _LEAST_DOUBLE if near < _LEAST_DOUBLE else near
    shifted = near * _PER_LOG_2_DOUBLE + _TO_WHOLE
    n = shifted - _TO_WHOLE
    rest = (near - n * _LOG_2_HIGH_DOUBLE) - n * _LOG_2_LOW_DOUBLE
    value = _TAYLOR_DOUBLE[0]
    for k in range(1, len(_TAYLOR_DOUBLE)):
        value = value * rest + _TAYLOR_DOUBLE[k]
    value *= np.int64((np.float64(shifted).view(np.int64) + _BIAS_DOUBLE) << _FRACTION_BITS_DOUBLE).view(np.float64)
    value = np.inf if x > _MOST_DOUBLE else value
    return 0.0 if x < _LEAST_DOUBLE else value


# Up to 0.55 the fraction with eight levels, right to 1e-18 of itself; from there on 1 - 2 / (1 + exp(2 x)), in which
# nothing cancels.
_SPLIT_DOUBLE = 0.55
_P_DOUBLE, _Q_DOUBLE = (
    np.array([float(c) for c in reversed(part)], dtype=np.float64) for part in _continued_fraction(8)
)


@compiled_in_place
def tanh_double(x: Any) -> Any:
    """tanh of a number in double precision, within 3 units in the last place; what is not a number stays so."""
    a = abs(x)
    z = x * x
    p, q = _P_DOUBLE[0], _Q_DOUBLE[0]
    for k in range(1, len(_P_DOUBLE)):
        p = p * z + _P_DOUBLE[k]
    for k in range(1, len(_Q_DOUBLE)):
        q = q * z + _Q_DOUBLE[k]
    near, far = a * p / q, 1.0 - 2.0 / (1.0 + exp_double(2.0 * a))
    value = far if a > _SPLIT_DOUBLE else near
    return math.copysign(value, x)


@compiled_in_place
def logistic_single(x: Any) -> Any:
    """1 / (1 + exp(-x)) of a number in single precision, within 3 units in the last place; 0 below -88."""
    return _ONE / (_ONE + exp_single(-x))


def _tail_fraction(levels: int) -> tuple[list[Fraction], list[Fraction]]:
    """sqrt(pi) exp(a^2) erfc(a) = p(a) / q(a) from 1 / (a + (1/2) / (a + 1 / (a + (3/2) / (a + ..)))), cut off.

    Abramowitz and Stegun, 7.1.14. The coefficients rise with the powers.
    """
    upper, lower = [Fraction(0), Fraction(1)], [Fraction(1)]
    for level in range(levels, 0, -1):
        # a + (level / 2) / (upper / lower)
        product = [Fraction(0), *upper]
        for power, c in enumerate(lower):
            product[power] += Fraction(level, 2) * c
        upper, lower = product, upper
    return lower, upper


# Up to 2 the series erf(a) = 2 / sqrt(pi) exp(-a^2) sum_k 2^k a^(2k + 1) / (1 3 .. (2k + 1)), Abramowitz and Stegun,
# 7.1.6, whose terms are all positive: what 23 leave is below 1e-10. From 2 on the fraction, with 12 levels right to
# 2.5e-7. None is asked for more than 10, where exp(-a^2) is nothing in single precision.
_SPLIT, _FARTHEST = np.float32(2.0), np.float32(10.0)
_ODD_PRODUCTS = accumulate(range(1, 23), lambda term, k: term * Fraction(2, 2 * k + 1), initial=Fraction(1))
_SERIES = _single([2.0 / math.sqrt(math.pi) * float(term) for term in _ODD_PRODUCTS])
_TAIL_P, _TAIL_Q = (_single(part) for part in _tail_fraction(12))
_TAIL_P /= np.float32(math.sqrt(math.pi))
_ROOT_HALF = np.float32(math.sqrt(0.5))


@compiled_in_place
def _near(a: Any) -> Any:
    """exp(a^2) erf(a) for a of 0 to 2."""
    z = a * a
    value = _SERIES[0]
    for k in range(1, len(_SERIES)):
        value = value * z + _SERIES[k]
    return a * value


@compiled_in_place
def _far(a: Any) -> Any:
    """exp(a^2) erfc(a) for a of 2 to 10."""
    p, q = _TAIL_P[0], _TAIL_Q[0]
    for k in range(1, len(_TAIL_P)):
        p = p * a + _TAIL_P[k]
    for k in range(1, len(_TAIL_Q)):
        q = q * a + _TAIL_Q[k]
    return p / q


@compiled_in_place
def erf_single(x: Any) -> Any:
    """erf of a number in single precision, within 5 units in the last place."""
    a = abs(x)
    a = _FARTHEST if a > _FARTHEST else a
    decay = exp_single(-a * a)
    near, far = decay * _near(a), _ONE - decay * _far(a)  # both, since a choice between calls would be a branch
    value = far if a > _SPLIT else near
    return -value if x < _ZERO else value


@compiled_in_place
def normal_distribution_single(x: Any) -> Any:
    """P(z <= x) of z ~ N(0, 1), x in single precision, right to 2e-7, and to 5e-5 of itself down to 1e-37."""
    a = abs(x) * _ROOT_HALF
    a = _FARTHEST if a > _FARTHEST else a
    decay = exp_single(-a * a)
    near, far = _ONE - decay * _near(a), decay * _far(a)
    outside = _HALF * (far if a > _SPLIT else near)
    return _ONE - outside if x > _ZERO else outside


def _double(text: str) -> npt.NDArray[np.float64]:
    """Numbers as they are printed."""
    return np.array(text.split(), dtype=np.float64)


# The rational approximations of W. J. Cody, Mathematics of Computation 23 (1969) 631, with the numbers of his routine
# CALERF: erf(a) = a P(a^2) / Q(a^2) up to 15/32, erfc(a) = exp(-a^2) P(a) / Q(a) up to 4, and from there on
# exp(-a^2) / a (1 / sqrt(pi) - z P(z) / Q(z)) with z = 1 / a^2; each right to 1e-16. The highest power first.
_ERF_SPLIT, _ERFC_SPLIT = 0.46875, 4.0
_CENTRE_P = _double("""
    1.85777706184603153e-1 3.16112374387056560e+0 1.13864154151050156e+2 3.77485237685302021e+2 3.20937758913846947e+3
""")
_CENTRE_Q = _double("""
    1 2.36012909523441209e+1 2.44024637934444173e+2 1.28261652607737228e+3 2.84423683343917062e+3
""")
_MIDDLE_P = _double("""
    2.15311535474403846e-8 5.64188496988670089e-1 8.88314979438837594e+0 6.61191906371416295e+1 2.98635138197400131e+2
    8.81952221241769090e+2 1.71204761263407058e+3 2.05107837782607147e+3 1.23033935479799725e+3
""")
_MIDDLE_Q = _double("""
    1 1.57449261107098347e+1 1.17693950891312499e+2 5.37181101862009858e+2 1.62138957456669019e+3
    3.29079923573345963e+3 4.36261909014324716e+3 3.43936767414372164e+3 1.23033935480374942e+3
""")
_OUTER_P = _double("""
    1.63153871373020978e-2 3.05326634961232344e-1 3.60344899949804439e-1 1.25781726111229246e-1 1.60837851487422766e-2
    6.58749161529837803e-4
""")
_OUTER_Q = _double("""
    1 2.56852019228982242e+0 1.87295284992346725e+0 5.27905102951428412e-1 6.05183413124413191e-2 2.33520497626869185e-3
""")
_FARTHEST_DOUBLE = 27.0  # exp(-a^2) is 0 from 26.7 on
_ONE_OVER_ROOT_PI, _ROOT_HALF_DOUBLE = 1.0 / math.sqrt(math.pi), math.sqrt(0.5)


@compiled_in_place
def _erf_of_centre(a: Any) -> Any:
    """erf(a) for a of 0 to 15/32."""
    z = a * a
    p, q = _CENTRE_P[0], _CENTRE_Q[0]
    for k in range(1, len(_CENTRE_P)):
        p = p * z + _CENTRE_P[k]
        q = q * z + _CENTRE_Q[k]
    return a * p / q


@compiled_in_place
def _erfc_outside(a: Any) -> Any:
    """erfc(a) for a of 15/32 to 27."""
    p, q = _MIDDLE_P[0], _MIDDLE_Q[0]
    for k in range(1, len(_MIDDLE_P)):
        p = p * a + _MIDDLE_P[k]
        q = q * a + _MIDDLE_Q[k]
    middle = p / q
    far = _ERFC_SPLIT if a < _ERFC_SPLIT else a  # both are computed, and this one must not divide by 0
    z = 1.0 / (far * far)
    p, q = _OUTER_P[0], _OUTER_Q[0]
    for k in range(1, len(_OUTER_P)):
        p = p * z + _OUTER_P[k]
        q = q * z + _OUTER_Q[k]
    outer = (_ONE_OVER_ROOT_PI - z * p / q) / far
    return exp_double(-a * a) * (outer if a > _ERFC_SPLIT else middle)


@compiled_in_place
def erf_double(x: Any) -> Any:
    """erf of a number in double precision, within 4 units in the last place."""
    a = abs(x)
    a = _FARTHEST_DOUBLE if a > _FARTHEST_DOUBLE else a
    centre, outside = _erf_of_centre(a), _erfc_outside(a)
    return math.copysign(1.0 - outside if a > _ERF_SPLIT else centre, x)


@compiled_in_place
def normal_distribution_double(x: Any) -> Any:
    """P(z <= x) of z ~ N(0, 1), x in double precision, right to 3e-16, and to 3e-13 of itself down to 1e-300."""
    a = abs(x) * _ROOT_HALF_DOUBLE
    a = _FARTHEST_DOUBLE if a > _FARTHEST_DOUBLE else a
    centre, outside = 1.0 - _erf_of_centre(a), _erfc_outside(a)
    beyond = 0.5 * (outside if a > _ERF_SPLIT else centre)
    return 1.0 - beyond if x > 0.0 else beyond
