"""From a module, its data and a loss to the factor of its Gauss-Newton matrix, with everything checked on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import torch

from fisher_spectra.common.arguments import check_integer, shown
from fisher_spectra.common.devices import usable_memory
from fisher_spectra.common.memory import require_memory
from fisher_spectra.measurement.curvature import Factor, ModuleFactor, batch_size, saved_per_sample
from fisher_spectra.measurement.layer_formula import LayeredFactor, layered_memory
from fisher_spectra.measurement.losses import Loss, checked_loss, loss_of
from fisher_spectra.measurement.module_function import (
    ModuleFunction,
    analysable,
    checked_outputs,
    interaction_of,
    module_function,
)
from fisher_spectra.measurement.plain_networks import LinearLayer, NotPlain, plain_layers
from fisher_spectra.measurement.samples import Samples, fitting, samples_of

Method = Literal["auto", "dual_matrix", "products"]
METHODS: tuple[str, ...] = get_args(Method)
# Dual matrices up to this order are computed and all of their eigenvalues found: seconds of LAPACK.
_DUAL_ORDER = 2000
# For other modules than plain ones the rows of A are computed (n + 1) / 2 times if they fit into memory in n parts.
_PARTS = 8
# Bytes taken where nothing is said: half of what is free, and no more than this.
_MEMORY = 4 * 10**9
_SOME = 8  # samples of the first, checked call
# Roundings by which the outputs of the layers' own formula may differ from the module's; see `module_function`.
_ROUNDINGS = 2.0**14


@dataclass(frozen=True)
class Measurement:
    """What is measured, and how.

    Attributes
    ----------
    function
        The module by its parameters.
    inputs, targets
        Samples as the module takes them.
    loss
        The loss of all samples.
    factor
        A by the cheapest way, and
    by_module
        by the module itself.
    method
        ``"dual_matrix"`` or ``"products"``.
    layers
        Those of a plain network; none for another one.
    not_plain
        Why it is another one, in words.
    notes
        What the reader has to know of what was computed, one sentence each.
    """

    function: ModuleFunction
    inputs: torch.Tensor
    targets: torch.Tensor | None
    loss: Loss
    factor: Factor
    by_module: ModuleFactor
    method: str
    layers: tuple[LinearLayer, ...]
    not_plain: str
    notes: tuple[str, ...]


def measure(model: object, data: object, loss: str, method: str, memory_mb: int | None) -> Measurement:
    """Everything checked, and A made; nothing long is computed yet.

    Raises
    ------
    ValueError, TypeError, UserError
        One line that says which argument is wrong, and what is allowed.
    """
    name = checked_loss(loss)
    if not isinstance(method, str) or method not in METHODS:
        raise ValueError(f"method = {shown(method)}: must be {', '.join(METHODS[:-1])} or {METHODS[-1]}")
    with torch.inference_mode(False):  # in which tensors that are made have no gradients, ever
        function = module_function(model)
        given = fitting(samples_of(data), function.module, function.dtype, function.device)
    memory = _memory(memory_mb, function.device)
    with analysable(function.device):
        inputs, some = _accepted(function, given)
        function = replace(function, interaction=interaction_of(function, inputs[:_SOME]))
        factor = _module_factor(function, inputs, loss_of(name, some, len(inputs)), memory)
        _check_dependence(factor)
    layers, not_plain = _plain(factor)
    notes = [*_notes(function, len(inputs)), *([] if inputs.shape == given.inputs.shape else [_reshaped(inputs)])]
    best: Factor = factor
    if layers and layered_memory(factor.outputs, inputs, _tensors(function), layers) <= memory:
        best = _layered(factor, layers)
    return Measurement(
        function=function,
        inputs=inputs,
        targets=given.targets,
        loss=factor.loss,
        factor=best,
        by_module=factor,
        method=_chosen(method, best, memory),
        layers=layers,
        not_plain=not_plain,
        notes=tuple(notes),
    )


def _memory(memory_mb: int | None, device: torch.device) -> int:
    """Bytes that may be used."""
    if memory_mb is None:
        return min(_MEMORY, usable_memory(device) // 2)
    return check_integer("memory_mb", memory_mb, 1) * 10**6


def _accepted(function: ModuleFunction, samples: Samples) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs in the first shape that the module takes, and the outputs of some."""
    given = samples.inputs
    shapes = [tuple(given.shape[1:]), *samples.shapes]
    if given.ndim > 2:
        shapes.append((given[0].numel(),))
    first: ValueError | None = None
    for shape in shapes:
        inputs = given.reshape(len(given), *shape)
        try:
            return inputs, checked_outputs(function, inputs[:_SOME])
        except ValueError as error:
            first = first or error
    assert first is not None
    raise first


