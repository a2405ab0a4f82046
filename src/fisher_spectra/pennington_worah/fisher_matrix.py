"""Population Fisher matrix of a network with one hidden layer, without sampling over inputs.

For y(x) = W2 f(W1 x) with x standard normal, H = E_x J(x)^T J(x), J the Jacobian with respect to (W1, W2): the matrix
of Pennington and Worah (2018), (10) and (11). With K = W1 W1^T, S = W2^T W2, w_a the rows of W1, and the
expectations of `gaussian.dual_activation`, Gaussian integration by parts over x gives

    H22[cd, c'd'] = delta_cc' E f f [d, d']
    H12[ab, cd]   = W2_ca ( E f'' f [a, d] w_a[b] + E f' f' [a, d] w_d[b] )
    H11[ab, a'b'] = S_aa' ( E f' f' [a, a'] delta_bb'
                            + E f''' f' [a, a'] w_a[b] w_a[b'] + E f''' f' [a', a] w_a'[b] w_a'[b']
                            + E f'' f'' [a, a'] (w_a[b] w_a'[b'] + w_a'[b] w_a[b']) ).

A product H v costs six products of n x n matrices (12 n^3 operations) and memory for ten such matrices, although H
has 4 n^4 elements. The first two spectral moments follow in O(n^2) from the same matrices.

Parameters are ordered as W1 row by row, then W2 row by row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from fisher_spectra.activations.catalogue import as_activation_like
from fisher_spectra.activations.protocol import ActivationLike
from fisher_spectra.common.arguments import check_integer, check_type, checked_dtype, finite_array
from fisher_spectra.common.memory import require_memory
from fisher_spectra.gaussian.dual_activation import dual_activation

Array = npt.NDArray[np.float64]

# Matrices of n x n double precision numbers alive at once while the coefficients are computed (Hermite route, the
# largest), and matrices in the working precision while H is applied: ten coefficients and eight temporaries.
_BUILDING_MATRICES = 22
_APPLYING_MATRICES = 18
# H itself, one block under construction and its transposed copy.
_DENSE_COPIES = 2.5


@dataclass(frozen=True, eq=False)
class FisherMatrix:
    """Population Fisher matrix held as n x n coefficient matrices.

    Fields are numpy arrays, or torch tensors after `pennington_worah.fisher_matrix_torch.to_torch`; all of one dtype
    and on one device. Shapes below have n hidden units, n_in inputs, n_out outputs.
    """

    first_weights: Any  # W1, (n, n_in)
    second_weights: Any  # W2, (n_out, n)
    value: Any  # E f f, (n, n)
    first: Any  # E f' f', (n, n)
    second_value: Any  # E f''(z_a) f(z_d), (n, n)
    gram_first: Any  # S * E f' f', (n, n)
    gram_second_second: Any  # S * E f'' f'', (n, n)
    gram_third_first: Any  # S * E f'''(z_a) f'(z_a'), (n, n)
    gram_first_third: Any  # its transpose, contiguous
    value_second: Any  # transpose of second_value, contiguous

    @property
    def first_size(self) -> int:
        """Number of parameters in W1."""
        return int(self.first_weights.shape[0]) * int(self.first_weights.shape[1])

    @property
    def parameters(self) -> int:
        """Number of parameters P = n (n_in + n_out), the size of H; 2 n^2 for square weights."""
        return self.first_size + int(self.second_weights.shape[0]) * int(self.second_weights.shape[1])

    def apply(self, vectors: Any) -> Any:
        """H times one vector of shape (P,) or several of shape (k, P), each a row; same type, dtype and shape.

        Raises
        ------
        ValueError
            If the last axis is not P long.
        """
        if vectors.shape[-1] != self.parameters:
            raise ValueError(f"vector of length {vectors.shape[-1]}: must have {self.parameters} elements")
        lead = tuple(vectors.shape[:-1])
        w_1, w_2 = self.first_weights, self.second_weights
        v_1 = vectors[..., : self.first_size].reshape(lead + tuple(w_1.shape))
        v_2 = vectors[..., self.first_size :].reshape(lead + tuple(w_2.shape))
        # Everything elementwise has its operands in the same memory order: a transposed one would cost more than a
        # matrix product at large n.
        along = w_1 @ v_1.swapaxes(-1, -2)  # [k, a]: w_k . v_1[a]
        own = along.diagonal(0, -2, -1)  # v_1[a] . w_a
        mixed = w_2.T @ v_2
        # Coefficients of the rows of W1 in the first part of the result, as a matrix and on its diagonal.
        rows = self.gram_first_third * own[..., None, :]
        rows += self.gram_second_second * along
        rows += self.first * mixed
        summands = self.gram_third_first * along
        summands += self.gram_second_second * own[..., None, :]
        summands += self.second_value * mixed
        back = self.value_second * own[..., None, :]
        back += self.first * along
        u_1 = self.gram_first @ v_1
        u_1 += rows @ w_1
        u_1 += summands.sum(-1)[..., None] * w_1
        u_2 = v_2 @ self.value
        u_2 += w_2 @ back.swapaxes(-1, -2)
        result = vectors * 0
        result[..., : self.first_size] = u_1.reshape((*lead, -1))
        result[..., self.first_size :] = u_2.reshape((*lead, -1))
        return result

    def linear_operator(self) -> scipy.sparse.linalg.LinearOperator:
        """H as a scipy `LinearOperator` (numpy fields only)."""
        size = self.parameters
        return scipy.sparse.linalg.LinearOperator(
            shape=(size, size),
            dtype=self.first_weights.dtype,
            matvec=lambda v: self.apply(v.ravel()),
            rmatvec=lambda v: self.apply(v.ravel()),
            matmat=lambda v: self.apply(np.ascontiguousarray(v.T)).T,
        )

    def astype(self, dtype: npt.DTypeLike) -> FisherMatrix:
        """The same matrix in another precision (numpy fields only)."""
        return self.converted(lambda array: np.ascontiguousarray(array, dtype=dtype))

    def converted(self, function: Callable[[Any], Any]) -> FisherMatrix:
        """The same matrix with `function` applied to each field (precision, library, device)."""
        return replace(self, **{name: function(getattr(self, name)) for name in self.__dataclass_fields__})

    def dense(self) -> Array:
        """H as an array of shape (P, P), numpy fields only.

        Raises
        ------
        UserError
            If it does not fit into memory.
        """
        size = self.parameters
        w_1, w_2 = self.first_weights, self.second_weights
        (n, n_in), n_out = w_1.shape, w_2.shape[0]
        require_memory(
            _DENSE_COPIES * size**2 * w_1.dtype.itemsize,
            f"the dense Fisher matrix of width {n} ({size} parameters)",
            "use the matrix-free operator or a smaller width",
        )
        result = np.zeros((size, size), dtype=w_1.dtype)
        h_11 = result[: n * n_in, : n * n_in].reshape(n, n_in, n, n_in)
        h_12 = result[: n * n_in, n * n_in :].reshape(n, n_in, n_out, n)
        h_22 = result[n * n_in :, n * n_in :].reshape(n_out, n, n_out, n)
        for a in range(n):
            own, all_rows = w_1[a], w_1
            # Indices of the four terms: b, a', b'.
            term = self.gram_first[a][None, :, None] * np.eye(n_in, dtype=w_1.dtype)[:, None, :]
            term += own[:, None, None] * self.gram_third_first[a][None, :, None] * own[None, None, :]
            term += (self.gram_third_first[:, a][:, None] * all_rows).T[:, :, None] * all_rows[None]
            term += own[:, None, None] * (self.gram_second_second[a][:, None] * all_rows)[None]
            term += (self.gram_second_second[a][:, None] * all_rows).T[:, :, None] * own[None, None, :]
            h_11[a] = term
            vector = self.second_value[a][None, :] * own[:, None] + self.first[a][None, :] * all_rows.T  # (b, d)
            h_12[a] = vector[:, None, :] * w_2[:, a][None, :, None]
        for c in range(n_out):
            h_22[c, :, c, :] = self.value
        result[n * n_in :, : n * n_in] = result[: n * n_in, n * n_in :].T
        return result

    def trace(self) -> float:
        """tr H, exact, in O(n^2); numpy fields only."""
        w_1, w_2 = self._double("first_weights"), self._double("second_weights")
        norms = np.sum(w_1**2, axis=1)
        diagonal = w_1.shape[1] * np.diagonal(self.gram_first) + 2.0 * np.diagonal(self.gram_third_first) * norms
        return float(np.sum(diagonal) + w_2.shape[0] * np.sum(np.diagonal(self.value)))

    def squared_norm(self) -> float:
        """tr H^2 = ||H||_F^2, exact, in O(n^2) beyond two products of n x n matrices; numpy fields only."""
        w_1, w_2 = self._double("first_weights"), self._double("second_weights")
        gram = w_1 @ w_1.T
        norms = np.diagonal(gram)
        row, column = norms[:, None], norms[None, :]
        # Block (a, a') of H11 is p 1 + q w_a w_a^T + r w_a' w_a'^T + s (w_a w_a'^T + w_a' w_a^T).
        p, q, s = (self._double(name) for name in ("gram_first", "gram_third_first", "gram_second_second"))
        r = q.T
        first_block = w_1.shape[1] * p**2 + 2.0 * p * (q * row + r * column + 2.0 * s * gram)
        first_block += (q * row) ** 2 + (r * column) ** 2 + 2.0 * q * r * gram**2
        first_block += 4.0 * s * gram * (q * row + r * column) + 2.0 * s**2 * (row * column + gram**2)
        f, e = self._double("first"), self._double("second_value")
        output_norms = np.sum(w_2**2, axis=0)
        cross = output_norms[:, None] * (e**2 * row + 2.0 * e * f * gram + f**2 * column)
        second_block = w_2.shape[0] * np.sum(self._double("value") ** 2)
        return float(np.sum(first_block) + 2.0 * np.sum(cross) + second_block)

    def moments(self) -> tuple[float, float]:
        """(tr H / P, tr H^2 / P), the first two moments of the eigenvalues, to compare with (27)."""
        return self.trace() / self.parameters, self.squared_norm() / self.parameters

    def _double(self, name: str) -> Array:
        return np.asarray(getattr(self, name), dtype=np.float64)


def sample_weights(rng: np.random.Generator, width: int) -> tuple[Array, Array]:
    """W1 and W2, each (width, width), independent N(0, 1 / width) entries: the ensemble of the paper.

    Parameters
    ----------
    rng
        The only source of randomness.
    width
        n, at least 1.

    Raises
    ------
    ValueError
        If the width is below 1.

    Examples
    --------
    >>> first, second = fs.sample_weights(np.random.default_rng(0), 100)
    >>> first.shape, round(float(np.var(first)), 4)
    ((100, 100), 0.01)
    """
    check_type("rng", rng, np.random.Generator, "a numpy.random.Generator")
    check_integer("width", width, 1)
    w_1, w_2 = rng.standard_normal((2, width, width)) / np.sqrt(width)
    return w_1, w_2


def operator_memory(width: int, itemsize: int = 8) -> int:
    """Estimate in bytes of the peak memory of building and applying the operator of a square network."""
    return max(_BUILDING_MATRICES * 8, _APPLYING_MATRICES * itemsize) * width**2


def population_fisher(
    first_weights: npt.ArrayLike,
    second_weights: npt.ArrayLike,
    activation: ActivationLike | str,
    dtype: npt.DTypeLike = np.float64,
) -> FisherMatrix:
    """Fisher matrix of x -> W2 f(W1 x) with x standard normal.

    Parameters
    ----------
    first_weights, second_weights
        W1 of shape (n, n_in) and W2 of shape (n_out, n).
    activation
        Continuous, of any Gaussian mean. Piecewise linear, erf and polynomial activations are exact, other ones go
        through quadrature (see `gaussian.dual_activation`).
    dtype
        float64 or float32 of the coefficients; they are computed in float64 in any case.

    Raises
    ------
    UserError
        If the n x n matrices do not fit into memory.
    ValueError
        If the shapes do not fit each other, or two rows of W1 are parallel.

    Examples
    --------
    >>> first, second = fs.sample_weights(np.random.default_rng(0), 20)
    >>> fisher = fs.population_fisher(first, second, fs.get_activation("normalised_erf"))
    >>> fisher.parameters, round(fisher.moments()[0], 4)
    (800, 1.1005)
    >>> fisher.apply(np.ones(800)).shape
    (800,)
    """
    activation = as_activation_like(activation)
    w_1, w_2 = finite_array("first_weights", first_weights), finite_array("second_weights", second_weights)
    if w_1.ndim != 2 or w_2.ndim != 2 or w_2.shape[1] != w_1.shape[0] or not w_1.size or not w_2.size:
        raise ValueError(
            f"first_weights has shape {w_1.shape}, second_weights {w_2.shape}: must be (n, n_in) and (n_out, n)"
        )
    dtype = checked_dtype(dtype)
    require_memory(
        operator_memory(max(*w_1.shape, *w_2.shape), np.dtype(dtype).itemsize),
        f"the Fisher operator of width {w_1.shape[0]}",
        "use a smaller width",
    )
    dual = dual_activation(activation, w_1 @ w_1.T)
    gram = w_2.T @ w_2
    return FisherMatrix(
        first_weights=w_1,
        second_weights=w_2,
        value=dual.value,
        first=dual.first,
        second_value=dual.second_value,
        gram_first=gram * dual.first,
        gram_second_second=gram * dual.second_second,
        gram_third_first=gram * dual.third_first,
        gram_first_third=(gram * dual.third_first).T,
        value_second=dual.second_value.T,
    ).astype(dtype)
