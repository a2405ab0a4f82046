"""Activation functions: value, derivative, kinks and Gaussian closed forms, from one registry.

Use :func:`get_activation`. A new activation is one entry of ``_REGISTRY``: its parameters and a function that
turns their values into a :class:`_Definition`.

Values and derivatives are written once, in terms of a handful of elementary operations that exist for numpy arrays and
for torch tensors; torch is imported only when a tensor arrives.

Derivative at a kink: as torch's autograd has it for its own relu, leaky_relu and hardtanh. That is the slope on the
left for the ReLU family (relu'(0) = 0, leaky_relu'(0) = slope) and 0 at both ends of the hard tanh.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

import numpy as np
import numpy.typing as npt
from scipy.special import erf, expit, ndtr

from fisher_spectra.activations.closed_forms import (
    ClosedForms,
    erf_closed_forms,
    gelu_closed_forms,
    linear_closed_forms,
    piecewise_linear_closed_forms,
    quadratic_closed_forms,
    sine_closed_forms,
)
from fisher_spectra.common.errors import UserError

if TYPE_CHECKING:
    import torch

    _Values = TypeVar("_Values", npt.NDArray[np.float64], npt.NDArray[np.float32], torch.Tensor)
else:
    _Values = TypeVar("_Values")

_Function = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class _Definition:
    """What an activation is, for given parameter values.

    ``value`` and ``derivative`` take the operations (numpy's or torch's) and the argument.
    """

    value: _Function
    derivative: _Function
    is_odd: bool = False
    kinks: tuple[float, ...] = ()
    slopes: tuple[float, ...] | None = None
    closed_forms: ClosedForms = field(default_factory=ClosedForms)
    value_and_derivative: Callable[[Any, Any], tuple[Any, Any]] | None = None


@dataclass(frozen=True)
class _Parameter:
    default: float
    allowed: str
    is_allowed: Callable[[float], bool]


@dataclass(frozen=True)
class _Entry:
    define: Callable[..., _Definition]
    parameters: Mapping[str, _Parameter] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class Activation:
    """An activation function phi with its parameters; made by :func:`get_activation`.

    Two activations are equal if name and parameters are; they can be hashed and pickled.

    Attributes
    ----------
    name, parameters
        Registry name and parameter values.
    spec
        Canonical text, ``name`` or ``name(key=value,...)`` with every parameter; ``get_activation(spec)`` gives
        the same activation back.
    is_odd
        Whether phi(-x) = -phi(x).
    kinks
        Ascending positions where phi' jumps; empty for smooth activations.
    slopes
        For piecewise linear activations the ``len(kinks) + 1`` slopes from left to right, else ``None``.
    closed_forms
        Gaussian moments in closed form, ``None`` where there is none.
    """

    name: str
    parameters: Mapping[str, float]
    _definition: _Definition

    @property
    def spec(self) -> str:
        if not self.parameters:
            return self.name
        # repr gives the shortest text that reads back as the same number.
        values = ",".join(f"{key}={repr(value).removesuffix('.0')}" for key, value in self.parameters.items())
        return f"{self.name}({values})"

    @property
    def is_odd(self) -> bool:
        return self._definition.is_odd

    @property
    def kinks(self) -> tuple[float, ...]:
        return self._definition.kinks

    @property
    def slopes(self) -> tuple[float, ...] | None:
        return self._definition.slopes

    @property
    def closed_forms(self) -> ClosedForms:
        return self._definition.closed_forms

    @overload
    def __call__(self, x: float) -> float: ...
    @overload
    def __call__(self, x: _Values) -> _Values: ...
    def __call__(self, x: Any) -> Any:
        """phi(x), elementwise, for numpy arrays, torch tensors and numbers; shape and dtype are kept.

        The linear activation returns its argument itself: do not change the result in place.
        """
        ops, x = _operations_for(x)
        return self._definition.value(ops, x)

    @overload
    def derivative(self, x: float) -> float: ...
    @overload
    def derivative(self, x: _Values) -> _Values: ...
    def derivative(self, x: Any) -> Any:
        """phi'(x), elementwise, as in ``__call__``; at a kink by the convention of this module."""
        ops, x = _operations_for(x)
        return self._definition.derivative(ops, x)

    @overload
    def value_and_derivative(self, x: float) -> tuple[float, float]: ...
    @overload
    def value_and_derivative(self, x: _Values) -> tuple[_Values, _Values]: ...
    def value_and_derivative(self, x: Any) -> tuple[Any, Any]:
        """(phi(x), phi'(x)); cheaper than two calls where the two share work, as for tanh."""
        ops, x = _operations_for(x)
        if self._definition.value_and_derivative is not None:
            return self._definition.value_and_derivative(ops, x)
        return self._definition.value(ops, x), self._definition.derivative(ops, x)

    def __repr__(self) -> str:
        return f"get_activation({self.spec!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Activation) and self.spec == other.spec

    def __hash__(self) -> int:
        return hash(self.spec)

    def __reduce__(self) -> tuple[Callable[[str], Activation], tuple[str]]:
        return get_activation, (self.spec,)


