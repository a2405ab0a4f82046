"""Slow, obvious oracle: Theta by automatic differentiation of a plainly written network."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fisher_spectra.networks.fully_connected import RandomNetwork

Array = npt.NDArray[np.float64]


def explicit_theta(network: RandomNetwork, inputs: Array) -> Array:
    """Theta / M by autograd: the Jacobian of all outputs at all inputs by all weights."""
    activation = network.activation
    weights = [torch.from_numpy(w) for w in network.weights]

    def outputs(*w: Tensor) -> Tensor:
        h = torch.from_numpy(inputs)
        for weight in w[:-1]:
            h = activation(h @ weight.T)
        return h @ w[-1].T

    jacobians = torch.func.jacrev(outputs, argnums=tuple(range(len(weights))))(*weights)
    size = inputs.shape[0] * network.n_outputs
    jacobian: Array = torch.cat([j.reshape(size, -1) for j in jacobians], dim=1).numpy()
    return jacobian @ jacobian.T / (len(inputs) * network.n_outputs)
