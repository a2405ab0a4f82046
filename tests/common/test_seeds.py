"""Generators of samples: each its own stream, named by its identity alone."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from scipy.stats import kstest

from fisher_spectra.common.seeds import generator

IDENTITY = ("karakida_fig1", "tanh", 1000, 17)


def test_stream_of_an_identity_never_changes():
    # frozen: a change of these numbers changes every published result
    assert generator(0, *IDENTITY).random() == 0.24835814310296156
    assert generator(20190416, "a", 1, 0.5).integers(2**63) == 425646355619814256


def test_stream_is_numpys_seed_sequence_keyed_by_the_whole_sha256_of_the_identity():
    digest = hashlib.sha256(json.dumps(IDENTITY).encode()).digest()
    words = np.frombuffer(digest, dtype="<u4")
    oracle = np.random.Generator(np.random.PCG64(np.random.SeedSequence(5, spawn_key=[int(w) for w in words])))
    np.testing.assert_array_equal(generator(5, *IDENTITY).random(9), oracle.random(9))


def test_equal_identities_give_equal_streams_whatever_was_drawn_between():
    first = generator(3, *IDENTITY)
    expected = first.standard_normal(20)
    np.random.default_rng(0).random(100)
    generator(3, "another").random(7)
    np.testing.assert_array_equal(generator(3, *IDENTITY).standard_normal(20), expected)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((0, "a", 1), (1, "a", 1)),
        ((0, "a", 1), (0, "a", 2)),
        ((0, "a", 1), (0, "a", "1")),
        ((0, "a", 1), (0, 1, "a")),
        ((0, "a", 1), (0, "a", 1, 0)),
        ((0, "ab", "c"), (0, "a", "bc")),
        ((0, "a, b"), (0, "a", "b")),
        ((0, 1), (0, 1.0)),
        ((0, "é"), (0, "e")),
        ((0, 1, 2), (0, 12)),
    ],
)
def test_different_samples_have_different_streams(one, other):
    assert generator(*one).random() != generator(*other).random()


def test_first_draws_of_neighbouring_identities_are_uniform_and_uncorrelated():
    draws = np.array([generator(0, "uniformity", k).random(2) for k in range(2000)])
    assert kstest(draws[:, 0], "uniform").pvalue > 1e-3
    correlations = [np.corrcoef(draws[:-1, 0], draws[1:, 0])[0, 1], np.corrcoef(draws.T)[0, 1]]
    assert np.max(np.abs(correlations)) < 4 / np.sqrt(len(draws))  # four standard errors


def test_generators_leave_numpys_global_state_alone():
    np.random.seed(4)  # noqa: NPY002 the global state is what is tested
    expected = np.random.random(3)  # noqa: NPY002
    np.random.seed(4)  # noqa: NPY002
    generator(0, "a").random(100)
    np.testing.assert_array_equal(np.random.random(3), expected)  # noqa: NPY002


def test_a_negative_root_seed_is_refused():
    with pytest.raises(ValueError, match=r"^root_seed = -1: must be zero or a positive integer$"):
        generator(-1, "a")


def test_a_sample_without_identity_is_refused():
    with pytest.raises(ValueError, match="needs an identity"):
        generator(0)


def test_a_numpy_integer_is_refused_rather_than_taken_for_another_sample():
    with pytest.raises(TypeError, match=r"^identity .*3.* of type int64: must be a string, an int or a float$"):
        generator(0, "a", np.int64(3))
