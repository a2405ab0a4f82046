"""The atom at the maximum in sampled networks."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.atoms import depth_of_vanishing_atom
from fisher_spectra.hayase_karakida.conditional_fisher import conditional_fisher, sample_orthogonal_network
from fisher_spectra.hayase_karakida.sampled_atoms import sampled_vanishing_depth, top_multiplicity
from fisher_spectra.hayase_karakida.signal_propagation import signal_propagation
from fisher_spectra.networks.fully_connected import forward
from fisher_spectra.networks.haar_measure import sphere_inputs

SATURATING = get_activation("hard_tanh(s=1,g=1)")


def test_multiplicity_counts_equal_eigenvalues_and_a_single_one_is_no_atom():
    assert top_multiplicity([1.0, 2.0, 2.0 * (1 + 1e-12), 2.0]) == 3
    assert top_multiplicity([1.0, 2.0, 2.1]) == 0


def test_no_eigenvalue_has_no_multiplicity():
    with pytest.raises(ValueError, match="no eigenvalue"):
        top_multiplicity([])


def test_multiplicity_in_a_network_is_the_width_minus_all_cut_coordinates():
    rng = generator(0, "multiplicity")
    network = sample_orthogonal_network(rng, 80, 4, SATURATING)
    x = sphere_inputs(rng, 1, 80)
    cut = sum(int(np.sum(slope == 0)) for slope in forward(network, x).slopes)
    assert 0 < cut < 78
    assert top_multiplicity(np.linalg.eigvalsh(conditional_fisher(network, x[0]))) == 80 - cut


def test_vanishing_depth_in_networks_scatters_around_that_of_the_recursion():
    depths = [sampled_vanishing_depth(generator(0, "vanishing", n), 2000, SATURATING, 200) for n in range(20)]
    predicted = depth_of_vanishing_atom(signal_propagation(SATURATING, 200))
    assert predicted == 21
    assert np.mean(depths) == pytest.approx(predicted, abs=2)


def test_vanishing_depth_is_that_of_a_plain_network():
    activation = get_activation("hard_tanh(s=1,g=1.05)")  # keeps saturating, so that the depth scatters little
    depths = []
    for number in range(30):
        rng = generator(0, "plain vanishing", number)
        network = sample_orthogonal_network(rng, 60, 40, activation)
        cut = np.cumsum([np.sum(slope == 0) for slope in forward(network, sphere_inputs(rng, 1, 60)).slopes])
        depths.append(int(np.flatnonzero(cut >= 60)[0]) + 2)
    quick = [sampled_vanishing_depth(generator(0, "quick vanishing", n), 60, activation, 60) for n in range(30)]
    error = np.hypot(np.std(depths), np.std(quick)) / np.sqrt(30)
    assert error < 0.8
    assert abs(np.mean(depths) - np.mean(quick)) < 3 * error


def test_directions_that_are_left_are_an_error():
    with pytest.raises(ValueError, match="at depth 3"):
        sampled_vanishing_depth(generator(0, "left"), 100, SATURATING, 3)
