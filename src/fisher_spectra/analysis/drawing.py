"""From a figure to its file, with the reader's own settings of matplotlib left as they are."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from fisher_spectra.common.arguments import shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".pdf", ".svg")


def drawn(make: Callable[[], Figure], path: str | os.PathLike[str] | None) -> Figure:
    """The figure that `make` draws, in the look of all figures; written to `path` if there is one.

    Raises
    ------
    ValueError
        If the suffix is none of PNG, PDF and SVG.
    ImportError
        If matplotlib is not installed; it says how to install it.
    """
    if path is not None and Path(path).suffix.lower() not in SUFFIXES:
        raise ValueError(f"path = {shown(os.fspath(path))}: must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    from fisher_spectra.plotting.style import save_figure, use_style  # needs packages of another extra, and names them

    with import_module("matplotlib").rc_context():
        use_style()
        figure = make()
        if path is not None:
            save_figure(figure, [path])
    return figure
