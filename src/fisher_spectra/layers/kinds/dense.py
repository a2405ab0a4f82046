"""The plain layer of the papers: u' = W phi(u) + b, each layer with its own activation and variances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fisher_spectra.activations.catalogue import Activation, as_activation
from fisher_spectra.common.arguments import check_integer, check_not_negative, check_positive, check_type
from fisher_spectra.common.normal_numbers import standard_normal
from fisher_spectra.finite_size.layer_normalisation import gain_moments
from fisher_spectra.finite_size.variables import activity_moments, slope_moments
from fisher_spectra.layers.protocol import Array, Kernels, Parameters, Passed, along_samples, flat_gram


@dataclass(frozen=True)
class Dense:
    """u' = W phi(u) + b with W_ij ~ N(0, sigma_w2 / M), b_i ~ N(0, sigma_b2).

    Parameters
    ----------
    width
        M' >= 1.
    activation
        phi, of what comes from below; ``"linear"`` for the first layer of a network.
    sigma_w2, sigma_b2
        Variances: > 0 and >= 0.
    biases
        Whether the biases are parameters of F; they act in the network in any case.

    Raises
    ------
    TypeError, ValueError
        If a value is out of range.
    UserError
        If there is no activation of that name.

    Examples
    --------
    >>> from fisher_spectra.layers.protocol import Kernels
    >>> fs.Dense(30, "relu", sigma_w2=2.0).kernel(Kernels(q=1.0, q_st=0.0), 20, samples=5).q
    1.0
    """

    kind: ClassVar[str] = "dense"
    title: ClassVar[str] = "plain"
    mixes_samples: ClassVar[bool] = False

    width: int
    activation: Activation | str = "linear"
    sigma_w2: float = 1.0
    sigma_b2: float = 0.0
    biases: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", check_integer("width", self.width, 1))
        object.__setattr__(self, "activation", as_activation(self.activation))
        object.__setattr__(self, "sigma_w2", check_positive("sigma_w2", self.sigma_w2))
        object.__setattr__(self, "sigma_b2", check_not_negative("sigma_b2", self.sigma_b2))
        check_type("biases", self.biases, bool, "True or False")

    @property
    def phi(self) -> Activation:
        """The activation, whatever it was given as."""
        return as_activation(self.activation)

    def sample(self, rng: np.random.Generator, inputs: int) -> Parameters:
        """Drawn W before b, as in :func:`fisher_spectra.sample_network`."""
        weight = standard_normal(rng, (self.width, inputs))
        weight *= np.sqrt(self.sigma_w2 / inputs)
        return Parameters(weight, rng.standard_normal(self.width) * np.sqrt(self.sigma_b2))

    def forward(self, parameters: Parameters, below: Array) -> Passed:
        """u' = W phi(u) + b."""
        activities, slopes = self.phi(below), self.phi.derivative(below)
        raw = activities @ parameters.weight.T + parameters.bias
        return Passed(raw, activities, slopes, raw)

    def backward(self, parameters: Parameters, passed: Passed, cotangents: Array) -> tuple[Array, Array]:
        """With delta those by W phi(u) + b: T F* gains sum_{s, s'} (delta(s) . delta(s')) (h(s) . h(s') + 1)."""
        delta = self.cotangents_of_raw(passed, cotangents)
        overlaps = passed.activities @ passed.activities.T + (1.0 if self.biases else 0.0)
        outputs = len(delta)
        if delta.shape[2] == 1 < len(overlaps):
            share = flat_gram(delta, delta) * np.tile(overlaps, (outputs, outputs))
        else:
            share = flat_gram(delta, np.matmul(overlaps, delta))
        return share, (delta @ parameters.weight) * along_samples(passed.slopes, delta)

    def cotangents_of_raw(self, passed: Passed, cotangents: Array) -> Array:
        """By W phi(u) + b, from those by u'."""
        return cotangents

    def plain(self) -> Dense:
        """The same without what comes after W phi(u) + b."""
        return Dense(self.width, self.activation, self.sigma_w2, self.sigma_b2, self.biases)

    def kernel(self, below: Kernels, inputs: int, samples: int) -> Kernels:
        """q' = sigma_w2 E phi phi + sigma_b2; theta' = M E phi phi + 1 + sigma_w2 E phi' phi' (theta + along u u)."""
        return self.raw_kernel(below, inputs)

    def plain_scale(self, below: Kernels, samples: int) -> float | None:
        """n of a plain layer of variances n sigma_w2, n sigma_b2 with the same bulk, ``None`` if there is none."""
        return 1.0

    def raw_kernel(self, below: Kernels, inputs: int) -> Kernels:
        """Of W phi(u) + b."""
        same, other = activity_moments(self.phi, below.q, below.q_st)
        slope, slope_st = slope_moments(self.phi, below.q, below.q_st)
        through, through_st = slope * below.theta, slope_st * below.theta_st
        if below.along:
            gain, gain_st = gain_moments(self.phi, below.q, below.q_st)
            through, through_st = through + below.along * gain, through_st + below.along * gain_st
        beta = 1.0 if self.biases else 0.0
        return Kernels(
            q=self.sigma_w2 * same + self.sigma_b2,
            q_st=self.sigma_w2 * other + self.sigma_b2,
            theta=inputs * same + beta + self.sigma_w2 * through,
            theta_st=inputs * other + beta + self.sigma_w2 * through_st,
        )
