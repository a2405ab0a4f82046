"""The handwritten digits that ship with scikit-learn: the embedded data set, no download."""

from __future__ import annotations

import hashlib

import numpy as np

from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets.readers import DatasetContent, Files
from fisher_spectra.datasets.registry import NamedDataset
from fisher_spectra.datasets.variants import EMBEDDED

SHA256 = "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3"  # of the pixels as unsigned bytes


def read_dataset(dataset: NamedDataset, files: Files) -> DatasetContent:
    """The 1797 digits, the first 1500 for training and the last 297 for testing.

    The samples are in the order of their writers, so the test digits come from hands that are rare among the
    training digits. Every class has 146 to 153 training and 27 to 33 test samples.

    Pixels are from 0 to 16.

    Raises
    ------
    UserError
        If scikit-learn is missing or carries other digits than those the results were made with.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise UserError(f"data set digits: it is part of scikit-learn, which cannot be imported ({error})") from error
    pixels, labels = load_digits(return_X_y=True)
    x = np.ascontiguousarray(pixels, dtype=np.uint8)
    y = np.ascontiguousarray(labels, dtype=np.uint8)
    digest = hashlib.sha256(x.tobytes()).hexdigest()
    if digest != SHA256:
        raise UserError(
            f"data set digits: this scikit-learn carries pixels of SHA-256 {digest}, expected {SHA256}; "
            "install the version pinned in envs/requirements.txt"
        )
    n = dataset.training_samples
    return DatasetContent({"x_train": x[:n], "y_train": y[:n], "x_test": x[n:], "y_test": y[n:]}, EMBEDDED)
