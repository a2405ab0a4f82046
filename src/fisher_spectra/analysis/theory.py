"""What theory says of the reader's module, where it is a network that there is theory of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from fisher_spectra.datasets.overlaps import input_moments, overlap_matrix
from fisher_spectra.finite_size.ensemble import LayeredEnsemble, layered_ensemble
from fisher_spectra.finite_size.prediction import FiniteSizePrediction, finite_size_prediction
from fisher_spectra.finite_size.softmax import softmax_outliers
from fisher_spectra.karakida.mean_field import learning_rate_limit
from fisher_spectra.measurement.measure import Measurement
from fisher_spectra.measurement.plain_networks import LinearLayer

# Up to so many samples their own overlaps are used (a matrix T x T and its eigenvalues for each layer), above it only
# the mean square and the mean overlap of the inputs.
_OVERLAPS_UP_TO = 2000
# The largest singular value of independent random weights reaches sigma_w (1 + sqrt(M_l / M_{l-1})) (Marchenko and
# Pastur 1967; by a few per cent at widths of 10 and more); one that is so many times larger has been learned or made.
_NOT_RANDOM = 1.2

# How `finite_size` begins the sentence that has a value in it, for the loss "half_sum".
_THEOREM_4 = "Theorem 4 of infinite width"
_SOFTMAX = (
    "For the cross-entropy the value is that of infinite width, with the probabilities that the model gives; sampled "
    "networks of 100 to 500 units in a layer have up to 1.15 times of it."
)


class NoTheory(Exception):
    """Why theory says nothing of a module, in words."""


@dataclass(frozen=True)
class TheoryOfModule:
    """The theory's values for random networks like the module, in the units of the analysed loss.

    Attributes
    ----------
    largest_eigenvalue
        At the module's own widths, number of samples, outputs and inputs; the mean over random networks. For the
        cross-entropy at infinite width, with the probabilities that the module gives.
    infinite_width
        Theorem 4 of Karakida, Akaho, Amari 2019: hidden layers of infinite width.
    scatter
        Standard deviation of the largest eigenvalue from network to network, relative.
    branch
        ``"outlier"`` or ``"bulk"``: which part of the spectrum the largest eigenvalue belongs to.
    reservations
        Where the values are known to fail, and what was estimated, one sentence each.
    ensemble
        The random networks: variances of weights and biases are those of the module's layers.
    prediction
        All of what `finite_size` says, for the loss "half_sum".
    """

    largest_eigenvalue: float
    infinite_width: float
    scatter: float
    branch: str
    reservations: tuple[str, ...]
    ensemble: LayeredEnsemble
    prediction: FiniteSizePrediction

    def critical_learning_rate(self, momentum: float = 0.0) -> float:
        """2 (1 + mu) / lambda of `largest_eigenvalue`.

        Raises
        ------
        ValueError
            If the momentum is not >= 0 and < 1.
        """
        return learning_rate_limit(self.largest_eigenvalue, momentum)


def theory_of(measurement: Measurement) -> TheoryOfModule:
    """The theory of random networks with the module's widths, activations and variances, on its inputs.

    The variances are estimated from the module's own parameters: sigma_w^2 of a layer is the mean square of its weights
    times the width below, sigma_b^2 the mean square of its biases.

    Raises
    ------
    NoTheory
        If there is none of such a module, loss or data.
    """
    if not measurement.layers:
        raise NoTheory(
            f"the model is not a plain network of linear layers and elementwise activations: {measurement.not_plain}"
        )
    ensemble, reservations = _ensemble(measurement)
    samples, inputs = len(measurement.inputs), measurement.inputs.flatten(1).double().cpu().numpy()
    if samples < 2:
        raise NoTheory("it needs at least two samples")
    if not inputs.any():
        raise NoTheory("all inputs are zero")
    if samples <= _OVERLAPS_UP_TO:
        prediction = finite_size_prediction(ensemble, overlaps=overlap_matrix(inputs))
    else:
        moments = input_moments(inputs)
        prediction = finite_size_prediction(
            ensemble, samples, input_moment=moments.second_moment, input_overlap=moments.overlap
        )
        reservations.append(
            f"Of the {samples} inputs only the mean square and the mean overlap are used, as if they were Gaussian."
        )
    if measurement.loss.name == "cross_entropy":
        largest = infinite = _of_softmax(measurement, prediction)
        reservations.append(_SOFTMAX)
    else:
        scale = 2.0 / measurement.loss.outputs if measurement.loss.name == "mse" else 1.0
        largest, infinite = scale * prediction.largest_eigenvalue, scale * prediction.infinite_width
        # of which the first may have a value
        of_prediction = [
            one.replace(_THEOREM_4, f"{_THEOREM_4} (for the loss half_sum)") if scale != 1.0 else one
            for one in prediction.reservations
        ]
        reservations = [*of_prediction, *reservations]
    return TheoryOfModule(
        largest_eigenvalue=largest,
        infinite_width=infinite,
        scatter=prediction.scatter,
        branch=prediction.branch,
        reservations=tuple(reservations),
        ensemble=ensemble,
        prediction=prediction,
    )


def _of_softmax(measurement: Measurement, prediction: FiniteSizePrediction) -> float:
    if prediction.branch == "bulk":
        raise NoTheory(
            "of the cross-entropy only outliers are predicted, and the largest eigenvalue of such a network is the "
            "edge of the bulk (an odd activation without biases, or nearly so)"
        )
    probabilities = torch.softmax(measurement.by_module.outputs.double(), dim=1)
    return float(softmax_outliers(prediction, probabilities)[0])


def _ensemble(measurement: Measurement) -> tuple[LayeredEnsemble, list[str]]:
    """Random networks like the module, and what is to be said of the likeness."""
    layers, tensors = measurement.layers, dict(measurement.function.module.named_parameters())
    if measurement.function.frozen:
        raise NoTheory("some parameters are frozen, and the theory is of all of them")
    if len(layers) < 2:
        raise NoTheory("it needs a hidden layer")
    if layers[-1].activation is not None:
        raise NoTheory(f"the outputs go through {layers[-1].title}, and the theory is of linear outputs")
    unknown = [layer.title for layer in layers[:-1] if layer.spec is None]
    if unknown:
        raise NoTheory(f"the activation {unknown[0]} is not in the catalogue (activation_specs)")
    weights = [tensors[layer.weight].detach().double() for layer in layers]
    biases = [None if layer.bias is None else tensors[layer.bias].detach().double() for layer in layers]
    if not all(bool(weight.any()) for weight in weights):
        raise NoTheory("all weights of a layer are zero")
    reservations = ["Variances of weights and biases are estimated from the module's own parameters."]
    if len({bias is None for bias in biases}) > 1:
        reservations.append("Some layers have no biases; the theory counts those of all layers or of none.")
    reservations += _made_weights(layers, weights)
    ensemble = layered_ensemble(
        [weights[0].shape[1], *(weight.shape[0] for weight in weights)],
        [layer.spec for layer in layers[:-1] if layer.spec is not None],
        [float(weight.square().mean()) * weight.shape[1] for weight in weights],
        [0.0 if bias is None else float(bias.square().mean()) for bias in biases],
        biases=any(bias is not None for bias in biases),
    )
    return ensemble, reservations


def _made_weights(layers: tuple[LinearLayer, ...], weights: list[torch.Tensor]) -> list[str]:
    """A sentence for the layer whose weights are least like independent random ones, if they are not."""
    excess = []
    for weight in weights:
        rows, columns = weight.shape
        edge = float(weight.square().mean().sqrt()) * (np.sqrt(rows) + np.sqrt(columns))
        excess.append(float(torch.linalg.matrix_norm(weight, ord=2)) / edge)
    worst = int(np.argmax(excess))
    if excess[worst] <= _NOT_RANDOM:
        return []
    return [
        f"The weights of {layers[worst].weight} are not like independent random ones: their largest singular value is "
        f"{excess[worst]:.2g} times what those would have. The theory is of random networks."
    ]
