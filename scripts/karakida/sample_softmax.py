"""Outliers of the softmax cross-entropy of a block of random networks, and descent beside its minimum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.finite_size.softmax import outliers_of_probabilities
from fisher_spectra.jobs.run_job import Job, run_job
from fisher_spectra.karakida.universality import Base
from fisher_spectra.layers.plain import plain_stack
from fisher_spectra.layers.softmax import softmax, softmax_dual_fisher
from fisher_spectra.layers.softmax_descent import measured_growth
from fisher_spectra.layers.stack import stack_kernels
from fisher_spectra.networks.dual_fisher import dual_fisher
from fisher_spectra.networks.fully_connected import RandomNetwork, forward, gaussian_inputs, sample_network


def outliers(
    network: RandomNetwork, inputs: npt.NDArray[np.float64], tangent: tuple[float, float]
) -> Iterator[dict[str, object]]:
    """lambda_1 .. lambda_{C-1}, each over theory for the network's own probabilities, the last over the bulk's top."""
    logits = forward(network, inputs).outputs
    matrix = softmax_dual_fisher(dual_fisher(network, inputs), logits)
    order, number = len(matrix), network.n_outputs
    found = scipy.linalg.eigh(matrix, eigvals_only=True, subset_by_index=[order - number, order - 1])[::-1]
    own = outliers_of_probabilities(*tangent, softmax(logits))
    for place, (value, predicted) in enumerate(zip(found, own, strict=False), start=1):
        yield {"quantity": "outlier", "place": place, "momentum": 0.0, "value": float(value)}
        yield {"quantity": "over_own", "place": place, "momentum": 0.0, "value": float(value / predicted)}
    yield {"quantity": "gap", "place": number - 1, "momentum": 0.0, "value": float(found[-2] / found[-1])}


def sample_softmax(
    *,
    job: Job,
    root_seed: int,
    activations: dict[str, Base],
    depth: int,
    widths: Sequence[int],
    samples: int,
    output_numbers: Sequence[int],
    momenta: Sequence[float],
    factors: Sequence[float],
    steps: int,
    descents: int,
    descent_width: int,
    first: int,
    stop: int,
) -> pd.DataFrame:
    """Networks `first` to `stop` - 1 of each activation, C and M; the first `descents` of a width are trained."""
    cells = [(name, outputs, width) for name in activations for outputs in output_numbers for width in widths]
    rows: list[dict[str, object]] = []
    with job.progress(len(cells) * (stop - first), "softmax") as progress:
        for name, outputs, width in cells:
            base = activations[name]
            last = stack_kernels(plain_stack(base, depth, width, outputs), samples)[-1]
            phi = get_activation(base.function)
            for number in range(first, stop):
                rng = generator(root_seed, "karakida_softmax", name, outputs, width, number)
                network = sample_network(rng, [*[width] * depth, outputs], phi, base.sigma_w2, base.sigma_b2)
                inputs = np.asarray(gaussian_inputs(rng, samples, width), dtype=np.float64)
                key = {"activation": name, "C": outputs, "M": width, "T": samples, "L": depth, "network": number}
                rows += [key | row for row in outliers(network, inputs, last.tangent)]
                if width == descent_width and number < descents:
                    for momentum in momenta:
                        for factor in factors:
                            grown = measured_growth(rng, network, inputs, factor, momentum, steps)
                            rows.append(
                                key | {"quantity": "growth", "place": factor, "momentum": momentum, "value": grown}
                            )
                progress.advance(note=f"{name} C={outputs} M={width}")
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(sample_softmax)
