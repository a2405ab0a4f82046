"""The order parameters of each layer: of one sampled network, and in theory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.variables import order_parameters
from fisher_spectra.networks.fully_connected import ForwardPass, backward_layers

Array = npt.NDArray[np.float64]

# by their names in tables; `_st` are those of two samples
VARIABLES = ("q", "q_st", "q_hat", "q_hat_st", "q_tilde", "q_tilde_st")


class LayerVariable(NamedTuple):
    """A variable of a layer."""

    variable: str
    layer: int
    value: float


def _means(gram: npt.NDArray[np.floating]) -> tuple[float, float]:
    """Means of the diagonal and of the rest."""
    samples, trace = len(gram), float(np.trace(gram))
    return trace / samples, (float(gram.sum()) - trace) / (samples * (samples - 1))


def sampled_variables(forward_pass: ForwardPass) -> Iterator[LayerVariable]:
    """Means over units, samples and pairs of samples; of q_tilde over outputs, too.

    q^l = u^l(t).u^l(t) / M_l, l = 1 .. L; q_hat^l the same of h^l, l = 0 .. L-1; q_tilde^l = delta^l_k(t).delta^l_k(t),
    l = 1 .. L.

    Parameters
    ----------
    forward_pass
        Of at least two samples.
    """
    for layer, u in enumerate(forward_pass.preactivations, start=1):
        for name, value in zip(VARIABLES[:2], _means(u @ u.T / u.shape[1]), strict=True):
            yield LayerVariable(name, layer, value)
    for layer, h in enumerate(forward_pass.activations):
        for name, value in zip(VARIABLES[2:4], _means(h @ h.T / h.shape[1]), strict=True):
            yield LayerVariable(name, layer, value)
    for layer, delta in backward_layers(forward_pass):
        gram = np.einsum("ksi,kti->st", delta, delta, optimize=True) / len(delta)
        for name, value in zip(VARIABLES[4:], _means(gram), strict=True):
            yield LayerVariable(name, layer, value)


def predicted_variables(
    ensemble: LayeredEnsemble, input_moment: float = 1.0, input_overlap: float = 0.0
) -> Iterator[LayerVariable]:
    """The same in the limit of infinite width.

    Parameters
    ----------
    ensemble
        The networks.
    input_moment, input_overlap
        q_hat^0 and q_hat_st^0.

    Raises
    ------
    ValueError
        If the moments overflow.
    """
    fields = order_parameters(ensemble, input_moment, input_overlap)
    for name in VARIABLES:
        for layer, value in enumerate(getattr(fields, name)):
            if not np.isnan(value):
                yield LayerVariable(name, layer, float(value))
