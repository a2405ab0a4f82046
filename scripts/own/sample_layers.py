"""Order parameters of each layer of a block of an own network's random instances, one row for each."""

from __future__ import annotations

import pandas as pd

from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.networks.layered import Initialisation, forward
from fisher_spectra.own_networks.description import OwnNetwork
from fisher_spectra.own_networks.inputs import inputs_of_networks
from fisher_spectra.own_networks.layer_variables import sampled_variables


def sample_layers(
    *,
    job: Job,
    root_seed: int,
    network: str,
    widths: list[int],
    activation: str | list[str],
    sigma_w2: float | list[float],
    sigma_b2: float | list[float],
    initialisation: Initialisation,
    dataset: str,
    normalisation: str,
    input_overlap: float,
    samples: int,
    first: int,
    stop: int,
) -> pd.DataFrame:
    """Variables of networks `first` to `stop` - 1; the biases act whether or not they are parameters of F."""
    own = OwnNetwork.of(widths, activation, sigma_w2, sigma_b2, initialisation, biases=True)
    inputs = inputs_of_networks(dataset, normalisation, input_overlap, samples, widths[0], root_seed, network)
    job.uses(*inputs.files)
    rows = []
    with job.progress(stop - first, f"own {network} layers") as progress:
        for number in range(first, stop):
            rng = generator(root_seed, "own", network, 1.0, number)
            sampled = forward(own.sample(rng), inputs.of(rng))
            rows += [{"network": number, **found._asdict()} for found in sampled_variables(sampled)]
            progress.advance()
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(sample_layers)
