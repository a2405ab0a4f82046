"""Largest eigenvalue of Theta / M."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.conditional_fisher import sample_orthogonal_network
from fisher_spectra.hayase_karakida.largest_eigenvalue_of_theta import theta_maximum
from fisher_spectra.hayase_karakida.theta import scaled_theta
from fisher_spectra.networks.haar_measure import sphere_inputs

FIGURES = "hard_tanh(s=0.35355339059327379,g=1.0013)"


@pytest.mark.parametrize("spec", [FIGURES, "hard_tanh(s=1,g=1)", "relu"])
@pytest.mark.parametrize(("depth", "samples"), [(2, 3), (30, 10)])
def test_it_is_that_of_the_matrix_to_1e_4(spec, depth, samples):
    rng = generator(0, "theta_maximum", spec, depth)
    network = sample_orthogonal_network(rng, 40, depth, get_activation(spec))
    inputs = sphere_inputs(rng, samples, 40)
    exact = np.linalg.eigvalsh(scaled_theta(network, inputs))[-1]
    assert theta_maximum(network, inputs) == pytest.approx(exact, rel=1e-4)


def test_it_is_the_same_number_each_time():
    rng = generator(0, "again")
    network = sample_orthogonal_network(rng, 30, 20, get_activation(FIGURES))
    inputs = sphere_inputs(rng, 5, 30)
    assert theta_maximum(network, inputs) == theta_maximum(network, inputs)


@pytest.mark.parametrize(("samples", "width"), [(1, 1), (1, 2), (2, 1)])
def test_it_holds_for_the_smallest_matrices(samples, width):
    rng = generator(0, "smallest")
    network = sample_orthogonal_network(rng, width, 3, get_activation("tanh"))
    inputs = sphere_inputs(rng, samples, width)
    exact = np.linalg.eigvalsh(scaled_theta(network, inputs))[-1]
    assert theta_maximum(network, inputs) == pytest.approx(exact, rel=1e-12)


def test_it_is_zero_where_no_output_depends_on_a_weight():
    network = sample_orthogonal_network(generator(0, "zero"), 20, 3, get_activation("relu"))
    assert theta_maximum(network, np.zeros((4, 20))) == 0