def _reshaped(inputs: torch.Tensor) -> str:
    return f"Samples were given to the model in the shape {tuple(inputs.shape[1:])}, as it does not take their own."


def _module_factor(function: ModuleFunction, inputs: torch.Tensor, loss: Loss, memory: int) -> ModuleFactor:
    per_sample = saved_per_sample(function, inputs[:_SOME])
    if function.interacting:
        require_memory(
            per_sample * len(inputs),
            f"data: one batch of all {len(inputs)} samples",
            "take fewer samples or raise memory_mb; model.eval() where batch normalisation is the reason",
            memory,
        )
    size = len(inputs) if function.interacting else batch_size(per_sample, memory)
    outputs = [
        loss.arranged(function(function.parameters, inputs[start : start + size])).detach()
        for start in range(0, len(inputs), size)
    ]
    if not all(bool(torch.isfinite(one).all()) for one in outputs):
        raise ValueError("model: its outputs hold numbers that are not finite")
    return ModuleFactor(function, inputs, loss, torch.cat(outputs), memory, per_sample)


def _check_dependence(factor: ModuleFactor) -> None:
    """Refuse outputs that no gradient leads back from."""
    leaves = {name: value.detach().requires_grad_() for name, value in factor.function.parameters.items()}
    outputs = factor.function(leaves, factor.inputs[:_SOME])
    if not outputs.requires_grad:
        raise ValueError(
            "model: its outputs cannot be differentiated by its parameters (they are detached, or rounded or chosen)"
        )


def _tensors(function: ModuleFunction) -> dict[str, torch.Tensor]:
    return {name: parameter.detach() for name, parameter in function.module.named_parameters()}


def _plain(factor: ModuleFactor) -> tuple[tuple[LinearLayer, ...], str]:
    """Layers of a plain network of which the formula gives the module's own outputs; or none, and why."""
    try:
        layers = plain_layers(factor.function.module, _tensors(factor.function))
    except NotPlain as error:
        return (), str(error)
    some = replace(factor, inputs=factor.inputs[:_SOME], outputs=factor.outputs[:_SOME])
    if some.inputs.flatten(1).shape[1] != _tensors(factor.function)[layers[0].weight].shape[1]:
        return (), "its linear layers act on an axis of the samples, not on whole samples"
    formula = _layered(some, layers)
    if not _agree(formula.outputs, some.outputs):
        return (), "its outputs are not those of its linear layers and activations"
    # what a backward pass of the reader's own says counts, as it does in training
    cotangents = torch.ones(some.shape[0], dtype=some.dtype, device=some.device)
    if not _agree(formula.transposed_times(cotangents), some.transposed_times(cotangents)):
        return (), "its gradients are not those of its linear layers and activations"
    return layers, ""


def _agree(one: torch.Tensor, other: torch.Tensor) -> bool:
    return bool((one - other).abs().max() <= _ROUNDINGS * torch.finfo(one.dtype).eps * other.abs().max())


def _layered(factor: ModuleFactor, layers: tuple[LinearLayer, ...]) -> LayeredFactor:
    function = factor.function
    return LayeredFactor(layers, _tensors(function), tuple(function.parameters), factor.inputs.flatten(1), factor.loss)


def _chosen(method: str, factor: Factor, memory: int) -> str:
    """The method itself, or the one that takes less for this matrix."""
    order = factor.shape[0]
    # the matrix, its copy in float64, and LAPACK's
    fits = 3 * order**2 * 8 <= memory
    if method == "dual_matrix" and not fits:
        require_memory(3 * order**2 * 8, f"method = 'dual_matrix': order {order}", "take method = 'products'", memory)
    if method != "auto":
        return method
    cheap = not isinstance(factor, ModuleFactor) or factor.panels <= _PARTS
    return "dual_matrix" if order <= _DUAL_ORDER and fits and cheap else "products"


def _notes(function: ModuleFunction, samples: int) -> list[str]:
    found = []
    if function.frozen:
        found.append(
            f"{function.frozen} parameters are frozen (requires_grad is False) and not counted: the curvature is that "
            f"of the other {function.n_parameters}."
        )
    if function.interacting:
        found.append(
            f"Samples interact: {function.interaction}. All {samples} of them are one batch here, and the curvature is "
            "that of training on this batch; another batch size has another one."
        )
    return found
