"""Plain networks recognised in a module: linear layers with elementwise activations between them, and nothing else.

The module is traced by `torch.fx`, so that a class of the reader's own with a `forward` is recognised like a
`torch.nn.Sequential`; what cannot be traced is not plain. Whoever uses the result compares its outputs with those of
the module.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

Elementwise = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class LinearLayer:
    """u = W h + b, and the activation that follows.

    Attributes
    ----------
    weight, bias
        Names of the parameters; no name for a bias that is not there.
    activation
        Elementwise, or nothing where the next layer takes u itself.
    title
        What the activation is called in the module; ``"linear"`` if there is none.
    spec
        Its text in the catalogue of activations, or nothing if it is not there.
    """

    weight: str
    bias: str | None
    activation: Elementwise | None
    title: str
    spec: str | None


class NotPlain(Exception):
    """Why a module is not recognised, in words."""


def traced(module: nn.Module) -> fx.Graph:
    """The operations of a module's forward.

    Raises
    ------
    NotPlain
        If it cannot be traced.
    """
    try:
        return fx.symbolic_trace(module).graph
    except Exception as error:  # whatever the reader's forward makes of a proxy
        raise NotPlain(f"its forward cannot be traced ({type(error).__name__})") from error


def plain_layers(module: nn.Module, parameters: dict[str, torch.Tensor]) -> tuple[LinearLayer, ...]:
    """The layers of a plain network, from the inputs to the outputs.

    Parameters
    ----------
    module
        Any module.
    parameters
        All of its parameters by name.

    Raises
    ------
    NotPlain
        If it is another kind of network.
    """
    graph = traced(module)
    names = {id(tensor): name for name, tensor in module.named_parameters()}
    layers: list[LinearLayer] = []
    for node in _chain(graph):
        if node.op == "call_module":
            part = module.get_submodule(str(node.target))
            if type(part) is nn.Linear:
                bias = None if part.bias is None else names[id(part.bias)]
                layers.append(LinearLayer(names[id(part.weight)], bias, None, "linear", "linear"))
                continue
        else:
            part = None
        if keeps_values(node, part, first=not layers):
            continue
        activation, title, spec = named_activation(node, part)
        if not layers:
            raise NotPlain(f"it applies {title} to the inputs, before any linear layer")
        last = layers[-1]
        if last.activation is not None:
            raise NotPlain(f"it applies {last.title} and {title} one after the other")
        layers[-1] = LinearLayer(last.weight, last.bias, activation, title, spec)
    if not layers:
        raise NotPlain("it has no linear layer")
    used = [name for layer in layers for name in (layer.weight, layer.bias) if name is not None]
    if len(set(used)) < len(used):
        raise NotPlain("layers share parameters")
    unused = set(parameters) - set(used)
    if unused:
        raise NotPlain(f"it has parameters besides those of linear layers ({min(unused)})")
    return tuple(layers)


def _chain(graph: fx.Graph) -> list[fx.Node]:
    """The nodes between input and output, each the only user of the one before it."""
    chain: list[fx.Node] = []
    inputs = [node for node in graph.nodes if node.op == "placeholder" and node.users]
    if len(inputs) != 1:
        raise NotPlain(f"it has {len(inputs)} inputs")
    node = inputs[0]
    while True:
        users = [user for user in node.users if not is_shape_only(user)]
        if len(users) != 1:
            raise NotPlain(f"it uses {node.name} {len(users)} times (as residual connections do)")
        node = users[0]
        if node.op == "output":
            return chain
        if sum(isinstance(one, fx.Node) and not is_shape_only(one) for one in node.all_input_nodes) != 1:
            raise NotPlain(f"{node.name} joins several inputs")
        chain.append(node)


def is_shape_only(node: fx.Node) -> bool:
    """Whether a node, such as x.size(0), gives numbers alone."""
    if node.op == "call_method" and node.target in ("size", "dim"):
        return True
    if node.op == "call_function" and node.target is getattr and node.args[1:] == ("shape",):
        return True
    return node.op == "call_function" and node.target is operator.getitem and is_shape_only(node.all_input_nodes[0])


def keeps_values(node: fx.Node, part: nn.Module | None, first: bool) -> bool:
    """Whether a node only flattens the inputs, or does nothing."""
    if isinstance(part, nn.Identity) or (isinstance(part, nn.modules.dropout._DropoutNd) and not part.training):
        return True
    if isinstance(part, nn.Flatten) or node.target is torch.flatten or node.target in ("flatten", "view", "reshape"):
        if first:
            return True
        raise NotPlain("it reshapes hidden layers")
    return False


# ---------------------------------------------------------------------------------------------------------------------
# Activations

_SPECS: dict[type[nn.Module], str] = {
    nn.Tanh: "tanh",
    nn.ReLU: "relu",
    nn.SiLU: "silu",
}
_ELEMENTWISE_MODULES: tuple[type[nn.Module], ...] = (
    *_SPECS,
    nn.GELU,
    nn.LeakyReLU,
    nn.Softplus,
    nn.Hardtanh,
    nn.ReLU6,
    nn.ELU,
    nn.SELU,
    nn.CELU,
    nn.Sigmoid,
    nn.LogSigmoid,
    nn.Mish,
    nn.Softsign,
    nn.Tanhshrink,
    nn.Hardswish,
    nn.Hardsigmoid,
)
# Functions and methods: of each the module that is the same, made from its settings.
_AS_MODULES: dict[Any, type[nn.Module]] = {
    torch.tanh: nn.Tanh,
    F.tanh: nn.Tanh,
    "tanh": nn.Tanh,
    torch.relu: nn.ReLU,
    F.relu: nn.ReLU,
    "relu": nn.ReLU,
    F.silu: nn.SiLU,
    F.gelu: nn.GELU,
    F.leaky_relu: nn.LeakyReLU,
    F.softplus: nn.Softplus,
    F.hardtanh: nn.Hardtanh,
    F.elu: nn.ELU,
    torch.sigmoid: nn.Sigmoid,
    F.sigmoid: nn.Sigmoid,
    "sigmoid": nn.Sigmoid,
}
_FUNCTIONS: dict[Any, str] = {torch.erf: "erf", "erf": "erf", torch.sin: "sine", "sin": "sine"}


def named_activation(node: fx.Node, part: nn.Module | None) -> tuple[Elementwise, str, str | None]:
    """The function of a node, its name, and its text in the catalogue."""
    if part is not None:
        if type(part) not in _ELEMENTWISE_MODULES:
            raise NotPlain(f"it has a {type(part).__name__}")
        return part, type(part).__name__, _spec_of(part)
    target = node.target
    if node.op in ("call_function", "call_method"):
        if target in _FUNCTIONS and len(node.args) == 1 and not node.kwargs:
            name = _FUNCTIONS[target]
            function: Elementwise = torch.erf if name == "erf" else torch.sin
            return function, name, name
        if target in _AS_MODULES:
            kind = _AS_MODULES[target]
            settings = {key: value for key, value in node.kwargs.items() if key != "inplace"}
            try:
                made = kind(*node.args[1:], **settings)
            except TypeError as error:
                raise NotPlain(f"it calls {kind.__name__} with settings that are not known") from error
            return made, kind.__name__, _spec_of(made)
    raise NotPlain(f"it has the operation {getattr(target, '__name__', target)}")


def _spec_of(part: nn.Module) -> str | None:
    """Text of an activation in the catalogue, or nothing."""
    if isinstance(part, nn.GELU):
        return "gelu" if part.approximate == "none" else None
    if isinstance(part, nn.LeakyReLU):
        return f"leaky_relu(slope={part.negative_slope})"
    if isinstance(part, nn.Softplus):
        return "softplus" if part.beta == 1 else None
    if isinstance(part, nn.Hardtanh):
        limit = float(part.max_val)
        symmetric = math.isclose(-float(part.min_val), limit) and limit > 0.0
        return f"hard_tanh(s={1.0 / limit!r},g=1)" if symmetric and type(part) is nn.Hardtanh else None
    return _SPECS.get(type(part))
