"""Dual Fisher information matrix of a network and the statistics of its eigenvalues.

Karakida, Akaho, Amari 2019: F = (1/T) sum_{t,k} grad f_k(t) grad f_k(t)^T (2) is P x P; its dual
F* = B^T B / T (A.17), (A.26) is CT x CT and has the same non-zero eigenvalues. No gradient is ever formed:
with delta^l_k = d f_k / d u^l,

    F*_{(k,s),(k',t)} = (1/T) sum_l (delta^l_k(s) . delta^l_k'(t)) (h^{l-1}(s) . h^{l-1}(t) + 1),

where the + 1 belongs to the biases. Rows and columns are ordered by output, then by sample (index k T + t),
so that block (k, k') is the T x T matrix F*(k, k') of (A.28).

Three ways to the statistics, each tested against the others and against an explicit Jacobian:

- `dual_fisher`: the matrix. (C T)^2 numbers, about (C T)^2 sum_l M_l multiplications. All eigenvalues.
- `dual_fisher_operator`: F* v in two passes through the network, memory of one forward pass.
- `dual_fisher_moments`: tr F* and ||F*||_F^2 from products of layer Jacobians of each sample; cheaper than
  the matrix when C T is a few times larger than the widths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.common.arguments import check_integer
from fisher_spectra.common.memory import method_within_memory
from fisher_spectra.networks.fully_connected import (
    FloatArray,
    ForwardPass,
    RandomNetwork,
    backward_layers,
    forward,
    pull_back,
    push_forward,
)
from fisher_spectra.spectra.largest_eigenvalue import checked_matrix, largest_eigenvalue

# Rows of F* computed by one matrix product: enough for BLAS to run at full speed, few enough that the product
# (rows x C T numbers) stays small beside F*.
_PANEL_ROWS = 256
# Numbers at once of what is done entry by entry, of one output: three strips of so many stay within the cache.
_STRIP_NUMBERS, _MOST_STRIP_ROWS = 2**15, 256
_BELOW_DIAGONAL = np.tri(_MOST_STRIP_ROWS, k=-1, dtype=bool)
# From this order on copying the other half of A A^T, as numpy does, costs more than going over to the BLAS of scipy,
# which has buffers of its own.
_LEAST_HALF = 512
# Numbers in one panel of the per-sample products G of `dual_fisher_moments` (32 MB in float64).
_PANEL_NUMBERS = 4_000_000


@dataclass(frozen=True)
class EigenvalueStatistics:
    """Statistics of the P eigenvalues of F, all but at most C T of which are zero."""

    mean: float  # tr F* / P, Theorem 1
    second_moment: float  # ||F*||_F^2 / P, Theorem 3
    maximum: float  # Theorem 4
    n_parameters: int  # P, exact


def dual_fisher(network: RandomNetwork, inputs: npt.ArrayLike, biases: bool = True) -> FloatArray:
    """Dual Fisher matrix F*, shape (C T, C T), exactly symmetric, in the network's dtype.

    Parameters
    ----------
    network
        Any widths, any number of outputs C.
    inputs
        x(t), shape (T, M_0).
    biases
        Whether the biases are parameters of F (they act in the network in any case).

    Returns
    -------
    numpy.ndarray
        Entry (k T + s, k' T + t) is grad f_k(s) . grad f_k'(t) / T.

    Raises
    ------
    ValueError
        If `inputs` does not fit the network.

    Notes
    -----
    Besides the result, one layer's delta (C T M_l numbers) and the forward pass are in memory, and with one output two
    matrices more of the size of the result.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> network = fs.sample_network(rng, (5, 10, 2), fs.get_activation("tanh"), sigma_w2=1.0, sigma_b2=0.1)
    >>> dual = fs.dual_fisher(network, fs.gaussian_inputs(rng, samples=3, width=5))
    >>> dual.shape, bool(np.all(dual == dual.T))
    ((6, 6), True)
    """
    return _dual_fisher(forward(network, inputs, slopes=True), biases)


def _dual_fisher(forward_pass: ForwardPass, biases: bool) -> FloatArray:
    if forward_pass.network.n_outputs == 1:
        return _of_one_output(forward_pass, biases)
    return _of_several_outputs(forward_pass, biases)


def _of_one_output(forward_pass: ForwardPass, biases: bool) -> FloatArray:
    """Products above the diagonal alone; what else there is in memory is carried along, in strips within the cache."""
    network, n_samples = forward_pass.network, forward_pass.n_samples
    rows = min(_MOST_STRIP_ROWS, -(-_STRIP_NUMBERS // n_samples))
    strips = [slice(s, min(s + rows, n_samples)) for s in range(0, n_samples, rows)]
    dual = np.empty((n_samples, n_samples), dtype=network.dtype)
    # One piece of memory, which the process keeps when it is given back: of two it gets each page anew, the next time.
    product, overlaps = np.empty((2, n_samples, n_samples), dtype=network.dtype)
    for layer, delta in backward_layers(forward_pass):
        top = layer == network.depth  # delta^L is 1
        target = dual if top else overlaps
        _upper_gram(forward_pass.activations[layer - 1], target)
        if not top:
            _upper_gram(delta[0], product)
        with np.errstate(all="ignore"):  # of what nobody has put there
            for strip in strips:
                part = target[strip, strip.start :]
                if biases:
                    part += 1
                part /= n_samples
                if not top:
                    part *= product[strip, strip.start :]
                    dual[strip, strip.start :] += part
    for strip in strips:
        dual[strip.stop :, strip] = dual[strip, strip.stop :].T
        own = dual[strip, strip]
        np.copyto(own, own.T.copy(), where=_BELOW_DIAGONAL[: len(own), : len(own)])
    return dual


def _upper_gram(a: FloatArray, out: FloatArray) -> None:
    """A A^T on and above the diagonal of `out`; what is below is of no meaning."""
    if len(a) < _LEAST_HALF:
        np.matmul(a, a.T, out=out)
        return
    syrk = scipy.linalg.blas.ssyrk if a.dtype == np.float32 else scipy.linalg.blas.dsyrk
    # BLAS stores columns: what it calls A^T A and the lower triangle.
    syrk(1.0, a.T, c=out.T, trans=1, lower=1, overwrite_c=1)


def _of_several_outputs(forward_pass: ForwardPass, biases: bool) -> FloatArray:
    network, n_samples = forward_pass.network, forward_pass.n_samples
    n_outputs = network.n_outputs
    dual: FloatArray = np.zeros((n_outputs, n_samples, n_outputs, n_samples), dtype=network.dtype)
    group = max(1, _PANEL_ROWS // n_samples)
    for layer, delta in backward_layers(forward_pass):
        overlaps = _input_overlaps(forward_pass, layer, biases)
        if layer == network.depth:  # delta^L is the identity
            for k in range(n_outputs):
                dual[k, :, k, :] = overlaps
            continue
        for k in range(0, n_outputs, group):
            stop = min(k + group, n_outputs)
            rows = delta[k:stop].reshape(-1, delta.shape[-1])
            # The group with itself is a product A A^T, which BLAS computes by half and exactly symmetric.
            dual[k:stop, :, k:stop, :] += _times_overlaps(rows @ rows.T, overlaps)
            if stop < n_outputs:  # the blocks right of it; those below the diagonal are copied at the end
                columns = delta[stop:].reshape(-1, delta.shape[-1])
                dual[k:stop, :, stop:, :] += _times_overlaps(rows @ columns.T, overlaps)
    for k in range(0, n_outputs, group):
        stop = min(k + group, n_outputs)
        dual[stop:, :, k:stop, :] = dual[k:stop, :, stop:, :].transpose(2, 3, 0, 1)
    return dual.reshape(n_outputs * n_samples, n_outputs * n_samples)


def _times_overlaps(product: FloatArray, overlaps: FloatArray) -> FloatArray:
    """Multiply every T x T block of `product` by `overlaps`; shape (outputs, T, outputs, T)."""
    n_samples = overlaps.shape[0]
    blocks = product.reshape(-1, n_samples, product.shape[1] // n_samples, n_samples)
    blocks *= overlaps[:, None, :]
    return blocks


def _input_overlaps(forward_pass: ForwardPass, layer: int, biases: bool) -> FloatArray:
    """(h^{l-1}(s) . h^{l-1}(t) + 1) / T for layer l, without the + 1 if `biases` is false; (T, T)."""
    h = forward_pass.activations[layer - 1]
    overlaps: FloatArray = h @ h.T
    if biases:
        overlaps += 1
    overlaps /= forward_pass.n_samples
    return overlaps


def dual_fisher_operator(network: RandomNetwork, inputs: npt.ArrayLike, biases: bool = True) -> Any:
    """F* as a `scipy.sparse.linalg.LinearOperator`: ordering, normalisation and errors as in `dual_fisher`.

    F* = J J^T / T with the Jacobian J of all outputs at all samples. J^T v is a vector-Jacobian product: its
    layer l is sum_t r^l(t) h^{l-1}(t)^T with the pulled-back r^l. J of that is a Jacobian-vector product in
    which sum_t (h^{l-1}(s) . h^{l-1}(t) + 1) r^l(t) is added to u^l(s). So one application costs
    2 T sum_l M_l M_{l-1} + T^2 sum_l M_l multiplications and O(T sum_l M_l) memory, whatever C is.

    Parameters
    ----------
    network, inputs, biases
        As in :func:`dual_fisher`.

    Returns
    -------
    LinearOperator
        Of shape (C T, C T).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> network = fs.sample_network(rng, (5, 10, 2), fs.get_activation("tanh"), sigma_w2=1.0, sigma_b2=0.1)
    >>> inputs = fs.gaussian_inputs(rng, samples=3, width=5)
    >>> operator = fs.dual_fisher_operator(network, inputs)
    >>> operator.shape, np.allclose(operator @ np.eye(6), fs.dual_fisher(network, inputs))
    ((6, 6), True)
    """
    return _dual_fisher_operator(forward(network, inputs, slopes=True), biases)


def _dual_fisher_operator(forward_pass: ForwardPass, biases: bool) -> Any:
    network, n_samples = forward_pass.network, forward_pass.n_samples
    n_outputs = network.n_outputs
    order = n_outputs * n_samples
    overlaps = [_input_overlaps(forward_pass, layer, biases) for layer in range(1, network.depth + 1)]

    def apply(vector: FloatArray) -> FloatArray:
        cotangents = vector.reshape(n_outputs, n_samples).T.astype(network.dtype, copy=False)
        pulled = pull_back(forward_pass, cotangents)
        perturbations = [gram @ r for gram, r in zip(overlaps, pulled, strict=True)]
        return push_forward(forward_pass, perturbations).T.reshape(order)

    return scipy.sparse.linalg.LinearOperator(shape=(order, order), matvec=apply, rmatvec=apply, dtype=network.dtype)


def dual_fisher_moments(network: RandomNetwork, inputs: npt.ArrayLike, biases: bool = True) -> tuple[float, float]:
    """tr F* and ||F*||_F^2 (the sums of the eigenvalues and of their squares), without the matrix.

    With the layer Jacobians B^l_t (C x M_l, rows delta^l_k(t)) and A^l_st = h^{l-1}(s) . h^{l-1}(t) + 1,
    F*(., s; ., t) = (1/T) sum_l A^l_st B^l_s (B^l_t)^T. In the squared norm the traces can be turned round, so
    that the T x T pairs of samples decouple from the C x C pairs of outputs:

        ||F*||_F^2 = (1/T^2) sum_{s,t} sum_{l,m} A^l_st A^m_st <G^{ml}_s, G^{ml}_t>
        with G^{ml}_t = (B^m_t)^T B^l_t of shape (M_m, M_l) and the entrywise inner product.

    Multiplications: (T C + T^2) M_l M_m, summed over pairs of hidden layers, where the matrix takes
    (C T)^2 sum_l M_l / 2; less once C T exceeds the widths by a few times. Memory: all deltas, C T sum_l M_l
    numbers. Parameters and errors as in `dual_fisher`.
    """
    return _dual_fisher_moments(forward(network, inputs, slopes=True), biases)


def _dual_fisher_moments(forward_pass: ForwardPass, biases: bool) -> tuple[float, float]:
    n_samples, depth = forward_pass.n_samples, forward_pass.network.depth
    n_outputs = forward_pass.network.n_outputs
    overlaps = {layer: _input_overlaps(forward_pass, layer, biases) for layer in range(1, depth + 1)}
    jacobians: dict[int, FloatArray] = {  # B^l_t, (T, C, M_l); B^L is the identity and is treated by hand
        layer: np.ascontiguousarray(delta.transpose(1, 0, 2))
        for layer, delta in backward_layers(forward_pass)
        if layer < depth
    }
    trace = n_outputs * float(np.trace(overlaps[depth]))
    squares = n_outputs * _sum_of_products(overlaps[depth], overlaps[depth])
    for layer, jacobian in jacobians.items():
        flat = jacobian.reshape(n_samples, -1)  # G^{Ll} = B^l
        gram: FloatArray = flat @ flat.T
        trace += float(np.diagonal(overlaps[layer]) @ np.diagonal(gram))
        squares += 2 * _sum_of_products(overlaps[depth], overlaps[layer], gram)
        for other in range(layer, depth):
            gram = _gram_of_products(jacobians[other], jacobian)
            multiplicity = 1 if other == layer else 2
            squares += multiplicity * _sum_of_products(overlaps[other], overlaps[layer], gram)
    return trace, squares


def _gram_of_products(left: FloatArray, right: FloatArray) -> FloatArray:
    """<G_s, G_t> for all pairs of samples, where G_t = (left_t)^T right_t; shape (T, T).

    G, T times as large as a weight matrix, is formed and used up some rows at a time.
    """
    n_samples, _, height = left.shape
    gram: FloatArray = np.zeros((n_samples, n_samples), dtype=left.dtype)
    symmetric = left is right
    rows = max(1, min(_PANEL_NUMBERS // (n_samples * right.shape[-1]), height // 2))
    for start in range(0, height, rows):
        stop = min(start + rows, height)
        panel = left[:, :, start:stop].transpose(0, 2, 1)
        # Where G_t is symmetric, what lies right of the diagonal block counts twice, and what lies left not at all.
        parts = [(1, right[:, :, start:stop]), (2, right[:, :, stop:])] if symmetric else [(1, right)]
        for multiplicity, columns in parts:
            flat = (panel @ columns).reshape(n_samples, -1)
            gram += multiplicity * (flat @ flat.T)
    return gram


def _sum_of_products(a: FloatArray, b: FloatArray, c: FloatArray | None = None) -> float:
    """Sum over all entries of the elementwise product, accumulated in float64."""
    product = np.multiply(a, b, dtype=np.float64)
    if c is not None:
        product *= c
    return float(product.sum())


def eigenvalue_statistics(dual: FloatArray, n_parameters: int) -> EigenvalueStatistics:
    """Mean, second moment and maximum of the eigenvalues of F, from its dual.

    Parameters
    ----------
    dual
        F* of `dual_fisher`, shape (C T, C T).
    n_parameters
        The exact P with or without biases, as the dual was computed: `RandomNetwork.n_parameters`.

    Raises
    ------
    ValueError
        If P is not positive or the matrix is not square and finite.
    """
    check_integer("n_parameters", n_parameters, 1)
    dual = checked_matrix(dual)
    flat = dual.ravel()
    return EigenvalueStatistics(
        mean=float(np.trace(dual)) / n_parameters,
        second_moment=float(flat @ flat) / n_parameters,
        maximum=largest_eigenvalue(dual),
        n_parameters=n_parameters,
    )


def fisher_statistics(
    network: RandomNetwork,
    inputs: npt.ArrayLike,
    biases: bool = True,
    method: Literal["auto", "matrix", "matrix_free"] = "auto",
) -> EigenvalueStatistics:
    """Statistics of the eigenvalues of F by the cheaper way.

    ``"matrix"`` forms F*; ``"matrix_free"`` takes `dual_fisher_moments` and Lanczos on
    `dual_fisher_operator`; ``"auto"`` counts multiplications (C = O(M) outputs are the case for the latter), and takes
    the other way if the cheaper one does not fit into memory.

    Parameters
    ----------
    network, inputs, biases
        As in :func:`dual_fisher`.
    method
        ``auto``, ``matrix`` or ``matrix_free``.

    Returns
    -------
    EigenvalueStatistics
        Mean and second moment over all P eigenvalues, maximum, and P.

    Raises
    ------
    UserError
        If it does not fit into memory.
    ValueError
        If the method is none of these or `inputs` does not fit the network.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> network = fs.sample_network(rng, (50, 100, 1), fs.get_activation("tanh"), sigma_w2=3.0, sigma_b2=0.64)
    >>> found = fs.fisher_statistics(network, fs.gaussian_inputs(rng, samples=20, width=50))
    >>> found.n_parameters, round(found.mean, 5), round(found.maximum, 3)
    (5201, 0.02025, 18.186)
    """
    forward_pass = forward(network, inputs, slopes=True)
    order = network.n_outputs * forward_pass.n_samples
    way = method_within_memory(
        method,
        _cheaper_method(network.widths, forward_pass.n_samples),
        {
            "matrix": matrix_memory(order, network.dtype.itemsize),
            "matrix_free": matrix_free_memory(network.widths, forward_pass.n_samples, network.dtype.itemsize),
        },
        f"the dual Fisher matrix of order {order}",
        "use fewer samples or outputs, single precision or a smaller width",
    )
    n_parameters = network.n_parameters(biases)
    if way == "matrix":
        return eigenvalue_statistics(_dual_fisher(forward_pass, biases), n_parameters)
    trace, squares = _dual_fisher_moments(forward_pass, biases)
    return EigenvalueStatistics(
        mean=trace / n_parameters,
        second_moment=squares / n_parameters,
        maximum=largest_eigenvalue(_dual_fisher_operator(forward_pass, biases)),
        n_parameters=n_parameters,
    )


def matrix_memory(order: int, itemsize: int) -> int:
    """Estimate in bytes: F*, and the larger of two matrices beside it and what LAPACK or another precision adds."""
    return order**2 * (itemsize + max(2 * itemsize, 8))


def matrix_free_memory(widths: Sequence[int], n_samples: int, itemsize: int) -> int:
    """Estimate in bytes: overlaps of all layers and three T x T matrices more, and deltas of all layers, twice."""
    depth = len(widths) - 1
    deltas = 2 * widths[-1] * n_samples * sum(widths[1:-1])
    return (depth * itemsize + 3 * 8) * n_samples**2 + deltas * itemsize


def _cheaper_method(widths: Sequence[int], n_samples: int) -> Literal["matrix", "matrix_free"]:
    """Compare the multiplications of the two second moments; the other parts of both methods are minor.

    The saving by symmetry is counted for the matrix alone: the many smaller products of the other way run that
    much below the speed of one large product.
    """
    hidden, n_outputs = widths[1:-1], widths[-1]
    matrix = (n_outputs * n_samples) ** 2 * sum(hidden) / 2
    pairs = sum(m * sum(hidden[index:]) for index, m in enumerate(hidden))
    matrix_free = (n_samples * n_outputs + n_samples**2) * pairs
    return "matrix" if matrix <= matrix_free else "matrix_free"


def eigenvalues(dual: FloatArray) -> npt.NDArray[np.float64]:
    """All C T eigenvalues of the dual matrix, ascending; beside them F has P - C T zeros (if P > C T).

    Eigenvalues that are zero come out as rounding errors of either sign, of the order 1e-16 of the largest.

    Raises
    ------
    ValueError
        If the matrix is not square and finite.
    """
    values: npt.NDArray[np.float64] = scipy.linalg.eigvalsh(checked_matrix(dual))
    return values


def count_at_least(ascending: npt.NDArray[np.float64], thresholds: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """N(lambda >= k) of Corollary 2 for each threshold k > 0, from the `eigenvalues` of the dual matrix.

    Raises
    ------
    ValueError
        If a threshold is not positive: the P - C T zeros of F that the dual matrix lacks would be missed.
    """
    thresholds = np.asarray(thresholds, dtype=np.float64)
    if not (thresholds > 0).all():
        raise ValueError(f"k = {thresholds.min()}: thresholds of Corollary 2 must be positive")
    counts: npt.NDArray[np.int64] = ascending.size - np.searchsorted(ascending, thresholds, side="left")
    return counts
