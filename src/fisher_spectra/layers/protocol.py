"""What a kind of layer has to offer: sampling, forward and backward pass, kernel.

A layer takes the pre-activations u of the layer below (the inputs, for the first), T samples in M neurons, and gives
those of its own. Its activation stands first: u' = W phi(u) + b in the plain case. All of T samples go through
together, as batch normalisation makes each depend on the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Parameters:
    """W, shape (M', M), and b, shape (M',)."""

    weight: Array
    bias: Array


@dataclass(frozen=True)
class Passed:
    """What T samples leave behind in a layer.

    Attributes
    ----------
    values
        u', shape (T, M').
    activities, slopes
        phi(u) and phi'(u) of the layer below, shape (T, M).
    raw
        W phi(u) + b before anything else, shape (T, M').
    """

    values: Array
    activities: Array
    slopes: Array
    raw: Array


@dataclass(frozen=True)
class Kernels:
    """A layer at infinite width: matrices over T samples with one number on the diagonal and one off it (_st).

    Attributes
    ----------
    q, q_st
        E u(s) u(t) of a neuron.
    theta, theta_st
        Tangent kernel of a neuron, but for its
    along
        part along the neuron's own values: the scalar product of the derivatives of u(s) and u(t) by all parameters up
        to here is theta(s, t) + along u(s) u(t).
    """

    q: float
    q_st: float
    theta: float = 0.0
    theta_st: float = 0.0
    along: float = 0.0

    def scaled(self, factor: float) -> Kernels:
        """Of the neurons times sqrt(factor)."""
        return Kernels(
            factor * self.q, factor * self.q_st, factor * self.theta, factor * self.theta_st, along=self.along
        )

    def plus(self, other: Kernels) -> Kernels:
        """Of the sum of two neurons that do not depend on each other."""
        (one, one_st), (two, two_st) = self.tangent, other.tangent
        return Kernels(self.q + other.q, self.q_st + other.q_st, one + two, one_st + two_st)

    @property
    def tangent(self) -> tuple[float, float]:
        """Mean tangent kernel over the neurons, of one sample and of two."""
        return self.theta + self.along * self.q, self.theta_st + self.along * self.q_st


@runtime_checkable
class LayerKind(Protocol):
    """One layer. Classes that offer this are frozen dataclasses.

    Attributes
    ----------
    kind
        Its name in tables and configurations.
    title
        What a reader calls it.
    width
        M', the number of its neurons.
    mixes_samples
        Whether a sample's u' depends on other samples.
    """

    kind: ClassVar[str]
    title: ClassVar[str]
    mixes_samples: ClassVar[bool]

    @property
    def width(self) -> int:
        """M'."""

    def sample(self, rng: np.random.Generator, inputs: int) -> Parameters:
        """Random parameters for M = `inputs` neurons below."""

    def forward(self, parameters: Parameters, below: Array) -> Passed:
        """u' of the samples `below` (T, M)."""

    def backward(self, parameters: Parameters, passed: Passed, cotangents: Array) -> tuple[Array, Array]:
        """What its parameters add to T F*, shape (N, N), and the cotangents by u.

        Cotangents hold, for N = C T functions f_k(t), the derivatives by u'(s). Their shape is (C, T, S, M'): S = T
        in general, S = 1 where f_k(t) depends on sample t alone.
        """

    def kernel(self, below: Kernels, inputs: int, samples: int) -> Kernels:
        """The kernels of u' from those of u, at infinite width; M = `inputs` scales the tangent kernel."""


def flat_gram(one: Array, other: Array) -> Array:
    """Scalar products of functions (C, T) of two arrays of shape (C, T, ..): (C T, C T)."""
    functions = one.shape[0] * one.shape[1]
    return np.asarray(one.reshape(functions, -1) @ other.reshape(functions, -1).T)


def along_samples(values: Array, cotangents: Array) -> Array:
    """`values` (T, M) so that they multiply cotangents (C, T, S, M) sample by sample."""
    return values[None, :, None, :] if cotangents.shape[2] == 1 < len(values) else values[None, None, :, :]
