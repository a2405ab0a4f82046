"""Networks whose layers differ, trained side by side by PyTorch's functions: see `layered_networks`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from fisher_spectra.training.grid.batched_network import BatchedNetwork, Parameters
from fisher_spectra.training.grid.layered_networks import LayeredShape


class LayeredNetworks(BatchedNetwork):
    """n networks of one `LayeredShape`, each with its own start and learning rate."""

    def __init__(self, shape: LayeredShape, starts: Sequence[Parameters], learning_rates: Tensor) -> None:
        super().__init__(shape, starts, learning_rates)
        self._layered = shape
        if not shape.biases:
            # these ones times the errors are the gradient of a bias
            self._ones.zero_()

    def loss(self, inputs: Tensor, targets: Tensor, offset: Tensor | None = None) -> Tensor:
        """The loss of each network, shape (n,); keeps what `descend` needs.

        Parameters
        ----------
        inputs, targets
            x (n, T, M_0) and y (n, T, C).
        offset
            Not used: the first layer is not held in the span of the inputs.
        """
        h = inputs
        self._h, self._slopes = [inputs], []
        for layer, activation in enumerate(self._layered.activations):
            h, slope = activation.value_and_derivative(self._preactivation(layer, h, None))
            self._h.append(h)
            self._slopes.append(slope)
        return _LOSSES[self._layered.loss](self._output(h), targets)


def _half_sum(outputs: Tensor, targets: Tensor) -> Tensor:
    error = outputs.sub_(targets)
    return error.square().sum((1, 2)).mul_(0.5 / error.shape[1])


def _mse(outputs: Tensor, targets: Tensor) -> Tensor:
    error = outputs.sub_(targets)
    loss = error.square().mean((1, 2))
    error.mul_(2.0 / error.shape[2])
    return loss


def _cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    logarithms = torch.log_softmax(outputs, dim=2)
    # 0 times an infinite logarithm is 0 here: a class without any share costs nothing
    costs = torch.where(targets > 0, targets * logarithms, torch.zeros_like(targets))
    loss = -costs.sum((1, 2)) / outputs.shape[1]
    outputs.copy_(logarithms.exp_().sub_(targets))
    return loss


# Each returns the loss and leaves T times its derivative by the outputs in their place, whence `descend` starts.
_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "half_sum": _half_sum,
    "mse": _mse,
    "cross_entropy": _cross_entropy,
}
