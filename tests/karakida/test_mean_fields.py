"""Mean-field theory of arrays of networks: the theory of each network, whatever it stands beside."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.gaussian.test_equal_variances import OwnActivation

import fisher_spectra as fs
from fisher_spectra.activations.catalogue import activation_specs

SIGMA_W2 = np.array([0.6, 1.5, 3.0])[:, None]
SIGMA_B2 = np.array([0.0, 0.3])
FIELDS = fs.mean_fields("tanh", SIGMA_W2, SIGMA_B2, 4)


@pytest.mark.parametrize("spec", [*activation_specs(), "hard_tanh(s=0.5,g=2)"])
def test_each_network_has_its_own_mean_field(spec):
    fields = fs.mean_fields(spec, SIGMA_W2, SIGMA_B2, 4)
    for (i, j), kappa_1 in np.ndenumerate(fields.kappa_1):
        field = fs.mean_field(spec, SIGMA_W2[i, 0], SIGMA_B2[j], 4)
        assert kappa_1 == pytest.approx(field.kappa_1, rel=1e-10)
        assert fields.kappa_2[i, j] == pytest.approx(field.kappa_2, abs=1e-10 * field.kappa_1)
        assert (fields.kappa_2[i, j] == 0.0) == (field.kappa_2 == 0.0)
        assert fields.alpha[i, j] == field.alpha


def test_variances_overlaps_moments_and_depths_broadcast_together():
    depths, overlaps = np.array([2, 5, 3])[:, None, None], np.array([-0.2, 0.0, 0.5, 1.5])
    moments = np.array([[1.5], [2.0]])
    fields = fs.mean_fields("gelu", 2.0, 0.1, depths, input_moment=moments, input_overlap=overlaps)
    assert fields.shape == fields.depth.shape == fields.sigma_w2.shape == (3, 2, 4)
    for (i, j, k), kappa_2 in np.ndenumerate(fields.kappa_2):
        depth = int(depths[i, 0, 0])
        field = fs.mean_field("gelu", 2.0, 0.1, depth, None, float(moments[j, 0]), float(overlaps[k]))
        assert (fields.kappa_1[i, j, k], kappa_2) == pytest.approx((field.kappa_1, field.kappa_2), rel=1e-12)
        assert fields.alpha[i, j, k] == depth - 1


def test_one_network_is_an_array_without_axes():
    fields = fs.mean_fields("relu", 2.0, 0.1, 3)
    assert fields.shape == ()
    assert float(fields.kappa_1) == pytest.approx(fs.mean_field("relu", 2.0, 0.1, 3).kappa_1, rel=1e-14)


def test_no_network_has_no_values():
    assert fs.mean_fields("tanh", np.empty((0, 2)), 0.1, 3).kappa_2.shape == (0, 2)


def test_widths_may_differ_from_layer_to_layer():
    alphas = (1.0, 2.0, 0.5)
    fields = fs.mean_fields("relu", [1.5, 2.0], 0.1, 3, alphas)
    for number, sigma_w2 in enumerate((1.5, 2.0)):
        field = fs.mean_field("relu", sigma_w2, 0.1, 3, alphas)
        assert (fields.kappa_1[number], fields.kappa_2[number]) == pytest.approx((field.kappa_1, field.kappa_2))
        assert fields.alpha[number] == field.alpha == 3.0


@pytest.mark.parametrize("spec", ["tanh", "gelu", "hard_tanh", "erf", "relu"])
def test_a_value_does_not_depend_on_what_it_stands_beside(spec):
    fields = fs.mean_fields(spec, SIGMA_W2, SIGMA_B2, np.array([3, 6])[:, None, None])
    for (i, j, k), kappa_1 in np.ndenumerate(fields.kappa_1):
        alone = fs.mean_fields(spec, SIGMA_W2[j, 0], SIGMA_B2[k], (3, 6)[i])
        assert (float(alone.kappa_1), float(alone.kappa_2)) == (kappa_1, fields.kappa_2[i, j, k])


def test_kappa_2_is_exactly_zero_where_the_theory_of_one_network_has_it_so():
    assert (FIELDS.kappa_2[:, 0] == 0.0).all()
    assert (FIELDS.kappa_2[:, 1] > 0.0).all()
    overlapping = fs.mean_fields("tanh", 1.5, 0.0, 3, input_overlap=[0.0, 1e-9, -0.5])
    assert overlapping.kappa_2[0] == 0.0 < overlapping.kappa_2[1]
    assert overlapping.kappa_2[2] < 0.0
    # E phi(u) = 0 for phi of variance 1: nothing but rounding is left in the first layer, nothing at all on paper
    assert fs.mean_fields("shifted_leaky_relu", 1.0, 0.0, [2, 3]).kappa_2.tolist() == [0.0, 0.0]


def test_moments_that_overflow_are_missing_and_the_others_are_there():
    fields = fs.mean_fields("relu", [1.0, 1e40], 0.0, np.array([2, 6])[:, None])
    assert np.isfinite(fields.kappa_1[:, 0]).all()
    assert np.isfinite(fields.kappa_1[0, 1])
    assert np.isnan([fields.kappa_1[1, 1], fields.kappa_2[1, 1]]).all()
    gains_overflow = fs.mean_fields("linear", 1e120, 0.0, [2, 4])
    assert np.isfinite(gains_overflow.kappa_1).tolist() == [True, False]


def test_an_activation_of_the_readers_own_is_taken():
    own, gelu = OwnActivation(fs.get_activation("gelu")), fs.get_activation("gelu")
    found, expected = (fs.mean_fields(phi, SIGMA_W2, SIGMA_B2, 3) for phi in (own, gelu))
    np.testing.assert_allclose(found.kappa_1, expected.kappa_1, rtol=1e-10)
    np.testing.assert_allclose(found.kappa_2, expected.kappa_2, rtol=1e-9)


def test_statistics_and_rates_are_those_of_each_network():
    samples, width = np.array([1.0, 20.0, 100.0])[:, None, None], 300
    fields = fs.mean_fields("erf", SIGMA_W2, SIGMA_B2, 3)
    tables = {
        "mean": fields.eigenvalue_mean(width, 3),
        "second": fields.eigenvalue_second_moment(samples, 3),
        "maximum": fields.eigenvalue_maximum(width, samples),
        "rate": fields.critical_learning_rate(width, samples, 0.5),
    }
    assert tables["mean"].shape == (3, 2)
    assert tables["rate"].shape == (3, 3, 2)
    for i, j, k in np.ndindex(3, 3, 2):
        field, t = fs.mean_field("erf", SIGMA_W2[j, 0], SIGMA_B2[k], 3), float(samples[i, 0, 0])
        assert tables["mean"][j, k] == pytest.approx(fs.eigenvalue_mean(field, width, 3))
        assert tables["second"][i, j, k] == pytest.approx(fs.eigenvalue_second_moment(field, t, 3))
        assert tables["maximum"][i, j, k] == pytest.approx(fs.eigenvalue_maximum(field, width, t))
        assert tables["rate"][i, j, k] == pytest.approx(fs.critical_learning_rate(field, width, t, 0.5))


def test_negative_kappa_2_leaves_the_other_eigenvalue_of_the_limit():
    arguments = {"input_moment": 1.0, "input_overlap": -0.5}
    found = fs.mean_fields("tanh", [1.5], 0.0, 3, **arguments).eigenvalue_maximum(100, [1, 30])
    field = fs.mean_field("tanh", 1.5, 0.0, 3, **arguments)
    assert found.tolist() == pytest.approx([fs.eigenvalue_maximum(field, 100, t) for t in (1, 30)])


def test_the_rate_is_missing_where_the_largest_eigenvalue_is_of_lower_order():
    rates = FIELDS.critical_learning_rate(100, math.inf)
    assert np.isnan(rates[:, 0]).all()
    assert np.isfinite(rates[:, 1]).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sigma_w2": [1.0, 0.0]}, "sigma_w2 = .*: must be finite numbers > 0"),
        ({"sigma_w2": math.inf}, "sigma_w2 = inf: must be finite numbers > 0"),
        ({"sigma_b2": [-0.1]}, "sigma_b2 = .*: must be finite numbers >= 0"),
        ({"sigma_b2": math.inf}, "sigma_b2 = inf: must be finite numbers >= 0"),
        ({"depth": 2.5}, "depth = 2.5: must be whole numbers from 2 to 1000000"),
        ({"depth": [3, 1]}, r"depth = \[3, 1\]: must be whole numbers from 2 to 1000000"),
        ({"depth": 10**6 + 1}, "depth = 1000001: must be whole numbers from 2 to 1000000"),
        ({"input_moment": 0.0}, "input_moment = 0.0: must be finite numbers > 0"),
        ({"input_moment": math.inf}, "input_moment = inf: must be finite numbers > 0"),
        ({"input_overlap": [0.0, -1.1]}, "input_overlap = .*: must be between -input_moment and input_moment"),
        ({"input_overlap": math.nan}, "input_overlap = nan: must be finite numbers"),
        ({"sigma_b2": [0.1, 0.2, 0.3]}, r"shapes sigma_w2 \(2,\), sigma_b2 \(3,\).*: must broadcast together"),
        ({"depth": [2, 3], "alphas": [1.0, 1.0]}, "alphas = .*: must be left out for networks of several depths"),
        ({"alphas": [1.0, 1.0]}, "must be depth = 3 numbers"),
    ],
)
def test_wrong_networks_are_refused_in_one_line(wrong, message):
    with pytest.raises(ValueError, match=message):
        fs.mean_fields(**({"activation": "relu", "sigma_w2": [1.0, 2.0], "sigma_b2": 0.1, "depth": 3} | wrong))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: FIELDS.eigenvalue_mean(0), "width = 0: must be finite numbers > 0"),
        (lambda: FIELDS.eigenvalue_mean(math.inf), "width = inf: must be finite numbers > 0"),
        (lambda: FIELDS.eigenvalue_mean(10, 0), "outputs = 0: must be numbers >= 1"),
        (lambda: FIELDS.eigenvalue_second_moment(0.5), "samples = 0.5: must be numbers >= 1"),
        (lambda: FIELDS.eigenvalue_maximum(10, [1.0, 2.0, 3.0]), r"shapes the networks \(3, 2\), samples \(3,\)"),
        (lambda: FIELDS.critical_learning_rate(10, 5, 1.0), "momentum = 1.0: must be numbers >= 0 and < 1"),
        (lambda: FIELDS.critical_learning_rate(10, 5, -0.1), "momentum = -0.1: must be numbers >= 0 and < 1"),
    ],
)
def test_wrong_sizes_are_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message):
        call()
