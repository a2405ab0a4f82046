"""Largest eigenvalue of the Fisher matrix of a random network as it is: widths, samples, outputs, data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_integer, check_type
from fisher_spectra.finite_size.branches import two_branches
from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.inputs import Inputs, inputs_of
from fisher_spectra.finite_size.product_state import LARGEST_NOISE, bulk_mean
from fisher_spectra.finite_size.variables import diagonal_sum, off_diagonal_sum, order_parameters
from fisher_spectra.karakida.mean_field import learning_rate_limit

# From where on something is worth a sentence: ratio of finite and infinite width, distance of the branches over the
# larger one, C / M, M_0, and relative scatter.
_RATIO, _CLOSE, _MANY_OUTPUTS, _FEW_INPUTS, _SCATTER = 1.3, 0.1, 0.05, 100, 0.1


# Where the noise of slopes is no small number: factors of two were seen.
_ERROR_IN_CHAOS = 0.5


@dataclass(frozen=True)
class FiniteSizePrediction:
    """What :func:`finite_size_prediction` finds. Eigenvalues are those of F = (1/T) sum_t sum_k grad f_k grad f_k^T.

    Attributes
    ----------
    ensemble, samples
        The networks, and T.
    width
        M, to which kappa_1 and kappa_2 refer: the first hidden width.
    infinite_width
        Theorem 4 of Karakida et al. 2019, with activation and variances of each layer.
    infinite_width_on_data
        Largest eigenvalue of the infinite-width dual Fisher matrix on the data's own overlaps; ``None`` without data.
    eigenvalue_mean
        Mean of all P eigenvalues, Theorem 1, with the exact P (and the biases' share, if they are parameters).
    kappa_1, kappa_2
        (13) and (15).
    outlier_branch
        Top one of the C outliers, mean over networks; ``None`` if there is none: kappa_2 <= 0, or so small that the
        bulk swallows it. With data: the leading eigenvector of the infinite-width matrix, whatever it is.
    bulk_branch
        Top of the bulk of C outputs.
    outlier_branch_leading, bulk_branch_leading
        The same without what is of relative order 1/M, T^-2/3 and C/M times the noise of slopes: mean top eigenvalue of
        the chain of outputs, and edge of infinite matrices at the same ratios.
    largest_eigenvalue
        The larger of the two: the finite-size value.
    branch
        Which one it is.
    bulk_edge, bulk_mean
        Upper edge and mean of the bulk of one output.
    scatter
        Expected standard deviation of the largest eigenvalue from network to network, relative.
    relative_error
        Stated systematic error of the finite-size value, relative.
    reservations
        Sentences for the user: where and why the value is known to fail.
    """

    ensemble: LayeredEnsemble
    samples: int
    width: int
    infinite_width: float
    infinite_width_on_data: float | None
    eigenvalue_mean: float
    kappa_1: float
    kappa_2: float
    outlier_branch: float | None
    bulk_branch: float
    outlier_branch_leading: float | None
    bulk_branch_leading: float
    largest_eigenvalue: float
    branch: Literal["outlier", "bulk"]
    bulk_edge: float
    bulk_mean: float
    scatter: float
    relative_error: float
    reservations: tuple[str, ...]

    def critical_learning_rate(self, momentum: float = 0.0) -> float:
        """2 (1 + mu) / lambda_max with the finite-size value; loss E = sum_t |y(t) - f(t)|^2 / (2 T), momentum mu.

        Raises
        ------
        ValueError
            If the momentum is not >= 0 and < 1.
        """
        return learning_rate_limit(self.largest_eigenvalue, momentum)


def finite_size_prediction(
    ensemble: LayeredEnsemble,
    samples: int | None = None,
    *,
    overlaps: npt.ArrayLike | None = None,
    input_moment: float = 1.0,
    input_overlap: float = 0.0,
    draws: int = 400,
    seed: int = 0,
) -> FiniteSizePrediction:
    """Largest eigenvalue of F for networks of finite width with T samples and C outputs.

    Parameters
    ----------
    ensemble
        The networks; from :func:`layered_ensemble`.
    samples
        T >= 2; that of the overlaps if they are given.
    overlaps
        The data's matrix x(s).x(t) / M_0, shape (T, T). Inputs are taken as independent Gaussian ones without it.
    input_moment, input_overlap
        q_hat^0 > 0 and q_hat_st^0 of such inputs; not used with overlaps.
    draws
        Chains of C x C matrices that the outlier branch is averaged over.
    seed
        Of these draws.

    Raises
    ------
    ValueError
        If a value is out of range, or neither samples nor overlaps are given.

    Examples
    --------
    >>> ensemble = fs.layered_ensemble((784, 512, 512, 256, 10), "tanh", sigma_w2=2.0, biases=False)
    >>> prediction = fs.finite_size_prediction(ensemble, samples=100)
    >>> round(prediction.infinite_width, 2), round(prediction.largest_eigenvalue), prediction.branch
    (10.49, 26, 'bulk')
    """
    check_type("ensemble", ensemble, LayeredEnsemble, "what layered_ensemble returns")
    draws, seed = check_integer("draws", draws, 2), check_integer("seed", seed, 0)
    inputs = inputs_of(samples, overlaps, input_moment, input_overlap)
    fields = order_parameters(ensemble, inputs.moment, inputs.overlap)
    one, two = diagonal_sum(ensemble, fields, biases=False), off_diagonal_sum(ensemble, fields, biases=False)
    kappa_1, kappa_2 = _kappas(ensemble, one, two)
    found = two_branches(ensemble, fields, inputs, draws, np.random.default_rng(seed))
    leading = found.leading
    branch: Literal["outlier", "bulk"] = "bulk" if leading is found.bulk else "outlier"
    prediction = FiniteSizePrediction(
        ensemble=ensemble,
        samples=inputs.samples,
        width=ensemble.widths[1],
        infinite_width=_theorem_4(one, two, inputs.samples),
        infinite_width_on_data=found.infinite_width_on_data,
        eigenvalue_mean=ensemble.outputs * diagonal_sum(ensemble, fields) / ensemble.n_parameters,
        kappa_1=kappa_1,
        kappa_2=kappa_2,
        outlier_branch=None if found.outlier is None else found.outlier.mean,
        bulk_branch=found.bulk.mean,
        outlier_branch_leading=found.outlier_leading,
        bulk_branch_leading=found.bulk_leading,
        largest_eigenvalue=leading.mean,
        branch=branch,
        bulk_edge=found.single_edge,
        bulk_mean=bulk_mean(ensemble, fields, inputs.samples),
        scatter=leading.scatter,
        relative_error=_relative_error(ensemble, branch, leading.noise),
        reservations=(),
    )
    return replace(prediction, reservations=_reservations(prediction, inputs, leading.noise))


def _kappas(ensemble: LayeredEnsemble, one: float, two: float) -> tuple[float, float]:
    """kappa_1 and kappa_2 with M = M_1: alpha kappa M is the sum over layers, alpha M^2 = sum_{l<L} M_l M_{l-1}."""
    hidden = ensemble.widths[:-1]
    scale = ensemble.widths[1] / sum(above * below for above, below in zip(hidden[1:], hidden[:-1], strict=True))
    return scale * one, scale * two


def _theorem_4(one: float, two: float, samples: int) -> float:
    # Of anti-correlated samples the uniform vector is not the leading one.
    return max((1.0 - 1.0 / samples) * two + one / samples, (one - two) / samples)


def _relative_error(ensemble: LayeredEnsemble, branch: str, noise: float) -> float:
    """Of the checks in docs/finite_size.md: a few per cent, and more the larger C / M is."""
    error = 0.04 + (0.4 if branch == "outlier" else 1.0) * _outputs_per_neuron(ensemble)
    return max(error, _ERROR_IN_CHAOS) if noise > LARGEST_NOISE else error


def _outputs_per_neuron(ensemble: LayeredEnsemble) -> float:
    return ensemble.outputs / min(ensemble.widths[1:-1])


def _reservations(prediction: FiniteSizePrediction, inputs: Inputs, noise: float) -> tuple[str, ...]:
    """Sentences on what is known to fail, and on what a user of the infinite-width theory should know."""
    ensemble, largest, infinite = prediction.ensemble, prediction.largest_eigenvalue, prediction.infinite_width
    narrowest, samples, outputs = min(ensemble.widths[1:-1]), prediction.samples, ensemble.outputs
    found = []
    if max(largest / infinite, infinite / largest) > _RATIO:
        found.append(
            f"Theorem 4 of infinite width gives {infinite:.4g}; at these widths the largest eigenvalue is "
            f"{largest / infinite:.2g} times as large."
        )
    if prediction.branch == "bulk":
        found.append(
            "The largest eigenvalue is the edge of the bulk, not an outlier: samples have (almost) no common direction "
            "(kappa_2 = 0 or small), and Theorem 4 says little."
        )
    other = prediction.bulk_branch if prediction.branch == "outlier" else prediction.outlier_branch
    if other is not None and other > (1.0 - _CLOSE) * largest:
        found.append("Outlier and bulk lie within 10 % of each other: single networks may have either on top.")
    if _outputs_per_neuron(ensemble) > _MANY_OUTPUTS:
        found.append(
            f"C / M = {outputs} / {narrowest} is large: the noise of slopes is kept in first order only, and for odd "
            "activations without biases the value is known to be low, by 9 % at C / M = 0.08."
        )
    if noise > LARGEST_NOISE:
        found.append(
            f"Samples differ in their slopes by a relative variance of {noise:.2g} (a deep network in the chaotic "
            "phase): the theory has no value for it, and this one may be off by a factor of two."
        )
    if samples > narrowest:
        found.append(f"T = {samples} exceeds the narrowest hidden width {narrowest}: few networks were checked there.")
    if inputs.overlaps is None and ensemble.widths[0] < _FEW_INPUTS and prediction.branch == "outlier":
        found.append(
            f"Inputs of only {ensemble.widths[0]} components: their norms differ, which is kept in first order; the "
            "value was 3 % low for SiLU at 64."
        )
    if prediction.scatter > _SCATTER:
        found.append(f"Single networks scatter by {prediction.scatter:.0%} about this mean.")
    return tuple(found)
