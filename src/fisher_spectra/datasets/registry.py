"""The named data sets: titles, sizes, files with addresses and checksums, and what reads them.

This is the one place that knows them; docs/adding_a_data_set.md says how another one is added. Light, since rules,
estimates and figures ask it for names, sizes and titles: readers are named, not imported (`datasets.readers`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets.variants import JPEG_MIRROR, ORIGINAL

OWN_SUFFIX = ".npz"  # in any case: what names no data set of the registry, but a file of the reader's own


@dataclass(frozen=True)
class Checksum:
    """Checksum of a published file.

    Attributes
    ----------
    algorithm
        As hashlib names it.
    digest
        In hexadecimal.
    of
        ``"file"``: the file as it is published; ``"content"``: what it holds when it is decompressed, which leaves the
        compression free.
    source
        Who says so.
    """

    algorithm: Literal["md5", "sha256"]
    digest: str
    of: Literal["file", "content"]
    source: str


@dataclass(frozen=True)
class PublishedFile:
    """A file of a data set.

    Attributes
    ----------
    name
        Name as published; the suffix says how it is compressed.
    checksum
        What it is verified by.
    variant
        One of `datasets.variants`.
    downloadable
        Whether the addresses have it.
    """

    name: str
    checksum: Checksum
    variant: str = ORIGINAL
    downloadable: bool = True


@dataclass(frozen=True, kw_only=True)
class NamedDataset:
    """A data set that has a name in the configuration.

    Attributes
    ----------
    name, title
        Name in the configuration; name in captions, figures and messages.
    training_samples, test_samples
        How many there are of each.
    image_shape
        Shape of one sample.
    classes
        Number of different labels.
    reader
        Function that makes the arrays, as ``"module:function"``; see `datasets.readers`.
    files
        By their role, the files that the reader asks for, each with those that may stand for it, the preferred one
        first. None for a data set that is embedded in an installed package.
    addresses
        Folders on the web that have the files, in the order in which they are tried.
    folders
        Subfolders of a mirror in which the files are sought, besides the mirror folder itself.
    """

    name: str
    title: str
    training_samples: int
    test_samples: int
    image_shape: tuple[int, ...]
    classes: int
    reader: str
    files: Mapping[str, tuple[PublishedFile, ...]] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    @property
    def embedded(self) -> bool:
        """Whether it comes with an installed package, and nothing is fetched."""
        return not self.files

    @property
    def reader_module(self) -> str:
        """Module of the reader."""
        return self.reader.partition(":")[0]

    @property
    def samples(self) -> int:
        """Training and test samples."""
        return self.training_samples + self.test_samples

    @property
    def pixels(self) -> int:
        """Values of one sample, M_0."""
        return math.prod(self.image_shape)

    @property
    def bytes(self) -> int:
        """Size of its pixels and labels as unsigned bytes."""
        return self.samples * (self.pixels + 1)

    def shape(self, role: str) -> tuple[int, ...]:
        """Shape of the samples x_train, x_test, or of their labels y_train, y_test."""
        count = self.training_samples if role.endswith("train") else self.test_samples
        return (count, *self.image_shape) if role.startswith("x") else (count,)


_IDX_NAMES = {
    "x_train": "train-images-idx3-ubyte.gz",
    "y_train": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}


def _as_mnist(
    name: str,
    title: str,
    addresses: tuple[str, ...],
    folders: tuple[str, ...],
    checksums: Mapping[str, Checksum],
) -> NamedDataset:
    """A data set in the files and sizes of MNIST."""
    return NamedDataset(
        name=name,
        title=title,
        training_samples=60000,
        test_samples=10000,
        image_shape=(28, 28),
        classes=10,
        reader="fisher_spectra.datasets.idx:read_dataset",
        files={role: (PublishedFile(file, checksums[role]),) for role, file in _IDX_NAMES.items()},
        addresses=addresses,
        folders=folders,
    )


def _content(digest: str) -> Checksum:
    return Checksum("sha256", digest, "content", "the published files, decompressed")


_DIGITS = NamedDataset(
    name="digits",
    title="handwritten digits (8 x 8)",
    training_samples=1500,  # a multiple of 500, the mini-batch of Karakida et al., Section 4
    test_samples=297,
    image_shape=(8, 8),
    classes=10,
    reader="fisher_spectra.datasets.digits:read_dataset",
)

_MNIST = _as_mnist(
    "mnist",
    "MNIST",
    ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
    ("mnist", "MNIST/raw"),  # the second is where torchvision keeps the same files
    {
        "x_train": _content("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        "y_train": _content("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        "x_test": _content("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        "y_test": _content("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    },
)

_FASHION_MNIST = _as_mnist(
    "fashion_mnist",
    "Fashion-MNIST",
    (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    ("fashion_mnist", "FashionMNIST/raw"),
    {
        "x_train": _content("c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
        "y_train": _content("bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        "x_test": _content("5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
        "y_test": _content("0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    },
)


def _kmnist_file(digest: str) -> Checksum:
    # torchvision has their MD5 (torchvision/datasets/mnist.py); for their content we found no published digest
    source = "TensorFlow Datasets, tensorflow_datasets/url_checksums/kmnist.txt"
    return Checksum("sha256", digest, "file", source)


_KMNIST = _as_mnist(
    "kmnist",
    "Kuzushiji-MNIST",
    ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
    ("kmnist", "KMNIST/raw"),
    {
        "x_train": _kmnist_file("51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
        "y_train": _kmnist_file("e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
        "x_test": _kmnist_file("edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
        "y_test": _kmnist_file("20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
    },
)

_CIFAR10 = NamedDataset(
    name="cifar10",
    title="CIFAR-10",
    training_samples=50000,
    test_samples=10000,
    image_shape=(3, 32, 32),
    classes=10,
    reader="fisher_spectra.datasets.cifar10:read_dataset",
    files={
        "archive": (
            PublishedFile(
                "cifar-10-binary.tar.gz",
                Checksum("md5", "c32a1d4ab5d03f1284b67883e8d87530", "file", "its authors, who publish no other"),
            ),
            PublishedFile(
                "cifar-10-binary-jpeg.tar.xz",
                Checksum(
                    "sha256",
                    "1aaa3ba4135ac69765a7542c9c72afe4f565954373723e24f8e04331586b81bc",
                    "file",
                    "who made the mirror",
                ),
                variant=JPEG_MIRROR,  # the order is another as well
                downloadable=False,
            ),
        )
    },
    addresses=("https://www.cs.toronto.edu/~kriz/",),
    folders=("cifar10",),
)

DATASETS: dict[str, NamedDataset] = {
    dataset.name: dataset for dataset in (_DIGITS, _MNIST, _FASHION_MNIST, _KMNIST, _CIFAR10)
}


def is_own_file(dataset: str) -> bool:
    """Whether the configuration means a file of the reader's own by this, not a data set of the registry."""
    return dataset.lower().endswith(OWN_SUFFIX)


def named_dataset(name: str) -> NamedDataset:
    """The data set of that name.

    Raises
    ------
    UserError
        If there is none, with the names that there are.
    """
    if name not in DATASETS:
        raise UserError(f"data set {name!r}: unknown; must be one of {', '.join(DATASETS)}")
    return DATASETS[name]
