"""SHA-256 of what the library computes with each kind of code that libraries choose by the processor: one JSON object.

Whole bytes of every number, where tables have twelve digits. Called by `test_processors.py` as several processors, and
by hand: ``python tests/exact/probe.py [torch]``.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys

import numpy as np
import scipy.linalg

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.activations.compiled import activate
from fisher_spectra.activations.compiled_codes import coded
from fisher_spectra.common.seeds import generator
from fisher_spectra.gaussian.integrals import kernel, second_moment
from fisher_spectra.jobs.exact import require_exact
from fisher_spectra.networks.dual_fisher import dual_fisher
from fisher_spectra.networks.fully_connected import gaussian_inputs, sample_network
from fisher_spectra.training.grid.compiled_descent import _half_squares


def blas_and_numpy():
    """Products and eigenvalues by NumPy's OpenBLAS, its own tanh: the dual Fisher matrix of a network."""
    rng = generator(1, "exact", "network")
    network = sample_network(rng, (40, 60, 50, 3), "tanh", 3.0, 0.64)
    matrix = dual_fisher(network, gaussian_inputs(rng, 30, 40))
    return [matrix, np.linalg.eigvalsh(matrix)]


def scipy_blas():
    """Eigenvectors by SciPy's OpenBLAS."""
    square = generator(1, "exact", "square").standard_normal((50, 50))
    return list(scipy.linalg.eigh(square @ square.T))


def c_library():
    """exp and pow of the C library, one number at a time."""
    numbers = generator(1, "exact", "numbers").uniform(0.1, 5, 3000).tolist()
    return [np.array([math.exp(one) for one in numbers]), np.array([math.pow(one, 1.7) for one in numbers])]


def theory():
    """Error functions and exponentials in Gaussian means of activations."""
    q = np.linspace(0.5, 3, 7)
    return [second_moment("erf", q), second_moment("gelu", q), kernel("tanh", q, q, 0.3 * q)]


def compiled_loop():
    """Numba's code for its target: a loop that is vectorised, and a sum in another order, in both precisions."""
    rng = generator(1, "exact", "loop")
    found = []
    for dtype in (np.float32, np.float64):
        units, targets = rng.standard_normal((2, 7, 37)).astype(dtype)
        slopes, shift = np.empty_like(units), rng.standard_normal((1, 37)).astype(dtype)
        for spec in ("tanh", "erf", "gelu", "silu"):
            code = coded(get_activation(spec), dtype)
            activate(units, shift, slopes, code.kind, code.table)
            found += [units.copy(), slopes.copy()]
        found.append(np.array(_half_squares(units, shift[0], targets)))
    return found


def torch_products():
    """MKL of PyTorch: products, batched products and eigenvalues."""
    import torch

    square = torch.from_numpy(generator(1, "exact", "torch").standard_normal((3, 40, 40)))
    single = square.float()
    return [single @ single, single[0] @ single[1], torch.linalg.eigvalsh(square @ square.mT)]


def torch_loops():
    """PyTorch's own loops and, of gelu in single precision, oneDNN's."""
    import torch
    from torch.nn.functional import gelu, layer_norm

    numbers = torch.from_numpy(generator(1, "exact", "loops").standard_normal((7, 143)))
    found = []
    for one in (numbers, numbers.float()):
        found += [gelu(one), torch.sigmoid(one), one.softmax(1), layer_norm(one, (143,)), one.logsumexp(1), one.sum()]
    return found


ALWAYS = (blas_and_numpy, scipy_blas, c_library, theory, compiled_loop)
WITH_TORCH = (torch_products, torch_loops)


def main():
    found = {}
    for computed in (*ALWAYS, *(WITH_TORCH if "torch" in sys.argv[1:] else ())):
        content = hashlib.sha256()
        for numbers in computed():
            content.update(np.ascontiguousarray(numbers).tobytes())
        found[computed.__name__] = content.hexdigest()
    require_exact()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
