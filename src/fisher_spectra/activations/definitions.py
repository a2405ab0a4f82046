"""What each activation is: value, derivative, kinks and Gaussian closed forms.

A new activation is one entry of `DEFINITIONS`: its parameters and a function that turns their values into a
:class:`Definition`. Values and derivatives are written once, in terms of a handful of operations that exist for numpy
arrays and for torch tensors (`activations.operations`).

Derivative at a kink: as torch's autograd has it for its own relu, leaky_relu and hardtanh. That is the slope on the
left for the ReLU family (relu'(0) = 0, leaky_relu'(0) = slope) and 0 at both ends of the hard tanh.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fisher_spectra.activations.closed_forms import (
    ClosedForms,
    erf_closed_forms,
    gelu_closed_forms,
    linear_closed_forms,
    piecewise_linear_closed_forms,
    quadratic_closed_forms,
    sine_closed_forms,
)

Function = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Tails:
    """What a smooth function approaches exponentially fast, by exp(-|x|) or faster, on both sides of the origin.

    Attributes
    ----------
    left
        Its value on the left.
    jump, bend
        On the right it is left + jump + bend x.
    least_variance
        From this variance of its argument on they are used for Gaussian means; at least 1. That of tanh keeps to the
        series of Hermite polynomials wherever results were made with it.
    """

    left: float = 0.0
    jump: float = 0.0
    bend: float = 0.0
    least_variance: float = 1.0


@dataclass(frozen=True)
class Definition:
    """What an activation is, for given parameter values.

    ``value`` and ``derivative`` take the operations (numpy's or torch's) and the argument; ``tails`` and
    ``derivative_tails`` are those of the two, for smooth activations without closed forms.
    """

    value: Function
    derivative: Function
    is_odd: bool = False
    kinks: tuple[float, ...] = ()
    slopes: tuple[float, ...] | None = None
    closed_forms: ClosedForms = field(default_factory=ClosedForms)
    value_and_derivative: Callable[[Any, Any], tuple[Any, Any]] | None = None
    tails: Tails | None = None
    derivative_tails: Tails | None = None


@dataclass(frozen=True)
class Parameter:
    """A parameter of an activation: its default, and which values are allowed, in words and as a test."""

    default: float
    allowed: str
    is_allowed: Callable[[float], bool]


@dataclass(frozen=True)
class Entry:
    """An activation of the catalogue: how its parameters define it, and what they are."""

    define: Callable[..., Definition]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


def _tanh() -> Definition:
    def both(ops: Any, x: Any) -> tuple[Any, Any]:
        value = ops.tanh(x)
        return value, 1.0 - value * value

    return Definition(
        value=lambda ops, x: ops.tanh(x),
        derivative=lambda ops, x: both(ops, x)[1],
        value_and_derivative=both,
        is_odd=True,
        tails=Tails(left=-1.0, jump=2.0, least_variance=100.0),
        derivative_tails=Tails(least_variance=100.0),
    )


def _scaled_erf(inner: float, outer: float) -> Definition:
    slope = outer * inner * 2.0 / math.sqrt(math.pi)
    return Definition(
        value=lambda ops, x: outer * ops.erf(inner * x),
        derivative=lambda ops, x: slope * ops.exp(-((inner * x) ** 2)),
        is_odd=True,
        closed_forms=erf_closed_forms(inner, outer),
    )


def _normalised_erf(alpha: float) -> Definition:
    # The printed normalisation (4/pi) atan sqrt(1 + 4 alpha^4) - 1 equals this arcsine, which does not cancel for small
    # alpha; E erf(alpha^2 z)^2 = (2/pi) asin(2 alpha^4 / (1 + 2 alpha^4)).
    fourth = 2.0 * alpha**4
    return _scaled_erf(alpha**2, 1.0 / math.sqrt(2.0 / math.pi * math.asin(fourth / (1.0 + fourth))))


def _linear() -> Definition:
    return Definition(
        value=lambda ops, x: x,
        derivative=lambda ops, x: ops.ones_like(x),
        is_odd=True,
        slopes=(1.0,),
        closed_forms=linear_closed_forms(),
    )


def _two_slopes(left: float, right: float, shift: float, value: Function) -> Definition:
    """left x for x <= 0, right x for x > 0, minus shift; ``value`` evaluates it."""
    straight = left == right
    kinks = () if straight else (0.0,)
    slopes = (right,) if straight else (left, right)
    return Definition(
        value=value,
        derivative=lambda ops, x: ops.step(x > 0, right, left, x),
        is_odd=straight and shift == 0.0,
        kinks=kinks,
        slopes=slopes,
        closed_forms=piecewise_linear_closed_forms(kinks, slopes, value_at_zero=-shift, derivative_at_zero=left),
    )


def _leaky_relu(slope: float) -> Definition:
    return _two_slopes(slope, 1.0, 0.0, lambda ops, x: ops.bent_at_origin(x, slope, 1.0))


def _shifted_leaky_relu(alpha: float) -> Definition:
    norm = math.sqrt(0.5 * (1.0 + alpha**2) - (1.0 + alpha) ** 2 / (2.0 * math.pi))
    left, right = (0.0 - alpha) / norm, 1.0 / norm
    # For alpha = -1 the function is x itself, and its mean vanishes exactly.
    shift = (1.0 + alpha) / math.sqrt(2.0 * math.pi) / norm
    return _two_slopes(left, right, shift, lambda ops, x: ops.bent_at_origin(x, left, right) - shift)


def _hard_tanh(s: float, g: float) -> Definition:
    kink, limit = 1.0 / (s * g), 1.0 / s
    kinks, slopes = (-kink, kink), (0.0, g, 0.0)
    return Definition(
        value=lambda ops, x: ops.clip(g * x, -limit, limit),
        derivative=lambda ops, x: ops.step((x > -kink) & (x < kink), g, 0.0, x),
        is_odd=True,
        kinks=kinks,
        slopes=slopes,
        closed_forms=piecewise_linear_closed_forms(kinks, slopes, value_at_zero=0.0, derivative_at_zero=g),
    )


def _shifted_relu(a: float, b: float) -> Definition:
    kinks, slopes = (b,), (0.0, a)
    return Definition(
        value=lambda ops, x: a * ops.at_least(x, b),
        derivative=lambda ops, x: ops.step(x > b, a, 0.0, x),
        kinks=kinks,
        slopes=slopes,
        closed_forms=piecewise_linear_closed_forms(
            kinks, slopes, value_at_zero=a * max(0.0, b), derivative_at_zero=a if b < 0 else 0.0
        ),
    )


def _gelu() -> Definition:
    density_scale = 1.0 / math.sqrt(2.0 * math.pi)
    return Definition(
        value=lambda ops, x: x * ops.normal_distribution(x),
        derivative=lambda ops, x: ops.normal_distribution(x) + x * (density_scale * ops.exp(-0.5 * x * x)),
        closed_forms=gelu_closed_forms(),
    )


def _silu() -> Definition:
    def both(ops: Any, x: Any) -> tuple[Any, Any]:
        # The logistic function itself is computed without overflow by both libraries.
        gate = ops.sigmoid(x)
        value = x * gate
        return value, gate + value * (1.0 - gate)

    return Definition(
        value=lambda ops, x: x * ops.sigmoid(x),
        derivative=lambda ops, x: both(ops, x)[1],
        value_and_derivative=both,
        tails=Tails(bend=1.0),
        derivative_tails=Tails(jump=1.0),
    )


def _softplus() -> Definition:
    return Definition(
        value=lambda ops, x: ops.softplus(x),
        derivative=lambda ops, x: ops.sigmoid(x),
        tails=Tails(bend=1.0),
        derivative_tails=Tails(jump=1.0),
    )


def _sine() -> Definition:
    return Definition(
        value=lambda ops, x: ops.sin(x),
        derivative=lambda ops, x: ops.cos(x),
        is_odd=True,
        closed_forms=sine_closed_forms(),
    )


def _optimal_quadratic() -> Definition:
    # Pennington and Worah 2018, (28).
    linear, quadratic = 1.0 / math.sqrt(13.0), math.sqrt(6.0 / 13.0)
    return Definition(
        value=lambda ops, x: linear * x + quadratic * (x * x - 1.0),
        derivative=lambda ops, x: linear + 2.0 * quadratic * x,
        closed_forms=quadratic_closed_forms(-quadratic, linear, quadratic),
    )


def _any(default: float) -> Parameter:
    return Parameter(default, "a number between -1e6 and 1e6", lambda value: abs(value) <= 1e6)


def _positive(default: float) -> Parameter:
    return Parameter(default, "a number between 1e-6 and 1e6", lambda value: 1e-6 <= value <= 1e6)


DEFINITIONS: dict[str, Entry] = {
    "tanh": Entry(_tanh),
    "erf": Entry(lambda: _scaled_erf(1.0, 1.0)),
    "relu": Entry(lambda: _two_slopes(0.0, 1.0, 0.0, lambda ops, x: ops.at_least(x, 0.0))),
    "leaky_relu": Entry(_leaky_relu, {"slope": _any(0.01)}),
    "linear": Entry(_linear),
    # Hayase and Karakida, (17) with the continuous limits +-1/s.
    "hard_tanh": Entry(_hard_tanh, {"s": _positive(1.0), "g": _positive(1.0)}),
    # Hayase and Karakida: a x for x > b, else a b; they take b > 0, the formulas hold for any b.
    "shifted_relu": Entry(_shifted_relu, {"a": _positive(1.0), "b": _any(0.0)}),
    "gelu": Entry(_gelu),
    "silu": Entry(_silu),
    "softplus": Entry(_softplus),
    "sine": Entry(_sine),
    # Pennington and Worah, (30) and (28).
    "shifted_leaky_relu": Entry(_shifted_leaky_relu, {"alpha": _any(0.0)}),
    "normalised_erf": Entry(
        _normalised_erf,
        {"alpha": Parameter(1.0, "between 0.001 and 1000 in absolute value", lambda value: 1e-3 <= abs(value) <= 1e3)},
    ),
    "optimal_quadratic": Entry(_optimal_quadratic),
}
