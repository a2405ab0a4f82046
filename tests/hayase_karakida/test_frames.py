"""Frames of which only inner products are drawn, step by step against frames that are drawn whole."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida.frames import _Lowered, _orthonormal, _root_and_inverse, _rows_and_overlap
from fisher_spectra.networks.haar_measure import haar_orthogonal


# rows cut fewer and more than columns; frames that span too much, or all, for what is kept
@pytest.mark.parametrize(
    ("width", "rank", "cut"), [(12, 5, 3), (12, 3, 5), (12, 9, 5), (12, 5, 9), (12, 12, 4), (9, 8, 8)]
)
def test_a_frame_without_its_cut_rows_keeps_every_inner_product_in_its_orthonormal_basis(width, rank, cut):
    rng = generator(0, "orthonormal", width, rank, cut)
    frame = haar_orthogonal(rng, width, rank)
    inner = rng.standard_normal((rank, rank))
    inner = inner @ inner.T
    y = np.concatenate([np.zeros(cut), rng.standard_normal(width - cut)])
    kept = frame[cut:]
    found, overlap = _orthonormal(inner, frame.T @ y, frame[:cut], width)
    assert len(overlap) == min(rank, width - cut)
    # V_K N V_K^T has the same eigenvalues, and y the same projection and the same quadratic forms
    matrix = kept @ inner @ kept.T
    expected = np.linalg.eigvalsh(matrix)[-len(overlap) :]
    np.testing.assert_allclose(np.linalg.eigvalsh(found), expected, rtol=1e-9, atol=1e-9 * expected[-1])
    projected = kept @ np.linalg.lstsq(kept, y[cut:], rcond=1e-9)[0]
    assert overlap @ overlap == pytest.approx(projected @ projected, rel=1e-9)
    assert overlap @ found @ overlap == pytest.approx(projected @ matrix @ projected, rel=1e-9)
    assert overlap @ found @ found @ overlap == pytest.approx(projected @ matrix @ matrix @ projected, rel=1e-9)


def uniform_frame(rng, along, direction):
    """A frame with these overlaps with a direction, uniform among them: any such frame, turned about the direction."""
    width, rank = len(direction), len(along)

    def with_first(vector):  # an orthogonal matrix whose first column is the vector
        q, r = np.linalg.qr(np.column_stack([vector, rng.standard_normal((len(vector), len(vector)))]))
        return q * np.sign(r[0, 0]) if r[0, 0] < 0 else q

    turned = np.eye(width)
    turned[1:, 1:] = haar_orthogonal(rng, width - 1)
    length = np.linalg.norm(along)
    # in coordinates whose first one is t, and of the frame whose first one is a: one column leans, the others do not
    leaning = np.zeros((width, rank))
    leaning[0, 0] = length
    if rank < width:
        leaning[1 : rank + 1] = np.diag([np.sqrt(1 - length**2), *np.ones(rank - 1)])
    else:
        leaning[1:, 1:] = np.eye(width - 1)
    return with_first(direction) @ turned @ leaning @ with_first(along / length).T


@pytest.mark.parametrize(("width", "rank", "cut"), [(7, 3, 2), (7, 5, 3), (5, 5, 2), (5, 2, 4), (6, 3, 0)])
@pytest.mark.parametrize("offset", [0.0, 0.7])  # of y from the direction of the kept part of h
def test_rows_and_overlap_have_the_law_of_those_of_a_whole_frame(width, rank, cut, offset):
    rng, number = generator(0, "rows", width, rank, cut, offset), 1500
    direction = haar_orthogonal(rng, width, 1)[:, 0]
    along = haar_orthogonal(rng, rank, 1)[:, 0] * (1.0 if rank == width else 0.6)
    places = np.arange(cut)
    y = 1.3 * direction + offset
    y[:cut] = 0.0
    lowered = _Lowered(np.eye(rank), along)
    found = [_rows_and_overlap(rng, lowered, direction, places, y) for _ in range(number)]
    frames = [uniform_frame(rng, along, direction) for _ in range(number)]
    np.testing.assert_allclose(frames[0].T @ frames[0], np.eye(rank), atol=1e-12)
    np.testing.assert_allclose(frames[0].T @ direction, along, atol=1e-12)
    whole = [(frame[:cut], frame.T @ y) for frame in frames]
    other = np.cos(np.arange(rank))  # a direction of the frame that is neither a nor a coordinate
    statistics = {
        "squared overlap": lambda rows, overlap: overlap @ overlap,
        "overlap in a direction": lambda rows, overlap: overlap @ other,
    }
    if cut:
        statistics |= {
            "squared norm of the rows": lambda rows, overlap: np.sum(rows**2),
            "a row in a direction": lambda rows, overlap: rows[-1] @ other,
            "rows and overlap": lambda rows, overlap: rows[0] @ overlap,
        }
    for name, statistic in statistics.items():
        pair = ([round(float(statistic(*draw)), 9) for draw in draws] for draws in (found, whole))
        assert ks_2samp(*pair).pvalue > 1e-4, name


@pytest.mark.parametrize(
    ("sines", "zeros"), [((0.5, 0.5, 0.5), 0), ((0.9, 0.4, 0.4, 0.1), 0), ((1.0, 1.0, 0.6, 0.6), 2)]
)
def test_a_root_does_not_depend_on_singular_vectors_that_rounding_decides(sines, zeros):
    rng, size = generator(0, "root", *sines), len(sines)
    left, right = (haar_orthogonal(rng, size) for _ in range(2))
    triangle = (left * sines) @ right
    root, inverse = _root_and_inverse(triangle, zeros)
    assert root.shape == inverse.shape == (size - zeros, size)
    np.testing.assert_allclose(root.T @ root, np.eye(size) - triangle @ triangle.T, atol=1e-7)
    np.testing.assert_allclose(root @ inverse.T, np.eye(size - zeros), atol=1e-7)
    for _ in range(5):  # the same Gram matrix but for rounding, from other singular vectors
        turned = triangle @ haar_orthogonal(rng, size)
        again, inverse_again = _root_and_inverse(turned * (1 + 1e-15 * rng.standard_normal((size, size))), zeros)
        np.testing.assert_allclose(again, root, atol=1e-7)
        np.testing.assert_allclose(inverse_again, inverse, atol=1e-6)
