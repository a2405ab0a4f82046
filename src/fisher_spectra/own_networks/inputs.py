"""The samples that an own network sees: Gaussian ones of a given overlap, or those of a data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.datasets.overlaps import input_moments
from fisher_spectra.datasets.training_samples import training_samples
from fisher_spectra.networks.overlapping_inputs import overlapping_inputs

Array = npt.NDArray[np.float64]

GAUSSIAN = "gaussian"  # in place of the file of a data set


@dataclass(frozen=True)
class Inputs:
    """Where the inputs of networks come from.

    Attributes
    ----------
    samples, width, overlap
        T, M_0 and the overlap of Gaussian inputs.
    data
        x (T, M_0) of data, the same for all networks; ``None`` if inputs are drawn anew for each.
    labels, classes
        Numbers of the classes of data, shape (T,), and how many classes there are.
    files
        What was read.
    """

    samples: int
    width: int
    overlap: float = 0.0
    data: Array | None = None
    labels: npt.NDArray[np.int64] | None = None
    classes: int = 0
    files: tuple[Path, ...] = ()

    def of(self, rng: np.random.Generator) -> Array:
        """Inputs of one network, shape (T, M_0); of data without any random number."""
        return overlapping_inputs(rng, self.samples, self.width, self.overlap) if self.data is None else self.data

    @property
    def moments(self) -> tuple[float, float]:
        """q_hat^0 and q_hat_st^0: second moment and mean overlap, over M_0."""
        if self.data is None:
            return 1.0, self.overlap
        found = input_moments(self.data)
        return found.second_moment, found.overlap


def inputs_of_networks(
    dataset: str, normalisation: str, input_overlap: float, samples: int, width: int, root_seed: int, network: str
) -> Inputs:
    """The inputs of an own network: Gaussian ones, or samples of data, the same ones in all of its jobs.

    Parameters
    ----------
    dataset
        File of a data set, or `GAUSSIAN`.
    normalisation
        Of data, as :func:`fisher_spectra.normalise` has it.
    input_overlap
        Of Gaussian inputs.
    samples, width
        T and M_0; T samples are drawn without replacement from the training samples.
    root_seed, network
        Whence they are drawn.

    Raises
    ------
    UserError
        If the file is not a data set, has not as many samples, or samples of another size.
    """
    if dataset == GAUSSIAN:
        return Inputs(samples, width, input_overlap)
    data = load_dataset(dataset)
    if data.n_features != width:
        raise UserError(f"{dataset}: a sample has {data.n_features} values, and own.{network}.widths[0] is {width}")
    drawn = training_samples(generator(root_seed, "own", network, "samples"), data, samples, normalisation)
    return Inputs(
        samples,
        width,
        data=drawn.inputs,
        labels=drawn.labels,
        classes=data.n_classes,
        files=data.files,
    )
