"""Small problems of online training, and the comparison of two outcomes."""

from __future__ import annotations

import numpy as np

from fisher_spectra.networks.haar_measure import haar_orthogonal
from fisher_spectra.training.online.outcome import OnlineOutcome
from fisher_spectra.training.online.problem import OnlineData


def online_problem(
    rng: np.random.Generator, width: int, depth: int, samples: int = 30, classes: int = 3, noise: float = 0.5
) -> tuple[list[np.ndarray], OnlineData]:
    """Haar distributed weights and noisy samples around one direction for each class, with ||x||^2 = M."""
    weights = [haar_orthogonal(rng, width) for _ in range(depth)]
    centres = rng.standard_normal((classes, width))
    labels = rng.integers(classes, size=2 * samples)
    x = centres[labels] + noise * rng.standard_normal((2 * samples, width))
    x *= np.sqrt(width) / np.linalg.norm(x, axis=1, keepdims=True)
    vectors = np.sqrt(width) * np.eye(classes, width)
    return weights, OnlineData(x[:samples], labels[:samples], vectors, x[samples:], labels[samples:])


def assert_same_outcome(first: OnlineOutcome, second: OnlineOutcome, rtol: float = 1e-7, atol: float = 0.0) -> None:
    """Losses agree within the tolerances, those of `assert_allclose` if not given, all else exactly."""
    for name in ("train_loss", "test_loss"):
        np.testing.assert_allclose(getattr(first, name), getattr(second, name), rtol=rtol, atol=atol)
    for name in ("learning_rates", "train_accuracy", "test_accuracy", "diverged", "steps"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
