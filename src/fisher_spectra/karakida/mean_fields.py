"""Mean-field theory of many networks at once: arrays of variances, overlaps of the inputs and depths.

The recursions of :mod:`fisher_spectra.karakida.mean_field`, from which only kappa_1 and kappa_2 are kept. The way up
is gone once for all depths: the layers of a shallow network are the lowest ones of a deep one, and one layer more turns
sum_l alpha_l q_tilde^{l+1} q_hat^l into g times itself plus alpha_L q_hat^L, with g = sigma_w^2 E phi'(u) phi'(v) of
the new layer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.activations.catalogue import as_activation_like
from fisher_spectra.activations.protocol import ActivationLike
from fisher_spectra.common.arguments import real_array, shown
from fisher_spectra.gaussian.equal_variances import EqualVariances, equal_variances
from fisher_spectra.karakida.ensemble import OVERLAP_TOLERANCE, Architecture
from fisher_spectra.karakida.theorems import lemma_6, theorem_1, theorem_3, theorem_4

Array = npt.NDArray[np.float64]

_LARGEST = 1e150  # second moments whose products are still numbers
_MOST_LAYERS = 10**6  # each takes a step of the recursion
# Networks whose variables, 11 numbers each, stay in the cache. Of a million this takes a quarter off the time of all at
# once; of fewer at once the calls of NumPy take longer than what they do.
_AT_ONCE = 2**14


@dataclass(frozen=True, eq=False)
class MeanFields:
    """kappa_1 and kappa_2 of many networks; made by :func:`mean_fields`. All arrays have the shape of the networks.

    The methods are Theorems 1, 3, 4 and 7 of Karakida, Akaho, Amari 2019, as the functions of the same names have them
    for one network. They take numbers, or arrays that broadcast with the shape of the networks, and return arrays.
    ``nan`` is what has no value.

    Attributes
    ----------
    activation
        phi.
    sigma_w2, sigma_b2, depth
        Of each network.
    alpha
        Parameters per M^2.
    kappa_1, kappa_2
        (13) and (15); ``nan`` where the moments overflow.

    Examples
    --------
    >>> fields = fs.mean_fields("relu", 2.0, [0.0, 0.1], depth=np.array([3, 4])[:, None])
    >>> fields.alpha.tolist(), fields.kappa_1.round(4).tolist()
    ([[2.0, 2.0], [3.0, 3.0]], [[1.5, 1.575], [1.3333, 1.4333]])
    """

    activation: ActivationLike
    sigma_w2: Array
    sigma_b2: Array
    depth: npt.NDArray[np.int64]
    alpha: Array
    kappa_1: Array
    kappa_2: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the networks."""
        return self.kappa_1.shape

    def eigenvalue_mean(self, width: npt.ArrayLike, outputs: npt.ArrayLike = 1) -> Array:
        """Mean of the P eigenvalues, C kappa_1 / M; Theorem 1, (13).

        Parameters
        ----------
        width, outputs
            M > 0 and C >= 1.

        Raises
        ------
        ValueError, TypeError
            If a value is out of range, or the shapes do not fit.

        Examples
        --------
        >>> fs.mean_fields("tanh", [1.0, 3.0], 0.64, depth=4).eigenvalue_mean(width=1000).round(8)
        array([0.00025591, 0.00080828])
        """
        return np.asarray(theorem_1(self.kappa_1, self._positive("width", width), self._at_least_1("outputs", outputs)))

    def eigenvalue_second_moment(self, samples: npt.ArrayLike, outputs: npt.ArrayLike = 1) -> Array:
        """Mean of the squared eigenvalues, C alpha ((T-1)/T kappa_2^2 + kappa_1^2 / T); Theorem 3, (14).

        Parameters
        ----------
        samples, outputs
            T >= 1, ``math.inf`` allowed, and C >= 1.

        Raises
        ------
        ValueError, TypeError
            As :meth:`eigenvalue_mean`.

        Examples
        --------
        >>> fs.mean_fields("tanh", 3.0, 0.64, depth=[3, 4]).eigenvalue_second_moment(samples=100).round(6)
        array([0.046118, 0.07514 ])
        """
        n_samples, n_outputs = self._at_least_1("samples", samples), self._at_least_1("outputs", outputs)
        return np.asarray(theorem_3(self.alpha, self.kappa_1, self.kappa_2, n_samples, n_outputs))

    def eigenvalue_maximum(self, width: npt.ArrayLike, samples: npt.ArrayLike) -> Array:
        """Largest eigenvalue, alpha ((T-1)/T kappa_2 + kappa_1 / T) M; Theorem 4, (16).

        Parameters
        ----------
        width, samples
            M > 0 and T >= 1.

        Raises
        ------
        ValueError, TypeError
            As :meth:`eigenvalue_mean`.

        Examples
        --------
        >>> fs.mean_fields("tanh", 3.0, 0.64, depth=4).eigenvalue_maximum(width=1000, samples=[100, 1000]).round(3)
        array([430.397, 412.265])
        """
        m, n_samples = self._positive("width", width), self._at_least_1("samples", samples)
        return np.asarray(theorem_4(self.alpha, self.kappa_1, self.kappa_2, m, n_samples))

    def critical_learning_rate(
        self, width: npt.ArrayLike, samples: npt.ArrayLike, momentum: npt.ArrayLike = 0.0
    ) -> Array:
        """2 (1 + mu) / lambda_max; Theorem 7, (22). ``nan`` where the largest eigenvalue is 0 to this order.

        Parameters
        ----------
        width, samples
            M > 0 and T >= 1. The loss is E = sum_t |y(t) - f(t)|^2 / (2 T).
        momentum
            0 <= mu < 1.

        Raises
        ------
        ValueError, TypeError
            As :meth:`eigenvalue_mean`.

        Examples
        --------
        >>> fs.mean_fields("relu", 2.0, [0.0, 0.1], depth=3).critical_learning_rate(width=1000, samples=100).round(6)
        array([0.002821, 0.00242 ])
        """
        mu = self._checked("momentum", momentum, "numbers >= 0 and < 1", lambda x: (x >= 0.0) & (x < 1.0))
        largest = self.eigenvalue_maximum(width, samples)
        return np.asarray(lemma_6(np.where(largest == 0.0, np.nan, largest), mu))

    def _positive(self, name: str, value: object) -> Array:
        return self._checked(name, value, "finite numbers > 0", lambda x: (x > 0.0) & np.isfinite(x))

    def _at_least_1(self, name: str, value: object) -> Array:
        return self._checked(name, value, "numbers >= 1", lambda x: x >= 1.0)

    def _checked(self, name: str, value: object, allowed: str, is_allowed: Any) -> Array:
        array = _checked(name, value, allowed, is_allowed)
        _shape_of({"the networks": self.kappa_1, name: array})
        return array


