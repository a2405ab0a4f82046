"""Scripts of the workflow as modules, so that tests can call their functions."""

from __future__ import annotations

import functools
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

SCRIPTS = Path(__file__).parents[2] / "scripts"


@functools.cache
def script_module(name: str) -> ModuleType:
    """The module of a script such as ``karakida/train_on_data``; it runs nothing, as it is not the main one."""
    called = "scripts." + name.replace("/", ".")
    spec = importlib.util.spec_from_file_location(called, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # where types of arguments are looked up, and what a script says of itself
    sys.modules[called] = module
    spec.loader.exec_module(module)
    return module
