"""What theory says of an own network and of the same with scaled hidden widths, one row for each factor.

`infinite_...` are of infinite width (Karakida, Akaho, Amari 2019, with each layer's own activation and variances; on
the data's own overlaps if there are data), `finite_...` at the network's own widths, samples and outputs.
"""

from __future__ import annotations

import pandas as pd

from fisher_spectra.datasets.overlaps import overlap_matrix
from fisher_spectra.finite_size.prediction import finite_size_prediction
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.own_networks.description import OwnNetwork
from fisher_spectra.own_networks.inputs import inputs_of_networks
from fisher_spectra.own_networks.losses import LossName, critical_rate, curvature_factor
from fisher_spectra.own_networks.moments import infinite_width, infinite_width_on_data


def predict_network(
    *,
    job: Job,
    root_seed: int,
    network: str,
    widths: list[int],
    activation: str | list[str],
    sigma_w2: float | list[float],
    sigma_b2: float | list[float],
    biases: bool,
    dataset: str,
    normalisation: str,
    input_overlap: float,
    samples: int,
    loss: LossName,
    momentum: float,
    width_factors: list[float],
) -> pd.DataFrame:
    """Statistics of the eigenvalues and critical learning rates; weights of theory are independent."""
    own = OwnNetwork.of(widths, activation, sigma_w2, sigma_b2, "gaussian", biases=biases)
    inputs = inputs_of_networks(dataset, normalisation, input_overlap, samples, widths[0], root_seed, network)
    job.uses(*inputs.files)
    moments = inputs.moments
    overlaps = None if inputs.data is None else overlap_matrix(inputs.data)
    rows = []
    with job.progress(len(width_factors), f"own {network} theory") as progress:
        for factor in width_factors:
            ensemble = own.scaled(factor).ensemble
            # of Gaussian inputs only the moments are known before they are drawn
            found = (
                finite_size_prediction(ensemble, samples, input_moment=moments[0], input_overlap=moments[1])
                if overlaps is None
                else finite_size_prediction(ensemble, overlaps=overlaps)
            )
            limit = (
                infinite_width(ensemble, samples, *moments)
                if overlaps is None
                else infinite_width_on_data(ensemble, overlaps)
            )
            outputs = ensemble.outputs
            rows.append(
                {
                    "factor": factor,
                    "widths": "-".join(map(str, ensemble.widths)),
                    "T": samples,
                    "P": ensemble.n_parameters,
                    "input_moment": moments[0],
                    "input_overlap": moments[1],
                    "kappa_1": found.kappa_1,
                    "kappa_2": found.kappa_2,
                    "infinite_mean": limit.mean,
                    "infinite_second_moment": limit.second_moment,
                    "infinite_maximum": limit.maximum,
                    "finite_maximum": found.largest_eigenvalue,
                    "finite_bulk": found.bulk_branch,
                    "finite_outlier": found.outlier_branch,
                    "branch": found.branch,
                    "scatter": found.scatter,
                    "relative_error": found.relative_error,
                    "curvature_factor": curvature_factor(loss, outputs),
                    "infinite_rate": critical_rate(limit.maximum, loss, outputs, momentum),
                    "finite_rate": critical_rate(found.largest_eigenvalue, loss, outputs, momentum),
                }
            )
            progress.advance()
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(predict_network)
