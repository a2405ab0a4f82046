"""`analyse`: what the curvature of the reader's own network says, and whether it is so."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from fisher_spectra.analysis.theory import NoTheory, TheoryOfModule, theory_of
from fisher_spectra.common.arguments import check_integer, check_momentum, finite_array, shown
from fisher_spectra.common.progress import Progress
from fisher_spectra.common.tables import write_table
from fisher_spectra.karakida.mean_field import learning_rate_limit
from fisher_spectra.measurement.descent_check import descend
from fisher_spectra.measurement.eigenvalues import density_by_products, dual_eigenvalues, largest_by_products
from fisher_spectra.measurement.measure import Measurement, measure
from fisher_spectra.measurement.parameter_shares import parameter_shares
from fisher_spectra.measurement.spectrum import ModuleSpectrum

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = npt.NDArray[np.float64]

# Of the eigenvalues that come first in summaries, tables and pictures.
_LARGEST = 10
# Lanczos steps and probes of the density, probes of the traces of the parameters: errors of some per cent.
_STEPS, _PROBES, _TRACE_PROBES = 60, 8, 32
_FACTORS = (0.5, 0.9, 1.1, 2.0)
_TRAINING_STEPS = 100
TABLE_COLUMNS: tuple[str, ...] = (
    "kind",
    "loss",
    "rank",
    "lambda_low",
    "lambda_high",
    "eigenvalues",
    "eigenvalues_error",
    "density",
    "density_error",
    "learning_rate",
)


@dataclass(frozen=True, eq=False, repr=False)
class Analysis:
    """What :func:`analyse` finds of a module. What takes long is computed when it is first asked for, and kept.

    Eigenvalues are those of the Gauss-Newton matrix of the loss, which `measurement.losses` defines; for the loss
    "half_sum" it is the papers' Fisher matrix F.

    Attributes
    ----------
    measurement
        The module's copy, the data, the loss and how it was measured.
    momentum
        mu.
    largest_eigenvalue
        lambda_max.
    seed
        Of all random probes and starts.

    Examples
    --------
    >>> import torch
    >>> model = torch.nn.Sequential(torch.nn.Linear(5, 20), torch.nn.Tanh(), torch.nn.Linear(20, 2))
    >>> found = fs.analyse(model, torch.randn(30, 5), loss="half_sum", momentum=0.9)
    >>> isinstance(found, fs.Analysis), found.largest(3).shape, len(found.by_layer)
    (True, (3,), 4)
    """

    measurement: Measurement
    momentum: float
    largest_eigenvalue: float
    seed: int = 0

    def __repr__(self) -> str:
        return (
            f"Analysis(loss={self.measurement.loss.name!r}, largest_eigenvalue={self.largest_eigenvalue:.6g}, "
            f"momentum={self.momentum:g}, critical_learning_rate={self.critical_learning_rate:.6g})"
        )

    @property
    def loss(self) -> str:
        """The loss that eigenvalues and learning rates are of."""
        return self.measurement.loss.name

    @property
    def critical_learning_rate(self) -> float:
        """2 (1 + mu) / lambda_max: from a minimum, gradient descent on this loss diverges above it (Lemma 6)."""
        return self._rate(self.largest_eigenvalue)

    def _rate(self, eigenvalue: float) -> float:
        return learning_rate_limit(eigenvalue, self.momentum) if eigenvalue > 0.0 else float("inf")

    @cached_property
    def _largest(self) -> Array:
        """The largest eigenvalues as far as they were computed."""
        return np.array([self.largest_eigenvalue])

    def largest(self, count: int = _LARGEST) -> Array:
        """The largest eigenvalues, descending.

        Parameters
        ----------
        count
            Number of them; fewer are returned if there are not so many besides zeros, min(C T, P).

        Raises
        ------
        ValueError
            If it is not a whole number >= 1, or they do not converge.
        """
        count = min(check_integer("count", count, 1), min(self.measurement.factor.shape))
        if count > len(self._largest):
            with Progress(None, f"products for the {count} largest eigenvalues") as progress:
                self.__dict__["_largest"] = largest_by_products(self.measurement.factor, count, progress)
        return self._largest[:count].copy()

    @cached_property
    def spectrum(self) -> ModuleSpectrum:
        """All eigenvalues, or their density by stochastic Lanczos quadrature with its standard error."""
        factor = self.measurement.factor
        order, parameters = min(factor.shape), factor.shape[1]
        rounding = float(torch.finfo(factor.dtype).eps)
        if self.measurement.method == "dual_matrix":
            return ModuleSpectrum(order, parameters, rounding, eigenvalues=self._largest)
        steps = min(_STEPS, order)
        with Progress(_PROBES * steps, "density of eigenvalues") as progress:
            quadrature = density_by_products(factor, steps, _PROBES, self._rng("density"), progress)
        return ModuleSpectrum(order, parameters, rounding, quadrature=quadrature)

    @cached_property
    def by_layer(self) -> pd.DataFrame:
        """The share of each parameter: the trace and the largest eigenvalue of its block, and what enters its layer."""
        return parameter_shares(self.measurement, _TRACE_PROBES, self._rng("traces"))

    @cached_property
    def _theory(self) -> tuple[TheoryOfModule | None, str]:
        try:
            return theory_of(self.measurement), ""
        except NoTheory as error:
            return None, str(error)

    @property
    def theory(self) -> TheoryOfModule | None:
        """What theory says of random networks like this one; nothing where there is none, for `theory_reason`."""
        return self._theory[0]

    @property
    def theory_reason(self) -> str:
        """Why there is no theory, in words; empty if there is."""
        return self._theory[1]

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be known of what was computed."""
        return self.measurement.notes

    def check_by_training(
        self, factors: Sequence[float] = _FACTORS, *, steps: int = _TRAINING_STEPS, labels: str = "own"
    ) -> pd.DataFrame:
        """Train copies of the module at multiples of the critical learning rate: gradient descent, full batch.

        Parameters
        ----------
        factors
            Learning rates over `critical_learning_rate`, > 0.
        steps
            Of each run.
        labels
            ``"own"``: the module's own outputs are what is learned, from parameters moved by 1e-6 of themselves, so
            that the start lies beside a minimum and the Gauss-Newton matrix is the Hessian: runs below 1 converge, runs
            above leave. ``"data"``: the data's targets, from the parameters as they are; there the curvature changes.

        Returns
        -------
        pandas.DataFrame
            factor, learning_rate, outcome, diverged, loss_ratio (at the end over at the start), highest_loss_ratio,
            steps. A run above 1 may leave the minimum and come down again elsewhere, where it is flatter: its outcome
            is ``catapults``, and `diverged` is true, as the minimum was left. It is possible wherever the loss is not
            quadratic; how such a run ends is no matter of the largest eigenvalue.

        Raises
        ------
        ValueError
            If an argument is out of range, or all eigenvalues are zero.
        """
        multiples = finite_array("factors", factors)
        if multiples.ndim != 1 or not len(multiples) or not (multiples > 0.0).all():
            raise ValueError(f"factors = {shown(factors)}: must be numbers > 0, at least one")
        steps = check_integer("steps", steps, 2)
        if self.largest_eigenvalue == 0.0:
            raise ValueError("check_by_training: all eigenvalues are zero, so that no learning rate is critical")
        critical, rng = self.critical_learning_rate, self._rng("training")
        return descend(self.measurement, critical, self.momentum, multiples.tolist(), steps, labels, rng)

    @property
    def table(self) -> pd.DataFrame:
        """The largest eigenvalues, those of theory, and the numbers of eigenvalues in logarithmic bins.

        Returns
        -------
        pandas.DataFrame
            kind (``largest``; ``theory`` and ``infinite_width`` where there are such; ``bin``), loss, rank (1 for the
            largest; 0 for other kinds), lambda_low, lambda_high (the same but for bins), eigenvalues (their number),
            eigenvalues_error, density (share of the min(C T, P) eigenvalues over the width of the bin; nan besides
            bins), density_error, learning_rate (2 (1 + mu) / lambda; nan for bins).
        """
        rows = [("largest", rank, value) for rank, value in enumerate(self.largest(_LARGEST), start=1)]
        theory = self.theory
        if theory is not None:
            if theory.infinite_width != theory.largest_eigenvalue:  # as for the cross-entropy
                rows.append(("theory", 0, theory.largest_eigenvalue))
            rows.append(("infinite_width", 0, theory.infinite_width))
        values = np.array([value for _, _, value in rows])
        single = pd.DataFrame(
            {
                "kind": [kind for kind, _, _ in rows],
                "rank": [rank for _, rank, _ in rows],
                "lambda_low": values,
                "lambda_high": values,
                "eigenvalues": 1.0,
                "eigenvalues_error": 0.0,
                "learning_rate": [self._rate(value) for value in values],
            }
        )
        bins = self.spectrum.table.assign(kind="bin", rank=0)
        whole = pd.concat([single, bins], ignore_index=True) if len(bins) else single
        whole.insert(1, "loss", self.loss)
        return whole.reindex(columns=list(TABLE_COLUMNS))

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write `table` as CSV, atomically."""
        write_table(self.table, path)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """Draw the spectrum with its largest eigenvalues and what theory says.

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
        from fisher_spectra.analysis.picture import draw  # needs packages of another extra

        return draw(self, path)

    def summary(self) -> str:
        """What was found, as a text of some lines."""
        from fisher_spectra.analysis.text import summary_of

        return summary_of(self)

    def _rng(self, purpose: str) -> np.random.Generator:
        from fisher_spectra.common.seeds import generator

        return generator(self.seed, "analysis", purpose)


