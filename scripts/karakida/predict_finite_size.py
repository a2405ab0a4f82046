"""Largest eigenvalue at the sizes that people use, predicted at infinite and at finite size, of one activation."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fisher_spectra.finite_size.ensemble import layered_ensemble
from fisher_spectra.finite_size.prediction import finite_size_prediction
from fisher_spectra.finite_size.sweeps import sweeps
from fisher_spectra.jobs.run_job import Job, run_job


def predict_finite_size(
    *,
    job: Job,
    activation: str,
    function: str,
    sigma_w2: float,
    inputs: int,
    hidden: Sequence[int],
    outputs: int,
    samples: int,
    hidden_scales: Sequence[float],
    sample_numbers: Sequence[int],
    output_numbers: Sequence[int],
    bias_variances: Sequence[float],
) -> pd.DataFrame:
    """One row for each point of the four sweeps."""
    points = sweeps(
        inputs=inputs,
        hidden=hidden,
        outputs=outputs,
        samples=samples,
        hidden_scales=hidden_scales,
        sample_numbers=sample_numbers,
        output_numbers=output_numbers,
        bias_variances=bias_variances,
    )
    rows = []
    with job.progress(len(points), f"finite size {activation}") as progress:
        for point in points:
            shape = point.shape
            ensemble = layered_ensemble(shape.widths, function, sigma_w2, shape.sigma_b2, biases=False)
            prediction = finite_size_prediction(ensemble, shape.samples)
            rows.append(
                {
                    "activation": activation,
                    "varied": point.varied,
                    "value": point.value,
                    "widths": shape.name,
                    "T": shape.samples,
                    "sigma_b2": shape.sigma_b2,
                    "theorem_4": prediction.infinite_width,
                    "theory": prediction.largest_eigenvalue,
                    "branch": prediction.branch,
                    "scatter": prediction.scatter,
                }
            )
            progress.advance(note=f"{shape.name} T={shape.samples}")
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(predict_finite_size)
