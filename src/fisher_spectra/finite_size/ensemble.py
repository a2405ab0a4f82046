"""Random fully connected networks of finite widths, with activation and variances of each layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fisher_spectra.activations.catalogue import Activation, as_activation
from fisher_spectra.common.arguments import (
    check_integer,
    check_not_negative,
    check_positive,
    check_type,
    real_array,
    shown,
)


@dataclass(frozen=True)
class LayeredEnsemble:
    """Random networks u^l = W^l h^{l-1} + b^l, h^l = phi_l(u^l), with linear outputs; see :func:`layered_ensemble`.

    Attributes
    ----------
    widths
        M_0 (inputs), M_1 .. M_{L-1}, M_L = C (outputs); L >= 2.
    activations
        phi_1 .. phi_{L-1}.
    sigma_w2
        L numbers: W^l_ij ~ N(0, sigma_w2_l / M_{l-1}).
    sigma_b2
        L numbers: b^l_i ~ N(0, sigma_b2_l).
    biases
        Whether the biases are parameters of F; they act in the network in any case.

    Raises
    ------
    ValueError
        If a value is out of range, or the numbers of layers differ.

    Examples
    --------
    >>> ensemble = fs.layered_ensemble((784, 512, 256, 10), "tanh", sigma_w2=2.0)
    >>> ensemble.depth, ensemble.outputs, ensemble.n_parameters
    (3, 10, 535818)
    """

    widths: tuple[int, ...]
    activations: tuple[Activation, ...]
    sigma_w2: tuple[float, ...]
    sigma_b2: tuple[float, ...]
    biases: bool

    def __post_init__(self) -> None:
        widths = tuple(check_integer("widths", width, 1) for width in _several("widths", self.widths))
        if len(widths) < 3:
            raise ValueError(f"widths = {shown(widths)}: must be M_0, at least one hidden width, and C (L >= 2)")
        depth = len(widths) - 1
        activations = tuple(as_activation(phi) for phi in _several("activations", self.activations))
        sigma_w2 = tuple(check_positive("sigma_w2", value) for value in _several("sigma_w2", self.sigma_w2))
        sigma_b2 = tuple(check_not_negative("sigma_b2", value) for value in _several("sigma_b2", self.sigma_b2))
        for name, values, length in (
            ("activations", activations, depth - 1),
            ("sigma_w2", sigma_w2, depth),
            ("sigma_b2", sigma_b2, depth),
        ):
            if len(values) != length:
                raise ValueError(f"{name} = {shown(values)}: must be {length} for widths {shown(widths)}")
        check_type("biases", self.biases, bool, "True or False")
        object.__setattr__(self, "widths", widths)
        object.__setattr__(self, "activations", activations)
        object.__setattr__(self, "sigma_w2", sigma_w2)
        object.__setattr__(self, "sigma_b2", sigma_b2)

    @property
    def depth(self) -> int:
        """Number of weight layers L."""
        return len(self.widths) - 1

    @property
    def outputs(self) -> int:
        """C."""
        return self.widths[-1]

    @property
    def bias_term(self) -> float:
        """The 1 that biases add to the overlaps M_{l-1} q_hat^{l-1} in F*, or 0 if they are no parameters of F."""
        return 1.0 if self.biases else 0.0

    @property
    def n_parameters(self) -> int:
        """Exact P: sum_l M_l M_{l-1}, plus sum_l M_l with biases."""
        weights = sum(above * below for above, below in zip(self.widths[1:], self.widths[:-1], strict=True))
        return weights + (sum(self.widths[1:]) if self.biases else 0)


def layered_ensemble(
    widths: Sequence[int],
    activation: Activation | str | Sequence[Activation | str],
    sigma_w2: float | Sequence[float],
    sigma_b2: float | Sequence[float] = 0.0,
    *,
    biases: bool = True,
) -> LayeredEnsemble:
    """Ensemble of random networks from one value for all layers, or one for each.

    Parameters
    ----------
    widths
        M_0, M_1 .. M_{L-1}, C; whole numbers, at least three.
    activation
        Of all hidden layers, or a sequence of L - 1; texts of :func:`fisher_spectra.get_activation` are taken, too.
    sigma_w2, sigma_b2
        Variances of weights (times the width below, > 0) and of biases (>= 0): one number each, or L of them.
    biases
        Whether the biases are parameters of F.

    Raises
    ------
    ValueError
        If a value is out of range, or there are too few or too many.
    UserError
        If there is no activation of that name.

    Examples
    --------
    >>> fs.layered_ensemble((20, 30, 30, 1), ("relu", "tanh"), (2.0, 3.0, 1.0)).sigma_b2
    (0.0, 0.0, 0.0)
    """
    widths = tuple(_several("widths", widths))
    depth = max(len(widths) - 1, 1)
    phis = (
        (activation,) * (depth - 1) if isinstance(activation, Activation | str) else _several("activation", activation)
    )
    return LayeredEnsemble(
        widths=widths,
        activations=tuple(as_activation(phi) for phi in phis),
        sigma_w2=_per_layer("sigma_w2", sigma_w2, depth),
        sigma_b2=_per_layer("sigma_b2", sigma_b2, depth),
        biases=biases,
    )


def _several(name: str, values: object) -> list[Any]:
    """The members of a sequence or an array, numbers as Python's own."""
    if isinstance(values, list | tuple):
        return list(values)
    return list(real_array(name, values).ravel().tolist()) if name != "widths" else _whole_numbers(values)


def _whole_numbers(values: object) -> list[Any]:
    numbers = real_array("widths", values).ravel().tolist()
    return [int(number) if float(number).is_integer() else number for number in numbers]


def _per_layer(name: str, value: float | Sequence[float], depth: int) -> tuple[float, ...]:
    numbers = real_array(name, value)
    return (float(numbers),) * depth if numbers.ndim == 0 else tuple(numbers.ravel().tolist())


def scaled_widths(widths: Sequence[int], factor: float) -> tuple[int, ...]:
    """Widths with the hidden ones times `factor`, rounded, at least 1.

    Raises
    ------
    ValueError
        If the factor is not finite and > 0.
    """
    factor = check_positive("factor", factor)
    return (widths[0], *(max(1, round(factor * width)) for width in widths[1:-1]), widths[-1])
