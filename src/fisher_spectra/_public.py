"""The public names of the package, imported from their modules when they are asked for (PEP 562).

The stub `__init__.pyi`, which type checkers and editors read, is the table of names as well, so that a name is written
once (as in SPEC 1 of Scientific Python). To offer one more, import it there.
"""

from __future__ import annotations

import ast
import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

_PACKAGE = "fisher_spectra"
# Packages that only some of the names need: how they are called, and the extra of pyproject.toml that brings them.
_OPTIONAL = {"torch": ("PyTorch", "training")}
# Modules that import it only when they come to what needs it, which is too late to say that it is missing.
_NEED_TORCH = (f"{_PACKAGE}.training.grid.", f"{_PACKAGE}.common.devices")


@cache
def modules() -> dict[str, str]:
    """Module of each public name, in the order of the stub."""
    stub = Path(__file__).with_name("__init__.pyi")
    tree = ast.parse(stub.read_text(encoding="utf-8"), filename=str(stub))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module for node in imports if node.module for alias in node.names}


def value_of(name: str) -> object:
    """What the package offers under a name, or ``__all__``.

    Raises
    ------
    AttributeError
        If it is no public name.
    ImportError
        If it needs a package that is not installed; one line that says how to install it.
    """
    if name == "__all__":
        return list(modules())
    package = sys.modules[_PACKAGE]
    if name not in modules():
        raise AttributeError(f"module {_PACKAGE!r} has no attribute {name!r}", name=name, obj=package)
    try:
        value = getattr(import_module(modules()[name]), name)
        _check_needs(modules()[name])
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _OPTIONAL:
            raise
        title, extra = _OPTIONAL[missing]
        raise ImportError(
            f"{_PACKAGE}.{name} needs {title}: pip install 'fisher-spectra[{extra}]'", name=error.name
        ) from None
    setattr(package, name, value)  # so that it is looked up once
    return value


def _check_needs(module: str) -> None:
    if module.startswith(_NEED_TORCH) and find_spec("torch") is None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")
