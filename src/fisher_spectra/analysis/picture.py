"""From an analysis to its picture."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from fisher_spectra.common.arguments import shown
from fisher_spectra.plotting.analysis.spectrum import COLUMNS, plot
from fisher_spectra.plotting.style import save_figure, use_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fisher_spectra.analysis.analyse import Analysis

_SUFFIXES = (".png", ".pdf", ".svg")


def draw(analysis: Analysis, path: str | os.PathLike[str] | None) -> Figure:
    """The picture of an analysis, written to `path` if there is one.

    Raises
    ------
    ValueError
        If its suffix is none of PNG, PDF and SVG, or all eigenvalues are zero.
    """
    import matplotlib as mpl

    if path is not None and Path(path).suffix.lower() not in _SUFFIXES:
        raise ValueError(f"path = {shown(os.fspath(path))}: must end in {', '.join(_SUFFIXES[:-1])} or {_SUFFIXES[-1]}")
    if analysis.largest_eigenvalue == 0.0:
        raise ValueError("plot: all eigenvalues are zero")
    found = analysis.measurement
    title = (
        f"{type(found.function.module).__name__}: {found.function.n_parameters} parameters, "
        f"{len(found.inputs)} samples, {found.loss.outputs} outputs\n"
        rf"critical learning rate {analysis.critical_learning_rate:.3g} ($\mu$ = {analysis.momentum:g})"
    )
    frame = analysis.table()[list(COLUMNS)]
    with mpl.rc_context():  # the reader's own settings are left as they are
        use_style()
        figure = plot(frame)
        figure.axes[0].set_title(title)
        if path is not None:
            save_figure(figure, [path])
    return figure
