"""The matrix Theta of several inputs (Hayase, Karakida 2020 and 2021, Section 4.3), sampled at finite width.

For N inputs Theta(m, n) = (1/N) (df(x(m))/dtheta)(df(x(n))/dtheta)^T, (34) of 2021, M x M blocks, whose diagonal blocks
are (M/N) H_L(x(n)), (35), with H_L of `hayase_karakida.conditional_fisher`. Everything here is divided by M:
`scaled_theta` is Theta / M, as in Figure 2 and 3. Theta is the dual Fisher matrix of `networks.dual_fisher`
without biases, in another order of rows, so the matrix and its operator come from there.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_type, real_array
from fisher_spectra.hayase_karakida.conditional_fisher import forward_at_constant_width
from fisher_spectra.networks.dual_fisher import dual_fisher, dual_fisher_operator
from fisher_spectra.networks.fully_connected import RandomNetwork
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue

Array = npt.NDArray[np.float64]

# Residual over eigenvalue. The eigenvalue is then wrong by at most as much, in a cluster by less than a tenth of it;
# one network differs from another by some per cent.
_RESIDUAL = 1e-4


def scaled_theta(network: RandomNetwork, inputs: npt.ArrayLike) -> Array:
    """Theta / M, shape (N M, N M), block (m, n) being M x M as in (35).

    In terms of layers, Theta(m, n) / M = (1/N) sum_l Sigma_l(m, n) delta_{L->l}(m) delta_{L->l}(n)^T, where
    Sigma_l(m, n) = x^{l-1}(m) . x^{l-1}(n) / M. (Below (34) the text has x_l in place of x_{l-1}, against (13).)

    Parameters
    ----------
    network
        Square weights, M x M.
    inputs
        x(n), shape (N, M).

    Raises
    ------
    ValueError
        If the weights are not square or the inputs do not fit.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> network = fs.sample_orthogonal_network(rng, 4, 3, fs.get_activation("linear"))
    >>> theta = fs.scaled_theta(network, fs.sphere_inputs(rng, samples=2, width=4))
    >>> theta.shape, round(float(np.trace(theta)) / 8, 6)  # L / N
    ((8, 8), 1.5)
    """
    check_type("network", network, RandomNetwork, "a RandomNetwork")
    width, samples = network.n_outputs, forward_at_constant_width(network, inputs).n_samples
    dual = dual_fisher(network, inputs, biases=False).reshape(width, samples, width, samples)
    blocks = np.ascontiguousarray(dual.transpose(1, 0, 3, 2), dtype=np.float64)
    blocks /= width
    return blocks.reshape(samples * width, samples * width)


def theta_maximum(network: RandomNetwork, inputs: npt.ArrayLike) -> float:
    """Largest eigenvalue of Theta / M for inputs (N, M); relative error below 1e-4, reproducible.

    That is the accuracy that a figure needs. Near dynamical isometry Theta / M is close to the overlap matrix of the
    inputs times the M x M identity, so its largest eigenvalue is the top of a narrow cluster of M. Lanczos iterations
    find the top of a cluster soon, but need thousands of steps to tell it from its neighbours, which nobody asks for.

    Parameters
    ----------
    network
        Square weights, M x M.
    inputs
        x(n), shape (N, M).

    Raises
    ------
    ValueError
        If the inputs do not fit the network, or activations or slopes overflow.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> network = fs.sample_orthogonal_network(rng, 4, 3, fs.get_activation("linear"))
    >>> round(fs.theta_maximum(network, [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, -1.0, -1.0]]), 4)  # L / N
    1.5
    """
    check_type("network", network, RandomNetwork, "a RandomNetwork")
    inputs = real_array("inputs", inputs)
    operator = dual_fisher_operator(network, inputs, biases=False)
    return float(largest_eigenvalue(operator, tolerance=_RESIDUAL) / inputs.shape[1])
