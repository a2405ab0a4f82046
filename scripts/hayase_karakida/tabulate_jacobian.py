"""Table of the input-output Jacobian: moments, atoms, maximum and distribution function of J J^T beside their law."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.hayase_karakida.jacobian_law import JacobianLaw
from fisher_spectra.hayase_karakida.sampled_atoms import EQUAL_SHARE
from fisher_spectra.hayase_karakida.signal_propagation import signal_propagation
from fisher_spectra.jobs.run_job import run_job

Array = npt.NDArray[np.float64]
# Quantity, place, theory, and the value of each network.
Measured = tuple[str, float, float, Array]

HALF = 0.5  # eigenvalues below it are far from the one of dynamical isometry


def measured(law: JacobianLaw, spectra: Array, points: int) -> Iterator[Measured]:
    """Every quantity of the spectra of networks, shape (networks, M).

    The place `at` is the order of a moment, or an eigenvalue. What counts as zero or as the largest possible eigenvalue
    does so up to rounding; of the band, too, some may be that close to zero, and the theory has them there.
    """
    top = law.top
    zero, full = EQUAL_SHARE * top, (1 - EQUAL_SHARE) * top
    places = top * (np.arange(points) + 0.5) / points
    at_zero, below_half, *shares = law.cdf([zero, HALF, *places])
    yield "moment", 1.0, law.mean, spectra.mean(axis=1)
    yield "moment", 2.0, law.second_moment, (spectra**2).mean(axis=1)
    yield "share_at_zero", 0.0, at_zero, (spectra <= zero).mean(axis=1)
    yield "share_at_top", top, law.weight_at_top, (spectra >= full).mean(axis=1)
    yield "share_below_half", HALF, below_half, (spectra <= HALF).mean(axis=1)
    yield "maximum", top, law.maximum, spectra.max(axis=1)
    for place, share in zip(places, shares, strict=True):
        yield "distribution", place, share, (spectra <= place).mean(axis=1)


def tabulate_jacobian(parts: pd.DataFrame, points: int) -> pd.DataFrame:
    """One row for each setting, depth, width, quantity and place, from sampled eigenvalues of J J^T.

    The distribution function is taken at as many `points`, in the middle of equal parts of the range of eigenvalues.
    """
    rows = []
    for _, group in parts.groupby(["panel", "L", "M"], sort=False):
        first = group.iloc[0]
        law = JacobianLaw(signal_propagation(get_activation(first["function"]), int(first["L"])))
        spectra = np.array([one.to_numpy() for _, one in group.groupby("network")["eigenvalue"]])
        for quantity, place, theory, values in measured(law, spectra, points):
            rows.append(
                {
                    "panel": first["panel"],
                    "L": first["L"],
                    "M": first["M"],
                    "quantity": quantity,
                    "at": place,
                    "theory": theory,
                    "empirical_mean": values.mean(),
                    "empirical_sem": values.std(ddof=1) / np.sqrt(len(values)),
                    "n_networks": len(values),
                }
            )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(tabulate_jacobian)
