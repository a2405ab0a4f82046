"""`predict`: what theory says of a network of given widths, and what sampled networks say of the theory."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import pandas as pd

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.analysis.drawing import drawn
from fisher_spectra.analysis.estimate import Estimate
from fisher_spectra.analysis.input_data import inputs_of
from fisher_spectra.analysis.sampled_networks import SampledNetworks, sampled_networks
from fisher_spectra.common.arguments import check_integer, check_momentum, shown
from fisher_spectra.common.tables import write_table
from fisher_spectra.datasets.overlaps import overlap_matrix
from fisher_spectra.finite_size.ensemble import LayeredEnsemble, layered_ensemble
from fisher_spectra.finite_size.prediction import FiniteSizePrediction, finite_size_prediction
from fisher_spectra.karakida.mean_field import learning_rate_limit
from fisher_spectra.networks.layered import Initialisation, checked_initialisation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SquareLoss = Literal["half_sum", "mse"]
SQUARE_LOSSES: tuple[str, ...] = get_args(SquareLoss)

# Values that differ by more than this factor are spoken of. It is the size of what Theorem 4 lacks at the widths that
# people use (ReLU and GELU 784-512-512-256-10, T = 100).
FAR = 1.3


@dataclass(frozen=True)
class Prediction:
    """What :func:`predict` finds. Eigenvalues are those of F = (1/T) sum_t sum_k grad f_k grad f_k^T, the papers' one.

    Attributes
    ----------
    theory
        Infinite-width values, finite-size value with its branches, scatter expected of one network, and where it is
        known to fail.
    sampled
        Networks drawn; ``None`` if none were asked for.
    inputs
        What the inputs are, in words.
    initialisation
        Law of the weights of sampled networks; theory is of Gaussian ones.
    loss, momentum
        What critical learning rates are for.
    reservations
        Where the theory does not apply, and where values differ, one sentence each.

    Examples
    --------
    >>> p = fs.predict([30, 40, 40, 2], "relu", sigma_w2=2.0, samples=20, networks=4)
    >>> p.theory.branch, p.sampled.networks, p.ratio.error < 0.2
    ('outlier', 4, True)
    """

    theory: FiniteSizePrediction
    sampled: SampledNetworks | None
    inputs: str
    initialisation: Initialisation
    loss: SquareLoss
    momentum: float
    reservations: tuple[str, ...]

    @property
    def ensemble(self) -> LayeredEnsemble:
        """The networks."""
        return self.theory.ensemble

    @property
    def samples(self) -> int:
        """T."""
        return self.theory.samples

    @property
    def ratio(self) -> Estimate | None:
        """Mean of the sampled networks over the finite-size value, with the statistical error of the mean."""
        if self.sampled is None:
            return None
        predicted = self.theory.largest_eigenvalue
        return Estimate(self.sampled.mean / predicted, self.sampled.error / predicted)

    @property
    def critical_learning_rate(self) -> float:
        """Of the finite-size value: above it, gradient descent on `loss` with `momentum` diverges from a minimum."""
        return self._rate(self.theory.largest_eigenvalue)

    @property
    def critical_learning_rates(self) -> dict[str, float]:
        """By what each is computed from; of sampled networks the mean of their own rates.

        ``infinite_width``, ``infinite_width_on_data`` (with data), ``finite_size``, ``sampled`` (with networks).
        """
        rates = {"infinite_width": self._rate(self.theory.infinite_width)}
        if self.theory.infinite_width_on_data is not None:
            rates["infinite_width_on_data"] = self._rate(self.theory.infinite_width_on_data)
        rates["finite_size"] = self.critical_learning_rate
        if self.sampled is not None:
            rates["sampled"] = math.fsum(map(self._rate, self.sampled.largest_eigenvalues)) / self.sampled.networks
        return rates

    def _rate(self, largest: float) -> float:
        """2 (1 + mu) / lambda of the loss's own curvature: F for half_sum, (2 / C) F for the mean over outputs."""
        if self.loss == "mse":
            largest *= 2.0 / self.ensemble.outputs
        return learning_rate_limit(largest, self.momentum)

    @property
    def table(self) -> pd.DataFrame:
        """Tidy table: one row for each value of the theory, each sampled network, and their mean.

        Columns ``source`` (``infinite_width``, ``infinite_width_on_data``, ``outlier_branch``, ``bulk_branch``,
        ``finite_size``, ``network``, ``mean_of_networks``), ``largest_eigenvalue``, ``low``, ``high`` (by the stated
        error of theory, and the standard error of the mean; else ``nan``) and ``critical_learning_rate``.
        """
        theory, sampled = self.theory, self.sampled
        predicted = theory.largest_eigenvalue
        values: list[tuple[str, float | None, float]] = [
            ("infinite_width", theory.infinite_width, math.nan),
            ("infinite_width_on_data", theory.infinite_width_on_data, math.nan),
            ("outlier_branch", theory.outlier_branch, math.nan),
            ("bulk_branch", theory.bulk_branch, math.nan),
            ("finite_size", predicted, predicted * theory.relative_error),
        ]
        if sampled is not None:
            values += [("network", value, math.nan) for value in sampled.largest_eigenvalues]
            values.append(("mean_of_networks", sampled.mean, sampled.error))
        rows = [
            (source, value, value - error, value + error, self._rate(value))
            for source, value, error in values
            if value is not None
        ]
        return pd.DataFrame(rows, columns=["source", "largest_eigenvalue", "low", "high", "critical_learning_rate"])

    def summary(self) -> str:
        """Everything in words and numbers, some lines."""
        theory, rates = self.theory, self.critical_learning_rates
        lines = [
            _described(self.ensemble),
            f"{self.inputs}; loss {self.loss}, momentum {self.momentum:g}",
            "",
            f"{'':<42}{'largest eigenvalue':<24}critical learning rate",
            _row("infinite width (Theorem 4)", f"{theory.infinite_width:.4g}", rates["infinite_width"]),
        ]
        if theory.infinite_width_on_data is not None:
            text = f"{theory.infinite_width_on_data:.4g}"
            lines.append(_row("infinite width, the data's own overlaps", text, rates["infinite_width_on_data"]))
        text = f"{theory.largest_eigenvalue:.4g} +- {theory.relative_error:.0%}"
        lines.append(_row(f"finite size ({theory.branch} branch)", text, rates["finite_size"]))
        if self.sampled is not None and self.ratio is not None:
            found = Estimate(self.sampled.mean, self.sampled.error)
            lines.append(_row(f"{self.sampled.networks} sampled networks, mean", str(found), rates["sampled"]))
            lines.append(f"{'sampled / finite size':<42}{self.ratio}")
        scatter = f"{'one network scatters by':<42}{theory.scatter:.1%} expected"
        if self.sampled is not None:
            scatter += f", {self.sampled.deviation / self.sampled.mean:.1%} sampled"
        lines.append(scatter)
        outlier = "none" if theory.outlier_branch is None else f"{theory.outlier_branch:.4g}"
        lines.append(f"{'outlier branch, bulk branch':<42}{outlier}, {theory.bulk_branch:.4g}")
        lines.append(f"{'kappa_1, kappa_2':<42}{theory.kappa_1:.4g}, {theory.kappa_2:.4g}")
        if self.reservations:
            lines += ["", *(f"! {sentence}" for sentence in self.reservations)]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers and texts, under the names of the attributes."""
        ensemble, theory = self.ensemble, self.theory
        found: dict[str, Any] = {
            "widths": list(ensemble.widths),
            "activations": [phi.spec for phi in ensemble.activations],
            "sigma_w2": list(ensemble.sigma_w2),
            "sigma_b2": list(ensemble.sigma_b2),
            "biases": ensemble.biases,
            "initialisation": self.initialisation,
            "samples": self.samples,
            "inputs": self.inputs,
            "loss": self.loss,
            "momentum": self.momentum,
            "theory": {name: getattr(theory, name) for name in _OF_THEORY},
            "sampled": None,
            "ratio": None,
            "critical_learning_rate": self.critical_learning_rate,
            "critical_learning_rates": self.critical_learning_rates,
            "reservations": list(self.reservations),
        }
        if self.sampled is not None and self.ratio is not None:
            found["sampled"] = {
                "networks": self.sampled.networks,
                "mean": self.sampled.mean,
                "error": self.sampled.error,
                "deviation": self.sampled.deviation,
                "largest_eigenvalues": list(self.sampled.largest_eigenvalues),
            }
            found["ratio"] = {"value": self.ratio.value, "error": self.ratio.error}
        return found

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write `table`."""
        write_table(self.table, path)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """Draw the values of the theory and the sampled networks.

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
            from fisher_spectra.plotting.analysis.prediction import plot

            figure = plot(self.table)
            figure.axes[0].set_title(f"{_described(self.ensemble)}\n{self.inputs}", fontsize=7.5)
            return figure

        return drawn(make, path)


_OF_THEORY = (
    "infinite_width",
    "infinite_width_on_data",
    "eigenvalue_mean",
    "kappa_1",
    "kappa_2",
    "outlier_branch",
    "bulk_branch",
    "largest_eigenvalue",
    "branch",
    "bulk_edge",
    "bulk_mean",
    "scatter",
    "relative_error",
)


def predict(
    widths: Sequence[int],
    activation: Activation | str | Sequence[Activation | str],
    *,
    sigma_w2: float | Sequence[float],
    sigma_b2: float | Sequence[float] = 0.0,
    biases: bool = True,
    samples: int | None = None,
    data: Any = None,
    normalisation: str | None = None,
    networks: int = 20,
    momentum: float = 0.0,
    loss: SquareLoss = "half_sum",
    initialisation: Initialisation = "gaussian",
    seed: int = 0,
) -> Prediction:
    """Largest eigenvalue of the Fisher matrix and critical learning rate of a network: theory, and sampled networks.

    Parameters
    ----------
    widths
        M_0 (inputs), M_1 .. M_{L-1}, C (outputs).
    activation
        Of all hidden layers, or a sequence of L - 1: texts such as ``"gelu"``, see
        :func:`fisher_spectra.activation_specs`.
    sigma_w2, sigma_b2
        Variances of weights (times the width below, > 0) and biases (>= 0): one number each, or L of them.
    biases
        Whether the biases are parameters of F; they act in the network in any case.
    samples
        T >= 2; of data so many are drawn. 100 by default, or all of the data if they are fewer.
    data
        What the inputs are: ``None`` for independent N(0, 1) entries, drawn anew for each sampled network; the name of
        a data set (``"digits"``, or one that was fetched); the path of an `.npz` file with `x`, or `x_train`; or an
        array or tensor (T, ...). Theory takes their overlaps x(s).x(t) / M_0.
    normalisation
        ``"sample"`` (the default for named data sets), ``"pixel"``, ``"unit"`` or ``"none"`` (that of own data); see
        :func:`fisher_spectra.normalise`.
    networks
        How many are sampled: none, or at least 2.
    momentum
        0 <= mu < 1.
    loss
        What the learning rates are for: ``"half_sum"``, the papers' sum_t |y - f|^2 / (2 T), or ``"mse"``, the mean
        over samples and outputs, torch's. Eigenvalues do not depend on it; rates differ by the factor C / 2.
    initialisation
        Of the sampled networks: ``"gaussian"``, ``"uniform"`` or ``"orthogonal"``, of the same variances.
    seed
        Of everything drawn.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, or the data do not fit the widths.
    UserError
        If there is no such activation or data set, or a file is missing or damaged.

    Examples
    --------
    >>> p = fs.predict([784, 512, 512, 256, 10], "tanh", sigma_w2=2.0, biases=False, networks=0)
    >>> round(p.theory.infinite_width, 2), p.theory.branch, p.theory.largest_eigenvalue > 20
    (10.49, 'bulk', True)
    >>> any("Theorem 4 does not apply" in sentence for sentence in p.reservations)
    True
    """
    ensemble = layered_ensemble(widths, activation, sigma_w2, sigma_b2, biases=biases)
    networks, seed = check_integer("networks", networks, 0), check_integer("seed", seed, 0)
    if networks == 1:
        raise ValueError("networks = 1: must be 0, or at least 2, as one has no error")
    momentum = check_momentum(momentum)
    _check_loss(loss)
    checked_initialisation(initialisation)
    inputs = inputs_of(data, ensemble.widths[0], samples, normalisation, seed)
    if inputs.table is None:
        theory = finite_size_prediction(ensemble, inputs.samples, seed=seed)
    else:
        theory = finite_size_prediction(ensemble, overlaps=overlap_matrix(inputs.table), seed=seed)
    sampled = None
    if networks:
        sampled = sampled_networks(ensemble, networks, inputs.samples, inputs.table, initialisation, seed)
    return Prediction(
        theory=theory,
        sampled=sampled,
        inputs=inputs.title,
        initialisation=initialisation,
        loss=loss,
        momentum=momentum,
        reservations=_reservations(theory, sampled, initialisation),
    )


def _check_loss(loss: object) -> None:
    if loss == "cross_entropy":
        raise ValueError(
            "loss = 'cross_entropy': theory here is of squared losses, half_sum or mse; analyse measures it"
        )
    if not isinstance(loss, str) or loss not in SQUARE_LOSSES:
        raise ValueError(f"loss = {shown(loss)}: must be {' or '.join(SQUARE_LOSSES)}")


def _reservations(
    theory: FiniteSizePrediction, sampled: SampledNetworks | None, initialisation: str
) -> tuple[str, ...]:
    """Where and why theory does not apply: what it knows of itself, then what the numbers here show."""
    found = list(theory.reservations)
    if theory.kappa_2 == 0.0:
        found.append(
            "kappa_2 = 0 (odd activations, sigma_b2 = 0, inputs without overlap): Theorem 4 does not apply, as no "
            "eigenvalue leaves the bulk."
        )
    elif theory.outlier_branch is None:
        found.append("kappa_2 < 0 (inputs point away from each other): no eigenvalue leaves the bulk.")
    on_data = theory.infinite_width_on_data
    if on_data is not None and _factor(on_data, theory.infinite_width) > FAR:
        found.append(
            f"The data's own overlaps make {on_data / theory.infinite_width:.2g} times the infinite-width value of "
            "their mean overlap: samples differ too much from each other for one number."
        )
    if initialisation != "gaussian":
        found.append(f"Theory is of Gaussian weights; sampled ones are {initialisation}, of the same variances.")
    if sampled is not None:
        ratio, error = sampled.mean / theory.largest_eigenvalue, sampled.error / theory.largest_eigenvalue
        # the stated error, and two standard errors of the mean of the networks
        if abs(ratio - 1.0) > theory.relative_error + 2.0 * error:
            found.append(
                f"Sampled networks have {Estimate(ratio, error)} times the finite-size value, outside its stated error "
                f"of {theory.relative_error:.0%}: take the sampled one."
            )
    return tuple(found)


def _factor(one: float, other: float) -> float:
    return max(one / other, other / one)


def _described(ensemble: LayeredEnsemble) -> str:
    """The networks on one line."""
    specs = [phi.spec for phi in ensemble.activations]
    biases = "biases are parameters" if ensemble.biases else "biases are no parameters"
    return (
        f"{'-'.join(map(str, ensemble.widths))}, {_per_layer(specs)}, sigma_w2 = {_per_layer(ensemble.sigma_w2)}, "
        f"sigma_b2 = {_per_layer(ensemble.sigma_b2)}, {biases}"
    )


def _per_layer(values: Sequence[str | float]) -> str:
    """One value if all are the same, else all of them."""
    texts = [value if isinstance(value, str) else f"{value:g}" for value in values]
    return texts[0] if len(set(texts)) == 1 else "/".join(texts)


def _row(what: str, eigenvalue: str, rate: float) -> str:
    return f"{what:<42}{eigenvalue:<24}{rate:.4g}"
