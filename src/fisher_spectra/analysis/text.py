"""The summary of an analysis, for people."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fisher_spectra.analysis.analyse import Analysis

_WIDTH = 100
_METHODS = {
    "dual_matrix": "all eigenvalues of the dual matrix of order {order}",
    "products": "products with vectors (order {order}, never formed)",
}
# Measured and predicted values that differ by more, and by more than this many standard deviations of a single network,
# are pointed out.
_RATIO, _SCATTERS = 0.3, 3.0


def summary_of(analysis: Analysis) -> str:
    """Model, data, loss, largest eigenvalue, critical rate, theory and notes."""
    found = analysis.measurement
    kind = type(found.function.module).__name__
    rows = [
        ("model", f"{kind}, {found.function.n_parameters} trainable parameters, {_precision(str(found.factor.dtype))}"),
        ("data", f"{len(found.inputs)} samples, {found.loss.outputs} outputs each"),
        ("loss", f"{found.loss.name}: {found.loss.title}"),
        ("computed by", _METHODS[found.method].format(order=min(found.factor.shape))),
        ("largest eigenvalue", f"{analysis.largest_eigenvalue:.6g} of the Gauss-Newton matrix of this loss"),
        (
            "critical rate",
            f"{analysis.critical_learning_rate:.6g} = 2 (1 + mu) / lambda, momentum mu = {analysis.momentum:g}, "
            f"for the loss {found.loss.name}",
        ),
        *_theory(analysis),
        *(("note", note) for note in analysis.notes),
    ]
    margin = max(len(name) for name, _ in rows) + 2
    lines = []
    for name, text in rows:
        wrapped = textwrap.wrap(text, _WIDTH - margin, break_long_words=False, break_on_hyphens=False)
        lines.append(f"{name:<{margin}}{wrapped[0]}")
        lines += [" " * margin + line for line in wrapped[1:]]
    return "\n".join(lines)


def _precision(dtype: str) -> str:
    return dtype.removeprefix("torch.")


def _theory(analysis: Analysis) -> list[tuple[str, str]]:
    theory = analysis.theory
    if theory is None:
        return [("theory", f"none: {analysis.theory_reason}")]
    ratio = analysis.largest_eigenvalue / theory.largest_eigenvalue
    far = not math.isclose(1.0, ratio, rel_tol=max(_RATIO, _SCATTERS * theory.scatter))
    value = f"{theory.largest_eigenvalue:.6g} for random networks"
    if theory.infinite_width == theory.largest_eigenvalue:
        value += " of infinite width"
    else:
        value += (
            f" of these widths (one of them scatters by {100 * theory.scatter:.0f} %); {theory.infinite_width:.6g} at "
            "infinite width"
        )
    rows = [
        ("theory", value),
        (
            "measured / theory",
            f"{ratio:.3g}" + (f", further apart than {_SCATTERS:g} times the scatter" if far else ""),
        ),
        ("predicted rate", f"{theory.critical_learning_rate(analysis.momentum):.6g}"),
    ]
    return rows + [("reservation", sentence) for sentence in theory.reservations]
