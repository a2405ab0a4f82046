"""Inputs of own networks: Gaussian ones of a given overlap, and samples of a data set."""

from __future__ import annotations

import numpy as np
import pytest

from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets.overlaps import input_moments
from fisher_spectra.networks.fully_connected import gaussian_inputs
from fisher_spectra.own_networks.inputs import GAUSSIAN, inputs_of_networks, overlapping_inputs


@pytest.mark.parametrize("overlap", [0.0, 0.2, 0.9])
def test_gaussian_inputs_have_second_moment_one_and_the_overlap(overlap):
    found = input_moments(overlapping_inputs(np.random.default_rng(0), 60, 4000, overlap))
    # the mean over pairs scatters by 2 sqrt(r (1 - r)) / sqrt(T M_0), that of norms by less: below 0.2 %
    assert found.second_moment == pytest.approx(1.0, abs=0.01)
    assert found.overlap == pytest.approx(overlap, abs=0.01)


def test_without_overlap_they_are_those_of_the_papers():
    found = overlapping_inputs(np.random.default_rng(1), 3, 5)
    np.testing.assert_array_equal(found, gaussian_inputs(np.random.default_rng(1), 3, 5))


@pytest.mark.parametrize("overlap", [-0.1, 1.0, float("nan")])
def test_an_overlap_out_of_range_is_refused(overlap):
    with pytest.raises(ValueError, match=r"overlap = .*: must be a number >= 0 and < 1"):
        overlapping_inputs(np.random.default_rng(0), 3, 5, overlap)


def test_gaussian_inputs_are_drawn_anew_for_each_network():
    inputs = inputs_of_networks(GAUSSIAN, "sample", 0.3, 4, 5, 0, "mine")
    assert inputs.moments == (1.0, 0.3)
    assert inputs.files == ()
    one, other = (inputs.of(np.random.default_rng(seed)) for seed in (0, 1))
    assert one.shape == (4, 5)
    assert not np.any(one == other)


@pytest.fixture
def file(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "mine.npz"
    np.savez(path, x=rng.normal(size=(50, 6)), y=np.arange(50) % 3)
    return str(path)


def test_data_are_the_same_samples_for_every_network_and_belong_to_their_labels(file):
    inputs = inputs_of_networks(file, "none", 0.0, 20, 6, 7, "mine")
    again = inputs_of_networks(file, "none", 0.0, 20, 6, 7, "mine")
    np.testing.assert_array_equal(inputs.of(np.random.default_rng(0)), again.of(np.random.default_rng(1)))
    with np.load(file) as content:
        rows = [int(np.flatnonzero((content["x"] == x).all(axis=1))[0]) for x in inputs.data]
        np.testing.assert_array_equal(inputs.labels, content["y"][rows])
    assert len(set(rows)) == 20
    assert inputs.classes == 3
    assert inputs.moments == (input_moments(inputs.data).second_moment, input_moments(inputs.data).overlap)
    other = inputs_of_networks(file, "none", 0.0, 20, 6, 7, "another")
    assert not np.array_equal(inputs.data, other.data)


def test_samples_of_another_size_are_refused_by_the_key(file):
    with pytest.raises(UserError, match=r"a sample has 6 values, and own\.mine\.widths\[0\] is 5"):
        inputs_of_networks(file, "none", 0.0, 20, 5, 7, "mine")
