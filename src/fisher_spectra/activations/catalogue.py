"""Activation functions by name: value, derivative, kinks and Gaussian closed forms.

Use :func:`get_activation`. What it knows, and how to add to it, is in `activations.definitions`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.closed_forms import ClosedForms
from fisher_spectra.activations.definitions import DEFINITIONS, Definition, Tails
from fisher_spectra.activations.operations import operations_for
from fisher_spectra.activations.protocol import ActivationLike
from fisher_spectra.common.arguments import shown
from fisher_spectra.common.errors import UserError

if TYPE_CHECKING:
    import torch

    _Values = TypeVar("_Values", npt.NDArray[np.float64], npt.NDArray[np.float32], torch.Tensor)
else:
    _Values = TypeVar("_Values")


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
    tails, derivative_tails
        What phi and phi' approach far from the origin; ``None`` where closed forms make it unnecessary to know.
    """

    name: str
    parameters: Mapping[str, float]
    _definition: Definition

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

    @property
    def tails(self) -> Tails | None:
        return self._definition.tails

    @property
    def derivative_tails(self) -> Tails | None:
        return self._definition.derivative_tails

    @overload
    def __call__(self, x: float) -> float: ...
    @overload
    def __call__(self, x: _Values) -> _Values: ...
    def __call__(self, x: Any) -> Any:
        """phi(x), elementwise, for numpy arrays, torch tensors and numbers; shape and dtype are kept.

        The linear activation returns its argument itself: do not change the result in place.
        """
        ops, x = operations_for(x)
        return self._definition.value(ops, x)

    @overload
    def derivative(self, x: float) -> float: ...
    @overload
    def derivative(self, x: _Values) -> _Values: ...
    def derivative(self, x: Any) -> Any:
        """phi'(x), elementwise, as in ``__call__``; at a kink by the convention of `activations.definitions`."""
        ops, x = operations_for(x)
        return self._definition.derivative(ops, x)

    @overload
    def value_and_derivative(self, x: float) -> tuple[float, float]: ...
    @overload
    def value_and_derivative(self, x: _Values) -> tuple[_Values, _Values]: ...
    def value_and_derivative(self, x: Any) -> tuple[Any, Any]:
        """(phi(x), phi'(x)); cheaper than two calls where the two share work, as for tanh."""
        ops, x = operations_for(x)
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

    Parameters
    ----------
    spec
        Such as ``tanh`` or ``leaky_relu(slope=0.1)``; :func:`activation_specs` lists what there is.

    Returns
    -------
    Activation
        phi: call it for values, `derivative` for phi'; equal texts give equal activations.

    Raises
    ------
    UserError
        If the text cannot be read, the name or a parameter is unknown, or a value is not allowed.

    Examples
    --------
    >>> phi = fs.get_activation("leaky_relu(slope=0.1)")
    >>> phi(np.array([-1.0, 2.0])), phi.derivative(np.array([-1.0, 2.0]))
    (array([-0.1,  2. ]), array([0.1, 1. ]))
    >>> fs.get_activation("hard_tanh").spec
    'hard_tanh(s=1,g=1)'
    """
    if not isinstance(spec, str):
        raise UserError(f"activation {spec!r}: must be a text such as 'tanh' or 'leaky_relu(slope=0.1)'")
    return _get_activation(spec)


def as_activation(activation: Activation | str) -> Activation:
    """The activation itself, or that of a text; a TypeError if it is neither."""
    if isinstance(activation, Activation):
        return activation
    if isinstance(activation, str):
        return get_activation(activation)
    raise TypeError(f"activation = {shown(activation)}: must be one of get_activation, or its text, such as 'tanh'")


def as_activation_like(activation: ActivationLike | str) -> ActivationLike:
    """As `as_activation`, but any object of the reader's with the members of `ActivationLike` is one, too."""
    if isinstance(activation, str):
        return get_activation(activation)
    members = ("spec", "kinks", "slopes", "derivative", "__call__")
    if isinstance(activation, type) or not all(hasattr(activation, member) for member in members):
        raise TypeError(
            f"activation = {shown(activation)}: must be one of get_activation, its text, such as 'tanh', or an object "
            "with spec, kinks, slopes, derivative and __call__"
        )
    return activation


def activation_specs() -> tuple[str, ...]:
    """Canonical texts of all registered activations, with default parameters, in the order of the registry.

    Examples
    --------
    >>> fs.activation_specs()[:3]
    ('tanh', 'erf', 'relu')
    """
    return tuple(get_activation(name).spec for name in DEFINITIONS)


@lru_cache(maxsize=256)
def _get_activation(spec: str) -> Activation:
    match = re.fullmatch(r"\s*(\w+)\s*(?:\((.*)\))?\s*", spec, flags=re.DOTALL)
    if match is None:
        raise UserError(f"activation {spec!r}: cannot be read; write a name, or name(key=value, ...)")
    name, arguments = match.group(1), match.group(2)
    if name not in DEFINITIONS:
        raise UserError(f"activation {spec!r}: unknown; known are {', '.join(DEFINITIONS)}")
    entry = DEFINITIONS[name]
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
