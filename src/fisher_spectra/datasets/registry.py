"""The published data sets: files, addresses and checksums."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from fisher_spectra.common.errors import UserError


@dataclass(frozen=True)
class IdxFile:
    """One gzip-compressed IDX file of unsigned bytes.

    Attributes
    ----------
    name
        Name as published, with the suffix ``.gz``.
    sha256
        SHA-256 of the uncompressed content, in hexadecimal.
    shape
        Dimensions the file must declare.
    """

    name: str
    sha256: str
    shape: tuple[int, ...]

    @property
    def uncompressed_bytes(self) -> int:
        """Exact length of the uncompressed content: magic number, dimensions, values."""
        return 4 + 4 * len(self.shape) + math.prod(self.shape)


@dataclass(frozen=True)
class Cifar10Archive:
    """One archive in the layout of the binary version of CIFAR-10.

    Attributes
    ----------
    name
        File name; the suffix says how it is compressed (``.tar.gz`` or ``.tar.xz``).
    algorithm, digest
        Checksum of the archive itself, as its source publishes it.
    variant
        What a reader of a figure has to know about the pixels: ``"original"`` or ``"jpeg mirror"``.
    downloadable
        Whether the published addresses have it.
    """

    name: str
    algorithm: str
    digest: str
    variant: str
    downloadable: bool


@dataclass(frozen=True)
class IdxDataset:
    """A data set published as four IDX files.

    Attributes
    ----------
    name, title
        Name in the configuration and name in the titles of figures.
    addresses
        Folders on the web that have the files, in the order in which they are tried.
    folders
        Subfolders of a mirror in which the files are sought, besides the mirror folder itself.
    files
        The file of each array: x_train (N, rows, columns), y_train (N,), x_test, y_test.
    """

    name: str
    title: str
    addresses: tuple[str, ...]
    folders: tuple[str, ...]
    files: Mapping[str, IdxFile]


@dataclass(frozen=True)
class Cifar10Dataset:
    """A data set published as one archive of CIFAR-10 records.

    Attributes
    ----------
    name, title, addresses, folders
        As for `IdxDataset`.
    archives
        Accepted archives, the preferred one first.
    records_per_file
        Number of images in each member of the archive.
    """

    name: str
    title: str
    addresses: tuple[str, ...]
    folders: tuple[str, ...]
    archives: tuple[Cifar10Archive, ...]
    records_per_file: int


def _idx_files(digests: Mapping[str, str]) -> dict[str, IdxFile]:
    return {
        "x_train": IdxFile("train-images-idx3-ubyte.gz", digests["x_train"], (60000, 28, 28)),
        "y_train": IdxFile("train-labels-idx1-ubyte.gz", digests["y_train"], (60000,)),
        "x_test": IdxFile("t10k-images-idx3-ubyte.gz", digests["x_test"], (10000, 28, 28)),
        "y_test": IdxFile("t10k-labels-idx1-ubyte.gz", digests["y_test"], (10000,)),
    }


MNIST = IdxDataset(
    name="mnist",
    title="MNIST",
    addresses=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    folders=("mnist", "MNIST/raw"),  # the second is where torchvision keeps the same files
    files=_idx_files(
        {
            "x_train": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "y_train": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "x_test": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "y_test": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        }
    ),
)

FASHION_MNIST = IdxDataset(
    name="fashion_mnist",
    title="Fashion-MNIST",
    addresses=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    folders=("fashion_mnist", "FashionMNIST/raw"),
    files=_idx_files(
        {
            "x_train": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "y_train": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "x_test": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "y_test": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        }
    ),
)

CIFAR10 = Cifar10Dataset(
    name="cifar10",
    title="CIFAR-10",
    addresses=("https://www.cs.toronto.edu/~kriz/",),
    folders=("cifar10",),
    archives=(
        Cifar10Archive(
            name="cifar-10-binary.tar.gz",
            algorithm="md5",  # the checksum its authors publish; they give no other
            digest="c32a1d4ab5d03f1284b67883e8d87530",
            variant="original",
            downloadable=True,
        ),
        Cifar10Archive(
            name="cifar-10-binary-jpeg.tar.xz",
            algorithm="sha256",
            digest="1aaa3ba4135ac69765a7542c9c72afe4f565954373723e24f8e04331586b81bc",
            variant="jpeg mirror",  # pixels went through JPEG and the order is another: not for quoting
            downloadable=False,
        ),
    ),
    records_per_file=10000,
)

PUBLISHED: dict[str, IdxDataset | Cifar10Dataset] = {
    dataset.name: dataset for dataset in (MNIST, FASHION_MNIST, CIFAR10)
}
EMBEDDED = "digits"


def published_dataset(name: str) -> IdxDataset | Cifar10Dataset:
    """The published data set of that name.

    Raises
    ------
    UserError
        If there is none.
    """
    if name not in PUBLISHED:
        raise UserError(f"data set {name!r}: unknown; there are {', '.join([*PUBLISHED, EMBEDDED])}")
    return PUBLISHED[name]