def mean_fields(
    activation: ActivationLike | str,
    sigma_w2: npt.ArrayLike,
    sigma_b2: npt.ArrayLike,
    depth: npt.ArrayLike,
    alphas: Sequence[float] | None = None,
    input_moment: npt.ArrayLike = 1.0,
    input_overlap: npt.ArrayLike = 0.0,
) -> MeanFields:
    """kappa_1 and kappa_2, (13) and (15), of networks whose numbers are arrays that broadcast together.

    What :func:`fisher_spectra.mean_field` says one by one: a 100 x 100 phase diagram takes about a second.

    Parameters
    ----------
    activation
        Of all hidden layers; also an object of the reader's own with ``spec``, ``kinks``, ``slopes``, ``derivative``
        and ``__call__`` (and ``is_odd``, if it is).
    sigma_w2, sigma_b2
        Variances of weights (times the width below, > 0) and biases (>= 0).
    depth
        L >= 2, whole numbers up to a million.
    alphas
        Relative widths alpha_0 .. alpha_{L-1} of networks of one depth; all 1 by default.
    input_moment, input_overlap
        q_hat^0 > 0 and q_hat_st^0, at most q_hat^0 in modulus.

    Returns
    -------
    MeanFields
        Of the shape to which the arguments broadcast. kappa_1 and kappa_2 are right to 1e-10 of kappa_1 for each layer
        for smooth and for piecewise linear activations, to rounding where moments have elementary closed forms, and to
        1e-8 for other activations with kinks. A value does not depend on what it is asked for together with.

    Raises
    ------
    ValueError, TypeError
        If a value is out of range, shapes do not broadcast, or Gaussian means of the activation do not settle.
    UserError
        If there is no such activation.

    Examples
    --------
    >>> fields = fs.mean_fields("tanh", sigma_w2=np.linspace(1, 3, 3)[:, None], sigma_b2=[0.0, 0.64], depth=4)
    >>> fields.shape, fields.kappa_2.round(5)
    ((3, 2), array([[0.     , 0.16603],
           [0.     , 0.15919],
           [0.     , 0.13675]]))
    """
    phi = as_activation_like(activation)
    w2 = _checked("sigma_w2", sigma_w2, "finite numbers > 0", lambda x: (x > 0.0) & np.isfinite(x))
    b2 = _checked("sigma_b2", sigma_b2, "finite numbers >= 0", lambda x: (x >= 0.0) & np.isfinite(x))
    allowed = f"whole numbers from 2 to {_MOST_LAYERS}"
    depths = _checked("depth", depth, allowed, lambda x: (x >= 2.0) & (x == np.floor(x)) & (x <= _MOST_LAYERS))
    moment = _checked("input_moment", input_moment, "finite numbers > 0", lambda x: (x > 0.0) & np.isfinite(x))
    overlap = _checked("input_overlap", input_overlap, "finite numbers", np.isfinite)
    named = {"sigma_w2": w2, "sigma_b2": b2, "input_moment": moment, "input_overlap": overlap}
    shape = _shape_of(named | {"depth": depths})
    if np.any(np.abs(overlap) > moment * (1.0 + OVERLAP_TOLERANCE)):
        raise ValueError(f"input_overlap = {shown(input_overlap)}: must be between -input_moment and input_moment")
    widths = None if alphas is None else _architecture(depths, alphas).alphas
    networks = np.broadcast_shapes(*(array.shape for array in named.values()))
    flat = [_flat(array, networks) for array in named.values()]
    kappas, alpha = _recursion(phi, flat, sorted({int(one) for one in depths.flat}), widths)
    which = np.broadcast_to(depths, shape).astype(np.int64)
    kappa_1, kappa_2, shares = (np.empty(shape) for _ in range(3))
    for one, pair in kappas.items():
        there = which == one if len(kappas) > 1 else True
        np.copyto(shares, alpha[one], where=there)
        for values, found in zip((kappa_1, kappa_2), pair, strict=True):
            np.copyto(values, found.reshape(networks), where=there)
    all_w2, all_b2 = (np.broadcast_to(array, shape) for array in (w2, b2))
    return MeanFields(phi, all_w2, all_b2, which, shares, kappa_1, kappa_2)


