"""The reader's data, however they come: a file, arrays, tensors, a data set of PyTorch's or of this library."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset
from torch.utils.data import Dataset as TorchDataset

from fisher_spectra.common.arguments import real_array, shown
from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets.loading import Dataset
from fisher_spectra.datasets.npz import read_npz

_ALLOWED = (
    "inputs, (inputs, targets), the path of an .npz file with x, or a data set of torch.utils.data or of this library"
)
_INTEGER_KINDS = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool)


@dataclass(frozen=True)
class Samples:
    """Inputs, with targets if there are any.

    Attributes
    ----------
    inputs
        Shape (T, ...), T >= 1, finite.
    targets
        Shape (T, ...), or nothing.
    shapes
        Other shapes of a sample in which a module may want them, beside that of `inputs`.
    """

    inputs: torch.Tensor
    targets: torch.Tensor | None = None
    shapes: tuple[tuple[int, ...], ...] = ()


def samples_of(data: object) -> Samples:
    """Inputs and targets of what the reader hands over, as tensors on the CPU or wherever they lie.

    Parameters
    ----------
    data
        Inputs as an array or tensor (T, ...); a pair (inputs, targets); the path of an `.npz` file with `x` or
        `x_train`, and perhaps `y` or `y_train`; a `torch.utils.data` Dataset or DataLoader of inputs or pairs, read
        once from its beginning to its end; or a data set of this library, of which the training samples are taken.

    Raises
    ------
    ValueError, TypeError
        One line that says what is allowed.
    UserError
        If a file is missing, damaged or has no inputs.
    """
    if isinstance(data, str | os.PathLike):
        samples = _of_file(Path(data))
    elif isinstance(data, Dataset):
        shape = tuple(data.image_shape)
        samples = Samples(
            torch.from_numpy(data.x_train.astype(np.float64)), torch.from_numpy(data.y_train), _image_shapes(shape)
        )
    elif isinstance(data, DataLoader):
        samples = _joined(data, batched=data.batch_size is not None or data.batch_sampler is not None)
    elif isinstance(data, TorchDataset):
        samples = _joined(_items(data), batched=False)
    elif isinstance(data, tuple):
        if len(data) != 2:
            raise ValueError(f"data = {shown(data)}: a tuple must be (inputs, targets)")
        samples = Samples(_tensor("data[0]", data[0]), _tensor("data[1]", data[1]))
    else:
        samples = Samples(_tensor("data", data))
    return _checked(samples)


def _items(data: TorchDataset[Any]) -> Iterable[Any]:
    """The samples of a data set one by one.

    One with a length is not iterated by its `__getitem__`, which need not end by itself.
    """
    if isinstance(data, IterableDataset):
        return data
    if isinstance(data, Sized):
        return (data[number] for number in range(len(data)))
    if isinstance(data, Iterable):
        return data
    raise TypeError(f"data: {type(data).__name__} has no length and cannot be iterated; one of both is needed")


def _tensor(name: str, value: object) -> torch.Tensor:
    if isinstance(value, torch.Tensor):
        if value.is_complex():
            raise TypeError(f"{name}: holds complex numbers; must be real numbers")
        return value.detach()
    if isinstance(value, str | bytes | dict | set | type) or value is None:
        raise TypeError(f"{name} = {shown(value)}: must be {_ALLOWED}")
    try:
        real_array(name, value)
    except TypeError as error:
        raise TypeError(f"{name} = {shown(value)}: must be {_ALLOWED}") from error
    array = np.asarray(value)
    # of PyTorch's kinds of numbers those that it computes with
    kind = {"b": np.bool_, "i": np.int64, "u": np.int64}.get(array.dtype.kind, np.float64)
    return torch.from_numpy(np.array(array, np.float32 if array.dtype == np.float32 else kind, order="C"))


def _joined(items: Iterable[Any], batched: bool) -> Samples:
    """Inputs and targets of all items, each a tensor or a pair."""
    inputs, targets = [], []
    for item in items:
        pair = item if isinstance(item, tuple | list) else (item,)
        if not 1 <= len(pair) <= 2:
            raise ValueError(f"data: an item of {len(pair)} parts; must be inputs, or inputs and targets")
        parts = [_tensor("data", one) for one in pair]
        inputs.append(parts[0] if batched else parts[0][None])
        targets += [part if batched else part[None] for part in parts[1:]]
    if not inputs:
        raise ValueError("data: has no samples")
    for name, parts in (("inputs", inputs), ("targets", targets)):
        if len({part.shape[1:] for part in parts}) > 1:
            raise ValueError(f"data: its {name} have different shapes, such as {_shapes(parts)}; must have one")
    return Samples(torch.cat(inputs), torch.cat(targets) if targets else None)


def _shapes(parts: list[torch.Tensor]) -> str:
    return " and ".join(str(tuple(shape)) for shape in sorted({part.shape[1:] for part in parts})[:2])


def _of_file(path: Path) -> Samples:
    arrays = read_npz(path)
    for ending in ("", "_train"):
        if f"x{ending}" in arrays:
            x, y = arrays[f"x{ending}"], arrays.get(f"y{ending}")
            try:
                inputs = _tensor(f"{path}: x{ending}", x)
                targets = None if y is None else _tensor(f"{path}: y{ending}", y)
            except (TypeError, ValueError) as error:
                raise UserError(str(error)) from error
            shape = arrays.get("image_shape")
            known = shape is not None and shape.ndim == 1 and shape.dtype.kind == "i"
            return Samples(inputs, targets, _image_shapes(tuple(shape.tolist())) if known and shape is not None else ())
    found = ", ".join(arrays) or "none"
    raise UserError(
        f"{path}: array 'x' is missing (found: {found}); needed are inputs x, or x_train, of shape (samples, ...)"
    )


def _image_shapes(shape: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """An image as it is, and with its axis of channels in front where it has none or has it last."""
    if len(shape) == 2:
        return (shape, (1, *shape))
    if len(shape) == 3:
        return (shape, (shape[2], *shape[:2]))
    return (shape,)


def _checked(samples: Samples) -> Samples:
    inputs, targets = samples.inputs, samples.targets
    if inputs.ndim < 1 or inputs.numel() == 0:
        raise ValueError(f"data: inputs of shape {tuple(inputs.shape)}; must be (samples, ...), not empty")
    if inputs.is_floating_point() and not bool(torch.isfinite(inputs).all()):
        raise ValueError("data: inputs hold numbers that are not finite")
    if targets is not None:
        if targets.ndim < 1 or len(targets) != len(inputs):
            raise ValueError(
                f"data: {len(inputs)} inputs, but targets of shape {tuple(targets.shape)}; must be one for each sample"
            )
        if targets.is_floating_point() and not bool(torch.isfinite(targets).all()):
            raise ValueError("data: targets hold numbers that are not finite")
    return samples


def fitting(samples: Samples, module: torch.nn.Module, dtype: torch.dtype, device: torch.device) -> Samples:
    """Samples on the device of a module, in its precision; whole numbers stay so for modules that look them up."""
    looks_up = any(isinstance(one, torch.nn.Embedding | torch.nn.EmbeddingBag) for one in module.modules())
    inputs = samples.inputs.to(device)
    inputs = inputs.long() if inputs.dtype in _INTEGER_KINDS and looks_up else inputs.to(dtype)
    if inputs.is_inference():  # of which no derivative is taken
        inputs = inputs.clone()
    return Samples(inputs, None if samples.targets is None else samples.targets.to(device), samples.shapes)
