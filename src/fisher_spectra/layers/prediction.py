"""Largest eigenvalue of the Fisher matrix of networks of any layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from fisher_spectra.common.arguments import check_integer
from fisher_spectra.finite_size.fixed_point import mean_and_variance
from fisher_spectra.finite_size.product_state import finite_edge
from fisher_spectra.finite_size.upper_edge import upper_edge
from fisher_spectra.karakida.mean_field import learning_rate_limit
from fisher_spectra.layers.equivalent import PlainEquivalent, plain_equivalent
from fisher_spectra.layers.reservations import reservations_of
from fisher_spectra.layers.stack import LayerStack, stack_kernels

# Of the chain of outputs, whose top eigenvalue scatters by 10 %: its mean is then known to .5 %.
_DRAWS = 400
_ROUNDING = 1e-10  # of what is projected out


@dataclass(frozen=True)
class StackPrediction:
    """What theory says of networks of layers. Eigenvalues are those of F = (1/T) sum_t sum_k grad f_k grad f_k^T.

    Attributes
    ----------
    stack, samples
        The layers, and T.
    kappa_1, kappa_2
        (13) and (15) of Karakida et al. 2019: alpha M kappa are the entries of T F* of one output (with the biases'
        shares), with M = M_1 and alpha M^2 the weights of all layers but the last. Where the samples' common direction
        is projected out kappa_2 is negative.
    uniform
        Infinite width: eigenvalue of the vector that is the same on all samples (Theorem 4); 0 up to rounding where the
        last layer is centred.
    others
        Infinite width: that of the T - 1 vectors orthogonal to it.
    outliers
        Mean top one of the C outliers at finite C / M; ``None`` where it is not derived.
    edge
        Mean largest eigenvalue of the bulk around `others` at finite T / M; ``None`` where it is not derived.
    largest_eigenvalue
        The largest of what is derived.
    branch
        ``"outlier"`` or ``"bulk"``.
    reservations
        Sentences for the user: where the value is known to fail.
    """

    stack: LayerStack
    samples: int
    kappa_1: float
    kappa_2: float
    uniform: float
    others: float
    outliers: float | None
    edge: float | None
    largest_eigenvalue: float
    branch: Literal["outlier", "bulk"]
    reservations: tuple[str, ...]

    def critical_learning_rate(self, momentum: float = 0.0) -> float:
        """2 (1 + mu) / lambda_max; loss E = sum_t |y(t) - f(t)|^2 / (2 T), momentum mu.

        Raises
        ------
        ValueError
            If the momentum is not >= 0 and < 1.
        """
        return learning_rate_limit(self.largest_eigenvalue, momentum)


def stack_prediction(
    stack: LayerStack,
    samples: int,
    *,
    input_moment: float = 1.0,
    input_overlap: float = 0.0,
    seed: int = 0,
) -> StackPrediction:
    """Largest eigenvalue of F for a network of layers of any kinds.

    Parameters
    ----------
    stack
        The layers.
    samples
        T >= 2; at least 4 with batch normalisation by the standard deviation.
    input_moment, input_overlap
        Mean of x(s).x(s) / M_0, > 0, and of x(s).x(t) / M_0, s != t.
    seed
        Of the draws for several outputs.

    Raises
    ------
    TypeError, ValueError
        If a value is out of range, or a layer does not fit the one below.

    Examples
    --------
    >>> layers = fs.Dense(100, sigma_w2=2.0), fs.LayerNorm(100, "relu", 2.0, 0.1), fs.Dense(1, "relu", 2.0, 0.1)
    >>> fs.stack_prediction(fs.LayerStack(100, layers), samples=40).branch
    'outlier'
    """
    kernels = stack_kernels(stack, samples, input_moment, input_overlap)
    samples, seed = check_integer("samples", samples, 2), check_integer("seed", seed, 0)
    one, two = kernels[-1].tangent
    uniform, others = ((samples - 1) * two + one) / samples, (one - two) / samples
    uniform = 0.0 if abs(uniform) < _ROUNDING * others else uniform
    equivalent = plain_equivalent(stack, kernels, samples)
    mixing = any(layer.mixes_samples for layer in stack.layers)
    edge = None if equivalent is None else _edge(equivalent, others)
    outliers = None
    if equivalent is not None and not mixing:
        outliers = equivalent.top_outlier(_DRAWS, np.random.default_rng(seed))
    outlier, bulk = uniform if outliers is None else outliers, others if edge is None else edge
    hidden = stack.widths[:-1]
    scale = stack.widths[1] / sum(above * below for above, below in zip(hidden[1:], hidden[:-1], strict=True))
    found = StackPrediction(
        stack=stack,
        samples=samples,
        kappa_1=scale * one,
        kappa_2=scale * two,
        uniform=uniform,
        others=others,
        outliers=outliers,
        edge=edge,
        largest_eigenvalue=max(outlier, bulk),
        branch="outlier" if outlier > bulk else "bulk",
        reservations=(),
    )
    return replace(found, reservations=tuple(reservations_of(found)))


def _edge(equivalent: PlainEquivalent, others: float) -> float:
    """Its place over the bulk's mean, which the kernels give."""
    pencil = equivalent.pencil()
    mean, _ = mean_and_variance(pencil)
    if not mean > 0.0:  # variances so small that the transform does not resolve the bulk: all of it lies at its mean
        return others
    place = finite_edge(upper_edge(pencil), equivalent.samples).mean * others / mean
    return place * equivalent.output_factor()