def _flat(array: Array, shape: tuple[int, ...]) -> Array:
    """The array of that shape, as one axis; a single number takes no memory."""
    if array.size == 1:
        return np.broadcast_to(array.reshape(1), math.prod(shape))
    return np.broadcast_to(array, shape).ravel()


def _recursion(
    phi: ActivationLike, networks: Sequence[Array], depths: Sequence[int], widths: Sequence[float] | None
) -> tuple[dict[int, Array], dict[int, float]]:
    """kappa_1 and kappa_2 of each depth, shape (2, n), and alpha.

    Of each network, shape (n,): sigma_w2, sigma_b2, input_moment and input_overlap.
    """
    means = equal_variances(phi)
    is_odd = bool(getattr(phi, "is_odd", False))
    n_networks = len(networks[0])
    layers = np.ones(max(depths)) if widths is None else np.array(widths)
    alphas = np.cumsum(layers[:-1] * layers[1:])
    kappas = {depth: np.empty((2, n_networks)) for depth in depths}
    at_once = _AT_ONCE if means.elementary else max(n_networks, 1)
    for start in range(0, n_networks, at_once):
        part = slice(start, start + at_once)
        for depth, found in _kappas(means, is_odd, [array[part] for array in networks], depths, layers, alphas):
            kappas[depth][:, part] = found
    return kappas, {depth: float(alphas[depth - 2]) for depth in depths}


def _kappas(
    means: EqualVariances, is_odd: bool, networks: Sequence[Array], depths: Sequence[int], layers: Array, alphas: Array
) -> Iterator[tuple[int, Array]]:
    """kappa_1 and kappa_2 of some networks, shape (2, n), for one depth after another."""
    sigma_w2, sigma_b2, moment, overlap = networks
    # Of a sample with itself, and of two: q and q_st, then q_hat and q_hat_st, the gains, and the sums on the way down.
    variances, sums, found = (np.empty((2, len(moment))) for _ in range(3))
    four = np.empty((4, len(moment)))
    activities, gains = four[:2], four[2:]
    activities[0], activities[1] = moment, np.clip(overlap, -moment, moment)
    # Nothing is rounded in signs: an odd phi keeps uncorrelated samples uncorrelated without biases.
    uncorrelated = (sigma_b2 == 0.0) & (overlap == 0.0) if is_odd else np.zeros(moment.shape, dtype=bool)
    lost = np.zeros(moment.shape, dtype=bool)
    np.multiply(layers[0], activities, out=sums)
    size_2 = sums[0].copy()
    for layer in range(1, max(depths)):
        with np.errstate(over="ignore", invalid="ignore"):
            np.multiply(sigma_w2, activities, out=variances)
            variances += sigma_b2
        if not (variances[0] < _LARGEST).all():
            lost |= ~(variances[0] < _LARGEST)
            variances[0, lost], variances[1, lost] = 1.0, 0.0
        means.together(variances, four)
        if is_odd:
            activities[1, uncorrelated] = 0.0
        with np.errstate(over="ignore", invalid="ignore"):
            gains *= sigma_w2
            added = activities if layers[layer] == 1.0 else layers[layer] * activities
            sums *= gains
            sums += added
            if not is_odd:
                size_2 *= np.abs(gains[1], out=gains[1])
                size_2 += added[0]
        if layer + 1 in depths:
            np.divide(sums, alphas[layer - 1], out=found)
            # Where q_hat_st vanishes on paper, rounding leaves a share of q_hat, of either sign.
            found[1, uncorrelated if is_odd else np.abs(sums[1]) <= means.error * size_2] = 0.0
            found[:, lost | ~np.isfinite(sums[0])] = np.nan
            yield layer + 1, found


def _checked(name: str, value: object, allowed: str, is_allowed: Any) -> Array:
    array: Array = real_array(name, value)
    if not np.all(is_allowed(array)):
        raise ValueError(f"{name} = {shown(value)}: must be {allowed}")
    return array


def _shape_of(arrays: dict[str, Array]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"shapes {shapes}: must broadcast together") from error


def _architecture(depths: Array, alphas: object) -> Architecture:
    if np.unique(depths).size != 1:
        raise ValueError(f"alphas = {shown(alphas)}: must be left out for networks of several depths")
    return Architecture(int(depths.flat[0]), tuple(real_array("alphas", alphas).ravel().tolist()))
