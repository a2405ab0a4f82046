"""The two branches with C outputs: the numbers of an independent derivation, explicit chains, sampled networks.

Expected numbers of the tables are of a derivation made apart from this code, with scripts of its own.
"""

from __future__ import annotations

import numpy as np
import pytest
from layered_network import dual_fisher_of_sample
from linear_pencil import wishart_chain

from fisher_spectra.finite_size.ensemble import LayeredEnsemble, layered_ensemble
from fisher_spectra.finite_size.fixed_point import Node, Pencil, mean_and_variance
from fisher_spectra.finite_size.fluctuations import relative_variances, sample_noise
from fisher_spectra.finite_size.nodes import (
    activity_coefficients,
    activity_nodes,
    bulk_pencil,
    identity_coefficients,
)
from fisher_spectra.finite_size.output_chain import (
    chain_edge,
    layer_weights,
    neuron_gains,
    outlier_branch,
    sampled_chains,
)
from fisher_spectra.finite_size.product_state import finite_edge, product_state
from fisher_spectra.finite_size.upper_edge import upper_edge
from fisher_spectra.finite_size.variables import order_parameters

WIDE = (784, 512, 512, 256, 10)

# activation, sigma_w2, sigma_b2, widths, Theorem 4 and outlier branch for T = 100
OUTLIERS = [
    ("gelu", 2.0, 0.0, WIDE, 244.0, 322.1),
    ("relu", 2.0, 0.0, WIDE, 404.8, 531.5),
    ("tanh", 3.0, 0.64, WIDE, 157.5, 195.1),
    ("relu", 2.0, 0.1, (256, 256, 256, 10), 211.6, 240.4),
    ("relu", 2.0, 0.1, (500, 500, 500, 10), 413.2, 453.2),
    ("tanh", 3.0, 0.64, (200, 200, 200, 200, 10), 86.1, 103.0),
    ("relu", 2.0, 0.0, (784, 128, 128, 10), 97.3, 120.2),
]
# sigma_w2, widths, T, Theorem 4 and product state for tanh without biases
BULKS = [
    (2.0, WIDE, 100, 10.49, 27.03),
    (1.0, WIDE, 100, 3.925, 11.73),
    (3.0, WIDE, 100, 17.19, 39.72),
    (2.0, WIDE, 20, 52.46, 99.98),
    (2.0, (300, 300, 300, 10), 300, 1.517, 8.295),
    (2.0, (784, 128, 128, 10), 100, 6.137, 17.96),
    (2.0, (300, 300, 300, 1), 100, 4.550, 11.52),
]


def without_biases(widths: tuple[int, ...], name: str, sigma_w2: float, sigma_b2: float) -> LayeredEnsemble:
    return layered_ensemble(widths, name, sigma_w2, sigma_b2, biases=False)


def last_digit(value: float, digits: int = 4) -> float:
    """Half a unit of the last of so many digits, and a little."""
    return 0.55 * 10.0 ** (np.floor(np.log10(value)) - digits + 1)


@pytest.mark.parametrize(("name", "sigma_w2", "sigma_b2", "widths", "theorem_4", "expected"), OUTLIERS)
def test_outlier_branch_is_that_of_an_independent_derivation(
    name: str, sigma_w2: float, sigma_b2: float, widths: tuple[int, ...], theorem_4: float, expected: float
) -> None:
    ensemble = without_biases(widths, name, sigma_w2, sigma_b2)
    fields = order_parameters(ensemble)
    weights, gains = layer_weights(ensemble, fields, 100), neuron_gains(ensemble, fields, 100)
    assert weights.sum() == pytest.approx(theorem_4, abs=0.05)
    chain = sampled_chains(np.random.default_rng(0), gains, widths, 200)
    found = outlier_branch(weights, gains, widths, chain)
    # Both are means over draws: 200 here, a few hundred there.
    assert found.mean == pytest.approx(expected, abs=4.0 * found.deviation / np.sqrt(200))