def analyse(
    model: Any,
    data: Any,
    loss: str = "mse",
    momentum: float = 0.0,
    *,
    method: str = "auto",
    memory_mb: int | None = None,
    seed: int = 0,
) -> Analysis:
    """Curvature and critical learning rate of any `torch.nn.Module` on the reader's own data.

    The curvature is the Gauss-Newton matrix of the loss by the trainable parameters. The module is copied, and left as
    it is: mode, parameters, gradients, buffers and random numbers. It is analysed in its mode: with batch normalisation
    in training mode all samples are one batch; dropout in training mode is refused, as the outputs are random then.

    Parameters
    ----------
    model
        A module that takes one tensor (T, ...) and gives one, with the samples on the first axis; in float32 or
        float64, on one device. Parameters with ``requires_grad = False`` are not counted.
    data
        Inputs as array or tensor (T, ...); a pair (inputs, targets); the path of an `.npz` file with `x` and perhaps
        `y`; a `torch.utils.data` Dataset or DataLoader, read once; or a data set of this library. Targets are used by
        `Analysis.check_by_training` alone. Tensors are not copied: leave them as they are while the result is in use.
    loss
        ``"mse"``: torch's mean over samples and outputs. ``"half_sum"``: the papers' sum over outputs, over 2 T; its
        eigenvalues are C / 2 times as large. ``"cross_entropy"``: of the softmax of the outputs.
    momentum
        mu, >= 0 and < 1, of the critical rate 2 (1 + mu) / lambda_max.
    method
        ``"dual_matrix"``: all eigenvalues, by the C T x C T matrix. ``"products"``: the largest by Lanczos iterations,
        the density by random probes. ``"auto"``: the first where C T is small.
    memory_mb
        Bound of what is taken for activations and matrices, in MB; by default half of what is free, up to 4 GB. The
        module's own parameters and the data come on top.
    seed
        Of random probes and starts.

    Returns
    -------
    Analysis
        With the largest eigenvalue and the critical learning rate; the rest is computed when it is asked for.

    Raises
    ------
    ValueError, TypeError, UserError
        One line that says which argument is wrong, and what is allowed.

    Notes
    -----
    A product with the matrix costs one pass back and one forward derivative of all samples. No matrix of order P is
    formed. Plain networks, linear layers with elementwise activations, are recognised and take the layers' own formula.

    Examples
    --------
    >>> import torch
    >>> model = torch.nn.Linear(3, 1, bias=False)
    >>> found = fs.analyse(model, np.eye(3), loss="half_sum", momentum=0.5)
    >>> round(found.largest_eigenvalue, 4), round(found.critical_learning_rate, 4)
    (0.3333, 9.0)
    """
    momentum = check_momentum(momentum)
    seed = check_integer("seed", seed, 0)
    found = measure(model, data, loss, method, memory_mb)
    if found.method == "dual_matrix":
        largest = dual_eigenvalues(found.factor)
    else:
        with Progress(None, "products for the largest eigenvalue") as progress:
            largest = largest_by_products(found.factor, 1, progress)
    result = Analysis(found, momentum, float(largest[0]), seed)
    result.__dict__["_largest"] = largest
    return result