def get_activation(spec: str) -> Activation:
    """Activation from its text: a name, or ``name(key=value, ...)`` with some or all of its parameters.

    Raises
    ------
    UserError
        If the text cannot be read, the name or a parameter is unknown, or a value is not allowed.
    """
    if not isinstance(spec, str):
        raise UserError(f"activation {spec!r}: must be a text such as 'tanh' or 'leaky_relu(slope=0.1)'")
    return _get_activation(spec)


def activation_specs() -> tuple[str, ...]:
    """Canonical texts of all registered activations, with default parameters, in the order of the registry."""
    return tuple(get_activation(name).spec for name in _REGISTRY)


@lru_cache(maxsize=256)
def _get_activation(spec: str) -> Activation:
    match = re.fullmatch(r"\s*(\w+)\s*(?:\((.*)\))?\s*", spec, flags=re.DOTALL)
    if match is None:
        raise UserError(f"activation {spec!r}: cannot be read; write a name, or name(key=value, ...)")
    name, arguments = match.group(1), match.group(2)
    if name not in _REGISTRY:
        raise UserError(f"activation {spec!r}: unknown; known are {', '.join(_REGISTRY)}")
    entry = _REGISTRY[name]
    given: dict[str, float] = {}
    for argument in arguments.split(",") if arguments and arguments.strip() else []:
        key, equals, text = (part.strip() for part in argument.partition("="))
        if key not in entry.parameters or not equals:
            known = ", ".join(f"{key}=..." for key in entry.parameters)
            _refuse(name, argument.strip(), f"allowed is {known}" if known else "it takes no parameter")
        if key in given:
            _refuse(name, argument.strip(), f"{key} is given twice")
        try:
            given[key] = float(text)
        except ValueError:
            _refuse(name, argument.strip(), f"{key} must be {entry.parameters[key].allowed}")
    # Adding 0.0 turns -0.0 into 0.0, so that equal values have one spelling.
    parameters = {key: given.get(key, parameter.default) + 0.0 for key, parameter in entry.parameters.items()}
    for key, value in parameters.items():
        if not (math.isfinite(value) and entry.parameters[key].is_allowed(value)):
            _refuse(name, f"{key}={value:g}", f"{key} must be {entry.parameters[key].allowed}")
    return Activation(name, parameters, entry.define(**parameters))


def _refuse(name: str, what: str, allowed: str) -> NoReturn:
    raise UserError(f"activation {name}({what}): {allowed}")


# ---------------------------------------------------------------------------------------------------------------------
# Elementary operations


class _NumpyOperations:
    """The operations that activations are written in, for numpy arrays."""

    tanh = staticmethod(np.tanh)
    erf = staticmethod(erf)
    normal_distribution = staticmethod(ndtr)
    sigmoid = staticmethod(expit)
    exp = staticmethod(np.exp)
    sin = staticmethod(np.sin)
    cos = staticmethod(np.cos)
    clip = staticmethod(np.clip)
    ones_like = staticmethod(np.ones_like)

    @staticmethod
    def at_least(x: Any, bound: float) -> Any:
        return np.maximum(x, bound)

    @staticmethod
    def softplus(x: Any) -> Any:
        return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))

    @staticmethod
    def where(condition: Any, if_true: Any, if_false: Any) -> Any:
        return np.where(condition, if_true, if_false)

    @staticmethod
    def step(condition: Any, if_true: float, if_false: float, x: Any) -> Any:
        """One of two numbers for each element, in the dtype of x."""
        return np.where(condition, x.dtype.type(if_true), x.dtype.type(if_false))


def _operations_for(x: Any) -> tuple[Any, Any]:
    if isinstance(x, np.ndarray):
        return _NumpyOperations, x if x.dtype.kind == "f" else x.astype(np.float64)
    if type(x).__module__.partition(".")[0] == "torch":
        return _torch_operations(), x
    return _NumpyOperations, np.float64(x)


