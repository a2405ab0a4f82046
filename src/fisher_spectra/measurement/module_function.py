"""A module as a function of its parameters, made from a copy, so that the reader's own is left as it was."""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import torch
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.parameter import is_lazy

from fisher_spectra.common.arguments import shown

Parameters = dict[str, torch.Tensor]
_P = ParamSpec("_P")
_R = TypeVar("_R")

DTYPES = (torch.float32, torch.float64)
# Share of a sample's own outputs by which they may differ in company of others, in roundings: sums in another order
# change some dozens of them through a deep network, a batch's mean changes the outputs themselves.
_ROUNDINGS = 2.0**14
_COMPANY = 2  # samples looked at, the fewest of which a batch has a variance


@dataclass(frozen=True)
class ModuleFunction:
    """The outputs of a module as a function of its trainable parameters; made by :func:`module_function`.

    Attributes
    ----------
    module
        A copy of the reader's, with its mode (training or evaluation).
    parameters
        Those that require a gradient, detached, by name; a parameter that is shared stands once.
    frozen
        Number of parameters that do not.
    interacting
        Whether the outputs of a sample depend on the other samples, as with batch normalisation in training mode. All
        samples are one batch then.
    interaction
        Why it is so, in words; empty if it is not.
    """

    module: torch.nn.Module
    parameters: Parameters
    frozen: int
    interaction: str = ""

    @property
    def interacting(self) -> bool:
        return bool(self.interaction)

    @property
    def n_parameters(self) -> int:
        """P, of the trainable parameters."""
        return sum(parameter.numel() for parameter in self.parameters.values())

    @property
    def dtype(self) -> torch.dtype:
        return next(iter(self.parameters.values())).dtype

    @property
    def device(self) -> torch.device:
        return next(iter(self.parameters.values())).device

    def __call__(self, parameters: Mapping[str, torch.Tensor], inputs: torch.Tensor) -> torch.Tensor:
        """Outputs of the samples (n, ...) as the module gives them. Its buffers are not changed."""
        # Clones, as running statistics are changed in place.
        buffers = {name: buffer.clone() for name, buffer in self.module.named_buffers()}
        outputs = functional_call(self.module, {**parameters, **buffers}, (inputs,))
        if not isinstance(outputs, torch.Tensor):
            raise TypeError(
                f"model: returns {type(outputs).__name__}; must be a tensor (write a module around it that picks one)"
            )
        return outputs

    def split(self, vector: torch.Tensor) -> Parameters:
        """A vector (P,) as a direction for each parameter."""
        parts = torch.split(vector, [parameter.numel() for parameter in self.parameters.values()])
        return {
            name: part.view(parameter.shape)
            for (name, parameter), part in zip(self.parameters.items(), parts, strict=True)
        }

    def blocks(self) -> dict[str, slice]:
        """Where each parameter stands in a vector (P,)."""
        found, start = {}, 0
        for name, parameter in self.parameters.items():
            found[name] = slice(start, start + parameter.numel())
            start += parameter.numel()
        return found


def module_function(model: object) -> ModuleFunction:
    """The outputs of a module by its trainable parameters.

    Raises
    ------
    TypeError
        If it is no module, or its parameters are not real numbers in one of `DTYPES`.
    ValueError
        If it has no trainable parameters, some without values, or on several devices; or draws random numbers.
    """
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"model = {shown(model)}: must be a torch.nn.Module")
    _refuse_dropout(model)
    everything = list(model.named_parameters())
    for name, parameter in everything:
        _check_parameter(name, parameter)
    trainable = {name: parameter for name, parameter in everything if parameter.requires_grad}
    if not trainable:
        raise ValueError(
            f"model: {type(model).__name__} has no trainable parameters"
            + (f" ({len(everything)} are frozen: requires_grad is False)" if everything else "")
        )
    for what in ("device", "dtype"):
        values = sorted({str(getattr(parameter, what)) for _, parameter in everything})
        if len(values) > 1:
            raise ValueError(f"model: its parameters have the {what}s {', '.join(values)}; must be one")
    module = _copy_of(model)
    parameters = {name: parameter.detach() for name, parameter in module.named_parameters() if name in trainable}
    frozen = sum(parameter.numel() for _, parameter in everything if not parameter.requires_grad)
    return ModuleFunction(module, parameters, frozen)


def _check_parameter(name: str, parameter: torch.Tensor) -> None:
    if is_lazy(parameter) or parameter.device.type == "meta":
        raise ValueError(f"model: its parameter {name} has no values yet; call the model once with a batch of inputs")
    if parameter.dtype not in DTYPES:
        raise TypeError(
            f"model: its parameter {name} is {parameter.dtype}; must be real, torch.float32 or torch.float64"
        )
    if not bool(torch.isfinite(parameter.detach()).all()):
        raise ValueError(f"model: its parameter {name} holds numbers that are not finite")


