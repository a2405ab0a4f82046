"""Kinds of layers, one module each: a new one is known by being here.

``from fisher_spectra.layers.kinds import *`` imports every module of this folder, as `names` does.
"""

from __future__ import annotations

from pkgutil import iter_modules

__all__ = [module.name for module in iter_modules(__path__)]
