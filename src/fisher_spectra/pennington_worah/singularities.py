"""Are the peaks of (26) atoms? The scaling of eps |Im G(location + i eps)| for eps -> 0 decides.

An atom of weight w gives eps |Im G| -> w. A density that diverges like |lambda - z|^(-1/2) gives eps^(1/2), a bounded
density eps^1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_type, finite_array, real_number
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Epsilons:
    """Values of eps, equally spaced on a logarithmic axis.

    Attributes
    ----------
    smallest, largest, number
        The range and how many there are.
    fit
        How many of the smallest give the exponent.
    """

    smallest: float
    largest: float
    number: int
    fit: int

    def values(self) -> Array:
        """All of them, ascending, shape (number,)."""
        return np.geomspace(self.smallest, self.largest, self.number)


@dataclass(frozen=True)
class AtomScaling:
    """eps |Im G(location + i eps)| over a range of eps.

    Attributes
    ----------
    epsilons, values
        Shape (k,) each, the values being eps |Im G|, an upper bound of the atom's weight.
    exponent
        Slope of log(values) against log(epsilons): 0 at an atom, 1/2 at an inverse square-root singularity, 1 where
        the density is finite.
    """

    location: float
    epsilons: Array  # (k,)
    values: Array  # (k,)
    exponent: float


def atom_scaling(spectrum: LimitingSpectrum, location: float, epsilons: npt.ArrayLike) -> AtomScaling:
    """Measure the exponent with which eps |Im G(location + i eps)| vanishes.

    Parameters
    ----------
    spectrum
        The limiting spectrum.
    location
        Where an atom may be.
    epsilons
        At least two, positive, shape (k,).

    Raises
    ------
    ValueError
        If there are fewer than two epsilons or one is not positive.

    Examples
    --------
    >>> spectrum = fs.LimitingSpectrum.of(fs.get_activation("normalised_erf"))
    >>> edge = spectrum.constants.features[0]
    >>> round(fs.atom_scaling(spectrum, edge, np.geomspace(1e-8, 1e-6, 5)).exponent, 3)  # 1/2: no atom
    0.5
    """
    check_type("spectrum", spectrum, LimitingSpectrum, "a LimitingSpectrum")
    location, epsilons = real_number("location", location), finite_array("epsilons", epsilons)
    if epsilons.ndim != 1 or epsilons.size < 2 or not np.isfinite(location) or np.any(epsilons <= 0.0):
        raise ValueError(
            "location, epsilons: a finite number, and at least two positive ones to fit an exponent, are needed"
        )
    with np.errstate(all="ignore"):
        values = epsilons * np.abs(spectrum.stieltjes(location + 1j * epsilons).imag)
    if not np.all(np.isfinite(values) & (values > 0.0)):
        raise ValueError(f"location = {location}: too far from the spectrum for an exponent")
    exponent = float(np.polynomial.polynomial.polyfit(np.log(epsilons), np.log(values), 1)[1])
    return AtomScaling(location, epsilons, values, exponent)
