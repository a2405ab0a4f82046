"""Eigenvalues of H_L of sampled networks beside their limiting law, in bins of one width."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from fisher_spectra.hayase_karakida.binned_spectra import binned_law, bins_of_width
from fisher_spectra.hayase_karakida.limiting_laws import limiting_law
from fisher_spectra.hayase_karakida.spectral_law import SpectralLaw


@dataclass(frozen=True)
class SampledLaw:
    """The eigenvalues of all networks of one law, depth and width, and that law.

    Attributes
    ----------
    panel, weights
        Name of the law in tables; ``orthogonal`` or ``gaussian``.
    depth, width
        L and M.
    law
        Limiting law.
    end_of_support
        Largest eigenvalue of the limiting law.
    sample
        Rows of a table with the columns ``network`` and ``eigenvalue``.
    """

    panel: str
    weights: str
    depth: int
    width: int
    law: SpectralLaw
    end_of_support: float
    sample: pd.DataFrame

    @property
    def largest(self) -> float:
        """Where the last bin must end: the largest eigenvalue, sampled or of the law."""
        return float(max(self.end_of_support, self.sample["eigenvalue"].max()))

    def edges(self, bin_width: float) -> npt.NDArray[np.float64]:
        """Edges of the bins of a histogram."""
        return bins_of_width(bin_width, self.largest)

    def histogram(self, bin_width: float) -> pd.DataFrame:
        """One row for each bin: panel, weights, L, M, bin_width, the columns of `binned_law`, and what follows.

        n_networks; deficit, 1 - alpha_1, the share of units with phi' below its largest value in the first layer;
        maximum_theory; maximum_empirical, the mean over the networks.
        """
        table = binned_law(self.law, self.sample["eigenvalue"].to_numpy(), self.edges(bin_width))
        names: dict[str, str | float] = {
            "panel": self.panel,
            "weights": self.weights,
            "L": self.depth,
            "M": self.width,
            "bin_width": bin_width,
        }
        for position, (name, value) in enumerate(names.items()):
            table.insert(position, name, value)
        table["n_networks"] = self.sample["network"].nunique()
        table["deficit"] = self.law.propagation.laws[0].deficit
        table["maximum_theory"] = self.end_of_support
        table["maximum_empirical"] = self.sample.groupby("network")["eigenvalue"].max().mean()
        return table


def sampled_laws(parts: pd.DataFrame) -> Iterator[SampledLaw]:
    """The laws, depths and widths of a table of sampled eigenvalues, in its order.

    Its columns are panel, function, projection_weight, weights, L, M, network and eigenvalue.
    """
    for _, group in parts.groupby(["panel", "weights", "L", "M"], sort=False):
        first = group.iloc[0]
        panel, weights, depth, width = first["panel"], first["weights"], int(first["L"]), int(first["M"])
        law = limiting_law(first["function"], first["projection_weight"], depth, weights == "gaussian")
        # the search for the end of a support that is long and thin overflows harmlessly at its start
        with np.errstate(over="ignore", invalid="ignore"):
            end_of_support = law.maximum
        yield SampledLaw(panel, weights, depth, width, law, end_of_support, group)
