"""From an analysis to its picture."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fisher_spectra.analysis.drawing import drawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fisher_spectra.analysis.analyse import Analysis


def draw(analysis: Analysis, path: str | os.PathLike[str] | None) -> Figure:
    """The picture of an analysis, written to `path` if there is one.

    Raises
    ------
    ValueError
        If its suffix is none of PNG, PDF and SVG, or all eigenvalues are zero.
    ImportError
        If matplotlib is not installed; it says how to install it.
    """

    def make() -> Figure:
        from fisher_spectra.plotting.analysis.spectrum import COLUMNS, plot  # needs packages of another extra

        if analysis.largest_eigenvalue == 0.0:
            raise ValueError("plot: all eigenvalues are zero")
        found = analysis.measurement
        figure = plot(analysis.table[list(COLUMNS)])
        figure.axes[0].set_title(
            f"{type(found.function.module).__name__}: {found.function.n_parameters} parameters, "
            f"{len(found.inputs)} samples, {found.loss.outputs} outputs\n"
            rf"critical learning rate {analysis.critical_learning_rate:.3g} ($\mu$ = {analysis.momentum:g})"
        )
        return figure

    return drawn(make, path)
