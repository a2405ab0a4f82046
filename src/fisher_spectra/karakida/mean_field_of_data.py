"""Mean-field theory for given data: the dual Fisher matrix of an infinitely wide network on the data's own overlaps.

Karakida, Akaho, Amari 2019 assume independent standard normal inputs (q_hat^0 = 1, q_hat_st^0 = 0). Real samples are
correlated: two MNIST images have a mean overlap of about 0.3. The recursions (9) to (12) hold for every pair of
samples with its own overlap, and give the T x T dual matrix

    F*_st = (M / T) sum_{l=1}^L alpha_{l-1} q_tilde_st^l q_hat_st^{l-1},

the large-width limit of (A.19) with the same non-zero eigenvalues as F. With C outputs the dual matrix consists of C
such blocks on its diagonal, so every eigenvalue occurs C times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_positive, check_type, real_array, real_number
from fisher_spectra.gaussian.integrals import derivative_kernel, kernel
from fisher_spectra.karakida.ensemble import OVERLAP_TOLERANCE, Ensemble
from fisher_spectra.karakida.mean_field import learning_rate_limit
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue

Array = npt.NDArray[np.float64]

_LARGEST = 1e300  # sums of that size are still finite


def infinite_width_dual_fisher(
    overlaps: npt.ArrayLike,
    ensemble: Ensemble,
    width: float = 1.0,
    biases: bool = False,
) -> Array:
    """Dual Fisher matrix of one output, (T, T), for given data in the limit of large width.

    Parameters
    ----------
    overlaps
        q_hat_st^0 = x(s).x(t) / M_0, shape (T, T): symmetric, positive semi-definite, diagonal entries may differ;
        see :func:`fisher_spectra.datasets.overlaps.overlap_matrix`.
    ensemble
        The networks. For data of dimension M_0, alpha_0 = M_0 / M.
    width
        M > 0; the matrix is proportional to it.
    biases
        Add the biases' term sum_l q_tilde_st^l / T, a relative 1/M that the limit neglects.

    Returns
    -------
    Symmetric matrix (T, T).

    Raises
    ------
    ValueError
        If a value is out of range or the overlaps are not those of real vectors.

    Notes
    -----
    Time grows as L T^2; for T = 500 a layer takes 0.01 to 0.5 s, depending on the activation
    (:func:`fisher_spectra.gaussian.integrals.kernel`).

    Examples
    --------
    >>> ensemble = fs.Ensemble.of(fs.get_activation("relu"), sigma_w2=2.0, sigma_b2=0.0, depth=3)
    >>> fs.infinite_width_dual_fisher([[1.0, 0.3], [0.3, 1.0]], ensemble, width=100).round(3)
    array([[150.  ,  51.73],
           [ 51.73, 150.  ]])
    """
    check_type("ensemble", ensemble, Ensemble, "an Ensemble")
    (dual,) = _dual_matrices(overlaps, [ensemble], [width], biases)
    return dual


def _dual_matrices(
    overlaps: npt.ArrayLike, ensembles: Sequence[Ensemble], widths: Sequence[float], biases: bool
) -> Iterator[Array]:
    """The matrix of each ensemble and width; the ensembles differ in their relative widths alone."""
    ensemble, widths = ensembles[0], [check_positive("width", width) for width in widths]
    checked = _checked_overlaps(overlaps)
    activation, sigma_w2, sigma_b2 = ensemble.activation, ensemble.sigma_w2, ensemble.sigma_b2
    samples, depth = checked.shape[0], ensemble.architecture.depth
    # The matrix is symmetric: pairs s <= t only, the diagonal among them.
    row, column = np.triu_indices(samples)
    diagonal = np.flatnonzero(row == column)
    q_hat = checked[row, column]
    # Upwards, sum_l alpha_{l-1} q_tilde^l q_hat^{l-1} with q_tilde^L = 1 is built by Horner's rule:
    # total^l = alpha_{l-1} M q_hat^{l-1} + sigma_w^2 I_phi'^{l-1} total^{l-1}. So no layer has to be kept.
    per_bias = 1.0 if biases else 0.0
    with np.errstate(over="ignore"):
        totals = [
            one.architecture.alphas[0] * width * q_hat + per_bias for one, width in zip(ensembles, widths, strict=True)
        ]
    for layer in range(1, depth):
        q_st = sigma_w2 * q_hat + sigma_b2
        q = q_st[diagonal]
        gain = derivative_kernel(activation, q[row], q[column], q_st)
        q_hat = kernel(activation, q[row], q[column], q_st)
        with np.errstate(over="ignore"):
            passed_on = sigma_w2 * gain
            for one, width, total in zip(ensembles, widths, totals, strict=True):
                total *= passed_on
                total += one.architecture.alphas[layer] * width * q_hat + per_bias
    for width, total in zip(widths, totals, strict=True):
        if not np.isfinite(total).all() or float(np.abs(total).max()) * samples > _LARGEST:
            raise ValueError(
                f"width = {width:g}, {activation.spec}, sigma_w2 = {sigma_w2:g}: the dual matrix overflows"
            )
        dual = np.empty((samples, samples))
        dual[row, column] = total / samples
        dual[column, row] = dual[row, column]
        yield dual


def largest_eigenvalue_of_data(
    overlaps: npt.ArrayLike,
    ensemble: Ensemble,
    width: float = 1.0,
    samples: float | None = None,
) -> float:
    """Largest eigenvalue of the Fisher matrix that the infinite-width theory predicts for these data.

    Parameters
    ----------
    overlaps, ensemble, width
        As in :func:`infinite_width_dual_fisher`.
    samples
        Number T of samples of the whole training set if the overlaps are those of a random subset of n of them
        (``math.inf`` for the input distribution). The diagonal then weighs 1/T and the rest (T - 1) / (T (n - 1))
        instead of 1/n each, so that both sums of (16) have the same mean over subsets as the whole set.

    Raises
    ------
    ValueError
        As :func:`infinite_width_dual_fisher`, or if there are fewer samples than overlaps.

    Examples
    --------
    >>> ensemble = fs.Ensemble.of(fs.get_activation("relu"), sigma_w2=2.0, sigma_b2=0.0, depth=3)
    >>> round(fs.largest_eigenvalue_of_data([[1.0, 0.3], [0.3, 1.0]], ensemble, width=100), 3)
    201.73
    """
    return _largest_eigenvalue(infinite_width_dual_fisher(overlaps, ensemble, width), samples)


def _largest_eigenvalue(matrix: Array, samples: float | None) -> float:
    """Of the matrix of all samples, or of a subset of so many."""
    size = matrix.shape[0]
    if samples is not None:
        number = real_number("samples", samples)
        if not number >= size or size < 2:
            raise ValueError(f"samples = {samples}: must be at least the number of overlapping samples, {size}, and 2")
        diagonal = np.diagonal(matrix) * (size / samples)
        matrix = matrix * (size * (1.0 - 1.0 / samples) / (size - 1))
        np.fill_diagonal(matrix, diagonal)
    return largest_eigenvalue(matrix)


def critical_learning_rate_of_data(
    overlaps: npt.ArrayLike,
    ensemble: Ensemble,
    width: float = 1.0,
    momentum: float = 0.0,
    samples: float | None = None,
) -> float:
    """eta_c = 2 (1 + mu) / lambda_max for given data; Karakida et al., Lemma 6, with the data's own lambda_max.

    Parameters as in :func:`largest_eigenvalue_of_data`; momentum 0 <= mu < 1.

    Parameters
    ----------
    overlaps, ensemble, width, samples
        As in :func:`largest_eigenvalue_of_data`.
    momentum
        0 <= mu < 1.

    Raises
    ------
    ValueError
        As :func:`largest_eigenvalue_of_data`, or if the momentum is out of range.

    Examples
    --------
    >>> ensemble = fs.Ensemble.of(fs.get_activation("tanh"), sigma_w2=3.0, sigma_b2=0.64, depth=4)
    >>> round(fs.critical_learning_rate_of_data([[1.0, 0.3], [0.3, 1.0]], ensemble, width=1000), 6)
    0.001297
    """
    largest = largest_eigenvalue_of_data(overlaps, ensemble, width, samples=samples)
    return learning_rate_limit(largest, momentum)


def critical_learning_rates_of_data(
    overlaps: npt.ArrayLike,
    ensembles: Sequence[Ensemble],
    widths: Sequence[float],
    momentum: float = 0.0,
    samples: float | None = None,
) -> list[float]:
    """`critical_learning_rate_of_data` of networks of several widths: what layers make of the data is found once.

    Parameters
    ----------
    overlaps, momentum, samples
        As in :func:`critical_learning_rate_of_data`.
    ensembles, widths
        Of each network; the ensembles differ in their relative widths alone.

    Raises
    ------
    ValueError
        As :func:`critical_learning_rate_of_data`, or if the ensembles differ in anything else, or are not as many as
        the widths.

    Examples
    --------
    >>> from fisher_spectra.karakida.mean_field_of_data import critical_learning_rates_of_data
    >>> widths = [500, 1000]
    >>> ensembles = [fs.Ensemble.of("tanh", 3.0, 0.64, 4, (64 / width, 1, 1, 1)) for width in widths]
    >>> rates = critical_learning_rates_of_data([[1.0, 0.3], [0.3, 1.0]], ensembles, widths)
    >>> [round(rate, 6) for rate in rates]
    [0.003368, 0.001722]
    """
    kinds = {(one.activation, one.sigma_w2, one.sigma_b2, one.architecture.depth) for one in ensembles}
    if len(kinds) != 1 or len(ensembles) != len(widths):
        raise ValueError(
            f"{len(ensembles)} ensembles of {len(kinds)} kinds, {len(widths)} widths: must be as many, and of one kind"
        )
    matrices = _dual_matrices(overlaps, ensembles, widths, biases=False)
    return [learning_rate_limit(_largest_eigenvalue(matrix, samples), momentum) for matrix in matrices]


def _checked_overlaps(overlaps: npt.ArrayLike) -> Array:
    overlaps = real_array("overlaps", overlaps)
    if overlaps.ndim != 2 or overlaps.shape[0] != overlaps.shape[1] or overlaps.shape[0] < 1:
        raise ValueError(f"overlaps have shape {overlaps.shape}: must be a square matrix (samples, samples)")
    if not np.all(np.isfinite(overlaps)):
        raise ValueError("overlaps: every entry must be finite")
    diagonal = np.diagonal(overlaps)
    if np.any(diagonal < 0.0):
        raise ValueError(f"overlaps: a diagonal entry is {diagonal.min():g}, must be >= 0")
    largest = float(diagonal.max())
    if np.any(np.abs(overlaps - overlaps.T) > OVERLAP_TOLERANCE * largest):
        raise ValueError("overlaps: must be a symmetric matrix")
    limit = np.sqrt(diagonal[:, None]) * np.sqrt(diagonal)
    if np.any(np.abs(overlaps) > limit + OVERLAP_TOLERANCE * largest):
        raise ValueError("overlaps: an entry (s, t) exceeds the root of the product of entries (s, s) and (t, t)")
    checked = np.clip(0.5 * (overlaps + overlaps.T), -limit, limit)
    # The root of a square may miss the diagonal by a rounding error.
    np.fill_diagonal(checked, diagonal)
    return np.asarray(checked)
