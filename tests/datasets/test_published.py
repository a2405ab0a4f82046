"""The published data sets themselves, where a folder has them: DATA_MIRROR, or shared/data beside the repository.

The same code is tested on files made up for the purpose in the other tests of data sets.
"""

from __future__ import annotations

import lzma
import os
from pathlib import Path

import numpy as np
import pytest

from fisher_spectra.datasets.cifar10 import TRAINING_MEMBERS, stream_members
from fisher_spectra.datasets.fetching import fetch_dataset
from fisher_spectra.datasets.finding import Origins
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.datasets.named import load_named_dataset
from fisher_spectra.datasets.overlaps import input_moments, overlap_matrix
from fisher_spectra.datasets.preprocessing import normalise, subsample
from fisher_spectra.datasets.registry import DATASETS
from fisher_spectra.datasets.verification import verify_file

MIRROR = Path(os.environ.get("DATA_MIRROR") or Path(__file__).resolve().parents[3] / "shared" / "data")


def needs(*names: str) -> pytest.MarkDecorator:
    missing = [name for name in names if not (MIRROR / name).exists()]
    return pytest.mark.skipif(
        bool(missing), reason=f"{MIRROR} has no {', '.join(missing)}: set DATA_MIRROR to check it"
    )


# Mean overlap of two training samples after each normalisation, as docs/data.md lists it.
OVERLAPS = {
    "mnist": {"sample": 0.2975, "pixel": 0.2916, "unit": 0.4002},
    "fashion_mnist": {"sample": 0.3434, "pixel": 0.3018, "unit": 0.5918},
    "digits": {"sample": 0.4828, "pixel": 0.4787, "unit": 0.6876},
}


@pytest.fixture(scope="module")
def fetched(tmp_path_factory):
    """Loads a data set through the mirror once for all tests that need it."""
    folder, loaded = tmp_path_factory.mktemp("data"), {}

    def load(name):
        if name not in loaded:
            fetch_dataset(name, folder / f"{name}.npz", Origins(mirror=MIRROR))
            loaded[name] = load_dataset(folder / f"{name}.npz")
        return loaded[name]

    return load


@pytest.mark.parametrize(
    ("name", "title", "first_labels"),
    [
        pytest.param("mnist", "MNIST", [5, 0, 4, 1, 9], marks=needs("mnist")),
        pytest.param("fashion_mnist", "Fashion-MNIST", [9, 0, 0, 3, 0], marks=needs("fashion_mnist")),
    ],
)
def test_published_idx_data_sets_pass_their_checksums_and_have_their_known_contents(fetched, name, title, first_labels):
    loaded = fetched(name)
    assert (loaded.x_train.shape, loaded.x_test.shape) == ((60000, 784), (10000, 784))
    assert (loaded.title, loaded.variant, loaded.image_shape) == (title, "original", (28, 28))
    np.testing.assert_array_equal(loaded.y_train[:5], first_labels)
    np.testing.assert_array_equal(loaded.classes, np.arange(10))


@needs("mnist")
def test_mean_and_deviation_of_the_pixels_of_mnist_are_the_well_known_ones(fetched):
    x = fetched("mnist").x_train
    assert x.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert x.std() / 255 == pytest.approx(0.3081, abs=5e-5)


@pytest.mark.parametrize("scheme", ["sample", "pixel", "unit"])
@pytest.mark.parametrize(
    "name",
    [
        "digits",
        pytest.param("mnist", marks=needs("mnist")),
        pytest.param("fashion_mnist", marks=needs("fashion_mnist")),
    ],
)
def test_mean_overlap_is_the_documented_one_and_that_of_explicit_pairs(fetched, name, scheme):
    """Explicit pairs among 1500 samples estimate the mean over all pairs within 0.02."""
    loaded = load_named_dataset(name) if name == "digits" else fetched(name)
    x = normalise(loaded.x_train, scheme, dtype=np.float32)
    moments = input_moments(x)
    assert moments.overlap == pytest.approx(OVERLAPS[name][scheme], abs=5e-5)
    assert moments.second_moment == pytest.approx(1, abs=1e-6)
    gram = overlap_matrix(x[subsample(np.random.default_rng(0), len(x), 1500)])
    assert gram[np.triu_indices(1500, 1)].mean() == pytest.approx(moments.overlap, abs=0.02)


CIFAR10 = DATASETS["cifar10"]
JPEG_ARCHIVE = CIFAR10.files["archive"][1]


@needs(f"cifar10/{JPEG_ARCHIVE.name}")
def test_archive_of_cifar10_that_went_through_jpeg_has_its_checksum_and_the_layout_of_the_published_one():
    """The checksum of the whole archive; then the first of its six files, because decompressing all takes 10 s."""
    path = MIRROR / "cifar10" / JPEG_ARCHIVE.name
    verify_file(path, JPEG_ARCHIVE)
    with lzma.open(path) as stream:
        name, x, y = next(stream_members(stream, CIFAR10.test_samples))
    assert name == TRAINING_MEMBERS[0]
    assert x.shape == (10000, 3072)
    assert np.bincount(y).min() > 900  # ten classes of about 1000
    assert input_moments(normalise(x[:2000], "sample")).overlap == pytest.approx(0.027, abs=0.005)
