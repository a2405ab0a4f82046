"""Spectra of the Fisher information matrix of neural networks: theory, sampling and training.

``import fisher_spectra as fs`` offers by name what a reader of the three papers calls: ``dir(fs)`` lists it, and
`__init__.pyi` says which module each name is from. A module is imported when its first name is asked for, so that
theory needs no PyTorch, and a script depends on the modules that it imports and on no other.

Examples in docstrings follow ``import numpy as np`` and ``import fisher_spectra as fs``.
"""

from __future__ import annotations

from importlib import import_module as _import_module

__version__ = "0.1.0"

# A text, as an import statement would put the module into what every script depends on (`jobs.import_closure`).
_PUBLIC = "fisher_spectra._public"


def __getattr__(name: str) -> object:
    return _import_module(_PUBLIC).value_of(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_import_module(_PUBLIC).modules()})
