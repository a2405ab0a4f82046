"""Theorems 1, 3 and 4 and Lemma 6 of Karakida, Akaho, Amari 2019, of numbers or of arrays that broadcast together."""

from __future__ import annotations

from typing import Any

import numpy as np


def theorem_1(kappa_1: Any, width: Any, outputs: Any) -> Any:
    """Mean of the P eigenvalues, C kappa_1 / M; (13)."""
    return outputs * kappa_1 / width


def theorem_3(alpha: Any, kappa_1: Any, kappa_2: Any, samples: Any, outputs: Any) -> Any:
    """Mean of the squared eigenvalues, C alpha ((T-1)/T kappa_2^2 + kappa_1^2 / T); (14)."""
    return outputs * alpha * ((1.0 - 1.0 / samples) * kappa_2**2 + kappa_1**2 / samples)


def theorem_4(alpha: Any, kappa_1: Any, kappa_2: Any, width: Any, samples: Any) -> Any:
    """Largest eigenvalue, alpha ((T-1)/T kappa_2 + kappa_1 / T) M; (16).

    Where kappa_2 < 0 the other eigenvalue of the limit, alpha (kappa_1 - kappa_2) M / T, of two samples or more.
    """
    uniform = (1.0 - 1.0 / samples) * kappa_2 + kappa_1 / samples
    others = np.where(np.greater(samples, 1), (kappa_1 - kappa_2) / samples, 0.0)
    return alpha * np.maximum(uniform, others) * width


def lemma_6(largest_eigenvalue: Any, momentum: Any) -> Any:
    """Learning rate beyond which gradient descent with momentum diverges along an eigenvector, 2 (1 + mu) / lambda."""
    return 2.0 * (1.0 + momentum) / largest_eigenvalue
