"""Where training runs: the device, the floating point type and the memory there is."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from fisher_spectra.common.errors import UserError
from fisher_spectra.common.gpu_lease import leased_gpu
from fisher_spectra.common.memory import available_memory, require_memory

DEVICES = ("auto", "cpu", "cuda")
_DTYPES = {"float32": torch.float32, "float64": torch.float64}

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
        on_gpu = resolve_device(device).type == "cuda"
        return cls(device, memory_limit=None if on_gpu or memory_mb is None else memory_mb * 10**6)

    @property
    def torch_dtype(self) -> torch.dtype:
        """The floating point type of every tensor."""
        return _DTYPES[self.dtype]

    @property
    def torch_device(self) -> torch.device:
        """The device itself; UserError if it is not there."""
        return resolve_device(self.device)

    def require(self, needed: int, purpose: str) -> None:
        """Refuse, with a UserError, what `needed` bytes on the device do not suffice for."""
        require_memory(needed, purpose, "take a smaller width, batch or data set", self._memory())

    def cells_per_kernel(self, bytes_per_cell: int) -> int:
        """How many cells, of so many bytes each, one kernel call handles: at least 1, on the CPU just 1."""
        if self.torch_device.type == "cpu":
            return 1
        fitting = max(self._memory() // bytes_per_cell, 1)
        return fitting if self.cells_per_batch is None else min(fitting, self.cells_per_batch)

    def _memory(self) -> int:
        return usable_memory(self.torch_device) if self.memory_limit is None else self.memory_limit


def resolve_device(name: str) -> torch.device:
    """Device that `name` (auto, cpu or cuda) stands for on this machine: of several GPUs one that this process holds.

    Raises
    ------
    UserError
        If the name is another one, or cuda is asked for where there is none.
    """
    if name not in DEVICES:
        raise UserError(f"device: {name!r} is not known, must be one of {', '.join(DEVICES)}")
    present = torch.cuda.is_available()
    if name == "cuda" and not present:
        raise UserError("device: cuda is asked for, but PyTorch finds no CUDA device here; use auto or cpu")
    if name == "cpu" or not present:
        return torch.device("cpu")
    count = torch.cuda.device_count()
    return torch.device("cuda", leased_gpu(count)) if count > 1 else torch.device("cuda")


def usable_memory(device: torch.device) -> int:
    """Bytes that may be allocated on `device` now."""
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else available_memory()
    return int(_USABLE_SHARE_OF_FREE_MEMORY * free)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that the device or the host has no memory left.

    PyTorch raises `torch.OutOfMemoryError` from its own allocator on CUDA, and plain RuntimeErrors from the allocator
    of the CPU, from CUDA itself, and from CUDA's libraries, which allocate when they are first used: what usually
    fails where several processes share a GPU.
    """
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _OUT_OF_MEMORY)


def device_name(device: torch.device) -> str:
    """Name of a device for the record: ``"cpu"`` or the GPU's own name."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