@lru_cache(maxsize=1)
def _torch_operations() -> Any:
    import torch

    class TorchOperations:
        """The same operations for torch tensors, on any device."""

        tanh = staticmethod(torch.tanh)
        erf = staticmethod(torch.erf)
        normal_distribution = staticmethod(torch.special.ndtr)
        sigmoid = staticmethod(torch.sigmoid)
        exp = staticmethod(torch.exp)
        sin = staticmethod(torch.sin)
        cos = staticmethod(torch.cos)
        # hardtanh and threshold, not clamp: their autograd agrees with this module's convention at a kink.
        clip = staticmethod(torch.nn.functional.hardtanh)
        ones_like = staticmethod(torch.ones_like)
        where = staticmethod(torch.where)

        @staticmethod
        def at_least(x: Any, bound: float) -> Any:
            return torch.nn.functional.threshold(x, bound, bound)

        @staticmethod
        def softplus(x: Any) -> Any:
            # The default threshold of 20 would cost 2e-9 in double precision.
            return torch.nn.functional.softplus(x, threshold=50.0)

        @staticmethod
        def step(condition: Any, if_true: float, if_false: float, x: Any) -> Any:
            if (if_true, if_false) == (1.0, 0.0):
                return condition.to(x.dtype)
            return torch.full_like(x, if_false).masked_fill_(condition, if_true)

    return TorchOperations


# ---------------------------------------------------------------------------------------------------------------------
# Definitions


def _tanh() -> _Definition:
    def both(ops: Any, x: Any) -> tuple[Any, Any]:
        value = ops.tanh(x)
        return value, 1.0 - value * value

    return _Definition(
        value=lambda ops, x: ops.tanh(x),
        derivative=lambda ops, x: both(ops, x)[1],
        value_and_derivative=both,
        is_odd=True,
    )


def _scaled_erf(inner: float, outer: float) -> _Definition:
    slope = outer * inner * 2.0 / math.sqrt(math.pi)
    return _Definition(
        value=lambda ops, x: outer * ops.erf(inner * x),
        derivative=lambda ops, x: slope * ops.exp(-((inner * x) ** 2)),
        is_odd=True,
        closed_forms=erf_closed_forms(inner, outer),
    )


def _normalised_erf(alpha: float) -> _Definition:
    # The printed normalisation (4/pi) atan sqrt(1 + 4 alpha^4) - 1 equals this arcsine, which does not cancel for small
    # alpha; E erf(alpha^2 z)^2 = (2/pi) asin(2 alpha^4 / (1 + 2 alpha^4)).
    fourth = 2.0 * alpha**4
    return _scaled_erf(alpha**2, 1.0 / math.sqrt(2.0 / math.pi * math.asin(fourth / (1.0 + fourth))))


def _linear() -> _Definition:
    return _Definition(
        value=lambda ops, x: x,
        derivative=lambda ops, x: ops.ones_like(x),
        is_odd=True,
        slopes=(1.0,),
        closed_forms=linear_closed_forms(),
    )


def _two_slopes(left: float, right: float, shift: float, value: _Function) -> _Definition:
    """left x for x <= 0, right x for x > 0, minus shift; ``value`` evaluates it."""
    straight = left == right
    kinks = () if straight else (0.0,)
    slopes = (right,) if straight else (left, right)
    return _Definition(
        value=value,
        derivative=lambda ops, x: ops.step(x > 0, right, left, x),
        is_odd=straight and shift == 0.0,
        kinks=kinks,
        slopes=slopes,
        closed_forms=piecewise_linear_closed_forms(kinks, slopes, value_at_zero=-shift, derivative_at_zero=left),
    )


def _leaky_relu(slope: float) -> _Definition:
    return _two_slopes(slope, 1.0, 0.0, lambda ops, x: ops.where(x > 0, x, slope * x))


def _shifted_leaky_relu(alpha: float) -> _Definition:
    norm = math.sqrt(0.5 * (1.0 + alpha**2) - (1.0 + alpha) ** 2 / (2.0 * math.pi))
    left, right = (0.0 - alpha) / norm, 1.0 / norm
    # For alpha = -1 the function is x itself, and its mean vanishes exactly.
    shift = (1.0 + alpha) / math.sqrt(2.0 * math.pi) / norm
    return _two_slopes(left, right, shift, lambda ops, x: ops.where(x > 0, right * x, left * x) - shift)


