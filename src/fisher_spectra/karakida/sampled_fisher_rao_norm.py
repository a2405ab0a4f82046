"""Fisher-Rao norm of a sampled network: Karakida, Akaho, Amari 2019, Section 4.1 and (A.44)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.networks.fully_connected import RandomNetwork, forward, push_forward


def sampled_fisher_rao_norm(network: RandomNetwork, inputs: npt.ArrayLike) -> float:
    """||theta||_FR = theta^T F theta over the weights: (1/T) sum_t sum_k (sum_l W^l . d f_k(t) / d W^l)^2.

    As in Theorem 5 the biases are not part of theta, though they act in the network. The inner sum is the
    derivative of the output along the weights themselves, so one forward-mode pass gives it: the weights W^l
    perturb u^l by W^l h^{l-1} = u^l - b^l. That costs as much as two forward passes and forms no Jacobian.

    Parameters
    ----------
    network
        The network; any number of outputs C.
    inputs
        x(t), shape (T, M_0).

    Raises
    ------
    ValueError
        If `inputs` does not fit the network.

    Notes
    -----
    The paper's (A.48) keeps only the terms with equal layers; the norm computed here has the cross terms.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> network = fs.sample_network(rng, (20, 20, 20, 1), fs.get_activation("linear"), sigma_w2=1.0, sigma_b2=0.0)
    >>> inputs = fs.gaussian_inputs(rng, samples=5, width=20)
    >>> round(fs.sampled_fisher_rao_norm(network, inputs), 4)
    6.09
    """
    forward_pass = forward(network, inputs)
    along_weights = [u - b for u, b in zip(forward_pass.preactivations, network.biases, strict=True)]
    derivative = push_forward(forward_pass, along_weights)
    return float(np.sum(np.square(derivative, dtype=np.float64)) / forward_pass.n_samples)
