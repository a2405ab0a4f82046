"""Networks of named layers as a configuration lists them: what the figure of layers samples and predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fisher_spectra.karakida.universality import Base
from fisher_spectra.layers.names import layer_stack
from fisher_spectra.layers.stack import LayerStack

MIXED = "mixed"  # in place of the name of an activation, where layers have their own


@dataclass(frozen=True)
class LayerCase:
    """Layers by name, with variances and activations of their own or those of the activations tried.

    Attributes
    ----------
    group
        Panel of the figure.
    layers
        Kinds of the L layers.
    functions
        phi_1 .. phi_{L-1}, or none.
    sigma_w2, sigma_b2
        L variances, or none.
    samples_per_width
        T / M; T is that of the experiment if it is 0.
    """

    group: str
    layers: Sequence[str]
    functions: Sequence[str] = ()
    sigma_w2: Sequence[float] = ()
    sigma_b2: Sequence[float] = ()
    samples_per_width: float = 0.0


@dataclass(frozen=True)
class LayerCell:
    """One network of the experiment: a case with an activation and a width.

    Attributes
    ----------
    case, activation
        Their names.
    group, layers
        Of the case; kinds joined by ``+``.
    width, samples
        M of inputs and hidden layers, and T.
    stack, centred
        The layers; the same with the last one centred instead of normalised, ``None`` where it is not normalised.
    """

    case: str
    activation: str
    group: str
    layers: str
    width: int
    samples: int
    stack: LayerStack
    centred: LayerStack | None

    @property
    def key(self) -> dict[str, object]:
        """What names it in tables."""
        names = {"group": self.group, "case": self.case, "layers": self.layers, "activation": self.activation}
        return names | {"M": self.width, "T": self.samples}


def layer_cells(
    activations: Mapping[str, Base], cases: Mapping[str, LayerCase], widths: Sequence[int], samples: int
) -> list[LayerCell]:
    """Every case with every activation, or once where its layers have their own, and every width; one output.

    Raises
    ------
    ValueError
        If there is no kind of a name, or a case has too few or too many of something.
    """
    found = []
    for name, case in cases.items():
        tried = {MIXED: None} if case.functions else activations
        for activation, base in tried.items():
            for width in widths:
                number = max(2, round(case.samples_per_width * width)) if case.samples_per_width else samples
                stack = _stack(case, case.layers, base, width)
                last, hidden = case.layers[-1], tuple(case.layers[:-1])
                centred = _stack(case, (*hidden, "batch_centring"), base, width) if last == "batch_norm" else None
                layers = "+".join(case.layers)
                found.append(LayerCell(name, activation, case.group, layers, width, number, stack, centred))
    return found


def _stack(case: LayerCase, layers: Sequence[str], base: Base | None, width: int) -> LayerStack:
    depth = len(layers)
    functions = case.functions or ((base.function,) * (depth - 1) if base else ())
    w2 = case.sigma_w2 or ((base.sigma_w2,) * depth if base else ())
    b2 = case.sigma_b2 or ((base.sigma_b2,) * depth if base else ())
    return layer_stack((*[width] * depth, 1), layers, functions, w2, b2)