@pytest.mark.parametrize(("name", "expected"), [("gelu", 326.6), ("relu", 539.2)])
def test_closed_form_of_the_outlier_branch(name: str, expected: float) -> None:
    ensemble = without_biases(WIDE, name, 2.0, 0.0)
    fields = order_parameters(ensemble)
    gains = neuron_gains(ensemble, fields, 100)
    chain = [np.eye(10)[None]] * 4
    found = outlier_branch(layer_weights(ensemble, fields, 100), gains, WIDE, [np.repeat(e, 2, axis=0) for e in chain])
    assert found.closed_form == pytest.approx(expected, abs=0.11)


@pytest.mark.parametrize(("sigma_w2", "widths", "samples", "theorem_4", "expected"), BULKS)
def test_bulk_branch_is_that_of_an_independent_derivation(
    sigma_w2: float, widths: tuple[int, ...], samples: int, theorem_4: float, expected: float
) -> None:
    ensemble = without_biases(widths, "tanh", sigma_w2, 0.0)
    fields = order_parameters(ensemble)
    assert layer_weights(ensemble, fields, samples).sum() == pytest.approx(theorem_4, abs=last_digit(theorem_4))
    assert product_state(ensemble, fields, samples).eigenvalue == pytest.approx(expected, abs=last_digit(expected))


def test_what_makes_theorem_4_too_small_step_by_step() -> None:
    ensemble = without_biases(WIDE, "tanh", 2.0, 0.0)
    fields, samples = order_parameters(ensemble), 100
    own = float(identity_coefficients(ensemble, fields, samples).sum())
    nodes = activity_nodes(ensemble, fields, samples, activity_coefficients(ensemble, fields, samples))

    def edge(infinite_from: int) -> float:
        """With T / M_l = 0 from that layer on."""
        kept = [
            Node(node.coefficient, node.gamma if layer < infinite_from else 1e-9, *_rest(node))
            for layer, node in enumerate(nodes)
        ]
        return upper_edge(Pencil(own, tuple(kept))).position

    assert edge(0) == pytest.approx(10.49, rel=2e-3)
    assert edge(1) == pytest.approx(15.27, abs=0.006)
    assert edge(4) == pytest.approx(18.86, abs=0.006)
    np.testing.assert_allclose(
        product_state(ensemble, fields, samples).output_factors, [1.63, 1.53, 1.37, 1.0], atol=6e-3
    )


def _rest(node: Node) -> tuple[np.ndarray, np.ndarray, tuple[int, ...], np.ndarray]:
    return node.probabilities, node.own, node.parents, node.inherited


def test_drawn_chains_are_those_of_products_of_weight_matrices() -> None:
    gains, widths, outputs, draws = [np.array([0.4, 1.6]), np.array([0.5, 1.5]), np.ones(1)], [40, 60, 30], 5, 1500
    weights = np.array([1.0, 2.0, 0.5, 1.5])
    fast = sampled_chains(np.random.default_rng(0), gains, (7, *widths, outputs), draws)
    rng = np.random.default_rng(1)
    slow = [wishart_chain(rng, outputs, gains, widths) for _ in range(draws)]
    tops = np.linalg.eigvalsh(sum(w * e for w, e in zip(weights, fast, strict=True)))[:, -1]
    expected = np.array(
        [np.linalg.eigvalsh(sum(w * e for w, e in zip(weights, chain, strict=True)))[-1] for chain in slow]
    )
    assert tops.mean() == pytest.approx(expected.mean(), abs=4.0 * expected.std() * np.sqrt(2.0 / draws))
    assert tops.std() == pytest.approx(expected.std(), rel=0.15)


