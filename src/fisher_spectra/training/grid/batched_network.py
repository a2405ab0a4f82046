"""Fully connected networks of one shape, trained side by side by gradient descent with momentum.

Every tensor has the cells (networks with a learning rate each) in front. Gradients are written out by hand, in
buffers that live as long as the networks: the matrix product that makes a gradient adds it to the velocity, so that
no gradient is ever stored.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from fisher_spectra.networks.fully_connected import RandomNetwork
from fisher_spectra.training.grid.network_shape import NetworkShape, padded_size
from fisher_spectra.training.grid.products import add_products

Parameters = Sequence[tuple[Tensor, Tensor]]  # for each layer the pair W^l (M_l, M_{l-1}) and b^l (M_l,)


class BatchedNetwork:
    """n networks of one shape, each with its own start and learning rate.

    Parameters
    ----------
    shape
        Widths, activation, batch size, momentum.
    starts
        Initial parameters of each of the n networks, for l = 1..L, or with `shape.in_span` for l = 2..L: the first
        layer's are part of the offset given to `loss`.
    learning_rates
        eta of each network, shape (n,). Its dtype and device are those of all tensors.
    """

    def __init__(self, shape: NetworkShape, starts: Sequence[Parameters], learning_rates: Tensor) -> None:
        self.shape = shape
        self.cells = len(starts)
        self._rates = learning_rates.reshape(-1, 1, 1).clone()
        self._parameters = learning_rates.new_zeros(self.cells, shape.padded_size)
        self._velocities = torch.zeros_like(self._parameters)
        hidden = shape.widths[1:-1]
        self._u = [learning_rates.new_empty(self.cells, shape.batch, width) for width in hidden]
        self._delta = [torch.empty_like(u) for u in self._u]
        self._error = learning_rates.new_empty(self.cells, shape.batch, shape.widths[-1])
        self._ones = learning_rates.new_ones(self.cells, 1, shape.batch)
        self._h: list[Tensor] = []  # h^0 .. h^{L-1} of the last `loss`
        self._slopes: list[Tensor] = []  # phi'(u^1) .. phi'(u^{L-1}) of the last `loss`
        self._view()
        for cell, start in enumerate(starts):
            for layer, (weight, bias) in enumerate(start, start=shape.depth - len(start)):
                self._weights[layer][cell].copy_(weight)
                self._biases[layer][cell, 0].copy_(bias)

    def _view(self) -> None:
        """Make the views of the parameter matrices, anew whenever the number of cells changes."""
        self._weights, self._biases = self._layers(self._parameters)
        self._weight_velocities, self._bias_velocities = self._layers(self._velocities)
        self._transposed = [weight.transpose(1, 2) for weight in self._weights]

    def _layers(self, flat: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        views, start = [], 0
        for rows, columns in self.shape.matrices:
            views.append(flat[:, start : start + rows * columns].view(-1, rows, columns))
            start += padded_size(rows * columns)
        if self.shape.in_span:
            # A stands at the place of W^1. The empty bias beside it keeps one index for all layers.
            views.insert(1, views[0][:, :0])
        return views[0::2], views[1::2]

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs f (n, B, C) for `inputs` (n, B, M_0) with B <= `shape.batch`; valid until the next call.

        Raises
        ------
        ValueError
            If the first layer is held in the span of other inputs.
        """
        if self.shape.in_span:
            raise ValueError("in_span: the network is known on its training inputs only")
        h = inputs
        for layer in range(self.shape.depth - 1):
            h = self.shape.activation(self._preactivation(layer, h, None))
        return self._output(h)

    def loss(self, inputs: Tensor, targets: Tensor, offset: Tensor | None = None) -> Tensor:
        """E = (1/2B) sum ||y - f||^2 of each network, shape (n,): Karakida 2019, (4). Keeps what `descend` needs.

        Parameters
        ----------
        inputs
            Samples (n, B, M_0) with B <= `shape.batch`; with `shape.in_span` their kernel X X^T + 1, (n, T, T).
        targets
            y (n, B, C).
        offset
            With `shape.in_span`, and only then: X W^1_0^T + b^1_0, shape (n, T, M_1).

        Raises
        ------
        ValueError
            If an offset is missing, or given without need.
        """
        if self.shape.in_span != (offset is not None):
            raise ValueError("offset: must be given if and only if the first layer is held in the span of the inputs")
        h = inputs
        self._h, self._slopes = [inputs], []
        for layer in range(self.shape.depth - 1):
            h, slope = self.shape.activation.value_and_derivative(self._preactivation(layer, h, offset))
            self._h.append(h)
            self._slopes.append(slope)
        return half_mean_square(self._output(h).sub_(targets))

    def _preactivation(self, layer: int, h: Tensor, offset: Tensor | None) -> Tensor:
        u = _first(self._u[layer], h.shape[1])
        if layer == 0 and offset is not None:
            return add_products(u.copy_(offset), h, self._weights[0])
        return add_products(u.copy_(self._biases[layer]), h, self._transposed[layer])

    def _output(self, h: Tensor) -> Tensor:
        outputs = _first(self._error, h.shape[1])
        return add_products(outputs.copy_(self._biases[-1]), h, self._transposed[-1])

    def descend(self) -> None:
        """One step theta <- theta - eta dE/dtheta + mu (theta - theta_previous) from the last `loss`: (21).

        With the velocity v = theta - theta_previous this is v <- mu v - eta dE/dtheta, theta <- theta + v.
        """
        samples, momentum = self._h[0].shape[1], self.shape.momentum
        delta = _first(self._error, samples).mul_(self._rates / samples)
        ones = self._ones[:, :, :samples]
        for layer in range(self.shape.depth - 1, -1, -1):
            if layer == 0 and self.shape.in_span:
                self._weight_velocities[0].mul_(momentum).sub_(delta)
                break
            turned = delta.transpose(1, 2)
            add_products(self._weight_velocities[layer], turned, self._h[layer], beta=momentum, alpha=-1)
            add_products(self._bias_velocities[layer], ones, delta, beta=momentum, alpha=-1)
            if layer:
                # The weights still are those of the forward pass: all of them move together below.
                back = _first(self._delta[layer - 1], samples)
                delta = add_products(back, delta, self._weights[layer], beta=0).mul_(self._slopes[layer - 1])
        self._parameters.add_(self._velocities)

    def network(self, cell: int) -> RandomNetwork:
        """One of the networks as it stands, a copy on the host.

        Raises
        ------
        ValueError
            If the first layer is held in the span of its inputs, where its matrix is not at hand.
        """
        if self.shape.in_span:
            raise ValueError("in_span: the first layer's matrix is not at hand")
        weights = tuple(weight[cell].cpu().numpy().copy() for weight in self._weights)
        biases = tuple(bias[cell, 0].cpu().numpy().copy() for bias in self._biases)
        return RandomNetwork(weights, biases, self.shape.activation)

    def keep(self, kept: Sequence[int]) -> None:
        """Drop all networks but those at the positions `kept` (rising), within the memory already in use."""
        for new, old in enumerate(kept):
            if new != old:
                for tensor in (self._parameters, self._velocities, self._rates):
                    tensor[new].copy_(tensor[old])
        self.cells = len(kept)
        self._parameters, self._velocities = self._parameters[: self.cells], self._velocities[: self.cells]
        self._rates, self._ones = self._rates[: self.cells], self._ones[: self.cells]
        self._u = [buffer[: self.cells] for buffer in self._u]
        self._delta = [buffer[: self.cells] for buffer in self._delta]
        self._error = self._error[: self.cells]
        self._view()


def half_mean_square(error: Tensor) -> Tensor:
    """(1/2B) sum of the squares of `error` (n, B, C), for each of the n networks."""
    return error.square().sum((1, 2)).mul_(0.5 / error.shape[1])


def _first(buffer: Tensor, samples: int) -> Tensor:
    """The part of a buffer (n, largest B, M) that a batch of `samples` fills."""
    return buffer if buffer.shape[1] == samples else buffer[:, :samples]
