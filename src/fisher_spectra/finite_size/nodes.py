"""The bulk of the Fisher matrix as a linear combination of sample covariance matrices: classes of neurons.

On the complement of I_C x 1, with off-diagonal fluctuations of order M^-1/2 kept to first order,

    F* = a_I I + sum_{l=0}^{L-1} aH_l (I_C x H_l) + sum_{l=1}^{L-1} aD_l D_l,
    H_l = h^l h^l^T / M_l,  D_l = Delta^l Delta^l^T (C T x C T),
    aH_{l-1} = q_tilde_st^l M_{l-1} / T,  aD_l = (M_{l-1} q_hat_st^{l-1} + beta) / T,
    a_I = sum_l M_{l-1} (q_tilde^l - q_tilde_st^l) (q_hat^{l-1} - q_hat_st^{l-1}) / T,

with beta = 1 if biases are parameters of F. A neuron of layer l sees u = sqrt(q_st) z + sqrt(q - q_st) xi: z is common
to all samples, xi differs. So neurons fall into classes of z, and those of D_l also into classes of
e = chi^2_C / C, the squared norm of their C outgoing weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.common.gauss_legendre import gauss_legendre
from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.fixed_point import Node, Pencil
from fisher_spectra.finite_size.variables import OrderParameters

Array = npt.NDArray[np.float64]

# Equally probable values of z and of e. Edges change by less than 0.02 % with 600 and 400 of them.
CLASSES = (60, 30)
# Rule over xi: panels of unit length to nine standard deviations, cut at the kinks, with this many nodes each.
_REACH, _PANEL_NODES = 9.0, 16


@dataclass(frozen=True)
class NeuronClasses:
    """Moments over xi of the neurons with one value of z, each of shape (classes,); classes are equally probable.

    Attributes
    ----------
    activity, activity_variance, square_variance
        E[phi | z], Var(phi | z), Var(phi^2 | z).
    slope, slope_moment, slope_variance
        E[phi' | z], E[phi'^2 | z], Var(phi' | z).
    curvature
        E[phi'' | z], for kinked activations as well: E[phi' xi | z] / sqrt(q - q_st).
    activity_with_square, square_with_slope, activity_with_slope
        Cov(phi, phi^2 | z), Cov(phi^2, phi' | z), Cov(phi, phi' | z).
    """

    activity: Array
    activity_variance: Array
    square_variance: Array
    slope: Array
    slope_moment: Array
    slope_variance: Array
    curvature: Array
    activity_with_square: Array
    square_with_slope: Array
    activity_with_slope: Array


@lru_cache(maxsize=256)
def neuron_classes(activation: Activation, q: float, q_st: float, classes: int = CLASSES[0]) -> NeuronClasses:
    """Classes of a layer with moments q and q_st of its pre-activations; one class if q_st = 0."""
    ends = scipy.special.ndtri(np.arange(classes + 1) / classes)
    density = np.exp(-0.5 * ends**2) / math.sqrt(2.0 * math.pi)
    z = np.zeros(1) if q_st == 0.0 else -np.diff(density) * classes
    common = math.copysign(math.sqrt(abs(q_st)), q_st) * z
    return neurons_given(activation, common, math.sqrt(max(q - q_st, 0.0)))


def neurons_given(activation: Activation, common: Array, spread: float) -> NeuronClasses:
    """Moments over xi of neurons with pre-activation common + spread xi, for each value of `common` (classes,)."""
    xi, weights = _rule_between_kinks(activation.kinks, common, spread) if spread > 0.0 else _point(common.size)
    value, derivative = activation.value_and_derivative(common[:, None] + spread * xi)

    def mean(values: Array) -> Array:
        return np.asarray(np.sum(weights * values, axis=1))

    activity, slope, square = mean(value), mean(derivative), mean(value**2)
    of_value, of_square = value - activity[:, None], value**2 - square[:, None]
    of_slope = derivative - slope[:, None]
    return NeuronClasses(
        activity=activity,
        activity_variance=mean(of_value**2),
        square_variance=mean(of_square**2),
        slope=slope,
        slope_moment=mean(derivative**2),
        slope_variance=mean(of_slope**2),
        curvature=mean(derivative * xi) / spread if spread > 0.0 else np.zeros_like(common),
        activity_with_square=mean(of_value * of_square),
        square_with_slope=mean(of_square * of_slope),
        activity_with_slope=mean(of_value * of_slope),
    )


def _point(classes: int) -> tuple[Array, Array]:
    """The rule where all samples are the same."""
    return np.zeros((classes, 1)), np.ones((classes, 1))


def _rule_between_kinks(kinks: tuple[float, ...], common: Array, spread: float) -> tuple[Array, Array]:
    """Nodes xi and weights with the normal density, shape (classes, nodes): Gauss-Legendre between the kinks of u."""
    grid = np.broadcast_to(np.arange(-_REACH, _REACH + 1.0), (common.size, round(2 * _REACH) + 1))
    cuts = (np.asarray(kinks, dtype=np.float64) - common[:, None]) / spread
    ends = np.sort(np.concatenate([grid, np.clip(cuts, -_REACH, _REACH)], axis=1), axis=1)
    lengths = np.diff(ends, axis=1)[:, :, None]
    unit, unit_weights = gauss_legendre(_PANEL_NODES)
    xi = ends[:, :-1, None] + lengths * (0.5 * (unit + 1.0))
    weights = lengths * (0.5 * unit_weights) * np.exp(-0.5 * xi**2) / math.sqrt(2.0 * math.pi)
    return xi.reshape(common.size, -1), weights.reshape(common.size, -1)


@lru_cache(maxsize=64)
def _norm_classes(outputs: int, classes: int) -> Array:
    """Values of e = chi^2_C / C: its means over equally probable intervals, whose mean is exactly 1."""
    # quantiles and distribution function of chi^2; importing scipy.stats for them takes half a second
    ends = 2.0 * scipy.special.gammaincinv(0.5 * outputs, np.arange(classes + 1) / classes)
    return np.asarray(np.diff(scipy.special.chdtr(outputs + 2, ends)) * classes)


def identity_coefficients(ensemble: LayeredEnsemble, fields: OrderParameters, samples: int) -> Array:
    """a_I,l = M_{l-1} (q_tilde^l - q_tilde_st^l) (q_hat^{l-1} - q_hat_st^{l-1}) / T, shape (L,)."""
    backward = np.array(fields.q_tilde[1:]) - np.array(fields.q_tilde_st[1:])
    forward = np.array(fields.q_hat) - np.array(fields.q_hat_st)
    return np.asarray(np.array(ensemble.widths[:-1]) * backward * forward / samples)


def activity_coefficients(ensemble: LayeredEnsemble, fields: OrderParameters, samples: int) -> Array:
    """aH_{l-1} = q_tilde_st^l M_{l-1} / T, shape (L,), from the input's on."""
    return np.array(
        [fields.q_tilde_st[layer] * ensemble.widths[layer - 1] / samples for layer in range(1, ensemble.depth + 1)]
    )


def activity_nodes(
    ensemble: LayeredEnsemble,
    fields: OrderParameters,
    samples: int,
    coefficients: Array,
    classes_of_z: int = CLASSES[0],
) -> list[Node]:
    """H_0 .. H_{L-1} with the given coefficients aH_0 .. aH_{L-1}."""
    own = np.array([fields.q_hat[0] - fields.q_hat_st[0]])
    nodes = [Node(coefficients[0], samples / ensemble.widths[0], np.ones(1), own, (), np.zeros((1, 0)))]
    for layer in range(1, ensemble.depth):
        found = _classes(ensemble, fields, layer, classes_of_z)
        spread2 = fields.q[layer] - fields.q_st[layer]
        own = found.activity_variance - spread2 * found.slope**2
        inherited = ensemble.sigma_w2[layer - 1] * found.slope**2
        nodes.append(
            _node(coefficients[layer], samples / ensemble.widths[layer], own, (layer - 1,), inherited[:, None])
        )
    return nodes


def slope_nodes(
    ensemble: LayeredEnsemble, fields: OrderParameters, samples: int, outputs: int, classes: tuple[int, int] = CLASSES
) -> list[Node]:
    """D_{L-1} .. D_1, to follow H_0 .. H_{L-1}; those below the last one with aD > 0 are left out."""
    depth, widths, w2 = ensemble.depth, ensemble.widths, ensemble.sigma_w2
    classes_of_z, classes_of_norm = classes
    # aD of the layers 1 .. L-1
    coefficients = [
        max(m * h + ensemble.bias_term, 0.0) / samples for m, h in zip(widths, fields.q_hat_st, strict=False)
    ]
    lowest = min((layer for layer in range(1, depth) if coefficients[layer - 1] > 0.0), default=depth)
    nodes: list[Node] = []
    for layer in range(depth - 1, lowest - 1, -1):
        found = _classes(ensemble, fields, layer, classes_of_z)
        e = _norm_classes(outputs, classes_of_norm)[:, None]
        spread2 = fields.q[layer] - fields.q_st[layer]
        above, above_st = fields.q_tilde[layer + 1], fields.q_tilde_st[layer + 1]
        own = w2[layer] * (
            e * above_st * (found.slope_variance - spread2 * found.curvature**2)
            + found.slope_variance * (above - above_st)
        )
        to_activities = w2[layer] * w2[layer - 1] * e * above_st * found.curvature**2
        parents: tuple[int, ...] = (layer - 1,)
        inherited = [to_activities.ravel()]
        if layer < depth - 1:
            parents = (layer - 1, depth + len(nodes) - 1)  # D_{l+1} is the node before
            inherited.append(np.broadcast_to(w2[layer] * found.slope**2, to_activities.shape).ravel())
        nodes.append(
            _node(
                coefficients[layer - 1],
                outputs * samples / widths[layer],
                own.ravel(),
                parents,
                np.column_stack(inherited),
            )
        )
    return nodes


def bulk_pencil(
    ensemble: LayeredEnsemble,
    fields: OrderParameters,
    samples: int,
    spectrum: Array | None = None,
    outputs: int | None = None,
    classes: tuple[int, int] = CLASSES,
) -> Pencil:
    """All nodes of F*.

    Parameters
    ----------
    ensemble, fields, samples
        The networks, their moments, and T.
    spectrum
        Eigenvalues of the data's own centred overlap matrix, to stand in place of H_0.
    outputs
        C, if not that of the ensemble.
    classes
        Numbers of classes of z and of e.
    """
    coefficients = activity_coefficients(ensemble, fields, samples)
    nodes = activity_nodes(ensemble, fields, samples, coefficients, classes[0])
    nodes += slope_nodes(ensemble, fields, samples, ensemble.outputs if outputs is None else outputs, classes)
    return Pencil(float(identity_coefficients(ensemble, fields, samples).sum()), tuple(nodes), spectrum)


def _classes(ensemble: LayeredEnsemble, fields: OrderParameters, layer: int, classes: int) -> NeuronClasses:
    return neuron_classes(ensemble.activations[layer - 1], fields.q[layer], fields.q_st[layer], classes)


def _node(coefficient: float, gamma: float, own: Array, parents: tuple[int, ...], inherited: Array) -> Node:
    # What is exactly zero on paper comes out of the quadrature as rounding of either sign.
    size = own.size
    return Node(
        float(coefficient), gamma, np.full(size, 1.0 / size), np.maximum(own, 0.0), parents, np.maximum(inherited, 0.0)
    )
