"""What a user should know of a prediction for a network of layers: where the value is known to fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fisher_spectra.finite_size.infinite_width import EDGE_OVER_MEAN
from fisher_spectra.layers.kinds.batch_norm import BatchNorm
from fisher_spectra.layers.kinds.dense import Dense

if TYPE_CHECKING:
    from fisher_spectra.layers.prediction import StackPrediction


_CLOSE = 0.1  # of the larger of two branches


def reservations_of(found: StackPrediction) -> list[str]:
    """Sentences."""
    layers, outputs = found.stack.layers, found.stack.outputs
    mixing = any(layer.mixes_samples for layer in layers)
    narrowest = min(found.stack.widths[1:-1])
    sentences = []
    if all(type(layer) is Dense for layer in layers):
        sentences.append(
            "Of plain layers finite_size_prediction knows more: norms, row sums and slopes to first order in 1/M."
        )
    if found.edge is None and found.uniform <= EDGE_OVER_MEAN * found.others:
        sentences.append(
            "Samples have (almost) no common direction (kappa_2 = 0 or small) and the edge of the bulk is not derived "
            "for these layers: the largest eigenvalue is up to several times as large as this value."
        )
    if outputs > 1 and found.outliers is None and found.branch == "outlier":
        sentences.append(
            f"Finite widths are not corrected for C = {outputs} outputs of these layers, which raise the largest "
            f"eigenvalue, the more the larger C / M = {outputs} / {narrowest}: in residual networks by 6 to 11 % at "
            "4 / 200, by 14 to 21 % at 10 / 200."
        )
    if found.branch == "bulk" and outputs > 1 and mixing and not layers[-1].mixes_samples:
        sentences.append(
            "With several outputs the edge below hidden batch normalisation takes them for a plain bulk's."
        )
    if type(layers[-1]) is BatchNorm:
        sentences.append(
            "The variance of each output over the batch differs between networks, and the largest eigenvalue "
            "goes with its inverse: single networks scatter by 10 to 50 %. The eigenvalue times the network's own "
            "smallest variance is known better."
        )
    other = found.edge if found.branch == "outlier" else found.outliers or found.uniform
    if other is not None and other > (1.0 - _CLOSE) * found.largest_eigenvalue:
        sentences.append("Outlier and bulk lie within 10 % of each other: single networks may have either on top.")
    if found.samples > narrowest:
        sentences.append(
            f"T = {found.samples} exceeds the narrowest hidden width {narrowest}, where no such network was compared."
        )
    return sentences
