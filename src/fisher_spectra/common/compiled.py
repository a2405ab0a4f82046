"""Loops compiled for the processor at hand, by Numba, when they are first called; kept on disk for the next process.

Numba comes with the optional dependencies of training. Where it is missing callers take another path, so the modules
of compiled loops are imported inside functions, after `can_compile`.

A loop calls others, and Numba does not see when one of those in another file has changed. So what is kept belongs to
the content of all modules of compiled loops together: their names begin with ``compiled``, and they use nothing of the
package in their loops that is defined elsewhere.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, cast

_Function = TypeVar("_Function", bound=Callable[..., Any])
_PACKAGE = Path(__file__).parents[1]


def can_compile() -> bool:
    """Whether Numba is installed, for the NumPy that is."""
    try:
        import_module("numba")
    except ImportError:
        return False
    return True


def compiled(function: _Function) -> _Function:
    """A loop, compiled: products and sums may be fused into one rounding, order and everything else stay as written.

    Division by zero gives what IEEE 754 says, not an exception: the check would keep a loop from being vectorised.
    """
    return _compiled(function, {"contract"})


def compiled_as_written(function: _Function) -> _Function:
    """As `compiled`, with every rounding that is written down: for what another program is to give the same bits of."""
    return _compiled(function, set())


def compiled_sums(function: _Function) -> _Function:
    """As `compiled`, and sums may be taken in another order, which the processor decides: what vectorises a sum."""
    return _compiled(function, {"contract", "reassoc"})


def compiled_in_place(function: _Function) -> _Function:
    """As `compiled`, and put into whatever calls it, however long it is: a loop with a call is not vectorised."""
    return _compiled(function, {"contract"}, forceinline=True)


def _compiled(function: _Function, freedom: set[str], *, forceinline: bool = False) -> _Function:
    from numba import njit

    loop = njit(nogil=True, error_model="numpy", fastmath=freedom, forceinline=forceinline)(function)
    folder = _folder()
    if folder is not None:
        # What `cache=True` does, with a folder and errors of our own.
        loop._cache = _kept_in(folder)(function)
    return cast(_Function, loop)


@lru_cache(maxsize=1)
def _folder() -> Path | None:
    """Where machine code is kept: in NUMBA_CACHE_DIR, or beside the package's own byte code; None if nowhere."""
    base = os.environ.get("NUMBA_CACHE_DIR")
    content = hashlib.sha256()
    for module in sorted(_PACKAGE.rglob("compiled*.py")):
        content.update(module.read_bytes())
    folder = Path(base or _PACKAGE / "__pycache__", f"compiled-{content.hexdigest()[:16]}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


@lru_cache(maxsize=1)
def _kept_in(folder: Path) -> Any:
    """The class of Numba's caches that keep their files in this folder and do without where that fails."""
    from numba.core.caching import CompileResultCacheImpl, FunctionCache

    class Locator:
        def __init__(self, function: Callable[..., Any], file: str) -> None:
            self._line = function.__code__.co_firstlineno
            self._file = Path(file).relative_to(_PACKAGE)

        @classmethod
        def from_function(cls, py_func: Callable[..., Any], py_file: str) -> Locator:
            return cls(py_func, py_file)

        def ensure_cache_path(self) -> None:
            folder.mkdir(parents=True, exist_ok=True)

        def get_cache_path(self) -> str:
            return str(folder)

        def get_source_stamp(self) -> str:
            return folder.name

        def get_disambiguator(self) -> str:
            return "-".join([*self._file.parent.parts, str(self._line)])

    # Numba is untyped for us, so its classes cannot be checked as bases.
    class Implementation(CompileResultCacheImpl):  # type: ignore[misc]
        _locator_classes = (Locator,)

    class Cache(FunctionCache):  # type: ignore[misc]
        _impl_class = Implementation

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            try:
                return super().load_overload(sig, target_context)
            except Exception:  # a damaged file may raise anything; the loop is compiled again
                with suppress(OSError):
                    self.flush()
                return None

        def save_overload(self, sig: Any, data: Any) -> None:
            with suppress(OSError):  # no room, say: the next process compiles again
                super().save_overload(sig, data)

    return Cache
