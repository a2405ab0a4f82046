"""The largest eigenvalue of the Fisher matrix of a deep network, and of one with a hidden layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse.linalg

from benchmark_page.comparison import Prepared
from benchmark_page.subjects.dual_matrix import as_module
from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.networks.fully_connected import FloatArray, RandomNetwork, gaussian_inputs, sample_network
from fisher_spectra.networks.largest_fisher_eigenvalue import largest_fisher_eigenvalue
from fisher_spectra.pennington_worah.fisher_matrix import FisherMatrix, population_fisher, sample_weights
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue

OURS, MATRIX = "`largest_fisher_eigenvalue`", "NumPy by hand, then LAPACK"
CURVLINOPS = "curvlinops, SciPy's eigsh"
NAMES = (OURS, MATRIX, CURVLINOPS)
POPULATION, DENSE = "`population_fisher`", "all entries, then LAPACK"
POPULATION_NAMES = (POPULATION, DENSE)
TOLERANCE = 1e-10  # of the Lanczos iterations of SciPy, as that of `largest_eigenvalue`


def prepare(candidate: str, settings: Mapping[str, Any]) -> Prepared:
    """A candidate for a tanh network with L, M, T and C of the settings, or for one hidden layer of n units."""
    if "n" in settings:
        values: dict[str, Callable[[FisherMatrix], float]] = {
            POPULATION: lambda fisher: largest_eigenvalue(fisher.linear_operator()),
            DENSE: lambda fisher: float(np.linalg.eigvalsh(fisher.dense())[-1]),
        }
        fisher = population(settings["n"])
        values[candidate](population(4))  # what a library sets up on first use is no property of the method
        return Prepared(lambda: np.array([values[candidate](fisher)]))
    ways: dict[str, Callable[[RandomNetwork, FloatArray], Callable[[], float]]] = {
        OURS: lambda network, x: lambda: largest_fisher_eigenvalue(network, x),
        MATRIX: lambda network, x: lambda: by_lapack(network, x),
        CURVLINOPS: by_curvlinops,
    }
    ways[candidate](*network_of(2, 8, 4, 2))()
    call = ways[candidate](*network_of(settings["L"], settings["M"], settings["T"], settings["C"]))
    return Prepared(lambda: np.array([call()]))


def population(width: int) -> FisherMatrix:
    """The matrix of Pennington, Worah 2018 for square weights drawn at random."""
    weights = sample_weights(generator(0, "benchmark lanczos", width), width)
    return population_fisher(*weights, get_activation("normalised_erf(alpha=1)"))


def network_of(depth: int, width: int, samples: int, outputs: int) -> tuple[RandomNetwork, FloatArray]:
    """A tanh network as in Figure 1 of Karakida, Akaho, Amari 2019, and its inputs, in double precision."""
    rng = generator(0, "benchmark lanczos", depth, width, samples, outputs)
    network = sample_network(rng, (*[width] * depth, outputs), get_activation("tanh"), 3.0, 0.64)
    return network, gaussian_inputs(rng, samples, width)


def by_lapack(network: RandomNetwork, inputs: FloatArray) -> float:
    """All of F* first, the layer formula with its blocks of outputs; then its largest eigenvalue alone."""
    h: list[FloatArray] = [inputs]
    for weight, bias in zip(network.weights[:-1], network.biases[:-1], strict=True):
        h.append(np.tanh(h[-1] @ weight.T + bias))
    outputs, samples = network.n_outputs, len(inputs)
    dual = np.kron(np.eye(outputs), h[-1] @ h[-1].T + 1)
    delta = np.repeat(network.weights[-1][:, None, :], samples, axis=1)
    for layer in range(network.depth - 2, -1, -1):
        delta = delta * (1 - h[layer + 1] ** 2)
        flat = delta.reshape(outputs * samples, -1)
        dual += (flat @ flat.T) * np.tile(h[layer] @ h[layer].T + 1, (outputs, outputs))
        delta = delta @ network.weights[layer]
    last = outputs * samples - 1
    return float(scipy.linalg.eigvalsh(dual / samples, subset_by_index=(last, last))[0])


def by_curvlinops(network: RandomNetwork, inputs: FloatArray) -> Callable[[], float]:
    """Lanczos iterations on its Gauss-Newton matrix of the squared error, which is 2 F / C."""
    import torch
    from curvlinops import GGNLinearOperator

    module, x = as_module(network), torch.from_numpy(inputs)
    data = [(x, torch.zeros(len(x), network.n_outputs, dtype=x.dtype))]
    parameters, scale = list(module.parameters()), network.n_outputs / 2

    def call() -> float:
        loss = torch.nn.MSELoss()
        operator = GGNLinearOperator(module, loss, parameters, data, check_deterministic=False).to_scipy()
        found = scipy.sparse.linalg.eigsh(operator, k=1, which="LA", tol=TOLERANCE, return_eigenvectors=False)
        return float(found[0]) * scale

    return call
