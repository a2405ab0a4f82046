"""The reader's module from a file of Python, with the weights of a file if there is one."""

from __future__ import annotations

import contextlib
import sys
import traceback
import warnings
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click

from fisher_spectra.common.errors import UserError

if TYPE_CHECKING:
    import torch

_FORM = "must be FILE.py:NAME, where NAME is a torch.nn.Module of that file, or a function or class that returns one"


def require_torch(command: str) -> None:
    """An ImportError that names the extra, if PyTorch is not installed."""
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ImportError(
            f"fisher-spectra {command} needs PyTorch: pip install 'fisher-spectra[training]'", name="torch"
        ) from None


def module_of(place: str, state_dict: str | None = None, device: str | None = None) -> torch.nn.Module:
    """The module that ``FILE.py:NAME`` says. The file is executed, as Python does.

    Parameters
    ----------
    place
        File and name, as ``my.py:net``; the name may have dots.
    state_dict
        File of its parameters, loaded without executing anything in it (`weights_only`).
    device
        Where it is moved to.

    Raises
    ------
    UserError
        One line: what is wrong with which file, and in which line of the reader's.
    click.UsageError
        If the place has another form.
    """
    import torch

    file, colon, name = place.rpartition(":")
    if not colon or not file or not name:
        raise click.UsageError(f"{place!r}: {_FORM}")
    path = Path(file)
    if not path.is_file():
        raise UserError(f"{file}: no such file; {_FORM}")
    with contextlib.redirect_stdout(sys.stderr):  # what the file prints is no result of ours
        found: Any = _executed(path)
        for part in name.split("."):
            if not hasattr(found, part):
                there = [key for key, value in vars(found).items() if isinstance(value, torch.nn.Module)]
                raise UserError(f"{file}: has no {name}" + (f"; modules in it: {', '.join(there)}" if there else ""))
            found = getattr(found, part)
        if not isinstance(found, torch.nn.Module) and callable(found):
            found = _called(path, found, name)
    if not isinstance(found, torch.nn.Module):
        raise UserError(f"{file}: {name} is of type {type(found).__name__}; {_FORM}")
    if state_dict is not None:
        _load(found, Path(state_dict))
    if device is not None:
        try:
            found = found.to(device)
        except (RuntimeError, AssertionError) as error:
            raise UserError(f"device {device!r}: {error}") from error
    module: torch.nn.Module = found
    return module


def _executed(path: Path) -> ModuleType:
    # Another name than the file's, which may be that of a package, such as torch.py.
    name = f"_module_of_the_reader_{path.stem}"
    spec = spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise UserError(f"{path}: is no file of Python; {_FORM}")
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look themselves up there
    sys.path.insert(0, str(path.resolve().parent))  # as `python my.py` has it, for files beside it
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise UserError(_where(path, error)) from error
    return module


def _called(path: Path, function: Any, name: str) -> Any:
    try:
        return function()
    except (Exception, SystemExit) as error:
        raise UserError(f"{_where(path, error)} (in calling {name})") from error


def _where(path: Path, error: BaseException) -> str:
    """The last line of the reader's own file on the way to an error, and the error."""
    own = path.resolve()
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == own]
    if isinstance(error, SyntaxError) and error.filename is not None and Path(error.filename) == own:
        lines.append(error.lineno)
    place = f"{path}, line {lines[-1]}" if lines else str(path)
    return f"{place}: {type(error).__name__}: {error}"


def _load(module: torch.nn.Module, path: Path) -> None:
    import torch

    if not path.is_file():
        raise UserError(f"{path}: no such file of parameters")
    try:
        with warnings.catch_warnings():  # of other versions of pickle: it is refused or it is not
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # what damage and other formats raise is not documented
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: cannot be loaded as parameters alone ({type(error).__name__}: {reason})") from error
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]  # as many training programs save it, with other things beside
    try:
        module.load_state_dict(content)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: does not fit the module: {error}") from error
