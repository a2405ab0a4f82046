"""Residual networks and networks with layer normalisation recognised in a module; the theory knows them.

Every value of the traced forward is followed as what it is of such a network: pre-activations, possibly normalised, or
activities. So a class of the reader's own is recognised like a `torch.nn.Sequential`. What is recognised is computed
once more by the layers and compared with the module's own outputs and gradients.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import fx, nn

from fisher_spectra.measurement.plain_networks import (
    Elementwise,
    LinearLayer,
    NotPlain,
    is_shape_only,
    keeps_values,
    named_activation,
    traced,
)

_ADDITIONS = (operator.add, operator.iadd, torch.add, "add", "add_")


@dataclass(frozen=True)
class Normalisation:
    """A `torch.nn.LayerNorm` of all neurons of a layer: its epsilon, and the names of gains and shifts that it has."""

    epsilon: float
    gains: str | None
    shifts: str | None


@dataclass(frozen=True)
class OtherNetwork:
    """A network that is not plain, but known.

    Attributes
    ----------
    kind
        ``"residual"``: u^{l+1} = u^l + W^{l+1} phi_l(u^l) + b^{l+1} from the second linear layer to the last but one.
        ``"layer_normalised"``: u^l = LayerNorm(W^l h^{l-1} + b^l) in some hidden layers.
    layers
        Linear layers from inputs to outputs, each with the activation that follows.
    normalisations
        Of each hidden layer, or ``None``.
    """

    kind: Literal["residual", "layer_normalised"]
    layers: tuple[LinearLayer, ...]
    normalisations: tuple[Normalisation | None, ...]

    def __call__(self, parameters: dict[str, torch.Tensor], inputs: torch.Tensor) -> torch.Tensor:
        """Outputs (n, C) of the samples (n, M_0), by the definition of its kind."""
        h, before = inputs, None
        for position, layer in enumerate(self.layers):
            u = nn.functional.linear(h, parameters[layer.weight], parameters[layer.bias] if layer.bias else None)
            hidden = position < len(self.layers) - 1
            if hidden and self.kind == "residual" and before is not None:
                u = u + before
            norm = self.normalisations[position] if hidden else None
            if norm is not None:
                gains = None if norm.gains is None else parameters[norm.gains]
                shifts = None if norm.shifts is None else parameters[norm.shifts]
                u = nn.functional.layer_norm(u, u.shape[1:], gains, shifts, norm.epsilon)
            before = u
            h = u if layer.activation is None else layer.activation(u.clone())
        return h


@dataclass(frozen=True)
class _Step:
    """A linear layer with what comes before and after it, as far as it has been followed."""

    layer: LinearLayer
    added: bool = False
    norm: Normalisation | None = None


@dataclass(frozen=True)
class _Value:
    """A tensor of the forward: activities if the last layer has its activation, else pre-activations."""

    steps: tuple[_Step, ...] = ()

    @property
    def last(self) -> _Step:
        return self.steps[-1]

    def with_last(self, step: _Step) -> _Value:
        return _Value((*self.steps[:-1], step))


def other_network(module: nn.Module, parameters: dict[str, torch.Tensor]) -> OtherNetwork:
    """What is recognised in a module.

    Parameters
    ----------
    module
        Any module.
    parameters
        All of its parameters by name.

    Raises
    ------
    NotPlain
        If it is another kind of network; in words.
    """
    graph = traced(module)
    names = {id(tensor): name for name, tensor in module.named_parameters()}
    result = _followed(graph, module, names, parameters)
    return _checked(result.steps, parameters)


def _followed(graph: fx.Graph, module: nn.Module, names: dict[int, str], parameters: dict[str, torch.Tensor]) -> _Value:
    """The value of the output."""
    values: dict[fx.Node, _Value] = {}
    for node in graph.nodes:
        if node.op == "placeholder":
            if node.users:
                values[node] = _Value()
            continue
        if is_shape_only(node) or (node.op != "output" and not node.users):
            continue
        of = [one for one in node.all_input_nodes if not is_shape_only(one)]
        unknown = [one for one in of if one not in values]
        if unknown or not of:
            raise NotPlain(f"it has the operation {node.name}, which takes no value of its layers")
        if node.op == "output":
            if len(of) != 1:
                raise NotPlain("it returns several values")
            return values[of[0]]
        if len(of) == 2 and node.target in _ADDITIONS:
            if node.kwargs:
                raise NotPlain("it adds multiples of its layers")
            values[node] = _added(values[of[0]], values[of[1]], parameters)
        elif len(of) == 1:
            values[node] = _applied(node, values[of[0]], module, names)
        else:
            raise NotPlain(f"{node.name} joins several values, and is no addition")
    raise NotPlain("it returns nothing")


def _applied(node: fx.Node, value: _Value, module: nn.Module, names: dict[int, str]) -> _Value:
    part = module.get_submodule(str(node.target)) if node.op == "call_module" else None
    if type(part) is nn.Linear:
        bias = None if part.bias is None else names[id(part.bias)]
        return _Value((*value.steps, _Step(LinearLayer(names[id(part.weight)], bias, None, "linear", "linear"))))
    if type(part) is nn.LayerNorm:
        return _normalised(part, value, names)
    if keeps_values(node, part, first=not value.steps):
        return value
    activation, title, spec = named_activation(node, part)
    if not value.steps:
        raise NotPlain(f"it applies {title} to the inputs, before any linear layer")
    last = value.last
    if last.layer.activation is not None:
        raise NotPlain(f"it applies {last.layer.title} and {title} one after the other")
    return value.with_last(replace(last, layer=_with_activation(last.layer, activation, title, spec)))


def _with_activation(layer: LinearLayer, activation: Elementwise | None, title: str, spec: str | None) -> LinearLayer:
    return LinearLayer(layer.weight, layer.bias, activation, title, spec)


def _normalised(part: nn.LayerNorm, value: _Value, names: dict[int, str]) -> _Value:
    if not value.steps or value.last.layer.activation is not None or value.last.norm is not None:
        raise NotPlain("it has a LayerNorm that does not follow a hidden linear layer directly")
    if value.last.added:
        raise NotPlain("it has a LayerNorm of residual blocks")
    if len(part.normalized_shape) != 1:
        raise NotPlain("it has a LayerNorm over several axes")
    if part.weight is not None and not bool((part.weight == 1.0).all()):
        raise NotPlain("it has a LayerNorm with gains that are not 1, as they are at the start of training")
    if part.bias is not None and bool(part.bias.any()):
        raise NotPlain("it has a LayerNorm with shifts that are not 0, as they are at the start of training")
    gains = None if part.weight is None else names[id(part.weight)]
    shifts = None if part.bias is None else names[id(part.bias)]
    return value.with_last(replace(value.last, norm=Normalisation(part.eps, gains, shifts)))


def _added(one: _Value, other: _Value, parameters: dict[str, torch.Tensor]) -> _Value:
    """u + linear(phi(u)), written in either order."""
    stream, branch = sorted((one, other), key=lambda value: len(value.steps))
    if not stream.steps:
        raise NotPlain("it adds the inputs, which no linear layer has taken, to a layer")
    if stream.last.layer.activation is not None:
        raise NotPlain(
            f"it adds what {stream.last.layer.title} gives to a block; known are u + linear(phi(u)) with u before phi"
        )
    if len(branch.steps) != len(stream.steps) + 1:
        number = len(branch.steps) - len(stream.steps)
        raise NotPlain(f"it has a residual block of {number} linear layers; known are blocks u + linear(phi(u)) of one")
    step, below = branch.last, branch.steps[-2]
    if step.layer.activation is not None:
        raise NotPlain(f"it adds what {step.layer.title} gives; known are blocks u + linear(phi(u))")
    if stream.last.norm is not None or below.norm is not None or step.norm is not None:
        raise NotPlain("it has a LayerNorm in residual blocks")
    linear = (_with_activation(below.layer, None, "linear", "linear"), below.added)
    if branch.steps[:-2] != stream.steps[:-1] or linear != (stream.last.layer, stream.last.added) or step.added:
        raise NotPlain("it adds layers that do not follow one another")
    rows, columns = parameters[step.layer.weight].shape
    if rows != columns:
        raise NotPlain(f"it has a residual block from width {columns} to {rows}; they must be equal")
    return branch.with_last(replace(step, added=True))


def _checked(steps: tuple[_Step, ...], parameters: dict[str, torch.Tensor]) -> OtherNetwork:
    """A whole network of one kind, each parameter used once."""
    if not steps:
        raise NotPlain("it has no linear layer")
    added, norms = [step.added for step in steps], [step.norm for step in steps]
    if added[-1]:
        raise NotPlain("it ends in a residual block; known are those with a linear layer after the last block")
    if norms[-1] is not None:
        raise NotPlain("it normalises its outputs")
    kind: Literal["residual", "layer_normalised"]
    if any(added):
        kind = "residual"
        if any(norm is not None for norm in norms):
            raise NotPlain("it has residual blocks and layer normalisation; known are networks with one of them")
        if not all(added[1:-1]):
            raise NotPlain("it has hidden layers that are not residual between the first and the last linear layer")
    elif any(norm is not None for norm in norms):
        kind = "layer_normalised"
    else:
        raise NotPlain("it has neither residual blocks nor layer normalisation")
    found = OtherNetwork(kind, tuple(step.layer for step in steps), tuple(norms[:-1]))
    used = [name for layer in found.layers for name in (layer.weight, layer.bias) if name is not None]
    for norm in found.normalisations:
        used += [] if norm is None else [name for name in (norm.gains, norm.shifts) if name is not None]
    if len(set(used)) < len(used):
        raise NotPlain("layers share parameters")
    unused = set(parameters) - set(used)
    if unused:
        raise NotPlain(f"it has parameters besides those of its layers ({min(unused)})")
    return found


def outputs_and_gradients(
    function: Callable[[dict[str, torch.Tensor]], torch.Tensor], parameters: dict[str, torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Outputs, and the gradient of their sum by all parameters as one vector; zeros where a parameter has none."""
    leaves = {name: value.detach().clone().requires_grad_() for name, value in parameters.items()}
    outputs = function(leaves)
    found = torch.autograd.grad(outputs.sum(), list(leaves.values()), allow_unused=True)
    gradients = [
        torch.zeros_like(leaf) if one is None else one for leaf, one in zip(leaves.values(), found, strict=True)
    ]
    return outputs.detach(), torch.cat([one.flatten() for one in gradients])