def _hard_tanh(s: float, g: float) -> _Definition:
    kink, limit = 1.0 / (s * g), 1.0 / s
    kinks, slopes = (-kink, kink), (0.0, g, 0.0)
    return _Definition(
        value=lambda ops, x: ops.clip(g * x, -limit, limit),
        derivative=lambda ops, x: ops.step((x > -kink) & (x < kink), g, 0.0, x),
        is_odd=True,
        kinks=kinks,
        slopes=slopes,
        closed_forms=piecewise_linear_closed_forms(kinks, slopes, value_at_zero=0.0, derivative_at_zero=g),
    )


def _shifted_relu(a: float, b: float) -> _Definition:
    kinks, slopes = (b,), (0.0, a)
    return _Definition(
        value=lambda ops, x: a * ops.at_least(x, b),
        derivative=lambda ops, x: ops.step(x > b, a, 0.0, x),
        kinks=kinks,
        slopes=slopes,
        closed_forms=piecewise_linear_closed_forms(
            kinks, slopes, value_at_zero=a * max(0.0, b), derivative_at_zero=a if b < 0 else 0.0
        ),
    )


def _gelu() -> _Definition:
    density_scale = 1.0 / math.sqrt(2.0 * math.pi)
    return _Definition(
        value=lambda ops, x: x * ops.normal_distribution(x),
        derivative=lambda ops, x: ops.normal_distribution(x) + x * (density_scale * ops.exp(-0.5 * x * x)),
        closed_forms=gelu_closed_forms(),
    )


def _silu() -> _Definition:
    def both(ops: Any, x: Any) -> tuple[Any, Any]:
        # The logistic function itself is computed without overflow by both libraries.
        gate = ops.sigmoid(x)
        value = x * gate
        return value, gate + value * (1.0 - gate)

    return _Definition(
        value=lambda ops, x: x * ops.sigmoid(x),
        derivative=lambda ops, x: both(ops, x)[1],
        value_and_derivative=both,
    )


def _softplus() -> _Definition:
    return _Definition(
        value=lambda ops, x: ops.softplus(x),
        derivative=lambda ops, x: ops.sigmoid(x),
    )


def _sine() -> _Definition:
    return _Definition(
        value=lambda ops, x: ops.sin(x),
        derivative=lambda ops, x: ops.cos(x),
        is_odd=True,
        closed_forms=sine_closed_forms(),
    )


def _optimal_quadratic() -> _Definition:
    # Pennington and Worah 2018, (28).
    linear, quadratic = 1.0 / math.sqrt(13.0), math.sqrt(6.0 / 13.0)
    return _Definition(
        value=lambda ops, x: linear * x + quadratic * (x * x - 1.0),
        derivative=lambda ops, x: linear + 2.0 * quadratic * x,
        closed_forms=quadratic_closed_forms(-quadratic, linear, quadratic),
    )


def _any(default: float) -> _Parameter:
    return _Parameter(default, "a number between -1e6 and 1e6", lambda value: abs(value) <= 1e6)


def _positive(default: float) -> _Parameter:
    return _Parameter(default, "a number between 1e-6 and 1e6", lambda value: 1e-6 <= value <= 1e6)


_REGISTRY: dict[str, _Entry] = {
    "tanh": _Entry(_tanh),
    "erf": _Entry(lambda: _scaled_erf(1.0, 1.0)),
    "relu": _Entry(lambda: _two_slopes(0.0, 1.0, 0.0, lambda ops, x: ops.at_least(x, 0.0))),
    "leaky_relu": _Entry(_leaky_relu, {"slope": _any(0.01)}),
    "linear": _Entry(_linear),
    # Hayase and Karakida, (17) with the continuous limits +-1/s.
    "hard_tanh": _Entry(_hard_tanh, {"s": _positive(1.0), "g": _positive(1.0)}),
    # Hayase and Karakida: a x for x > b, else a b; they take b > 0, the formulas hold for any b.
    "shifted_relu": _Entry(_shifted_relu, {"a": _positive(1.0), "b": _any(0.0)}),
    "gelu": _Entry(_gelu),
    "silu": _Entry(_silu),
    "softplus": _Entry(_softplus),
    "sine": _Entry(_sine),
    # Pennington and Worah, (30) and (28).
    "shifted_leaky_relu": _Entry(_shifted_leaky_relu, {"alpha": _any(0.0)}),
    "normalised_erf": _Entry(
        _normalised_erf,
        {"alpha": _Parameter(1.0, "between 0.001 and 1000 in absolute value", lambda value: 1e-3 <= abs(value) <= 1e3)},
    ),
    "optimal_quadratic": _Entry(_optimal_quadratic),
}
