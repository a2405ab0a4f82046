"""Terms of the Fisher matrix that the limiting spectrum does not have, and what is left without them."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.fisher_matrix import population_fisher, sample_weights
from fisher_spectra.pennington_worah.network_terms import TERMS, every_selection, fisher_with_terms, name_of_terms

F_OPT, ERF = get_activation("optimal_quadratic"), get_activation("normalised_erf(alpha=1)")


def weights(width, seed=0):
    return sample_weights(np.random.default_rng(seed), width)


def test_all_terms_make_the_matrix_of_the_network():
    w = weights(6)
    np.testing.assert_array_equal(fisher_with_terms(*w, ERF).dense(), population_fisher(*w, ERF).dense())


@pytest.mark.parametrize("activation", [F_OPT, ERF, get_activation("shifted_leaky_relu(alpha=0)")])
def test_without_any_of_them_the_blocks_are_those_of_the_limit(activation):
    n, c = 5, nonlinearity_constants(activation)
    w_1, w_2 = weights(n)
    u_1, u_2 = w_1 / np.linalg.norm(w_1, axis=1)[:, None], w_2 / np.linalg.norm(w_2, axis=0)
    one = np.eye(n)
    first = np.kron(c.zeta * u_2.T @ u_2 + (c.eta_prime - c.zeta) * one, one)
    second = np.kron(one, c.zeta * u_1 @ u_1.T + (c.eta - c.zeta) * one)
    mixed = np.zeros((n, n, n, n))
    for a, b, k, d in np.ndindex(mixed.shape):
        mixed[a, b, k, d] = c.zeta * u_2[k, a] * u_1[d, b]
    expected = np.block([[first, mixed.reshape(n * n, -1)], [mixed.reshape(n * n, -1).T, second]])
    np.testing.assert_allclose(fisher_with_terms(w_1, w_2, activation, ()).dense(), expected, atol=1e-7)


def test_without_lengths_it_is_the_network_of_weights_on_spheres():
    w_1, w_2 = weights(6)
    found = fisher_with_terms(3 * w_1, 0.5 * w_2, F_OPT, ("correlations", "curvature"))
    assert np.diagonal(found.first_weights @ found.first_weights.T) == pytest.approx(np.ones(6))
    assert np.diagonal(found.second_weights.T @ found.second_weights) == pytest.approx(np.ones(6))
    expected = population_fisher(found.first_weights, found.second_weights, F_OPT)
    np.testing.assert_allclose(found.dense(), expected.dense(), atol=1e-12)


def test_correlations_and_curvature_are_separate_parts_of_the_matrix():
    """What one switch takes away does not depend on the other."""
    w = weights(6)
    whole, no_curvature, no_correlations, neither = (
        fisher_with_terms(*w, F_OPT, kept).dense()
        for kept in (TERMS, ("lengths", "correlations"), ("lengths", "curvature"), ("lengths",))
    )
    assert np.abs(whole - no_curvature).max() > 0.1
    assert np.abs(whole - no_correlations).max() > 0.1
    np.testing.assert_allclose(whole - no_curvature, no_correlations - neither, atol=1e-12)


def test_single_precision_is_that_of_the_coefficients():
    found = fisher_with_terms(*weights(4), F_OPT, ("curvature",), np.dtype("float32"))
    assert found.value.dtype == found.gram_first.dtype == np.float32


def test_selections_are_all_subsets_the_whole_first_and_none_last():
    selections = every_selection()
    assert selections[0] == TERMS
    assert selections[-1] == ()
    assert len({frozenset(selection) for selection in selections}) == 8


def test_a_selection_is_named_in_the_order_of_the_terms():
    assert name_of_terms({"curvature", "lengths"}) == "lengths+curvature"
    assert name_of_terms(()) == "none"
    with pytest.raises(ValueError, match="slopes must be of lengths, correlations, curvature"):
        name_of_terms(["slopes"])
