"""Normalisation of inputs, their overlaps, label vectors and subsampling."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets.labels import one_hot, orthogonal_label_vectors
from fisher_spectra.datasets.overlaps import input_moments, overlap_matrix
from fisher_spectra.datasets.preprocessing import (
    BLOCK,
    SCHEMES,
    normalise,
    normalise_pixels,
    normalise_samples,
    pixel_statistics,
    subsample,
)
from fisher_spectra.datasets.sample_numbers import SampleNumbers


def images(n: int = 50, features: int = 37, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, features), dtype=np.uint8)


@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e100])
def test_scheme_sample_gives_each_sample_zero_mean_and_unit_variance(scale):
    x = normalise(images() * scale, "sample")
    np.testing.assert_allclose(x.mean(axis=1), 0, atol=1e-14)
    np.testing.assert_allclose(x.var(axis=1), 1, rtol=1e-13)


def test_scheme_sample_is_the_textbook_formula_applied_row_by_row():
    x = images()
    expected = [
        (row - np.mean(row)) / math.sqrt(sum((v - np.mean(row)) ** 2 for v in row) / len(row)) for row in x * 1.0
    ]
    np.testing.assert_allclose(normalise(x, "sample"), expected, rtol=1e-12)


def test_scheme_pixel_gives_the_training_set_zero_mean_and_unit_variance_as_a_whole():
    x = normalise(images(), "pixel")
    assert x.mean() == pytest.approx(0, abs=1e-14)
    assert x.var() == pytest.approx(1, rel=1e-13)
    assert np.ptp(x.mean(axis=1)) > 0.1  # single samples keep their brightness


def test_scheme_pixel_applies_the_statistics_of_the_training_set_to_test_samples():
    training, test = images(), images(seed=1) // 2
    expected = (test - training.mean()) / training.std()
    np.testing.assert_allclose(normalise(test, "pixel", training=training), expected, rtol=1e-12)


@pytest.mark.parametrize("scale", [2.0**-1000, 2.0**-665, 2.0**332])
def test_scheme_pixel_gives_the_same_bits_for_values_whose_squares_are_not_representable(scale):
    np.testing.assert_array_equal(normalise(images() * scale, "pixel"), normalise(images(), "pixel"))


def test_the_statistics_of_pixels_are_those_of_plain_sums_to_the_last_bit():
    x = np.random.default_rng(3).standard_normal((60, 37))
    mean = float(x.sum()) / x.size
    assert pixel_statistics(x) == (mean, float(np.sqrt(float(((x - mean) ** 2).sum()) / x.size)))


@pytest.mark.parametrize(("dtype", "low", "high"), [("float32", 1.2e-19, 1.8e19), ("float64", 1.6e-154, 1.3e154)])
def test_scheme_none_refuses_values_whose_squares_the_type_does_not_hold(dtype, low, high):
    x = np.array([[0.0, -1.0], [0.5, 0.25]])
    for scale in (low, high):
        np.testing.assert_array_equal(normalise(x * scale, "none", dtype=dtype), (x * scale).astype(dtype))
    for scale in (0.0, low / 10, high * 10):
        with pytest.raises(UserError, match=r"^the largest absolute value of the samples is .* without normalisation"):
            normalise(x * scale, "none", dtype=dtype)


@pytest.mark.parametrize("scheme", ["sample", "unit"])
def test_a_sample_that_is_refused_is_named_by_its_number_in_the_file(scheme):
    x = images().astype(float)
    x[31] = 0
    numbers = SampleNumbers("mine.npz", "x", 1000 - np.arange(50))
    with pytest.raises(UserError, match=r"^mine\.npz: sample 969 of 'x': all of its 37 values are"):
        normalise(x, scheme, numbers=numbers)
    chosen = np.array([4, 31])
    with pytest.raises(UserError, match=r"^mine\.npz: sample 969 of 'x'"):
        normalise(x[chosen], scheme, numbers=numbers.chosen(chosen))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pixels_are_normalised_one_by_one_with_the_numbers_given_in_every_block(dtype):
    x = images(BLOCK + 3, 2)
    result = normalise_pixels(x, 31.5, 4.0, dtype=dtype)
    expected = [[(int(value) - 31.5) / 4.0 for value in row] for row in x]
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, expected)  # quarters and eighths are exact


def test_scheme_unit_gives_second_moment_1_and_keeps_the_direction():
    x = images()
    scaled = normalise(x, "unit")
    np.testing.assert_allclose((scaled**2).sum(axis=1) / x.shape[1], 1, rtol=1e-13)
    np.testing.assert_allclose(scaled / scaled[:, :1], x / x[:, :1].astype(float), rtol=1e-12)


@pytest.mark.parametrize("tiny", [1e-200, 1e-300, 1e200])
def test_scheme_unit_holds_for_values_whose_squares_are_not_representable(tiny):
    np.testing.assert_allclose((normalise(images() * tiny, "unit") ** 2).mean(axis=1), 1, rtol=1e-13)


def test_scheme_none_keeps_the_values_and_does_not_share_memory():
    x = images().astype(float)
    same = normalise(x, "none")
    np.testing.assert_array_equal(same, x)
    assert not np.shares_memory(same, x)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_single_precision_differs_from_double_by_rounding_only(scheme):
    x = images()
    single = normalise(x, scheme, dtype=np.float32)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, normalise(x, scheme), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_result_does_not_depend_on_the_blocks_in_which_it_is_computed(scheme):
    x = images(BLOCK + 5, 3)
    if scheme != "pixel":
        np.testing.assert_array_equal(normalise(x, scheme)[BLOCK - 2 :], normalise(x[BLOCK - 2 :], scheme))
    else:
        np.testing.assert_allclose(normalise(x, scheme), (x - x.mean()) / x.std(), rtol=1e-11)


@pytest.mark.parametrize("value", [0, 7, 0.1, 1e8])
def test_constant_sample_is_refused_with_its_number(value):
    x = images().astype(float)
    x[31] = value
    with pytest.raises(UserError, match=r"^sample 31: all of its 37 values are equal"):
        normalise(x, "sample")


def test_sample_whose_values_differ_by_rounding_alone_is_constant():
    x = images().astype(float)
    x[31] = 0.3
    x[31, 5] = 0.1 + 0.2
    assert x[31].std() > 0
    with pytest.raises(UserError, match=r"^sample 31: "):
        normalise(x, "sample")


def test_constant_sample_becomes_zero_when_that_is_asked_for():
    x = images().astype(float)
    x[31] = 0.1
    result = normalise_samples(x, constant="zero")
    assert not result[31].any()
    np.testing.assert_allclose((result[:31] ** 2).mean(axis=1), 1, rtol=1e-13)


def test_sample_of_zeros_cannot_be_scaled_to_unit_second_moment():
    x = images()
    x[4] = 0
    with pytest.raises(UserError, match=r"^sample 4: all of its 37 values are zero"):
        normalise(x, "unit")


def test_data_set_of_one_value_cannot_be_normalised():
    with pytest.raises(UserError, match="all 5 samples hold the same value"):
        pixel_statistics(np.full((5, 3), 0.1))


def test_unknown_scheme_is_refused_with_those_there_are():
    with pytest.raises(UserError, match="there are sample, pixel, unit, none"):
        normalise(images(), "minmax")


@pytest.mark.parametrize("shape", [(5,), (5, 3, 3), (0, 3), (5, 0)])
def test_arrays_that_are_no_list_of_samples_are_refused(shape):
    with pytest.raises(ValueError, match="samples have shape"):
        normalise(np.ones(shape), "none")


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_mean_overlap_equals_the_mean_over_all_pairs(dtype):
    x = images(20, 9).astype(dtype)
    moments = input_moments(x)
    rows = x.astype(float)
    pairs = [rows[s] @ rows[t] / 9 for s, t in itertools.combinations(range(20), 2)]
    squares = [row @ row / 9 for row in rows]
    assert moments.overlap == pytest.approx(np.mean(pairs), rel=1e-12)
    assert moments.second_moment == pytest.approx(np.mean(squares), rel=1e-12)
    assert moments.second_moment_deviation == pytest.approx(np.std(squares), rel=1e-12)
    assert (moments.n_samples, moments.n_features) == (20, 9)


def test_mean_overlap_is_the_mean_of_the_overlap_matrix_off_its_diagonal():
    x = normalise(images(30, 8), "sample")
    matrix = overlap_matrix(x)
    np.testing.assert_allclose(np.diag(matrix), 1, rtol=1e-12)
    assert input_moments(x).overlap == pytest.approx(matrix[~np.eye(30, dtype=bool)].mean(), rel=1e-11)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_overlap_matrix_holds_the_overlap_of_every_pair_and_is_symmetric(dtype):
    x = images(7, 9).astype(dtype)
    matrix = overlap_matrix(x)
    expected = [[sum(float(a) * float(b) for a, b in zip(s, t, strict=True)) / 9 for t in x] for s in x]
    np.testing.assert_allclose(matrix, expected, rtol=1e-14)
    np.testing.assert_array_equal(matrix, matrix.T)


@pytest.mark.parametrize("shape", [(3,), (0, 4), (4, 0), (2, 3, 4)])
def test_overlaps_of_what_is_no_table_of_samples_are_refused(shape):
    with pytest.raises(ValueError, match=r"must be \(samples, input dimension\), both at least 1"):
        overlap_matrix(np.ones(shape))


def test_mean_overlap_does_not_depend_on_blocks():
    x = images(BLOCK + 3, 2).astype(float)
    total, n = x.sum(axis=0), len(x)
    assert input_moments(x).overlap == pytest.approx((total @ total - (x**2).sum()) / (n * (n - 1) * 2), rel=1e-12)


def test_gaussian_inputs_have_second_moment_1_and_overlap_0():
    """The standard errors are sqrt(2 / (T M_0)) = 0.002 and sqrt(2 / M_0) / T = 0.0001; four of them are allowed."""
    moments = input_moments(np.random.default_rng(1).standard_normal((1000, 500)))
    assert moments.second_moment == pytest.approx(1, abs=0.008)
    assert moments.overlap == pytest.approx(0, abs=0.0003)


def test_one_sample_has_no_overlap():
    with pytest.raises(ValueError, match="at least two samples"):
        input_moments(np.ones((1, 4)))


def test_one_hot_rows_are_the_unit_vectors_of_the_classes():
    np.testing.assert_array_equal(one_hot(np.array([2, 0, 2]), 3), [[0, 0, 1], [1, 0, 0], [0, 0, 1]])


@pytest.mark.parametrize("y", [[0, 3], [-1, 0]])
def test_class_out_of_range_is_refused(y):
    with pytest.raises(ValueError, match="allowed are 0 to 2"):
        one_hot(np.array(y), 3)


@pytest.mark.parametrize("random", [False, True])
@pytest.mark.parametrize(("norm", "length"), [(None, math.sqrt(64)), (1.0, 1.0)])
def test_label_vectors_are_orthogonal_and_of_norm_sqrt_m_unless_told_otherwise(random, norm, length):
    rng = np.random.default_rng(3) if random else None
    vectors = orthogonal_label_vectors(10, 64, norm=norm, rng=rng)
    np.testing.assert_allclose(vectors @ vectors.T, length**2 * np.eye(10), atol=1e-12 * length**2)


def test_label_vectors_without_a_generator_are_canonical():
    vectors = orthogonal_label_vectors(3, 4)
    np.testing.assert_array_equal(vectors, 2 * np.eye(4)[:3])


def test_label_vectors_with_a_generator_are_uniform_in_direction():
    """Each entry has mean 0 and mean square 1 (norm sqrt(M)); without fixing the signs of QR the mean is not 0.

    With 4000 draws the standard errors are 0.016 and at most 0.022; four of them are allowed.
    """
    rng = np.random.default_rng(4)
    draws = np.array([orthogonal_label_vectors(2, 4, rng=rng) for _ in range(4000)])
    np.testing.assert_allclose(draws.mean(axis=0), 0, atol=0.064)
    np.testing.assert_allclose((draws**2).mean(axis=0), 1, atol=0.09)


def test_canonical_and_rotated_label_vectors_give_a_linear_last_layer_the_same_loss_at_every_step():
    """The claim of the docstring: a rotation of the labels is a rotation of the weights of the last layer."""
    rng = np.random.default_rng(5)
    width, eta = 6, 0.1
    x, y = rng.standard_normal((9, width)), rng.integers(0, 3, 9)
    canonical, rotated = orthogonal_label_vectors(3, width), orthogonal_label_vectors(3, width, rng=rng)
    images_of_canonical = rotated.T / math.sqrt(width)
    rotation = np.linalg.qr(np.hstack([images_of_canonical, rng.standard_normal((width, width - 3))]))[0]
    rotation[:, :3] = images_of_canonical  # QR may have turned their signs
    weights = rng.standard_normal((width, width))
    losses = []
    for w, vectors in [(weights, canonical), (rotation @ weights, rotated)]:
        for _ in range(5):
            error = x @ w.T - vectors[y]
            losses.append((error**2).sum())
            w = w - eta / len(x) * error.T @ x
    np.testing.assert_allclose(losses[:5], losses[5:], rtol=1e-12)
    assert losses[4] < losses[0]


@pytest.mark.parametrize(("n_classes", "width"), [(11, 10), (0, 10)])
def test_more_classes_than_dimensions_are_refused(n_classes, width):
    with pytest.raises(UserError, match=f"{n_classes} classes have no orthogonal label vectors in 10 dimensions"):
        orthogonal_label_vectors(n_classes, width)


@pytest.mark.parametrize("norm", [0.0, -1.0, math.inf, math.nan])
def test_label_vectors_without_a_length_are_refused(norm):
    with pytest.raises(UserError, match="norm of the label vectors"):
        orthogonal_label_vectors(3, 4, norm=norm)


def test_subsample_has_different_indices_and_is_reproducible():
    first = subsample(np.random.default_rng(6), 100, 40)
    assert len(set(first)) == 40
    assert set(first) <= set(range(100))
    np.testing.assert_array_equal(first, subsample(np.random.default_rng(6), 100, 40))


def test_larger_subsample_begins_with_the_smaller_one():
    small, large = (subsample(np.random.default_rng(7), 100, size) for size in (10, 60))
    np.testing.assert_array_equal(small, large[:10])


def test_subsample_draws_every_sample_equally_often():
    """2000 draws of 3 out of 6: each is drawn 1000 times with a standard deviation of 22; four of them are allowed."""
    rng = np.random.default_rng(8)
    counts = np.bincount(np.concatenate([subsample(rng, 6, 3) for _ in range(2000)]), minlength=6)
    np.testing.assert_allclose(counts, 1000, atol=90)


@pytest.mark.parametrize("size", [0, -1, 11])
def test_subsample_of_more_than_there_is_or_of_nothing_is_refused(size):
    with pytest.raises(UserError, match="allowed are 1 to 10"):
        subsample(np.random.default_rng(0), 10, size)
