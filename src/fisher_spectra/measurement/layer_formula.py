"""The factor A of a plain network by its layers: `networks.dual_fisher` for tensors, any loss and unlike layers.

With delta^l_k(t) = d f_k(t) / d u^l times B of the loss, the rows of A of layer l are delta^l(t) h^{l-1}(t)^T for its
weights and delta^l(t) for its biases, so that with K^l = [h^{l-1}(s) . h^{l-1}(t)] + [1], each bracket where those
parameters are trainable,

    (A A^T)_{(s,k),(t,k')} = sum_l (delta^l_k(s) . delta^l_k'(t)) K^l_{st}.

Activations and slopes of all samples are kept, so that a product costs two passes through the layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch

from fisher_spectra.measurement.losses import Loss
from fisher_spectra.measurement.module_function import undisturbed
from fisher_spectra.measurement.plain_networks import LinearLayer


@dataclass(frozen=True)
class _Pass:
    """h^0 .. h^{L-1}, the slopes phi'(u^l) of layers 1 .. L (nothing where linear), and the outputs."""

    activations: tuple[torch.Tensor, ...]
    slopes: tuple[torch.Tensor | None, ...]
    outputs: torch.Tensor


@dataclass(frozen=True)
class LayeredFactor:
    """A of a plain network; rows and columns as those of `curvature.ModuleFactor`.

    Attributes
    ----------
    layers
        Of `plain_networks.plain_layers`.
    tensors
        All parameters by name.
    names
        The trainable ones, in the order of the columns.
    inputs
        Shape (T, M_0).
    loss
        The loss of all samples.
    """

    layers: tuple[LinearLayer, ...]
    tensors: dict[str, torch.Tensor]
    names: tuple[str, ...]
    inputs: torch.Tensor
    loss: Loss

    @property
    def shape(self) -> tuple[int, int]:
        return self.outputs.numel(), sum(self.sizes.values())

    @property
    def sizes(self) -> dict[str, int]:
        return {name: self.tensors[name].numel() for name in self.names}

    @property
    def dtype(self) -> torch.dtype:
        return self.inputs.dtype

    @property
    def device(self) -> torch.device:
        return self.inputs.device

    @property
    def outputs(self) -> torch.Tensor:
        """f, shape (T, C)."""
        return self._pass.outputs

    def of_parameters(self, names: Sequence[str]) -> LayeredFactor:
        found = replace(self, names=tuple(names))
        found.__dict__["_pass"] = self._pass  # the same whatever is trainable
        return found

    @cached_property
    @undisturbed
    def _pass(self) -> _Pass:
        activations = [self.inputs]
        slopes: list[torch.Tensor | None] = []
        for layer in self.layers:
            u = torch.nn.functional.linear(activations[-1], self._weight(layer), self._bias(layer))
            if layer.activation is None:
                slopes.append(None)
                activations.append(u)
                continue
            with torch.enable_grad():
                u = u.detach().requires_grad_()
                value = layer.activation(u.clone())  # some work in place
                (slope,) = torch.autograd.grad(value.sum(), u)
            slopes.append(slope)
            activations.append(value.detach())
        return _Pass(tuple(activations[:-1]), tuple(slopes), activations[-1])

    def _weight(self, layer: LinearLayer) -> torch.Tensor:
        return self.tensors[layer.weight]

    def _bias(self, layer: LinearLayer) -> torch.Tensor | None:
        return None if layer.bias is None else self.tensors[layer.bias]

    @cached_property
    def _prepared(self) -> torch.Tensor | None:
        return self.loss.prepare(self.outputs)

    @property
    def _lowest(self) -> int:
        """The lowest layer with trainable parameters."""
        return next(k for k, layer in enumerate(self.layers) if {layer.weight, layer.bias} & set(self.names))

    # -----------------------------------------------------------------------------------------------------------------
    # Products

    def _pulled_back(self, cotangents: torch.Tensor) -> dict[int, torch.Tensor]:
        """delta^l summed with cotangents (..., T, C), shape (..., T, M_l), of the layers from the lowest trainable."""
        found = {}
        r = cotangents
        for k in range(len(self.layers) - 1, self._lowest - 1, -1):
            slope = self._pass.slopes[k]
            r = r if slope is None else r * slope
            found[k] = r
            if k > self._lowest:
                r = r @ self._weight(self.layers[k])
        return found

    def _pushed_forward(self, shifts: dict[int, torch.Tensor]) -> torch.Tensor:
        """Change of the outputs (T, C) by changes of the pre-activations of the layers."""
        dh: torch.Tensor | None = None
        for k in range(self._lowest, len(self.layers)):
            parts = [] if dh is None else [dh @ self._weight(self.layers[k]).T]
            if k in shifts:
                parts.append(shifts[k])
            du = parts[0] if len(parts) == 1 else parts[0] + parts[1]
            slope = self._pass.slopes[k]
            dh = du if slope is None else du * slope
        assert dh is not None
        return dh

    @undisturbed
    def times(self, vector: torch.Tensor) -> torch.Tensor:
        parts = dict(zip(self.names, torch.split(vector, list(self.sizes.values())), strict=True))
        shifts = {}
        for k, layer in enumerate(self.layers):
            shift: torch.Tensor | None = None
            if layer.weight in parts:
                shift = self._pass.activations[k] @ parts[layer.weight].view(self._weight(layer).shape).T
            if layer.bias is not None and layer.bias in parts:
                bias = parts[layer.bias].expand(len(self.inputs), -1)
                shift = bias if shift is None else shift + bias
            if shift is not None:
                shifts[k] = shift
        return self.loss.root_transposed(self._pushed_forward(shifts), self._prepared).flatten()

    @undisturbed
    def transposed_times(self, vector: torch.Tensor) -> torch.Tensor:
        pulled = self._pulled_back(self.loss.root(vector.view(self.outputs.shape), self._prepared))
        found = {}
        for k, r in pulled.items():
            layer = self.layers[k]
            if layer.weight in self.names:
                found[layer.weight] = (r.T @ self._pass.activations[k]).flatten()
            if layer.bias is not None and layer.bias in self.names:
                found[layer.bias] = r.sum(0)
        return torch.cat([found[name] for name in self.names])

    @undisturbed
    def dual_times(self, vector: torch.Tensor) -> torch.Tensor:
        pulled = self._pulled_back(self.loss.root(vector.view(self.outputs.shape), self._prepared))
        shifts = {k: shift for k, r in pulled.items() if (shift := self._shift(k, r)) is not None}
        return self.loss.root_transposed(self._pushed_forward(shifts), self._prepared).flatten()

    def gauss_newton_times(self, vector: torch.Tensor) -> torch.Tensor:
        return self.transposed_times(self.times(vector))

    def _trains(self, k: int) -> tuple[bool, bool]:
        """Whether the weights, and whether the biases of a layer are trainable."""
        return self.layers[k].weight in self.names, self.layers[k].bias in self.names

    def _shift(self, k: int, r: torch.Tensor) -> torch.Tensor | None:
        """K^l r, with the matrix K^l where that takes fewer multiplications than the weights' own shape."""
        weight, bias = self._trains(k)
        if not weight and not bias:
            return None
        h = self._pass.activations[k]
        if weight and len(h) <= h.shape[1]:
            if k not in self._kept_overlaps:
                self._kept_overlaps[k] = self._overlaps(k, self.dtype)
            return self._kept_overlaps[k] @ r
        shift = h @ (r.T @ h).T if weight else torch.zeros_like(r)
        return shift + r.sum(0) if bias else shift

    def _overlaps(self, k: int, dtype: torch.dtype) -> torch.Tensor:
        """K^l, (T, T)."""
        h = self._pass.activations[k].to(dtype)
        weight, bias = self._trains(k)
        return (h @ h.T if weight else h.new_zeros(len(h), len(h))) + float(bias)

    @cached_property
    def _kept_overlaps(self) -> dict[int, torch.Tensor]:
        return {}

    # -----------------------------------------------------------------------------------------------------------------
    # The dual matrix

    @undisturbed
    def dual(self) -> torch.Tensor:
        samples, classes = self.outputs.shape
        order = samples * classes
        units = torch.eye(classes, dtype=self.dtype, device=self.device)
        units = units.view(classes, 1, classes).expand(classes, samples, classes)
        dual = torch.zeros((order, order), dtype=torch.float64, device=self.device)
        by_sample = dual.view(samples, classes, samples, classes)
        for k, delta in self._pulled_back(self.loss.root(units, self._prepared)).items():
            if any(self._trains(k)):
                rows = delta.transpose(0, 1).reshape(order, -1).double()
                product = (rows @ rows.T).view(by_sample.shape)
                by_sample += product.mul_(self._overlaps(k, torch.float64)[:, None, :, None])
        return dual


def layered_memory(
    outputs: torch.Tensor, inputs: torch.Tensor, tensors: dict[str, torch.Tensor], layers: Sequence[LinearLayer]
) -> int:
    """Estimate in bytes of what is kept: activations and slopes of all samples, and what a product adds to them."""
    widths = sum(tensors[layer.weight].shape[0] for layer in layers) + tensors[layers[0].weight].shape[1]
    # matrices K^l are taken where T <= M_{l-1}, so that they are no larger than the activations
    return 6 * len(inputs) * widths * outputs.element_size()
