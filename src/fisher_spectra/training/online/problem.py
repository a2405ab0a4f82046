"""What online training is made of: samples, learning rates and order, and both with initial weights on the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.common.devices import Execution
from fisher_spectra.training.limits import EVALUATED_AT_A_TIME
from fisher_spectra.training.online.cells import padded

IntArray = npt.NDArray[np.int64]

GIVE_UP_LOSS = 1000.0  # as the diverged cells of Karakida 2019, Figure 2; neither paper has a number


@dataclass(frozen=True)
class OnlineData:
    """Samples as the networks see them.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """

    inputs: npt.NDArray[np.floating]  # x(n), (N, M)
    labels: IntArray  # classes, (N,)
    label_vectors: npt.NDArray[np.floating]  # y of each class, (C, M), of equal norms: the answer is the largest f . y
    test_inputs: npt.NDArray[np.floating]  # (N', M)
    test_labels: IntArray  # (N',)

    def __post_init__(self) -> None:
        width, classes = self.inputs.shape[-1], len(self.label_vectors)
        shapes = (self.inputs.shape, self.test_inputs.shape, self.label_vectors.shape)
        if any(len(shape) != 2 or shape[0] == 0 or shape[1] != width for shape in shapes):
            raise ValueError(
                f"inputs {shapes[0]}, test_inputs {shapes[1]}, label_vectors {shapes[2]}: "
                "must be (N, M), (N', M) and (C, M), none of them empty"
            )
        for name, labels, inputs in (
            ("labels", self.labels, self.inputs),
            ("test_labels", self.test_labels, self.test_inputs),
        ):
            if labels.shape != (len(inputs),) or not np.all((labels >= 0) & (labels < classes)):
                raise ValueError(
                    f"{name} of shape {labels.shape}: must be {len(inputs)} classes from 0 to {classes - 1}"
                )


@dataclass(frozen=True)
class OnlineDescent:
    """Learning rates and steps.

    Parameters
    ----------
    learning_rates
        eta of each cell, finite and positive.
    order
        Sample of each step, counted from 0; see :func:`epochs_in_order`.
    give_up_loss
        Loss of a sample above which a cell has diverged.

    Raises
    ------
    ValueError
        If a value is not allowed.

    Examples
    --------
    >>> fs.OnlineDescent(learning_rates=(0.1, 1.0), order=fs.epochs_in_order(samples=3, epochs=2)).order
    (0, 1, 2, 0, 1, 2)
    """

    learning_rates: tuple[float, ...]
    order: tuple[int, ...]
    give_up_loss: float = GIVE_UP_LOSS

    def __post_init__(self) -> None:
        if not self.learning_rates or not all(np.isfinite(rate) and rate > 0 for rate in self.learning_rates):
            raise ValueError(f"learning_rates = {self.learning_rates}: at least one, each finite and above 0")
        if not self.order or min(self.order) < 0:
            raise ValueError("order: at least one sample, counted from 0")
        if not self.give_up_loss > 0:
            raise ValueError(f"give_up_loss = {self.give_up_loss}: must be above 0")


def epochs_in_order(samples: int, epochs: int) -> tuple[int, ...]:
    """Order in which `epochs` passes go through the samples, each in the order in which they are given.

    Parameters
    ----------
    samples
        N.
    epochs
        Passes through all of them.

    Examples
    --------
    >>> fs.epochs_in_order(samples=3, epochs=2)
    (0, 1, 2, 0, 1, 2)
    """
    return tuple(range(samples)) * epochs


class OnlineProblem:
    """Initial weights W_1 .. W_L and samples on the device.

    Raises
    ------
    ValueError
        If shapes do not fit.
    UserError
        If the device is not there, or has no room for weights and samples.
    """

    def __init__(
        self,
        weights: Sequence[npt.NDArray[np.floating]],
        activation: Activation,
        data: OnlineData,
        descent: OnlineDescent,
        execution: Execution,
    ) -> None:
        self.width = data.inputs.shape[1]
        if not weights or any(weight.shape != (self.width, self.width) for weight in weights):
            shapes = sorted({weight.shape for weight in weights})
            raise ValueError(
                f"weights of shapes {shapes}: at least one, all ({self.width}, {self.width}) as the inputs"
            )
        if max(descent.order) >= len(data.inputs):
            raise ValueError(f"order: sample {max(descent.order)} is asked for, there are {len(data.inputs)}")
        self.device, self.dtype = execution.torch_device, execution.torch_dtype
        self.activation, self.descent, self.depth = activation, descent, len(weights)
        samples = len(data.inputs) + len(data.test_inputs)
        execution.require(
            self.dtype.itemsize * self.width * (self.depth * self.width + samples),
            f"online training of {self.depth} layers of width {self.width}",
        )
        self.weights = [self._tensor(weight) for weight in weights]
        self.vectors = self._tensor(data.label_vectors)
        self.train = self._tensor(data.inputs), torch.from_numpy(data.labels).to(self.device)
        self.test = self._tensor(data.test_inputs), torch.from_numpy(data.test_labels).to(self.device)
        self.rates = np.array(descent.learning_rates)

    def _tensor(self, values: npt.NDArray[np.floating]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(device=self.device, dtype=self.dtype)

    @property
    def distinct_samples(self) -> int:
        """How many different samples the steps see."""
        return len(set(self.descent.order))

    def sample(self, step: int) -> tuple[Tensor, Tensor]:
        """x(t) and y(t), each (M,)."""
        inputs, labels = self.train
        index = self.descent.order[step]
        return inputs[index], self.vectors[labels[index]]

    def scaled_rates(self, cells: Sequence[int], rows: int) -> Tensor:
        """eta / M of each row, as a column."""
        return self._tensor(self.rates[padded(cells, rows)][:, None] / self.width)

    def evaluate(self, weights: Sequence[Tensor], samples: tuple[Tensor, Tensor]) -> tuple[float, float]:
        """Loss and accuracy of one network on `samples`."""
        inputs, labels = samples
        squares, right = 0.0, 0
        for start in range(0, len(inputs), EVALUATED_AT_A_TIME):
            h, classes = inputs[start : start + EVALUATED_AT_A_TIME], labels[start : start + EVALUATED_AT_A_TIME]
            for weight in weights[:-1]:
                h = self.activation(h @ weight.T)
            outputs = h @ weights[-1].T
            right += int(torch.sum(torch.argmax(outputs @ self.vectors.T, dim=1) == classes))
            squares += float((outputs - self.vectors[classes]).double().square().sum())
        return squares / (2 * self.width * len(inputs)), right / len(inputs)
