"""Classes as targets of a network with squared loss."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.errors import UserError


def one_hot(y: npt.NDArray[np.int64], n_classes: int) -> npt.NDArray[np.float64]:
    """Row t is the unit vector of class y(t).

    Parameters
    ----------
    y
        Classes 0 to n_classes - 1, shape (T,).
    n_classes
        Number of outputs C.

    Returns
    -------
    ndarray of float64, shape (T, C)

    Raises
    ------
    ValueError
        If a class is negative or not below `n_classes`.

    Examples
    --------
    >>> fs.one_hot(np.array([2, 0]), n_classes=3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    _check_classes(y, n_classes)
    targets = np.zeros((len(y), n_classes))
    targets[np.arange(len(y)), y] = 1.0
    return targets


def orthogonal_label_vectors(
    n_classes: int, width: int, *, norm: float | None = None, rng: np.random.Generator | None = None
) -> npt.NDArray[np.float64]:
    """An orthogonal system of label vectors in R^M, one for each class (Hayase, Karakida 2020 and 2021, Section 5).

    Parameters
    ----------
    n_classes
        Number of classes, at most `width`.
    width
        Number of outputs M.
    norm
        Norm of each vector; sqrt(M) if not given. With sqrt(M) the second moment ||y||^2 / M of a target is 1, of the
        same order as that of an output, and training collapses where the papers' Figure 4 shows it; with norm 1, the
        literal reading of "orthonormal", it does so at several times that learning rate.
    rng
        If given, the system is uniform among all such systems (the first columns of a Haar distributed orthogonal
        matrix). If not, it is the first vectors of the canonical basis. A last layer with Haar distributed weights
        and no activation has the same law of the loss for both, during the whole training by gradient descent.

    Returns
    -------
    ndarray of float64, shape (n_classes, width)
        Rows: the label vectors; its product with its transpose is norm^2 times the identity.

    Raises
    ------
    UserError
        If there are more classes than outputs, or the norm is not positive.
    """
    if not 1 <= n_classes <= width:
        raise UserError(
            f"{n_classes} classes have no orthogonal label vectors in {width} dimensions: take wider layers"
        )
    length = math.sqrt(width) if norm is None else norm
    if not (length > 0 and math.isfinite(length)):
        raise UserError(f"norm of the label vectors = {length}: must be positive and finite")
    if rng is None:
        return length * np.eye(n_classes, width)
    gaussian = rng.standard_normal((width, n_classes))
    basis, triangle = np.linalg.qr(gaussian)
    # Signs of the diagonal taken out: else the result depends on the convention of the library, and is not uniform.
    vectors: npt.NDArray[np.float64] = length * (basis * np.sign(np.diag(triangle))).T
    return vectors


def _check_classes(y: npt.NDArray[np.int64], n_classes: int) -> None:
    if y.size and not (y.min() >= 0 and y.max() < n_classes):
        raise ValueError(f"classes run from {y.min()} to {y.max()}; allowed are 0 to {n_classes - 1}")
