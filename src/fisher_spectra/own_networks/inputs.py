"""The samples that an own network sees: Gaussian ones of a given overlap, or those of a data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_integer, real_number
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.datasets.overlaps import input_moments
from fisher_spectra.datasets.preprocessing import normalise, subsample
from fisher_spectra.networks.fully_connected import gaussian_inputs

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


def overlapping_inputs(rng: np.random.Generator, samples: int, width: int, overlap: float = 0.0) -> Array:
    """Gaussian inputs x(t) = sqrt(r) z + sqrt(1 - r) xi(t) with a common z, shape (T, M_0).

    Entries have variance 1; two samples have the overlap x(s).x(t) / M_0 = r, up to scatter, since z has the norm
    sqrt(M_0) exactly. With r = 0 they are those of :func:`fisher_spectra.gaussian_inputs`.

    Parameters
    ----------
    rng
        The only source of randomness; z is drawn after xi.
    samples, width
        T and M_0, at least 1.
    overlap
        r, at least 0 and below 1.

    Raises
    ------
    ValueError
        If a value is out of range.

    Examples
    --------
    >>> from fisher_spectra.own_networks.inputs import overlapping_inputs
    >>> x = overlapping_inputs(np.random.default_rng(0), samples=200, width=1000, overlap=0.3)
    >>> overlaps = x @ x.T / 1000
    >>> round(float(overlaps.sum() - np.trace(overlaps)) / (200 * 199), 2)
    0.3
    """
    samples, width = check_integer("samples", samples, 1), check_integer("width", width, 1)
    overlap = real_number("overlap", overlap, "a number >= 0 and < 1")
    if not 0.0 <= overlap < 1.0:
        raise ValueError(f"overlap = {overlap}: must be a number >= 0 and < 1")
    x = np.asarray(gaussian_inputs(rng, samples, width), dtype=np.float64)
    if overlap == 0.0:
        return x
    common = rng.standard_normal(width)
    common *= np.sqrt(width) / np.linalg.norm(common)
    return np.asarray(np.sqrt(1.0 - overlap) * x + np.sqrt(overlap) * common)


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
    chosen = subsample(generator(root_seed, "own", network, "samples"), len(data.x_train), samples)
    x = normalise(data.x_train[chosen], normalisation, numbers=data.train_numbers.chosen(chosen))
    return Inputs(
        samples,
        width,
        data=np.asarray(x, dtype=np.float64),
        labels=data.y_train[chosen],
        classes=data.n_classes,
        files=data.files,
    )
