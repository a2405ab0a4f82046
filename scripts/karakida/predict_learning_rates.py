"""Critical learning rates for one data set and activation: the paper's, two that know the data, one of finite size.

For each width: eta_c as in the paper (overlap 0, all layers of width M), eta_c_overlap (the data's second moment and
mean overlap, the true width of the input), eta_c_data (largest eigenvalue of the infinite-width dual matrix on the
data's own overlap matrix) and eta_c_finite_size (that of networks of these widths, with all C outputs, and the data's
second moment and mean overlap; docs/finite_size.md).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.datasets.overlaps import input_moments, overlap_matrix
from fisher_spectra.datasets.training_samples import training_samples
from fisher_spectra.finite_size.ensemble import layered_ensemble
from fisher_spectra.finite_size.prediction import finite_size_prediction
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.karakida.ensemble import Ensemble
from fisher_spectra.karakida.mean_field import critical_learning_rate, mean_field
from fisher_spectra.karakida.mean_field_of_data import critical_learning_rates_of_data
from fisher_spectra.networks.fully_connected import gaussian_inputs


def predict_learning_rates(
    *,
    job: Job,
    root_seed: int,
    experiment: str,
    dataset: str,
    activation: str,
    function: str,
    sigma_w2: float,
    sigma_b2: float,
    depth: int,
    widths: list[int],
    outputs: int,
    samples: int,
    momentum: float,
    normalisation: str = "sample",
    kernel_samples: int | None = None,
) -> pd.DataFrame:
    """One row for each width; `dataset` is gaussian, digits, or the file of a data set."""
    phi = get_activation(function)
    paper = mean_field(phi, sigma_w2, sigma_b2, depth)
    label = dataset
    if dataset != "gaussian":
        data = load_dataset(dataset)
        job.uses(*data.files)
        label = data.label
        inputs = training_samples(generator(root_seed, experiment, "samples"), data, samples, normalisation).inputs

    def alphas_of(width: int, pixels: int) -> tuple[float, ...]:
        return (pixels / width, *[1.0] * (depth - 1))

    def rates_of_data(inputs: npt.NDArray[np.floating], widths: list[int]) -> list[float]:
        ensembles = [Ensemble.of(phi, sigma_w2, sigma_b2, depth, alphas_of(width, inputs.shape[1])) for width in widths]
        overlaps = overlap_matrix(inputs[:kernel_samples])
        return critical_learning_rates_of_data(overlaps, ensembles, widths, momentum, samples=samples)

    rows = []
    with job.progress(len(widths), f"{experiment} eta_c {activation}") as progress:
        if dataset != "gaussian":
            of_data = dict(zip(widths, rates_of_data(inputs, widths), strict=True))
        for width in widths:
            if dataset == "gaussian":
                # the inputs of the first trial of training, the first numbers drawn from its generator
                inputs = gaussian_inputs(generator(root_seed, experiment, activation, width, 0), samples, width)
                of_data = {width: rates_of_data(inputs, [width])[0]}
            moments = input_moments(inputs)
            overlap = mean_field(
                phi,
                sigma_w2,
                sigma_b2,
                depth,
                alphas=alphas_of(width, inputs.shape[1]),
                input_moment=moments.second_moment,
                input_overlap=moments.overlap,
            )
            layers = (inputs.shape[1], *[width] * (depth - 1), outputs)
            finite = finite_size_prediction(
                layered_ensemble(layers, phi, sigma_w2, sigma_b2),
                samples,
                input_moment=moments.second_moment,
                input_overlap=moments.overlap,
            )
            rows.append(
                {
                    "dataset": label,
                    "activation": activation,
                    "M": width,
                    "eta_c": critical_learning_rate(paper, width, samples, momentum),
                    "eta_c_overlap": critical_learning_rate(overlap, width, samples, momentum),
                    "eta_c_data": of_data[width],
                    "input_overlap": moments.overlap,
                    "input_moment": moments.second_moment,
                    "kernel_samples": len(inputs[:kernel_samples]),
                    "eta_c_finite_size": finite.critical_learning_rate(momentum),
                }
            )
            progress.advance()
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(predict_learning_rates)