def _refuse_dropout(model: torch.nn.Module) -> None:
    for name, module in model.named_modules():
        share = getattr(module, "p", None) if isinstance(module, torch.nn.modules.dropout._DropoutNd) else None
        share = getattr(module, "dropout", share)
        if module.training and isinstance(share, float) and share > 0.0:
            raise ValueError(
                f"model: {name or type(model).__name__} drops units at random (p = {share:g}) in training mode, so "
                "that its outputs are no function of the parameters; call model.eval() first, or set p to 0"
            )


def _copy_of(model: torch.nn.Module) -> torch.nn.Module:
    """A copy that shares nothing with the module. Tensors with a history, as hooks keep them, are copied without it."""
    memo: dict[int, object] = {}
    for module in model.modules():
        for value in vars(module).values():
            if isinstance(value, torch.Tensor) and not value.is_leaf:
                memo[id(value)] = value.detach().clone()
    try:
        copied = copy.deepcopy(model, memo)
    except Exception as error:  # whatever a module of the reader's makes of it
        raise ValueError(f"model: cannot be copied ({_line(error)})") from error
    copied.zero_grad(set_to_none=True)
    return copied.requires_grad_(False)


@contextlib.contextmanager
def analysable(device: torch.device) -> Iterator[None]:
    """What is needed to differentiate any module twice, and leaves the state of PyTorch as it was.

    Attention is computed in its plain form, since its fast kernels have no forward derivative, and random numbers that
    a module draws are not taken from the reader's generators. Convolutions on a GPU keep all digits of float32.
    """
    fast_path, short = torch.backends.mha.get_fastpath_enabled(), torch.backends.cudnn.allow_tf32
    devices = [device] if device.type == "cuda" else []
    try:
        torch.backends.mha.set_fastpath_enabled(False)
        torch.backends.cudnn.allow_tf32 = False
        with (
            torch.inference_mode(False),
            torch.enable_grad(),
            torch.autocast(device.type, enabled=False),
            torch.random.fork_rng(devices),
            sdpa_kernel(SDPBackend.MATH),
        ):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)
        torch.backends.cudnn.allow_tf32 = short


def undisturbed(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """A method of what has a `device`, in `analysable`: contexts of the reader's, as torch.autocast, change nothing."""

    @wraps(method)
    def inside(*arguments: _P.args, **options: _P.kwargs) -> _R:
        owner: Any = arguments[0]
        with analysable(owner.device):
            return method(*arguments, **options)

    return inside


def checked_outputs(function: ModuleFunction, inputs: torch.Tensor) -> torch.Tensor:
    """Outputs of a few samples, looked at before any work begins.

    Raises
    ------
    ValueError
        One line, if the module fails on them, or its outputs are no batch, random, not real, or not finite.
    """
    before = _random_state(function.device)
    try:
        outputs = function(function.parameters, inputs)
    except TypeError as error:
        raise (error if str(error).startswith("model:") else _refused(inputs, error)) from error
    except Exception as error:
        raise _refused(inputs, error) from error
    if any(not torch.equal(a, b) for a, b in zip(before, _random_state(function.device), strict=True)):
        raise ValueError(
            "model: draws random numbers when it is called, so that its outputs are no function; see eval()"
        )
    if outputs.ndim == 0 or outputs.shape[0] != len(inputs):
        raise ValueError(
            f"model: gives outputs of shape {tuple(outputs.shape)} for {len(inputs)} samples; the first axis must be "
            "that of the samples"
        )
    if outputs.dtype not in DTYPES:
        raise ValueError(f"model: gives outputs of {outputs.dtype}; must be torch.float32 or torch.float64")
    if outputs[0].numel() == 0:
        raise ValueError(f"model: gives outputs of shape {tuple(outputs.shape)}; a sample must have at least one")
    if not bool(torch.isfinite(outputs).all()):
        raise ValueError("model: its outputs hold numbers that are not finite")
    return outputs.detach()


def _refused(inputs: torch.Tensor, error: Exception) -> ValueError:
    return ValueError(f"model: fails on inputs of shape {tuple(inputs.shape)}, {inputs.dtype} ({_line(error)})")


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "..."


def _random_state(device: torch.device) -> list[torch.Tensor]:
    states = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state(device)] if device.type == "cuda" else states


def interaction_of(function: ModuleFunction, inputs: torch.Tensor) -> str:
    """Why the outputs of a sample depend on the samples beside it, in words; empty if they do not.

    Batch normalisation in training mode is known; else the outputs of two samples are compared with those of the same
    two among all of `inputs`.
    """
    for name, module in function.module.named_modules():
        by_batch = module.training or getattr(module, "running_mean", None) is None
        if by_batch and isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            return f"batch normalisation ({name or 'the module'}) takes its mean and variance from the batch"
    if len(inputs) <= _COMPANY:
        return ""
    alone = function(function.parameters, inputs[:_COMPANY]).detach()
    together = function(function.parameters, inputs).detach()[:_COMPANY]
    scale = float(together.abs().max())
    difference = float((alone - together).abs().max())
    if difference <= _ROUNDINGS * torch.finfo(alone.dtype).eps * scale or not math.isfinite(difference):
        return ""
    return f"outputs of a sample change by {difference / scale:.1g} of themselves with the samples beside it"
