"""Order parameters with biases of another law: the paper's with Gaussian ones, and means over many drawn biases."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.finite_size.bias_laws import bias_rule, order_parameters_of_bias_law
from fisher_spectra.finite_size.ensemble import layered_ensemble
from fisher_spectra.finite_size.variables import order_parameters
from fisher_spectra.networks.laws import draw
from fisher_spectra.own_networks.layer_variables import VARIABLES

ENSEMBLES = [("tanh", (3.0, 2.0, 1.0), (0.64, 0.2, 0.3)), ("relu", (2.0, 1.5, 2.0), (0.1, 1.0, 0.0))]


def ensemble_of(name, w2, b2):
    return layered_ensemble((9, 9, 9, 1), name, w2, b2)


@pytest.mark.parametrize(("name", "w2", "b2"), ENSEMBLES)
@pytest.mark.parametrize(("moment", "overlap"), [(1.0, 0.0), (2.0, 0.7)])
def test_gaussian_biases_give_the_recursions_of_the_paper(name, w2, b2, moment, overlap):
    ensemble = ensemble_of(name, w2, b2)
    found = order_parameters_of_bias_law(ensemble, "gaussian", moment, overlap)
    wanted = order_parameters(ensemble, moment, overlap)
    for variable in VARIABLES:
        np.testing.assert_allclose(getattr(found, variable), getattr(wanted, variable), rtol=1e-6, err_msg=variable)


@pytest.mark.parametrize("law", ["gaussian", "uniform", "binary", "laplace"])
def test_rules_over_a_bias_have_the_moments_of_its_law(law):
    values, probabilities = bias_rule(law)
    kurtosis = {"gaussian": 3.0, "uniform": 1.8, "binary": 1.0, "laplace": 6.0}[law]
    moments = [float(probabilities @ values**power) for power in range(5)]
    assert moments == pytest.approx([1.0, 0.0, 1.0, 0.0, kurtosis], abs=1e-12)


@pytest.mark.parametrize("law", ["uniform", "binary", "laplace"])
@pytest.mark.parametrize(("name", "w2", "b2"), ENSEMBLES)
def test_the_first_layer_is_a_mean_over_drawn_biases_and_weights(law, name, w2, b2):
    found = order_parameters_of_bias_law(ensemble_of(name, w2, b2), law, 1.0, 0.3)
    rng = np.random.default_rng(1)
    common = draw(rng, law, (400000,), b2[0]) + np.sqrt(0.3 * w2[0]) * rng.standard_normal(400000)
    u, v = common + np.sqrt(0.7 * w2[0]) * rng.standard_normal((2, 400000))
    phi = get_activation(name)
    for product, value in (
        (phi(u) ** 2, found.q_hat[1]),
        (phi(u) * phi(v), found.q_hat_st[1]),
        (phi.derivative(u) * phi.derivative(v), found.q_tilde_st[1] / (w2[1] * found.q_tilde_st[2])),
        (phi.derivative(u) ** 2, found.q_tilde[1] / (w2[1] * found.q_tilde[2])),
    ):
        assert abs(product.mean() - value) < 4.5 * product.std() / np.sqrt(product.size)


def test_a_law_without_a_rule_is_refused():
    with pytest.raises(ValueError, match=r"^law"):
        bias_rule("student")
