"""Edge of the bulk of one output: the numbers of an independent derivation, and sampled networks.

The expected numbers are of a derivation made apart from this code, with scripts of its own; its Gaussian means of tanh
were coarser, which shows as 0.2 % where q_st > 0.
"""

from __future__ import annotations

import numpy as np
import pytest
from layered_network import dual_fisher_of_sample

from fisher_spectra.finite_size.bulk import bulk_density
from fisher_spectra.finite_size.ensemble import layered_ensemble
from fisher_spectra.finite_size.fixed_point import mean_and_variance
from fisher_spectra.finite_size.nodes import bulk_pencil, neuron_classes
from fisher_spectra.finite_size.upper_edge import upper_edge
from fisher_spectra.finite_size.variables import diagonal_sum, off_diagonal_sum, order_parameters

# activation, sigma_w2, sigma_b2, depth, M, T, edge
EDGES = [
    ("tanh", 1.0, 0.0, 2, 400, 40, 15.04),
    ("tanh", 1.0, 0.0, 2, 400, 200, 5.32),
    ("tanh", 1.0, 0.0, 3, 400, 200, 5.50),
    ("tanh", 1.0, 0.0, 3, 400, 400, 4.11),
    ("tanh", 3.0, 0.64, 2, 400, 40, 21.22),
    ("tanh", 3.0, 0.64, 2, 400, 400, 4.97),
    ("tanh", 3.0, 0.64, 3, 200, 200, 6.18),
    ("relu", 2.0, 0.1, 2, 400, 40, 26.66),
    ("relu", 2.0, 0.1, 2, 400, 400, 6.22),
    ("relu", 2.0, 0.1, 3, 400, 40, 36.35),
    ("relu", 2.0, 0.1, 3, 400, 400, 8.97),
]


@pytest.mark.parametrize(("name", "sigma_w2", "sigma_b2", "depth", "width", "samples", "edge"), EDGES)
def test_edge_is_that_of_an_independent_derivation(
    name: str, sigma_w2: float, sigma_b2: float, depth: int, width: int, samples: int, edge: float
) -> None:
    ensemble = layered_ensemble((width,) * depth + (1,), name, sigma_w2, sigma_b2)
    pencil = bulk_pencil(ensemble, order_parameters(ensemble), samples)
    shown = 0.0051  # the digits shown
    coarse = 0.0022 * edge if name == "tanh" and sigma_b2 > 0.0 else 0.0
    assert upper_edge(pencil).position == pytest.approx(edge, abs=shown + coarse)


@pytest.mark.parametrize(("name", "sigma_w2", "sigma_b2", "depth"), [("relu", 2.0, 0.1, 3), ("tanh", 3.0, 0.64, 4)])
@pytest.mark.parametrize("outputs", [1, 7])
def test_mean_of_the_bulk_is_what_is_left_of_the_trace(
    name: str, sigma_w2: float, sigma_b2: float, depth: int, outputs: int
) -> None:
    ensemble = layered_ensemble((300,) * depth + (outputs,), name, sigma_w2, sigma_b2)
    fields = order_parameters(ensemble)
    expected = (diagonal_sum(ensemble, fields) - off_diagonal_sum(ensemble, fields)) / 90
    assert mean_and_variance(bulk_pencil(ensemble, fields, 90))[0] == pytest.approx(
        expected, rel=4e-4
    )  # 60 values of z


def test_edge_and_density_are_those_of_sampled_networks() -> None:
    ensemble = layered_ensemble((200, 200, 200, 1), "relu", 2.0, 0.1)
    fields, samples, rng = order_parameters(ensemble), 100, np.random.default_rng(0)
    bulks = []
    for _ in range(6):
        inputs = rng.standard_normal((samples, 200))
        bulks.append(np.linalg.eigvalsh(dual_fisher_of_sample(rng, ensemble, inputs))[:-1])
    means = np.array([bulk.mean() for bulk in bulks])
    pencil = bulk_pencil(ensemble, fields, samples)
    mean, variance = mean_and_variance(pencil)
    assert means.mean() == pytest.approx(mean, abs=3 * means.std() / np.sqrt(5) + 0.03 * mean)
    # One network's mean scatters by several per cent: shapes are compared.
    tops = np.array([bulk[-1] / bulk.mean() for bulk in bulks])
    edge = upper_edge(pencil)
    expected = (edge.position - 1.2065 * edge.spacing(samples)) / mean
    assert tops.mean() == pytest.approx(expected, rel=0.05)
    # Second order of the fluctuations, which is left out, widens the bulk of ReLU by 2 to 13 %, the more the smaller M.
    assert np.mean([bulk.std() / bulk.mean() for bulk in bulks]) == pytest.approx(np.sqrt(variance) / mean, rel=0.12)
    x, density = bulk_density(ensemble, samples)
    cumulative = np.cumsum(density) * (x[1] - x[0])
    drawn = np.mean([np.searchsorted(bulk * mean / bulk.mean(), x) / len(bulk) for bulk in bulks], axis=0)
    assert np.abs(cumulative - drawn).max() < 0.1  # 0.03 at M = T = 400, 0.07 at T = M / 10


def test_classes_of_relu_are_in_closed_form() -> None:
    classes = neuron_classes(layered_ensemble((2, 2, 1), "relu", 1.0).activations[0], 2.0, 0.5)
    # E phi' over all classes is P(u > 0), E[phi'^2 | z] = E[phi' | z], and E phi'' is the density of u at 0.
    assert classes.slope.mean() == pytest.approx(0.5, abs=1e-12)
    np.testing.assert_allclose(classes.slope_moment, classes.slope, rtol=1e-12)
    assert classes.curvature.mean() == pytest.approx(1 / np.sqrt(2 * np.pi * 2.0), rel=1e-3)
    assert np.mean(classes.activity_variance + classes.activity**2) == pytest.approx(1.0, rel=2e-3)


def test_points_of_the_density_may_be_given() -> None:
    ensemble = layered_ensemble((50, 50, 1), "tanh", 1.0)
    x, density = bulk_density(ensemble, 20, [0.5, 1.5])
    assert x.tolist() == [0.5, 1.5]
    assert density.shape == (2,)
    with pytest.raises(ValueError, match="points: must be numbers > 0"):
        bulk_density(ensemble, 20, [0.0, 1.0])
    with pytest.raises(ValueError, match="all samples are the same"):
        bulk_density(ensemble, overlaps=np.ones((3, 3)))
