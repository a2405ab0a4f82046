"""Arguments of public functions: taken where their meaning is plain, else refused in one line that names them."""

from __future__ import annotations

import math
import reprlib
from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt


def shown(value: object) -> str:
    """A value on one line, shortened if it is long."""
    return " ".join(reprlib.repr(value).split())


def _as_array(name: str, value: Any) -> npt.NDArray[Any]:
    """An array of an array, a number, a nested sequence or a torch tensor on any device; PyTorch is not imported."""
    if type(value).__module__.partition(".")[0] == "torch":
        value = value.detach().cpu().numpy()
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} = {shown(value)}: must be an array, with rows of one length") from error


def real_array(name: str, value: object, dtype: Any = np.float64) -> npt.NDArray[Any]:
    """Real numbers as an array: of an array, a number, a nested sequence or a torch tensor on any device.

    Raises
    ------
    TypeError
        If they are no real numbers.
    ValueError
        If they do not form an array.
    """
    array = _as_array(name, value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} = {shown(value)}: must be real numbers")
    return array.astype(dtype, copy=False)


def finite_array(name: str, value: object, dtype: Any = np.float64) -> npt.NDArray[Any]:
    """`real_array`, of finite numbers only; a ValueError names the first that is not."""
    array = real_array(name, value, dtype)
    wrong = ~np.isfinite(array)
    if wrong.any():
        raise ValueError(f"{name} has the entry {array[wrong].flat[0]}: every one must be finite")
    return array


def complex_array(name: str, value: object) -> npt.NDArray[np.complex128]:
    """Finite complex numbers as an array; else a TypeError or ValueError."""
    array = _as_array(name, value)
    if array.dtype.kind not in "iufc":
        raise TypeError(f"{name} = {shown(value)}: must be complex numbers")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} = {shown(value)}: every one must be finite")
    return array.astype(np.complex128, copy=False)


def real_number(name: str, value: object, allowed: str = "a number") -> float:
    """A real number of any library; a TypeError if it is none."""
    if not isinstance(value, bool | np.bool_):
        if isinstance(value, Real):
            return float(value)
        if getattr(value, "shape", None) == ():  # an array or a tensor of one number
            return float(real_array(name, value))
    raise TypeError(f"{name} = {shown(value)}: must be {allowed}")


def check_momentum(momentum: object) -> float:
    """mu of gradient descent, 0 <= mu < 1.

    Raises
    ------
    ValueError, TypeError
        If it is something else.
    """
    number = real_number("momentum", momentum, "a number >= 0 and < 1")
    if not 0.0 <= number < 1.0:
        raise ValueError(f"momentum = {number}: must be a number >= 0 and < 1")
    return number


def check_positive(name: str, value: Any) -> float:
    """The number; refuses what is not finite and > 0 with a ValueError, and what is no number with a TypeError."""
    number = real_number(name, value, "a finite number > 0")
    if not (math.isfinite(number) and number > 0.0):
        raise ValueError(f"{name} = {value}: must be a finite number > 0")
    return number


def check_not_negative(name: str, value: Any) -> float:
    """The number; refuses what is not finite and >= 0 with a ValueError, and what is no number with a TypeError."""
    number = real_number(name, value, "a finite number >= 0")
    if not (math.isfinite(number) and number >= 0.0):
        raise ValueError(f"{name} = {value}: must be a finite number >= 0")
    return number


def check_integer(name: str, value: Any, least: int) -> int:
    """The number; refuses what is not a whole number >= `least` with a ValueError."""
    # A truth value counts as an integer in Python, but is a mistake here.
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name} = {shown(value)}: must be a whole number >= {least}")
    return int(value)


def check_type(name: str, value: object, kind: type | tuple[type, ...], allowed: str) -> None:
    """Refuse what is of another type with a TypeError that says what is allowed."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} = {shown(value)}: must be {allowed}")


def check_callable(name: str, value: object) -> None:
    """Refuse what cannot be called with a TypeError."""
    if not callable(value):
        raise TypeError(f"{name} = {shown(value)}: must be a function")


def checked_dtype(dtype: npt.DTypeLike) -> type[np.float32] | type[np.float64]:
    """float32 or float64; a ValueError or TypeError for anything else."""
    try:
        checked = np.dtype(dtype)
    except (TypeError, ValueError) as error:
        raise TypeError(f"dtype = {shown(dtype)}: must be float32 or float64") from error
    for allowed in (np.float32, np.float64):
        if checked == allowed:
            return allowed
    raise ValueError(f"dtype = {checked}: must be float32 or float64")
