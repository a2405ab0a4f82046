"""Products with the factor A of a Gauss-Newton matrix G = A^T A, for any module.

A = B^T J has a row for each output of each sample, in the order of the samples (row t C + k), and a column for each
trainable parameter. A^T u is one backward pass; A v is one pass of forward differentiation or, for modules that PyTorch
cannot differentiate forward, the derivative of A^T w by w along v (two backward passes). No matrix of order P is
formed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol, Self

import torch
from torch.func import jvp, vjp, vmap

from fisher_spectra.common.devices import is_out_of_memory
from fisher_spectra.measurement.losses import Loss
from fisher_spectra.measurement.module_function import ModuleFunction, Parameters, undisturbed

# A pass keeps the activations for going back, or their tangents, and what kernels need besides: up to 4 was measured.
_PASS_OVER_SAVED = 5.0
# Larger batches than of so many bytes are no faster, on a CPU rather slower.
_LARGEST_PASS = 512 * 10**6


class Factor(Protocol):
    """A with G = A^T A: what eigenvalues, density and shares of parameters are computed from."""

    @property
    def shape(self) -> tuple[int, int]:
        """(C T, P)."""

    @property
    def sizes(self) -> dict[str, int]:
        """Number of columns of each parameter, in their order."""

    @property
    def dtype(self) -> torch.dtype: ...

    @property
    def device(self) -> torch.device: ...

    def times(self, vector: torch.Tensor) -> torch.Tensor:
        """A v, shapes (P,) and (C T,)."""

    def transposed_times(self, vector: torch.Tensor) -> torch.Tensor:
        """A^T u, shapes (C T,) and (P,)."""

    def dual_times(self, vector: torch.Tensor) -> torch.Tensor:
        """A A^T u, shape (C T,)."""

    def gauss_newton_times(self, vector: torch.Tensor) -> torch.Tensor:
        """A^T A v, shape (P,)."""

    def dual(self) -> torch.Tensor:
        """A A^T, shape (C T, C T), in float64: rounded sums would make small eigenvalues of zeros."""

    def of_parameters(self, names: Sequence[str]) -> Self:
        """The columns of some parameters alone."""


@dataclass(frozen=True)
class ModuleFactor:
    """A of any module.

    Attributes
    ----------
    function, inputs, loss
        Outputs by the parameters, the T samples, and the loss.
    outputs
        f at all samples, shape (T, C), as the loss takes them.
    memory
        Bytes that may be used.
    saved_per_sample
        Bytes that a pass keeps for going back, for each sample.
    """

    function: ModuleFunction
    inputs: torch.Tensor
    loss: Loss
    outputs: torch.Tensor
    memory: int
    saved_per_sample: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.outputs.numel(), self.function.n_parameters

    @property
    def sizes(self) -> dict[str, int]:
        return {name: parameter.numel() for name, parameter in self.function.parameters.items()}

    @property
    def dtype(self) -> torch.dtype:
        return self.function.dtype

    @property
    def device(self) -> torch.device:
        return self.function.device

    def of_parameters(self, names: Sequence[str]) -> ModuleFactor:
        chosen = {name: self.function.parameters[name] for name in names}
        return replace(self, function=replace(self.function, parameters=chosen))

    # -----------------------------------------------------------------------------------------------------------------
    # Products

    @undisturbed
    def times(self, vector: torch.Tensor) -> torch.Tensor:
        direction = self.function.split(vector)
        return torch.cat([self._pushed(part, direction).flatten() for part in self._batches()])

    @undisturbed
    def transposed_times(self, vector: torch.Tensor) -> torch.Tensor:
        cotangents = self.loss.root(vector.view(self.outputs.shape), self._prepared)
        return self._sum_over_batches(lambda part: cotangents[self._rows(part)])

    def dual_times(self, vector: torch.Tensor) -> torch.Tensor:
        return self.times(self.transposed_times(vector))

    @undisturbed
    def gauss_newton_times(self, vector: torch.Tensor) -> torch.Tensor:
        direction = self.function.split(vector)

        def curved(part: slice) -> torch.Tensor:
            prepared = None if self._prepared is None else self._prepared[self._rows(part)]
            return self.loss.root(self._pushed(part, direction), prepared)

        return self._sum_over_batches(curved)

    @cached_property
    def _prepared(self) -> torch.Tensor | None:
        return self.loss.prepare(self.outputs)

    @property
    def _rows_per_sample(self) -> int:
        """More than one where each place of a sample is one of the loss's."""
        return len(self.outputs) // len(self.inputs)

    def _rows(self, part: slice) -> slice:
        return slice(part.start * self._rows_per_sample, part.stop * self._rows_per_sample)

    def _batches(self) -> Iterator[slice]:
        total = len(self.inputs)
        if self.function.interacting:
            yield slice(0, total)
            return
        size = batch_size(self.saved_per_sample, self.memory)
        for start in range(0, total, size):
            yield slice(start, min(start + size, total))

    def _outputs_of(self, parameters: Parameters, inputs: torch.Tensor) -> torch.Tensor:
        return self.loss.arranged(self.function(parameters, inputs))

    def _pushed(self, part: slice, direction: Parameters) -> torch.Tensor:
        """B^T J v of some samples, shape (n, C)."""
        inputs = self.inputs[part]
        tangents = jacobian_times(lambda p: self._outputs_of(p, inputs), self.function.parameters, direction)
        prepared = None if self._prepared is None else self._prepared[self._rows(part)]
        return self.loss.root_transposed(tangents, prepared)

    def _sum_over_batches(self, cotangents: Callable[[slice], torch.Tensor]) -> torch.Tensor:
        """Sum of J^T u over the batches, shape (P,)."""
        total = torch.zeros(self.shape[1], dtype=self.dtype, device=self.device)
        for part in self._batches():
            pulled_back = cotangents(part)  # before the pass that keeps its activations
            leaves = _leaves(self.function.parameters)
            total += _pulled(self._outputs_of(leaves, self.inputs[part]), leaves, pulled_back)
        return total

    # -----------------------------------------------------------------------------------------------------------------
    # The dual matrix

    @undisturbed
    def dual(self) -> torch.Tensor:
        order = self.shape[0]
        dual = torch.zeros((order, order), dtype=torch.float64, device=self.device)
        panels = list(self._panels())
        for position, rows in enumerate(panels):
            left = self._panel(rows).double()
            dual[rows, rows] = left @ left.T
            for columns in panels[position + 1 :]:
                block = left @ self._panel(columns).double().T
                dual[rows, columns], dual[columns, rows] = block, block.T
        return dual

    @property
    def panels(self) -> int:
        """Number of parts in which A is computed for the dual matrix: n (n + 1) / 2 of them are computed in all."""
        return len(list(self._panels()))

    def _panels(self) -> Iterator[slice]:
        """Rows of A of which two sets, and their making, fit into memory; of whole samples where these are apart."""
        order, parameters = self.shape
        unit = 1 if self.function.interacting else order // len(self.inputs)
        needed = 8 * parameters + int(_PASS_OVER_SAVED * self.saved_per_sample)
        size = unit * max(1, self.memory // (3 * needed * unit))
        for start in range(0, order, size):
            yield slice(start, min(start + size, order))

    def _panel(self, rows: slice) -> torch.Tensor:
        """Some rows of A: A^T e pulled back for each unit vector e, shape (rows, P)."""
        count = rows.stop - rows.start
        classes, places = self.outputs.shape[1], self._rows_per_sample
        if self.function.interacting:
            units = torch.zeros((count, self.outputs.numel()), dtype=self.dtype, device=self.device)
            units[torch.arange(count), torch.arange(rows.start, rows.stop)] = 1.0
            cotangents = self.loss.root(units.view(count, *self.outputs.shape), self._prepared)
            return self._rows_of(self.inputs, cotangents)
        per_sample = places * classes
        samples = slice(rows.start // per_sample, rows.stop // per_sample)
        n = samples.stop - samples.start
        units = torch.eye(per_sample, dtype=self.dtype, device=self.device).view(per_sample, 1, places, classes)
        prepared = None if self._prepared is None else self._prepared[self._rows(samples)].view(n, places, classes)
        cotangents = self.loss.root(units.expand(per_sample, n, places, classes), prepared).transpose(0, 1)
        try:
            return self._rows_at_once(self.inputs[samples], cotangents)
        except Exception as error:
            if is_out_of_memory(error):
                raise
        # what vmap cannot do (its messages are many): one sample after the other
        return torch.cat([self._rows_of(x[None], u) for x, u in zip(self.inputs[samples], cotangents, strict=True)])

    def _rows_at_once(self, inputs: torch.Tensor, cotangents: torch.Tensor) -> torch.Tensor:
        """J^T u for each sample (n, ...) and each of its cotangents (n, k, places, C), shape (n k, P)."""

        def of_one(x: torch.Tensor, rows: torch.Tensor) -> Parameters:
            found: Any = vjp(lambda p: self._outputs_of(p, x[None]), self.function.parameters)
            pulled: Parameters = vmap(found[1])(rows)[0]
            return pulled

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of operations without a batching rule, which are right and slow
            found = vmap(of_one)(inputs, cotangents)
        return torch.cat([part.flatten(0, 1).flatten(1) for part in found.values()], dim=1)

    def _rows_of(self, inputs: torch.Tensor, cotangents: torch.Tensor) -> torch.Tensor:
        """J^T u for each of the cotangents (k, n, C) of one batch, shape (k, P)."""
        leaves = _leaves(self.function.parameters)
        outputs = self._outputs_of(leaves, inputs)
        return torch.stack([_pulled(outputs, leaves, one, keep=True) for one in cotangents])


# ---------------------------------------------------------------------------------------------------------------------
# Derivatives of one batch


def jacobian_times(
    outputs: Callable[[Parameters], torch.Tensor], parameters: Parameters, direction: Parameters
) -> torch.Tensor:
    """Derivative of the outputs along a direction of the parameters."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what PyTorch imports for it
            pushed: Any = jvp(outputs, (parameters,), (direction,))
    except Exception as error:
        if is_out_of_memory(error):
            raise
    else:
        tangents: torch.Tensor = pushed[1].detach()
        return tangents
    # A kernel without forward derivative. J^T w is linear in w, and its derivative by w along v is J v.
    leaves = _leaves(parameters)
    value = outputs(leaves)
    zero = torch.zeros_like(value, requires_grad=True)
    pulled = torch.autograd.grad(value, list(leaves.values()), zero, create_graph=True, allow_unused=True)
    pairs = [(p, v) for p, v in zip(pulled, direction.values(), strict=True) if p is not None and p.requires_grad]
    if not pairs:
        return torch.zeros_like(value)
    return torch.autograd.grad([p for p, _ in pairs], zero, [v for _, v in pairs])[0].detach()


def _leaves(parameters: Parameters) -> Parameters:
    return {name: parameter.detach().requires_grad_() for name, parameter in parameters.items()}


def _pulled(outputs: torch.Tensor, leaves: Parameters, cotangents: torch.Tensor, keep: bool = False) -> torch.Tensor:
    """J^T u as one vector (P,), with zeros for parameters that the outputs do not depend on."""
    found = torch.autograd.grad(outputs, list(leaves.values()), cotangents, retain_graph=keep, allow_unused=True)
    parts = [
        torch.zeros_like(leaf).flatten() if part is None else part.flatten()
        for leaf, part in zip(leaves.values(), found, strict=True)
    ]
    return torch.cat(parts)


def batch_size(saved_per_sample: int, memory: int) -> int:
    """Samples of a pass within the memory."""
    return max(1, int(min(memory, _LARGEST_PASS) / (_PASS_OVER_SAVED * max(saved_per_sample, 1))))


def saved_per_sample(function: ModuleFunction, inputs: torch.Tensor) -> int:
    """Bytes that the forward pass of a batch keeps for the way back, over the number of its samples."""
    own = {parameter.data_ptr() for parameter in function.module.parameters()}
    seen: dict[int, int] = {}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.data_ptr() not in own:
            seen[tensor.data_ptr()] = max(seen.get(tensor.data_ptr(), 0), tensor.numel() * tensor.element_size())
        return tensor

    leaves = _leaves(function.parameters)
    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        outputs = function(leaves, inputs)
    return (sum(seen.values()) + outputs.numel() * outputs.element_size()) // len(inputs)
