"""Where training runs: the device, the floating point type and the memory there is.

PyTorch, which takes a second or two to import, is imported only where there may be a GPU, or for its own types.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import sys
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from fisher_spectra.common.errors import UserError
from fisher_spectra.common.memory import available_memory, require_memory

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda")
_DTYPES = ("float32", "float64")
# NVIDIA's driver, which says whether this process sees a GPU.
_DRIVERS = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}

# In plain RuntimeErrors of PyTorch: the CPU; CUDA's driver; cuBLAS, cuSOLVER and the like (CUBLAS_STATUS_ALLOC_FAILED).
_OUT_OF_MEMORY = ("DefaultCPUAllocator: can't allocate memory", "CUDA error: out of memory", "_STATUS_ALLOC_FAILED")

# Kernels need room besides the tensors that are counted (workspaces, rounding of the allocator, fragmentation).
_USABLE_SHARE_OF_FREE_MEMORY = 0.8


@dataclass(frozen=True)
class Execution:
    """How a training grid is computed. Nothing here changes what is computed beyond rounding.

    On the CPU every kernel call handles one cell, so `cells_per_batch` has no effect there: a kernel that
    handles several cells may add in another order for another number of them (batched matrix products on two
    threads do, and so do the last elements of vectorised functions), and the bits of a cell would depend on
    its neighbours. From widths of about 128 on it is the faster way as well, because one cell fits the cache.

    Parameters
    ----------
    device
        ``auto`` (CUDA where there is one, else the CPU), ``cpu`` or ``cuda``.
    dtype
        ``float32`` or ``float64``.
    cells_per_batch
        On CUDA the most cells of one kernel call; as many as memory holds if not given.
    memory_limit
        Bytes that may be used; what the device has free if not given.

    Raises
    ------
    UserError
        If one of them is not allowed.

    Examples
    --------
    >>> fs.Execution(device="cpu", dtype="float64")
    Execution(device='cpu', dtype='float64', cells_per_batch=None, memory_limit=None)
    """

    device: str = "auto"
    dtype: str = "float32"
    cells_per_batch: int | None = None
    memory_limit: int | None = None

    def __post_init__(self) -> None:
        if self.device not in DEVICES:
            raise UserError(f"device: {self.device!r} is not known, must be one of {', '.join(DEVICES)}")
        if self.dtype not in _DTYPES:
            raise UserError(f"dtype: {self.dtype!r} is not known, must be one of {', '.join(_DTYPES)}")
        for name, value in (("cells_per_batch", self.cells_per_batch), ("memory_limit", self.memory_limit)):
            if value is not None and value < 1:
                raise UserError(f"{name}: {value} is too small, must be at least 1")

    @classmethod
    def of_job(cls, device: str, memory_mb: int | None) -> Execution:
        """For a job of the workflow: `memory_mb`, in MB, bounds what it takes of the host; of a GPU it takes all."""
        on_gpu = device_type(device) == "cuda"
        return cls(device, memory_limit=None if on_gpu or memory_mb is None else memory_mb * 10**6)

    @property
    def device_type(self) -> Literal["cpu", "cuda"]:
        """Of what kind the device is; UserError if it is not there."""
        return device_type(self.device)

    @property
    def device_name(self) -> str:
        """Name of the device for the record: ``"cpu"`` or the GPU's own name; UserError if it is not there."""
        return name_of(self.device)

    @property
    def numpy_dtype(self) -> np.dtype[np.floating[Any]]:
        """The floating point type of every array."""
        return np.dtype(self.dtype)

    @property
    def torch_dtype(self) -> torch.dtype:
        """The floating point type of every tensor."""
        import torch

        return torch.float32 if self.dtype == "float32" else torch.float64

    @property
    def torch_device(self) -> torch.device:
        """The device itself; UserError if it is not there."""
        return resolve_device(self.device)

    def require(self, needed: int, purpose: str) -> None:
        """Refuse, with a UserError, what `needed` bytes on the device do not suffice for."""
        require_memory(needed, purpose, "take a smaller width, batch or data set", self._memory())

    def cells_per_kernel(self, bytes_per_cell: int) -> int:
        """How many cells, of so many bytes each, one kernel call handles: at least 1, on the CPU just 1."""
        if self.device_type == "cpu":
            return 1
        fitting = max(self._memory() // bytes_per_cell, 1)
        return fitting if self.cells_per_batch is None else min(fitting, self.cells_per_batch)

    def _memory(self) -> int:
        if self.memory_limit is not None:
            return self.memory_limit
        return usable_memory(self.torch_device) if self.device_type == "cuda" else _usable(available_memory())


def device_type(name: str) -> Literal["cpu", "cuda"]:
    """Kind of the device that `name` (auto, cpu or cuda) stands for on this machine.

    Raises
    ------
    UserError
        If the name is another one, or cuda is asked for where there is none.
    """
    if name not in DEVICES:
        raise UserError(f"device: {name!r} is not known, must be one of {', '.join(DEVICES)}")
    if name != "cpu" and has_gpu():
        return "cuda"
    if name == "cuda":
        raise UserError("device: cuda is asked for, but PyTorch finds no CUDA device here; use auto or cpu")
    return "cpu"


def has_gpu() -> bool:
    """Whether PyTorch finds a CUDA device here; it is not asked where it could not."""
    if "torch" not in sys.modules and not _may_have_gpu():
        return False
    found: bool = import_module("torch").cuda.is_available()
    return found


@cache
def _may_have_gpu() -> bool:
    """Whether NVIDIA's driver shows a GPU; or PyTorch is made for those of another maker, which it calls CUDA, too."""
    try:
        if "rocm" in importlib.metadata.version("torch"):
            return True
    except importlib.metadata.PackageNotFoundError:
        return False
    count = ctypes.c_int(0)
    try:
        driver = ctypes.CDLL(_DRIVERS[sys.platform])
        found = driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0
    except (KeyError, OSError):
        return False
    return found and count.value > 0


def name_of(name: str) -> str:
    """Name for the record of the device that `name` stands for: ``"cpu"`` or the GPU's own name."""
    return "cpu" if device_type(name) == "cpu" else device_name(resolve_device(name))


def resolve_device(name: str) -> torch.device:
    """Device that `name` (auto, cpu or cuda) stands for on this machine: of several GPUs one that this process holds.

    Raises
    ------
    UserError
        If the name is another one, or cuda is asked for where there is none.
    """
    found = device_type(name)
    import torch

    if found == "cpu":
        return torch.device("cpu")
    from fisher_spectra.common.gpu_lease import leased_gpu

    count = torch.cuda.device_count()
    return torch.device("cuda", leased_gpu(count)) if count > 1 else torch.device("cuda")


def usable_memory(device: torch.device) -> int:
    """Bytes that may be allocated on `device` now."""
    if device.type != "cuda":
        return _usable(available_memory())
    import torch

    return _usable(torch.cuda.mem_get_info(device)[0])


def _usable(free: int) -> int:
    return int(_USABLE_SHARE_OF_FREE_MEMORY * free)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that the device or the host has no memory left.

    PyTorch raises `torch.OutOfMemoryError` from its own allocator on CUDA, and plain RuntimeErrors from the allocator
    of the CPU, from CUDA itself, and from CUDA's libraries, which allocate when they are first used: what usually
    fails where several processes share a GPU.
    """
    if isinstance(error, MemoryError):
        return True
    torch = sys.modules.get("torch")  # whose errors there are only where it has been imported
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _OUT_OF_MEMORY)


def device_name(device: torch.device) -> str:
    """Name of a device for the record: ``"cpu"`` or the GPU's own name."""
    if device.type != "cuda":
        return device.type
    import torch

    return torch.cuda.get_device_name(device)


def free_cached_memory() -> None:
    """What PyTorch keeps of a GPU's memory goes back; nothing where CUDA is not in use."""
    if (torch := sys.modules.get("torch")) is not None:
        torch.cuda.empty_cache()
