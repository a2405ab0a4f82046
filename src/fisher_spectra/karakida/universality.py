"""Networks beyond those of the paper's figures, of which its theorems are said to hold as well.

Karakida, Akaho, Amari 2019 draw Gaussian weights, biases and inputs and say that other settings follow: layers of
different activations and variances (Section 2.2 and 2.3), inputs of other laws of finite variance (Section 2.3). The
later version adds unnormalised and correlated inputs (Section on the mean-field approach) and expects that parameters
need not be Gaussian (Conclusion). One case for each, otherwise as in the figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fisher_spectra.networks.laws import LAWS, Law


@dataclass(frozen=True)
class Base:
    """An activation by the name of the library, with the variances of weights and biases that go with it."""

    function: str
    sigma_w2: float
    sigma_b2: float


@dataclass(frozen=True)
class Case:
    """One kind of network.

    Attributes
    ----------
    group, name
        What differs from the paper's figures, and how: the key of the case, with the activation.
    activation
        Its name in tables.
    functions
        phi_1 .. phi_{L-1}.
    sigma_w2, sigma_b2
        Variances of the L layers.
    weights, biases, inputs
        Laws of their entries.
    moment, overlap
        q_hat^0 of a sample and q_hat_st^0 of two; those with an overlap are Gaussian.
    """

    group: str
    name: str
    activation: str
    functions: tuple[str, ...]
    sigma_w2: tuple[float, ...]
    sigma_b2: tuple[float, ...]
    weights: Law = "gaussian"
    biases: Law = "gaussian"
    inputs: Law = "gaussian"
    moment: float = 1.0
    overlap: float = 0.0

    @property
    def key(self) -> dict[str, str]:
        """What names it in tables."""
        return {"group": self.group, "case": self.name, "activation": self.activation}


# There is no theory of biases with five degrees of freedom (`finite_size.bias_laws`); such inputs tell nothing new.
_FEWER_LAWS: tuple[Law, ...] = ("uniform", "binary", "laplace")
_MOMENT, _OVERLAP = 2.5, 0.3  # far from 1 and 0; 0.3 is the mean overlap of two images of MNIST
# Activations, variances of weights and of biases of networks of four layers that all differ; ours.
_FUNCTIONS = ("relu", "tanh", "gelu")
_VARIANCES = ((2.0, 3.0, 1.5, 1.0), (0.1, 0.64, 0.0, 0.2))
MIXED = "mixed"  # in place of the name of an activation


def cases(activations: Mapping[str, Base], depth: int) -> list[Case]:
    """Every case, in the order of the figure.

    Parameters
    ----------
    activations
        Those that each law is tried with, by their names in tables; the first one also with variances of each layer.
    depth
        L of all cases but those of different layers, which have four.
    """
    found: list[Case] = []
    plain = {name: _plain(name, base, depth) for name, base in activations.items()}
    for one in plain.values():
        found += [replace(one, group="weights", name=law, weights=law) for law in LAWS]
    for one in plain.values():
        found += [replace(one, group="biases", name=law, biases=law) for law in _FEWER_LAWS]
    for one in plain.values():
        found += [replace(one, group="inputs", name=law, inputs=law) for law in _FEWER_LAWS]
        found.append(replace(one, group="inputs", name="unnormalised", moment=_MOMENT))
        found.append(replace(one, group="inputs", name="correlated", overlap=_OVERLAP))
        found.append(replace(one, group="inputs", name="both", moment=_MOMENT, overlap=_OVERLAP * _MOMENT))
    return [*found, *_different_layers(next(iter(activations.values())))]


def _plain(name: str, base: Base, depth: int) -> Case:
    variances = (base.sigma_w2,) * depth, (base.sigma_b2,) * depth
    return Case("", "", name, (base.function,) * (depth - 1), *variances)


def _different_layers(base: Base) -> list[Case]:
    depth = len(_FUNCTIONS) + 1
    same = (base.sigma_w2,) * depth, (base.sigma_b2,) * depth
    return [
        Case("layers", "activations", MIXED, _FUNCTIONS, *same),
        Case("layers", "variances", MIXED, (base.function,) * len(_FUNCTIONS), *_VARIANCES),
        Case("layers", "both", MIXED, _FUNCTIONS, *_VARIANCES),
    ]
