"""Eigenvalues of H_L, or J J^T, of random networks, or with independent projections; one row for each eigenvalue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.conditional_fisher import (
    conditional_fisher,
    sample_orthogonal_network,
)
from fisher_spectra.hayase_karakida.frames import spectrum_by_frames
from fisher_spectra.hayase_karakida.hard_tanh import HardTanh
from fisher_spectra.hayase_karakida.independent_projections import sample_projected_eigenvalues
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.networks.fully_connected import sample_network
from fisher_spectra.networks.haar_measure import sphere_inputs

# Weights that are drawn in full, or frames: the same law as orthogonal weights without the weights; so J J^T.
Sampler = Literal["orthogonal", "gaussian", "frames", "jacobian"]
# Eigenvalues of one draw of a width M and a depth L.
Draw = Callable[[np.random.Generator, int, int], npt.NDArray[np.float64]]


def draw_of(hard_tanh: HardTanh | None, projection_weight: float | None, sampler: Sampler) -> Draw:
    """How the eigenvalues of a law are drawn: of networks with a hard tanh, or with independent projections D_l."""
    if projection_weight is not None:
        return lambda rng, width, depth: sample_projected_eigenvalues(rng, width, depth, projection_weight)
    if hard_tanh is None:
        raise UserError("--settings: hard_tanh, projection_weight: one of them must be given")
    activation = get_activation(hard_tanh.function)

    def of_network(rng: np.random.Generator, width: int, depth: int) -> npt.NDArray[np.float64]:
        if sampler in ("frames", "jacobian"):
            of_jacobian = sampler == "jacobian"
            return spectrum_by_frames(rng, width, depth, activation, of_jacobian=of_jacobian).eigenvalues
        if sampler == "gaussian":
            network = sample_network(rng, (width,) * (depth + 1), activation, sigma_w2=1.0, sigma_b2=0.0)
        else:
            network = sample_orthogonal_network(rng, width, depth, activation)
        return np.asarray(scipy.linalg.eigvalsh(conditional_fisher(network, sphere_inputs(rng, 1, width)[0])))

    return of_network


def sample_spectra(
    *,
    job: Job,
    root_seed: int,
    experiment: str,
    panel: str,
    depths: list[int],
    widths: list[int],
    first: int,
    stop: int,
    hard_tanh: HardTanh | None,
    projection_weight: float | None,
    sampler: Sampler,
) -> pd.DataFrame:
    """Eigenvalues of networks `first` to `stop` - 1 of each depth L and width M, for the law called `panel`.

    The law is that of a hard tanh, or, with `projection_weight`, of projections with such a share of ones.
    """
    draw = draw_of(hard_tanh, projection_weight, sampler)
    cells = [(depth, width, number) for depth in depths for width in widths for number in range(first, stop)]
    tables = []
    with job.progress(len(cells), f"{experiment} {panel}") as progress:
        for depth, width, number in cells:
            names = {
                "panel": panel,
                "function": "projections" if hard_tanh is None else hard_tanh.function,
                "projection_weight": np.nan if projection_weight is None else projection_weight,
                "weights": "gaussian" if sampler == "gaussian" else "orthogonal",
                "L": depth,
                "M": width,
                "network": number,
            }
            eigenvalues = draw(generator(root_seed, experiment, panel, depth, width, number), width, depth)
            tables.append(pd.DataFrame(names | {"eigenvalue": eigenvalues}))
            progress.advance()
    return pd.concat(tables, ignore_index=True)


if __name__ == "__main__":
    run_job(sample_spectra)
