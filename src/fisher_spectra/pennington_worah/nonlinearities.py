"""The nonlinearities of Pennington and Worah (2018), as a configuration names them."""

from __future__ import annotations

from dataclasses import dataclass

from fisher_spectra.activations.catalogue import Activation, get_activation


@dataclass(frozen=True)
class Nonlinearity:
    """A nonlinearity f of the network W2 f(W1 x).

    Attributes
    ----------
    function
        Activation function as the catalogue takes it, e.g. ``normalised_erf(alpha=1)``.
    """

    function: str

    @property
    def activation(self) -> Activation:
        """The activation function.

        Raises
        ------
        UserError
            If the catalogue has none of this name or parameters.
        """
        return get_activation(self.function)


@dataclass(frozen=True)
class TakenApart:
    """Which networks are sampled term by term.

    Attributes
    ----------
    nonlinearity
        Name of the nonlinearity.
    widest
        Largest width n.
    """

    nonlinearity: str
    widest: int
