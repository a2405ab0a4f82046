"""Table of Figure 3: histograms of the eigenvalues of Theta / M and of its block diagonal, beside the limiting law.

`count_theory` is of the limiting law, `count_width` of that with each atom spread over the places where the second
moments of layers of this width carry it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.hayase_karakida.atoms import atom_scatter, scattered_atoms
from fisher_spectra.hayase_karakida.binned_spectra import binned_law, bins_of_width
from fisher_spectra.hayase_karakida.limiting_laws import limiting_law
from fisher_spectra.hayase_karakida.signal_propagation import moment_scatter
from fisher_spectra.jobs.run_job import run_job


def tabulate_theta_spectra(parts: pd.DataFrame, bins: int) -> pd.DataFrame:
    """One row for each of the bins, of which there are `bins` up to the largest eigenvalue."""
    first = parts.iloc[0]
    networks, samples, width = parts["network"].nunique(), int(first["N"]), int(first["M"])
    law = limiting_law(first["function"], np.nan, int(first["L"]))
    largest = parts[["full", "block"]].to_numpy().max()
    edges = bins_of_width(1.001 * largest / bins, largest)
    # the law is that of H_L, the eigenvalues are those of H_L(x(n)) / N
    table = binned_law(law, samples * parts["block"].to_numpy(), samples * edges)
    for name in ("lambda", "bin_low", "bin_high"):
        table[name] /= samples
    for name in ("density_theory", "density_continuous", "density_empirical"):
        table[name] *= samples
    table.insert(0, "panel", "block_diagonal_and_full")
    table.insert(1, "L", int(first["L"]))
    table.insert(2, "M", width)
    table.insert(3, "N", samples)
    for name in ("full", "block"):
        table[f"count_{name}"] = np.diff(np.searchsorted(np.sort(parts[name]), edges, side="right"))
    table["count_theory"] = len(parts) * table["density_theory"] * (table["bin_high"] - table["bin_low"])
    scatter = atom_scatter(law.atoms, moment_scatter(get_activation(first["function"]), law.propagation, width))
    spread = scattered_atoms(law.atoms, scatter, samples * edges)
    table["count_width"] = table["count_theory"] + len(parts) * (spread - table["atom_weight"])
    table["n_networks"] = networks
    return table


if __name__ == "__main__":
    run_job(tabulate_theta_spectra)
