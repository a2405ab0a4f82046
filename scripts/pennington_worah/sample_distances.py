"""How far the spectra of blocks of networks are from the limiting one, a row for each network.

Linear networks from their own structure, all others by Lanczos quadratures. Networks of one nonlinearity are taken
apart: all selections of the terms that the limit does not have. Every nonlinearity and selection has the same weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pandas as pd

from fisher_spectra.activations.catalogue import Activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.pennington_worah.binned_spectra import NetworkSpectrum
from fisher_spectra.pennington_worah.fisher_matrix import sample_weights
from fisher_spectra.pennington_worah.fisher_spectrum import find_device, lanczos_spectrum, name_of_device
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum
from fisher_spectra.pennington_worah.linear_case import linear_eigenvalues
from fisher_spectra.pennington_worah.network_blocks import Block
from fisher_spectra.pennington_worah.network_terms import TERMS, every_selection, fisher_with_terms, name_of_terms
from fisher_spectra.pennington_worah.nonlinearities import Nonlinearity, TakenApart
from fisher_spectra.pennington_worah.probes import number_of_probes
from fisher_spectra.spectra.distances import kolmogorov_distance
from fisher_spectra.spectra.lanczos import SpectralQuadrature

# A wide linear network has millions of eigenvalues: their limiting distribution function, which has a bounded slope, is
# interpolated between so many places, to 1e-6.
_PLACES = 8001


def sample_distances(
    *,
    job: Job,
    root_seed: int,
    device: str,
    precision: Literal["float32", "float64"],
    experiment: str,
    nonlinearities: dict[str, Nonlinearity],
    taken_apart: TakenApart,
    blocks: list[Block],
    steps: int,
    probe_numbers: int,
) -> pd.DataFrame:
    """Kolmogorov distance, and share of the eigenvalues in the gap, of every network of the blocks."""
    place = find_device(device)
    job.device = name_of_device(place)
    activations = {name: nonlinearity.activation for name, nonlinearity in nonlinearities.items()}
    limits = {name: LimitingSpectrum.of(activation) for name, activation in activations.items()}
    networks = [(block.width, number) for block in blocks for number in block.networks]
    rows = []
    with job.progress(len(networks), experiment) as progress:
        for width, number in networks:
            weights = sample_weights(generator(root_seed, experiment, width, number), width)
            for name, kept in _cells(activations, taken_apart, width):
                if activations[name].name == "linear":
                    method, spectrum = "structure", NetworkSpectrum(linear_eigenvalues(*weights))
                else:
                    fisher = fisher_with_terms(*weights, activations[name], kept, np.dtype(precision))
                    rng = generator(root_seed, experiment, "probes", width, number)
                    probes = number_of_probes(probe_numbers, width)
                    method, spectrum = "lanczos", NetworkSpectrum(lanczos_spectrum(fisher, steps, probes, rng, place))
                cell = {"nonlinearity": name, "terms": name_of_terms(kept), "n": width, "method": method}
                rows.append(cell | {"network": number} | _found(spectrum, limits[name]))
            progress.advance(note=f"n={width}")
    return pd.DataFrame(rows)


def _cells(
    activations: dict[str, Activation], taken_apart: TakenApart, width: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in activations:
        yield name, TERMS
        if name == taken_apart.nonlinearity and width <= taken_apart.widest:
            yield from ((name, kept) for kept in every_selection() if kept != TERMS)


def _found(spectrum: NetworkSpectrum, limit: LimitingSpectrum) -> dict[str, float]:
    """What a row says of a network; no gap: nan."""
    z = limit.constants.features
    if isinstance(spectrum.eigenvalues, SpectralQuadrature):
        distance = spectrum.kolmogorov_distance(limit)
    else:
        places = np.linspace(z[0], z[5], _PLACES)
        cumulated = limit.cdf(places)
        distance = kolmogorov_distance(
            spectrum.eigenvalues, lambda x: np.interp(x, places, cumulated, left=0.0), limit.atoms
        )
    return {
        "kolmogorov_distance": distance,
        "gap_share": spectrum.share_between(z[1], z[3]) if limit.constants.has_gap else np.nan,
    }


if __name__ == "__main__":
    run_job(sample_distances)
