"""A network that is followed along training, its steps by PyTorch: activations that compiled loops do not know."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from fisher_spectra.networks.fully_connected import RandomNetwork
from fisher_spectra.training.grid.batched_network import BatchedNetwork, half_mean_square
from fisher_spectra.training.grid.followed_training import Step, Task
from fisher_spectra.training.grid.network_shape import NetworkShape


class FollowedInBatches:
    """A `Trainee` that is the only network of a `BatchedNetwork`; parameters as in `follow_training`."""

    @torch.inference_mode()
    def __init__(self, start: RandomNetwork, task: Task, step: Step, give_up_loss: float) -> None:
        shape = NetworkShape(start.widths, start.activation, len(task.inputs), step.momentum)
        pairs = [(torch.tensor(w), torch.tensor(b)) for w, b in zip(start.weights, start.biases, strict=True)]
        rates = torch.tensor([step.learning_rate], dtype=torch.float64)
        self._networks = BatchedNetwork(shape, [pairs], rates)
        self._order, self._give_up_loss = task.order, give_up_loss
        self._x, self._y = (
            torch.tensor(values, dtype=torch.float64).unsqueeze(0) for values in (task.inputs, task.targets)
        )

    @torch.inference_mode()
    def advance(self, first: int, losses: npt.NDArray[np.float64]) -> int:
        """As `Trainee`."""
        for number in range(len(losses)):
            x, y = self._x, self._y
            if self._order is not None:
                seen = torch.as_tensor(self._order.of_step(first + number))
                x, y = x[:, seen], y[:, seen]
            now = float(self._networks.loss(x, y)[0])
            if not now <= self._give_up_loss:
                return number
            losses[number] = now
            self._networks.descend()
        return len(losses)

    @torch.inference_mode()
    def loss_of_all(self) -> float:
        """As `Trainee`."""
        return float(half_mean_square(self._networks.forward(self._x).sub_(self._y))[0])

    def network(self) -> RandomNetwork:
        """As `Trainee`."""
        return self._networks.network(0)