def test_edge_of_the_chain_is_that_of_large_matrices() -> None:
    weights, widths = np.array([1.0, 2.0, 0.5]), (1, 900, 600, 300)
    chain = wishart_chain(np.random.default_rng(0), 300, [np.ones(1)] * 2, [900, 600])
    values = np.linalg.eigvalsh(sum(w * e for w, e in zip(weights, chain, strict=True)))
    edge = chain_edge(weights, widths)
    assert edge.position == pytest.approx(values[-1], rel=0.04)
    assert float(weights @ edge.slopes) == pytest.approx(edge.position, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "sigma_w2", "sigma_b2"), [("silu", 2.0, 0.0), ("relu", 2.0, 0.1), ("tanh", 3.0, 0.64)]
)
def test_row_sums_of_samples_and_means_of_networks_vary_as_predicted(
    name: str, sigma_w2: float, sigma_b2: float
) -> None:
    ensemble = layered_ensemble((80, 150, 150, 1), name, sigma_w2, sigma_b2)
    samples, rng = 40, np.random.default_rng(3)
    variances, means = [], []
    for _ in range(100):
        dual = dual_fisher_of_sample(rng, ensemble, rng.standard_normal((samples, 80)))
        rows = dual.sum(axis=1)
        variances.append(rows.var() / rows.mean() ** 2)
        means.append(rows.mean())
    found = relative_variances(ensemble, order_parameters(ensemble), samples)
    fields = order_parameters(ensemble)
    weights, gains = layer_weights(ensemble, fields, samples), neuron_gains(ensemble, fields, samples)
    # The incoherent bulk adds to row sums, too.
    of_bulk = mean_and_variance(bulk_pencil(ensemble, fields, samples))[1] / weights.sum() ** 2
    assert np.mean(variances) == pytest.approx(found.of_samples + of_bulk, rel=0.15)
    # One output: the chain of outputs is a product of chi squares, which the prediction draws.
    drawn = outlier_branch(weights, gains, ensemble.widths, sampled_chains(rng, gains, ensemble.widths, 400))
    scatter = np.sqrt((drawn.deviation / drawn.mean) ** 2 + found.of_networks)
    assert np.std(means) / np.mean(means) == pytest.approx(scatter, rel=0.25)


def test_noise_of_samples_is_that_of_drawn_neurons() -> None:
    ensemble = layered_ensemble((50, 50, 1), "silu", 2.0, 0.3)
    fields = order_parameters(ensemble)
    # The layer above has no noise of its own here, q_tilde = q_tilde_st = 1.
    found, across = sample_noise(ensemble, fields, 1)
    rng, neurons, phi = np.random.default_rng(0), 200_000, ensemble.activations[0]
    z, b, other = rng.standard_normal((3, neurons))
    root, spread = np.sqrt(fields.q_st[1]), np.sqrt(fields.q[1] - fields.q_st[1])
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    value, slope = phi.value_and_derivative(root * z[:, None] + spread * nodes)
    mean, slope_mean, square = (table @ weights / weights.sum() for table in (value, slope, value**2))
    h, d = phi.value_and_derivative(root * z + spread * rng.standard_normal(neurons))
    sources = np.array([h**2 - square, mean * (h - mean), slope_mean * b**2 * (d - slope_mean)])
    size = np.sqrt(np.outer(np.diagonal(found), np.diagonal(found)))
    np.testing.assert_allclose(np.cov(sources) / size, found / size, atol=0.03)
    assert np.var(slope_mean * b * other * (d - slope_mean)) == pytest.approx(across, rel=0.03)


def test_the_largest_of_few_eigenvalues_lies_below_the_edge_as_tracy_and_widom_have_it() -> None:
    samples, neurons, rng = 60, 120, np.random.default_rng(0)
    one = np.ones(1)
    edge = upper_edge(Pencil(0.0, (Node(1.0, samples / neurons, one, one, (), np.zeros((1, 0))),)))
    tops = []
    for _ in range(300):
        x = rng.standard_normal((samples, neurons))
        tops.append(np.linalg.eigvalsh(x @ x.T / neurons)[-1])
    found = finite_edge(edge, samples)
    assert edge.position - found.mean > 0.1
    assert np.mean(tops) == pytest.approx(found.mean, abs=0.03)
    assert np.std(tops) == pytest.approx(found.scatter * edge.position, rel=0.15)
