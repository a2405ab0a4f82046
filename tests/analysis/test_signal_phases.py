"""Fixed points of the signal: against plain iteration, closed forms, and published values."""

from __future__ import annotations

import numpy as np
import pytest

import fisher_spectra as fs
from fisher_spectra.analysis.signal_phases import edge_of_chaos, phases

W2, B2 = (axis.ravel() for axis in np.meshgrid([0.6, 1.5, 2.5, 3.5], [0.05, 0.4, 1.0]))


def iterated(phi, w2, b2, layers=400):
    """q and the correlation of two samples after many layers, one pair of variances at a time."""
    q, q_st = w2 + b2, 0.5 * w2 + b2
    for _ in range(layers):
        q, q_st = (
            w2 * float(fs.second_moment(phi, q)) + b2,
            w2 * float(fs.kernel(phi, q, q, q_st)) + b2,
        )
    return q, q_st / q


def test_fixed_points_are_those_that_the_layers_come_to():
    phi = fs.get_activation("erf")
    found = phases(phi, W2, B2)
    for index, (w2, b2) in enumerate(zip(W2, B2, strict=True)):
        q, c = iterated(phi, w2, b2)
        assert found.moment[index] == pytest.approx(q, rel=1e-6)
        assert found.slope[index] == pytest.approx(w2 * float(fs.derivative_second_moment(phi, q)), rel=1e-6)
        rate = w2 * float(fs.derivative_kernel(phi, q, q, c * q))
        assert found.correlation_length[index] == pytest.approx(-1 / np.log(rate), rel=2e-3)
        assert (c > 1 - 1e-6) == (found.slope[index] < 1)


def test_the_edge_of_chaos_of_tanh_is_the_published_one():
    # Schoenholz et al. 2017: sigma_w^2 = 1.76 at sigma_b^2 = 0.05
    found = edge_of_chaos(fs.get_activation("tanh"), 0.5, 4.0, np.array([0.0, 0.05]))
    np.testing.assert_allclose(found, [1.0, 1.76], atol=2e-3)


def test_the_edge_of_relu_is_he_initialisation_whatever_the_biases():
    np.testing.assert_allclose(edge_of_chaos(fs.get_activation("relu"), 0.5, 4.0, np.array([0.0, 0.3, 2.0])), 2.0)


def test_where_there_is_no_edge_it_is_not_a_number():
    assert np.isnan(edge_of_chaos(fs.get_activation("relu"), 0.5, 1.5, np.array([0.1]))).all()
    assert np.isnan(edge_of_chaos(fs.get_activation("relu"), 2.5, 3.5, np.array([0.1]))).all()


def test_signals_that_die_away_or_grow_have_no_correlation_length():
    relu = phases(fs.get_activation("relu"), np.array([1.0, 1.0, 3.0]), np.array([0.0, 0.5, 0.1]))
    np.testing.assert_allclose(relu.moment, [0.0, 1.0, np.inf])
    np.testing.assert_allclose(relu.slope, [0.5, 0.5, 1.5])
    np.testing.assert_array_equal(np.isnan(relu.correlation_length), [True, False, True])
    assert relu.correlation_length[1] == pytest.approx(1 / np.log(2.0))
    tanh = phases(fs.get_activation("tanh"), np.array([0.8]), np.array([0.0]))
    assert (tanh.moment[0], tanh.slope[0]) == (0.0, pytest.approx(0.8, rel=1e-5))


def test_of_several_fixed_points_that_of_the_inputs_is_taken():
    # sigma_b2 = 0 and GELU: from small moments the signal dies away, from large ones it grows
    phi, w2, b2 = fs.get_activation("gelu"), np.array([2.3]), np.array([0.0])
    assert phases(phi, w2, b2, input_moment=0.05).moment[0] == 0.0
    assert phases(phi, w2, b2, input_moment=10.0).moment[0] == np.inf


def test_without_biases_odd_activations_decorrelate_samples_in_chaos():
    phi = fs.get_activation("erf")
    found = phases(phi, np.array([2.0]), np.array([0.0]))
    q = found.moment[0]
    rate = 2.0 * float(fs.derivative_kernel(phi, q, q, 0.0))
    assert found.correlation_length[0] == pytest.approx(-1 / np.log(rate), rel=1e-9)
