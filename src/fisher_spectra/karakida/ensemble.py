"""The random networks of Karakida, Akaho, Amari 2019 in the limit of large width: shape, variances and activation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from fisher_spectra.activations.catalogue import Activation, as_activation
from fisher_spectra.common.arguments import check_integer, check_not_negative, check_positive, check_type, real_array

# Rounding allowed in overlaps of samples, relative to their moments: products of single-precision inputs.
OVERLAP_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Architecture:
    """Shape of a network in the limit of large width.

    Attributes
    ----------
    depth
        Number L >= 2 of weight layers; L - 1 layers are hidden.
    alphas
        Relative widths alpha_0 .. alpha_{L-1} > 0, M_l = alpha_l M (alpha_0: the input).
    outputs
        Number C >= 1 of linear outputs.

    Raises
    ------
    ValueError
        If a value is out of range or the number of alphas is not the depth.
    """

    depth: int
    alphas: tuple[float, ...]
    outputs: int = 1

    def __post_init__(self) -> None:
        check_integer("depth", self.depth, 2)
        check_integer("outputs", self.outputs, 1)
        object.__setattr__(self, "alphas", tuple(real_array("alphas", self.alphas).ravel().tolist()))
        if len(self.alphas) != self.depth:
            raise ValueError(
                f"alphas = {self.alphas}: must be depth = {self.depth} numbers alpha_0 .. alpha_{self.depth - 1}"
            )
        for alpha in self.alphas:
            check_positive("alphas", alpha)

    @property
    def alpha(self) -> float:
        """Parameters per M^2: alpha = sum_{l=1}^{L-1} alpha_l alpha_{l-1}, P = alpha M^2 (13)."""
        return math.fsum(a * b for a, b in zip(self.alphas[1:], self.alphas[:-1], strict=True))

    @classmethod
    def uniform(cls, depth: int, outputs: int = 1) -> Architecture:
        """All alpha_l = 1."""
        check_integer("depth", depth, 2)
        return cls(depth, (1.0,) * depth, outputs)


@dataclass(frozen=True)
class Ensemble:
    """Random networks of one law: weights W^l ~ N(0, sigma_w^2 / M_{l-1}) and biases b^l ~ N(0, sigma_b^2).

    Attributes
    ----------
    activation
        Of all hidden layers; the output is linear.
    sigma_w2, sigma_b2
        Variances of weights (times the width below, > 0) and biases (>= 0).
    architecture
        Depth and relative widths.

    Raises
    ------
    ValueError
        If a variance is out of range.

    Examples
    --------
    >>> ensemble = fs.Ensemble.of(fs.get_activation("tanh"), sigma_w2=3.0, sigma_b2=0.64, depth=4)
    >>> ensemble.architecture.alpha
    3.0
    """

    activation: Activation
    sigma_w2: float
    sigma_b2: float
    architecture: Architecture

    def __post_init__(self) -> None:
        object.__setattr__(self, "activation", as_activation(self.activation))
        object.__setattr__(self, "sigma_w2", check_positive("sigma_w2", self.sigma_w2))
        object.__setattr__(self, "sigma_b2", check_not_negative("sigma_b2", self.sigma_b2))
        check_type("architecture", self.architecture, Architecture, "an Architecture")

    @classmethod
    def of(
        cls,
        activation: Activation | str,
        sigma_w2: float,
        sigma_b2: float,
        depth: int,
        alphas: Sequence[float] | None = None,
    ) -> Ensemble:
        """The ensemble of depth L with alpha_0 .. alpha_{L-1}, all 1 by default; raises as `Architecture` does, too."""
        if alphas is None:
            return cls(as_activation(activation), sigma_w2, sigma_b2, Architecture.uniform(depth))
        # whatever it is: `Architecture` makes a tuple of it, or refuses it in its own words
        architecture = Architecture(depth, cast("tuple[float, ...]", alphas))
        return cls(as_activation(activation), sigma_w2, sigma_b2, architecture)
