"""Largest eigenvalue of the Fisher information matrix of one network, by the cheaper of two ways."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy.typing as npt

from fisher_spectra.common.memory import method_within_memory
from fisher_spectra.networks.dual_fisher import dual_fisher, dual_fisher_operator, matrix_memory
from fisher_spectra.networks.fully_connected import RandomNetwork, forward
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue

# Products with the operator that Lanczos iterations take, 22 to 42 where the largest eigenvalue stands apart. Both ways
# do some 2e10 multiplications a second on the core where they were timed.
_PRODUCTS = 25
# What else an entry of the matrix costs, in multiplications: overlaps of the layers, and Lanczos on the matrix.
_PER_ENTRY = 120


def largest_fisher_eigenvalue(
    network: RandomNetwork,
    inputs: npt.ArrayLike,
    biases: bool = True,
    *,
    tolerance: float | None = None,
    method: Literal["auto", "matrix", "matrix_free"] = "auto",
) -> float:
    """lambda_max of F = (1/T) sum_t sum_k grad f_k(t) grad f_k(t)^T (Karakida, Akaho, Amari 2019, (2)).

    For E = (1/2T) sum ||y - f||^2 the network's own critical learning rate is 2 (1 + mu) / lambda_max (Lemma 6).

    Parameters
    ----------
    network, inputs, biases
        As in :func:`dual_fisher`.
    tolerance
        Of the Lanczos iterations, as in :func:`largest_eigenvalue`.
    method
        ``"matrix"`` forms F*, of order C T, ``"matrix_free"`` takes products with it (`dual_fisher_operator`);
        ``"auto"`` counts multiplications, and takes the other way if the cheaper one does not fit into memory.

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
    >>> round(fs.largest_fisher_eigenvalue(network, fs.gaussian_inputs(rng, samples=20, width=50)), 3)
    18.186
    """
    samples = forward(network, inputs).n_samples
    order = network.n_outputs * samples
    way = method_within_memory(
        method,
        cheaper_method(network.widths, samples),
        {
            "matrix": matrix_memory(order, network.dtype.itemsize),
            "matrix_free": operator_memory(network.widths, samples, network.dtype.itemsize),
        },
        f"the largest eigenvalue of a dual Fisher matrix of order {order}",
        "use fewer samples or outputs, single precision or a smaller width",
    )
    build = dual_fisher if way == "matrix" else dual_fisher_operator
    return largest_eigenvalue(build(network, inputs, biases), tolerance)


def operator_memory(widths: Sequence[int], samples: int, itemsize: int) -> int:
    """Estimate in bytes: overlaps of all layers; activations, slopes and two passes of vectors as large."""
    return (len(widths) * samples**2 + 4 * samples * sum(widths)) * itemsize


def cheaper_method(widths: Sequence[int], samples: int) -> Literal["matrix", "matrix_free"]:
    """Compare multiplications: of F*, (C T)^2 sum_l M_l, half of which symmetry saves; of Lanczos on the operator."""
    matrix = (widths[-1] * samples) ** 2 * (sum(widths[1:-1]) + _PER_ENTRY)
    product = 2 * samples * sum(m * n for m, n in pairwise(widths)) + samples**2 * sum(widths)
    return "matrix" if matrix <= _PRODUCTS * product else "matrix_free"
