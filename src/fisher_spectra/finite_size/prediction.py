"""Largest eigenvalue of the Fisher matrix of a random network as it is: widths, samples, outputs, data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_integer, check_positive, check_type, real_number
from fisher_spectra.finite_size.data_kernels import (
    centred_spectrum,
    checked_overlaps,
    layer_kernels,
    leading_shares,
    mean_overlaps,
)
from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.fixed_point import upper_edge
from fisher_spectra.finite_size.nodes import bulk_pencil
from fisher_spectra.finite_size.outlier import lifted_outlier
from fisher_spectra.finite_size.output_chain import layer_weights, neuron_gains, outlier_branch, sampled_chains
from fisher_spectra.finite_size.product_state import bulk_mean, finite_edge, finite_product_state, product_state
from fisher_spectra.finite_size.variables import diagonal_sum, off_diagonal_sum, order_parameters

Array = npt.NDArray[np.float64]

_RATIO = 1.3  # infinite and finite widths that differ by more are worth a sentence


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
        bulk swallows it.
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
        momentum = real_number("momentum", momentum, "a number >= 0 and < 1")
        if not 0.0 <= momentum < 1.0:
            raise ValueError(f"momentum = {momentum}: must be a number >= 0 and < 1")
        return 2.0 * (1.0 + momentum) / self.largest_eigenvalue


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
        The networks; from :func:`fisher_spectra.finite_size.ensemble.layered_ensemble`.
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
    >>> from fisher_spectra.finite_size.ensemble import layered_ensemble
    >>> from fisher_spectra.finite_size.prediction import finite_size_prediction
    >>> ensemble = layered_ensemble((784, 512, 512, 256, 10), "tanh", sigma_w2=2.0, biases=False)
    >>> prediction = finite_size_prediction(ensemble, samples=100)
    >>> round(prediction.infinite_width, 2), round(prediction.largest_eigenvalue, 2), prediction.branch
    (10.49, 27.03, 'bulk')
    """
    check_type("ensemble", ensemble, LayeredEnsemble, "what layered_ensemble returns")
    draws, seed = check_integer("draws", draws, 2), check_integer("seed", seed, 0)
    data = None if overlaps is None else checked_overlaps(overlaps)
    samples = _checked_samples(samples, data)
    if data is not None:
        moment, overlap = mean_overlaps(data)
    else:
        moment, overlap = check_positive("input_moment", input_moment), real_number("input_overlap", input_overlap)
        if not abs(overlap) <= moment:
            raise ValueError(f"input_overlap = {overlap}: must be between -{moment:g} and {moment:g}")
    fields = order_parameters(ensemble, moment, overlap)
    spectrum = None if data is None else centred_spectrum(data)

    one, two = diagonal_sum(ensemble, fields, biases=False), off_diagonal_sum(ensemble, fields, biases=False)
    kappa_1, kappa_2 = _kappas(ensemble, one, two)

    weights = layer_weights(ensemble, fields, samples)
    infinite_on_data: float | None = None
    if data is not None:
        weights = leading_shares(layer_kernels(data, ensemble))
        infinite_on_data = float(weights.sum())
    gains = neuron_gains(ensemble, fields, samples)
    chain = sampled_chains(np.random.default_rng(seed), gains, ensemble.widths, draws)
    single = bulk_pencil(ensemble, fields, samples, spectrum, outputs=1)
    edge = upper_edge(single)
    outliers = outlier_branch(weights, gains, ensemble.widths, chain)
    state = product_state(ensemble, fields, samples, spectrum)
    outlier = None
    if kappa_2 > 0.0:
        seen = (single, edge) if ensemble.outputs == 1 else (state.samples_pencil, state.samples_edge)
        outlier = lifted_outlier(ensemble, fields, outliers, seen[0], seen[1].position, random_inputs=data is None)
    bulk = max(
        finite_product_state(ensemble, fields, samples, state, chain),
        finite_edge(edge, samples),
        key=lambda found: found.mean,
    )
    leading = outlier if outlier is not None and outlier.mean >= bulk.mean else bulk
    branch: Literal["outlier", "bulk"] = "bulk" if leading is bulk else "outlier"
    return FiniteSizePrediction(
        ensemble=ensemble,
        samples=samples,
        width=ensemble.widths[1],
        infinite_width=_theorem_4(one, two, samples),
        infinite_width_on_data=infinite_on_data,
        eigenvalue_mean=ensemble.outputs * diagonal_sum(ensemble, fields) / ensemble.n_parameters,
        kappa_1=kappa_1,
        kappa_2=kappa_2,
        outlier_branch=None if outlier is None else outlier.mean,
        bulk_branch=bulk.mean,
        outlier_branch_leading=outliers.mean if kappa_2 > 0.0 else None,
        bulk_branch_leading=max(state.eigenvalue, edge.position),
        largest_eigenvalue=leading.mean,
        branch=branch,
        bulk_edge=edge.position,
        bulk_mean=bulk_mean(ensemble, fields, samples),
        scatter=leading.scatter,
        relative_error=_relative_error(ensemble, branch),
        reservations=_reservations(leading.mean, _theorem_4(one, two, samples)),
    )


def _checked_samples(samples: int | None, data: Array | None) -> int:
    if data is None:
        if samples is None:
            raise ValueError("samples = None: give the number of samples T, or the overlaps of the data")
        return check_integer("samples", samples, 2)
    if samples is not None and samples != len(data):
        raise ValueError(f"samples = {samples}: the overlaps are those of {len(data)} samples; leave it out")
    return len(data)


def _kappas(ensemble: LayeredEnsemble, one: float, two: float) -> tuple[float, float]:
    """kappa_1 and kappa_2 with M = M_1: alpha kappa M is the sum over layers, alpha M^2 = sum_{l<L} M_l M_{l-1}."""
    hidden = ensemble.widths[:-1]
    scale = ensemble.widths[1] / sum(above * below for above, below in zip(hidden[1:], hidden[:-1], strict=True))
    return scale * one, scale * two


def _theorem_4(one: float, two: float, samples: int) -> float:
    # Of anti-correlated samples the uniform vector is not the leading one.
    return max((1.0 - 1.0 / samples) * two + one / samples, (one - two) / samples)


def _relative_error(ensemble: LayeredEnsemble, branch: str) -> float:
    """Of the checks in docs/finite_size.md: a few per cent, and more the larger C / M is."""
    ratio = ensemble.outputs / min(ensemble.widths[1:-1])
    return 0.04 + (0.4 if branch == "outlier" else 1.0) * ratio


def _reservations(largest: float, infinite: float) -> tuple[str, ...]:
    ratio = largest / infinite
    if max(ratio, 1.0 / ratio) > _RATIO:
        return (f"finite widths make {ratio:.2g} times the infinite-width value",)
    return ()
