"""`phase_diagram`: what depends on the variances of weights and biases, over both of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from fisher_spectra.activations.catalogue import Activation, as_activation
from fisher_spectra.analysis.drawing import drawn
from fisher_spectra.analysis.signal_phases import edge_of_chaos, phases
from fisher_spectra.common.arguments import (
    check_integer,
    check_momentum,
    check_not_negative,
    check_positive,
    real_array,
    shown,
)
from fisher_spectra.common.progress import Progress
from fisher_spectra.common.tables import write_table
from fisher_spectra.finite_size.ensemble import layered_ensemble
from fisher_spectra.finite_size.prediction import finite_size_prediction
from fisher_spectra.karakida.mean_fields import mean_fields

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = npt.NDArray[np.float64]

Quantity = Literal["critical_learning_rate", "largest_eigenvalue", "kappa_1", "kappa_2", "chi", "correlation_length"]
QUANTITIES: tuple[str, ...] = get_args(Quantity)
Theory = Literal["infinite_width", "finite_size"]
THEORIES: tuple[str, ...] = get_args(Theory)
# Points along each variance; at infinite width 100 x 100 take two seconds at most. One point of the finite-size theory
# takes up to one.
POINTS = {"infinite_width": (25, 25), "finite_size": (9, 7)}
_EDGE_POINTS = 25
# chi is that of inputs of this second moment, as in the networks of Karakida, Akaho, Amari 2019
_INPUT_MOMENT = 1.0


@dataclass(frozen=True, eq=False)
class PhaseDiagram:
    """What :func:`phase_diagram` finds.

    Attributes
    ----------
    activation, depth, width, samples, outputs, momentum
        phi, L, M (of the inputs and all hidden layers), T, C, mu.
    quantity
        The column that `plot` draws.
    theory
        Whether largest eigenvalue and critical learning rate are those of infinite or of finite width.
    table
        Tidy, one row for each pair of variances, with the columns sigma_w2, sigma_b2, kappa_1, kappa_2, chi,
        correlation_length (layers), largest_eigenvalue, critical_learning_rate, and branch with the finite-size theory.
    edge_of_chaos
        Columns sigma_b2, sigma_w2: where chi = 1; empty if that is nowhere in the range.
    reservations
        Where the values do not hold, one sentence each.

    Examples
    --------
    >>> d = fs.phase_diagram("relu", sigma_w2=(1.0, 3.0), sigma_b2=(0.0, 1.0), depth=3, points=3)
    >>> d.edge_of_chaos["sigma_w2"].round(6).unique().tolist(), len(d.table)
    ([2.0], 9)
    """

    activation: Activation
    depth: int
    width: int
    samples: int
    outputs: int
    momentum: float
    quantity: Quantity
    theory: Theory
    table: pd.DataFrame
    edge_of_chaos: pd.DataFrame
    reservations: tuple[str, ...]

    @property
    def title(self) -> str:
        """What it is of, on one line."""
        return f"{self.activation.spec}, L = {self.depth}, M = {self.width}, T = {self.samples}, C = {self.outputs}"

    def summary(self) -> str:
        """Range of the quantity, and the edge of chaos, in words."""
        frame = self.table[["sigma_w2", "sigma_b2", self.quantity]].dropna()
        lines = [f"{self.title}; {self.quantity}, theory of {self.theory.replace('_', ' ')}"]
        for name, row in (("least", frame[self.quantity].argmin), ("largest", frame[self.quantity].argmax)):
            if len(frame):
                w2, b2, value = frame.iloc[int(row())]
                lines.append(f"{name:<8}{value:.4g} at sigma_w2 = {w2:.4g}, sigma_b2 = {b2:.4g}")
        edge = self.edge_of_chaos
        if len(edge):
            ends = "; ".join(
                f"sigma_w2 = {row.sigma_w2:.4g} at sigma_b2 = {row.sigma_b2:.4g}"
                for row in edge.iloc[[0, -1]].itertuples()
            )
            lines.append(f"chi = 1, between order and chaos: from {ends}")
        else:
            lines.append("chi = 1, between order and chaos: nowhere in this range")
        return "\n".join([*lines, *(f"! {sentence}" for sentence in self.reservations)])

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers and texts, under the names of the attributes."""
        return {
            "activation": self.activation.spec,
            "depth": self.depth,
            "width": self.width,
            "samples": self.samples,
            "outputs": self.outputs,
            "momentum": self.momentum,
            "quantity": self.quantity,
            "theory": self.theory,
            "table": self.table.to_dict("records"),
            "edge_of_chaos": self.edge_of_chaos.to_dict("records"),
            "reservations": list(self.reservations),
        }

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write `table`."""
        write_table(self.table, path)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """Draw the quantity as colours over both variances, with the edge of chaos.

        Parameters
        ----------
        path
            Where it is written, as PNG, PDF or SVG by its suffix; nowhere if not given.

        Raises
        ------
        ValueError
            If the suffix is another one.
        ImportError
            If matplotlib is not installed; it says how to install it.
        """

        def make() -> Figure:
            from fisher_spectra.plotting.analysis.phase_diagram import plot

            cells = self.table[["sigma_w2", "sigma_b2"]].assign(
                kind="cell", quantity=self.quantity, value=self.table[self.quantity]
            )
            edge = self.edge_of_chaos.assign(kind="edge", quantity="chi", value=1.0)
            figure = plot(pd.concat([cells, edge], ignore_index=True) if len(edge) else cells)
            figure.axes[0].set_title(self.title)
            return figure

        return drawn(make, path)


def phase_diagram(
    activation: Activation | str,
    sigma_w2: Sequence[float],
    sigma_b2: Sequence[float],
    depth: int,
    *,
    quantity: Quantity = "critical_learning_rate",
    theory: Theory = "infinite_width",
    width: int = 1000,
    samples: int = 100,
    outputs: int = 1,
    momentum: float = 0.0,
    points: int | Sequence[int] | None = None,
) -> PhaseDiagram:
    """Learning rates, eigenvalues and the border of order and chaos over the variances of weights and biases.

    Parameters
    ----------
    activation
        phi of all hidden layers; texts of :func:`fisher_spectra.get_activation` are taken, too.
    sigma_w2, sigma_b2
        Lowest and highest variance of weights (times the width below, > 0) and of biases (>= 0).
    depth
        L >= 2.
    quantity
        What `PhaseDiagram.plot` draws, all are in the table: ``"critical_learning_rate"`` of the papers' loss
        sum_t |y - f|^2 / (2 T), ``"largest_eigenvalue"``, ``"kappa_1"``, ``"kappa_2"``, ``"chi"``, the slope of the map
        of correlations at 1, or ``"correlation_length"``, in layers.
    theory
        Of the first two: ``"infinite_width"``, Theorem 4 of Karakida, Akaho, Amari 2019, or ``"finite_size"``, which
        knows T / M and C / M, and takes up to a second for each point.
    width, samples, outputs
        M of inputs and hidden layers, T >= 2 and C, with independent N(0, 1) inputs.
    momentum
        0 <= mu < 1.
    points
        Along each variance, or along sigma_w2 and sigma_b2; (25, 25) by default, (9, 7) with the finite-size theory.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range.
    UserError
        If there is no such activation.

    Examples
    --------
    >>> d = fs.phase_diagram("tanh", sigma_w2=(0.5, 4), sigma_b2=(0, 1), depth=5, points=(8, 3))
    >>> d.edge_of_chaos["sigma_w2"].iloc[[0, -1]].round(3).tolist()
    [1.0, 3.443]
    """
    phi = as_activation(activation)
    low_w2, high_w2 = _interval("sigma_w2", sigma_w2)
    low_b2, high_b2 = _interval("sigma_b2", sigma_b2)
    check_positive("sigma_w2", low_w2)
    check_not_negative("sigma_b2", low_b2)
    depth, width = check_integer("depth", depth, 2), check_integer("width", width, 1)
    samples, outputs = check_integer("samples", samples, 2), check_integer("outputs", outputs, 1)
    _check_choice("quantity", quantity, QUANTITIES)
    _check_choice("theory", theory, THEORIES)
    momentum = check_momentum(momentum)
    across, up = _points(points, theory)
    b2, w2 = (
        axis.ravel()
        for axis in np.meshgrid(np.linspace(low_b2, high_b2, up), np.linspace(low_w2, high_w2, across), indexing="ij")
    )
    signal = phases(phi, w2, b2, _INPUT_MOMENT)
    fields = mean_fields(phi, w2, b2, depth, input_moment=_INPUT_MOMENT)
    frame = pd.DataFrame(
        {
            "sigma_w2": w2,
            "sigma_b2": b2,
            "kappa_1": fields.kappa_1,
            "kappa_2": fields.kappa_2,
            "chi": signal.slope,
            "correlation_length": signal.correlation_length,
        }
    )
    if theory == "infinite_width":
        frame["largest_eigenvalue"] = fields.eigenvalue_maximum(width, samples)
    else:
        frame["largest_eigenvalue"], frame["branch"] = _finite_size(phi, w2, b2, depth, width, samples, outputs)
    frame["critical_learning_rate"] = 2.0 * (1.0 + momentum) / frame["largest_eigenvalue"]
    return PhaseDiagram(
        activation=phi,
        depth=depth,
        width=width,
        samples=samples,
        outputs=outputs,
        momentum=momentum,
        quantity=quantity,
        theory=theory,
        table=frame,
        edge_of_chaos=_edge(phi, (low_w2, high_w2), (low_b2, high_b2)),
        reservations=_reservations(frame, theory),
    )


def _interval(name: str, value: object) -> tuple[float, float]:
    numbers = real_array(name, value)
    if numbers.shape != (2,) or not np.isfinite(numbers).all() or not numbers[0] < numbers[1]:
        raise ValueError(f"{name} = {shown(value)}: must be the lowest and the highest variance, two numbers")
    return float(numbers[0]), float(numbers[1])


def _check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} = {shown(value)}: must be {', '.join(choices[:-1])} or {choices[-1]}")


def _points(points: object, theory: str) -> tuple[int, int]:
    if points is None:
        return POINTS[theory]
    pair = list(points) if isinstance(points, list | tuple) else [points, points]
    if len(pair) != 2:
        raise ValueError(f"points = {shown(points)}: must be a whole number >= 2, or two")
    return check_integer("points", pair[0], 2), check_integer("points", pair[1], 2)


def _finite_size(
    phi: Activation, w2: Array, b2: Array, depth: int, width: int, samples: int, outputs: int
) -> tuple[Array, list[str]]:
    values, branches = np.full_like(w2, np.nan), [""] * len(w2)
    widths = (*(width,) * depth, outputs)
    with Progress(len(w2), "finite-size theory") as progress:
        for index, (one_w2, one_b2) in enumerate(zip(w2, b2, strict=True)):
            found = finite_size_prediction(layered_ensemble(widths, phi, float(one_w2), float(one_b2)), samples)
            values[index], branches[index] = found.largest_eigenvalue, found.branch
            progress.advance()
    return values, branches


def _edge(phi: Activation, w2: tuple[float, float], b2: tuple[float, float]) -> pd.DataFrame:
    # close together at the lower end, where the edge of saturating activations rises from a corner
    biases = b2[0] + (b2[1] - b2[0]) * np.linspace(0.0, 1.0, _EDGE_POINTS) ** 3
    frame = pd.DataFrame({"sigma_b2": biases, "sigma_w2": edge_of_chaos(phi, *w2, biases, _INPUT_MOMENT)})
    return frame.dropna().reset_index(drop=True)


def _reservations(frame: pd.DataFrame, theory: str) -> tuple[str, ...]:
    found = []
    zero = frame["kappa_2"] == 0.0
    if theory == "infinite_width" and zero.any():
        found.append(
            f"kappa_2 = 0 at {int(zero.sum())} points (sigma_b2 = 0, odd activation): Theorem 4 does not apply there, "
            "and its eigenvalue is too small; theory = 'finite_size' has the edge of the bulk"
        )
    if theory == "infinite_width":
        found.append(
            "Theorem 4 is of infinite width: with several outputs, or T of the order of M, the largest eigenvalue is "
            "larger; theory = 'finite_size' knows both"
        )
    lost = frame["largest_eigenvalue"].isna()
    if lost.any():
        found.append(f"moments overflow at {int(lost.sum())} points, which are left out")
    return tuple(found)
