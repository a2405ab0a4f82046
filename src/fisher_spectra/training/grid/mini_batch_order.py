"""Which samples the steps of mini-batch training see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


def steps_of_epochs(samples: int, batch: int, epochs: int = 1) -> int:
    """Number of steps of `epochs` passes through `samples` samples in batches, the remainder being one of them."""
    return epochs * -(-samples // batch)


@dataclass(frozen=True)
class MiniBatchOrder:
    """Which samples each step sees: those of an epoch in order, so many at a time, the last ones the remainder."""

    samples: npt.NDArray[np.int64]  # positions, (epochs, N)
    batch: int

    @classmethod
    def draw(cls, rng: np.random.Generator, samples: int, batch: int, steps: int) -> MiniBatchOrder:
        """As many epochs as so many steps need, each in a new order."""
        epochs = -(-steps // steps_of_epochs(samples, batch))
        return cls(np.stack([rng.permutation(samples) for _ in range(epochs)]), batch)

    @property
    def steps_per_epoch(self) -> int:
        """Steps of a pass through all samples."""
        return steps_of_epochs(self.samples.shape[1], self.batch)

    @property
    def steps(self) -> int:
        """Steps of all epochs."""
        return steps_of_epochs(self.samples.shape[1], self.batch, len(self.samples))

    def of_step(self, step: int) -> npt.NDArray[np.int64]:
        """The samples of a step.

        Examples
        --------
        >>> order = MiniBatchOrder(np.array([[4, 0, 2, 1, 3], [0, 1, 2, 3, 4]]), batch=2)
        >>> [order.of_step(step).tolist() for step in range(order.steps)]
        [[4, 0], [2, 1], [3], [0, 1], [2, 3], [4]]
        """
        epoch, part = divmod(step, self.steps_per_epoch)
        return self.samples[epoch, part * self.batch : (part + 1) * self.batch]
