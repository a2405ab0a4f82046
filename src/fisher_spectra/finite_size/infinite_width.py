"""Largest eigenvalue of residual and of layer-normalised networks by the form of Theorem 4: infinite width.

Theorem 4 of Karakida, Akaho, Amari 2019 takes of a network only the entries of its dual matrix, equal on the diagonal
and equal off it to leading order: lambda_max = (T - 1) F*_st + F*_ss. `residual_networks` and `layer_normalisation`
give the entries; a derivation of this project. What several outputs and finite widths do to plain networks
(`prediction`) is not derived for these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fisher_spectra.common.arguments import check_integer, check_type
from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.layer_normalisation import (
    LayerNormalisation,
    gains_and_shifts,
    normalised_order_parameters,
)
from fisher_spectra.finite_size.residual_networks import residual_order_parameters
from fisher_spectra.finite_size.variables import OrderParameters, diagonal_sum, off_diagonal_sum
from fisher_spectra.karakida.mean_field import learning_rate_limit

# From where on the bulk is worth a sentence: its edge is up to so many times its mean in plain networks with T <= M.
EDGE_OVER_MEAN = 6.0


@dataclass(frozen=True)
class InfiniteWidthPrediction:
    """What theory says of a network at infinite width. Eigenvalues are those of F, for the loss half_sum.

    Attributes
    ----------
    ensemble, samples
        The networks, and T.
    kind
        ``"residual"`` or ``"layer_normalised"``.
    variables
        Moments of each layer.
    width
        M, to which kappa_1 and kappa_2 refer: the first hidden width.
    kappa_1, kappa_2
        (13) and (15): alpha M kappa is the sum over layers, weights alone.
    largest_eigenvalue
        Theorem 4, with the shares of biases, gains and shifts where they are parameters.
    branch
        ``"outlier"``, or ``"bulk"`` if kappa_2 <= 0 up to these shares: the value is the mean of the bulk then.
    reservations
        Sentences for the user: where the value is known to fail.
    """

    ensemble: LayeredEnsemble
    samples: int
    kind: Literal["residual", "layer_normalised"]
    variables: OrderParameters
    width: int
    kappa_1: float
    kappa_2: float
    largest_eigenvalue: float
    branch: Literal["outlier", "bulk"]
    reservations: tuple[str, ...]

    @property
    def infinite_width(self) -> float:
        """`largest_eigenvalue`, by the name that it has beside values of finite width."""
        return self.largest_eigenvalue

    def critical_learning_rate(self, momentum: float = 0.0) -> float:
        """2 (1 + mu) / lambda_max; loss E = sum_t |y(t) - f(t)|^2 / (2 T), momentum mu.

        Raises
        ------
        ValueError
            If the momentum is not >= 0 and < 1.
        """
        return learning_rate_limit(self.largest_eigenvalue, momentum)


def residual_prediction(
    ensemble: LayeredEnsemble, samples: int, *, input_moment: float = 1.0, input_overlap: float = 0.0
) -> InfiniteWidthPrediction:
    """Largest eigenvalue of F for residual networks u^{l+1} = u^l + W^{l+1} phi_l(u^l) + b^{l+1}.

    Parameters
    ----------
    ensemble
        The networks; hidden widths must be equal. L = 2 has no such layer, and is a plain network.
    samples
        T >= 2.
    input_moment, input_overlap
        q_hat^0 > 0 and q_hat_st^0, the means over samples and pairs of x(s).x(t) / M_0; see `input_moments`.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.

    Examples
    --------
    >>> from fisher_spectra.finite_size.infinite_width import residual_prediction
    >>> ensemble = fs.layered_ensemble((100, 100, 100, 100, 1), "relu", 1.0, 0.1, biases=False)
    >>> round(3 * residual_prediction(ensemble, samples=30).kappa_1, 3)  # alpha kappa_1
    3.338
    """
    fields = residual_order_parameters(ensemble, input_moment, input_overlap)
    return _prediction("residual", ensemble, fields, samples, (0.0, 0.0))


def normalised_prediction(
    ensemble: LayeredEnsemble,
    samples: int,
    *,
    normalisations: Sequence[LayerNormalisation | None] | None = None,
    input_moment: float = 1.0,
    input_overlap: float = 0.0,
) -> InfiniteWidthPrediction:
    """Largest eigenvalue of F for networks whose pre-activations are layer-normalised.

    Parameters
    ----------
    ensemble
        The networks.
    samples
        T >= 2.
    normalisations
        Of each hidden layer; by default all are normalised as torch does, with gains and shifts.
    input_moment, input_overlap
        As of `residual_prediction`.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.

    Examples
    --------
    >>> from fisher_spectra.finite_size.infinite_width import normalised_prediction
    >>> from fisher_spectra.finite_size.layer_normalisation import LayerNormalisation
    >>> norms = (LayerNormalisation(gains=False, shifts=False),) * 2
    >>> ensemble = fs.layered_ensemble((100, 100, 100, 1), "relu", 2.0, 0.1, biases=False)
    >>> round(normalised_prediction(ensemble, 40, normalisations=norms).largest_eigenvalue, 1)
    39.7
    """
    check_type("ensemble", ensemble, LayeredEnsemble, "what layered_ensemble returns")
    norms = (LayerNormalisation(),) * (ensemble.depth - 1) if normalisations is None else normalisations
    fields = normalised_order_parameters(ensemble, norms, input_moment, input_overlap)
    return _prediction("layer_normalised", ensemble, fields, samples, gains_and_shifts(ensemble, norms, fields))


def _prediction(
    kind: Literal["residual", "layer_normalised"],
    ensemble: LayeredEnsemble,
    fields: OrderParameters,
    samples: int,
    besides: tuple[float, float],
) -> InfiniteWidthPrediction:
    """From the moments, and what other parameters than weights and biases add, to the eigenvalue."""
    samples = check_integer("samples", samples, 2)
    hidden = ensemble.widths[:-1]
    scale = ensemble.widths[1] / sum(above * below for above, below in zip(hidden[1:], hidden[:-1], strict=True))
    one = diagonal_sum(ensemble, fields) + besides[0]
    two = off_diagonal_sum(ensemble, fields) + besides[1]
    outlier, bulk = (1.0 - 1.0 / samples) * two + one / samples, (one - two) / samples
    branch: Literal["outlier", "bulk"] = "outlier" if two > 0.0 else "bulk"
    return InfiniteWidthPrediction(
        ensemble=ensemble,
        samples=samples,
        kind=kind,
        variables=fields,
        width=ensemble.widths[1],
        kappa_1=scale * diagonal_sum(ensemble, fields, biases=False),
        kappa_2=scale * off_diagonal_sum(ensemble, fields, biases=False),
        largest_eigenvalue=max(outlier, bulk),
        branch=branch,
        reservations=tuple(_reservations(kind, ensemble, outlier, bulk)),
    )


def _reservations(kind: str, ensemble: LayeredEnsemble, outlier: float, bulk: float) -> list[str]:
    title = {"residual": "residual", "layer_normalised": "layer-normalised"}[kind]
    found = [
        f"Of {title} networks the value is that of infinite width, with the mean square and the mean overlap of the "
        "inputs; sampled networks of 100 to 400 units in a layer and one output had a mean of 0.97 to 1.03 times of it."
    ]
    if ensemble.outputs > 1:
        found.append(
            f"Finite widths are not corrected for C = {ensemble.outputs} outputs, which raise the largest eigenvalue, "
            f"the more the larger C / M = {ensemble.outputs} / {min(ensemble.widths[1:-1])}: by 6 to 11 % at 4 / 200, "
            "by 14 to 21 % at 10 / 200."
        )
    if outlier <= EDGE_OVER_MEAN * bulk:
        found.append(
            "Samples have (almost) no common direction (kappa_2 = 0 or small): the largest eigenvalue is the edge of "
            "the bulk or near it, and several times as large as this value."
        )
    return found
