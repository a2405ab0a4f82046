"""Largest eigenvalue of matrices and operators against the full spectrum."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from fisher_spectra.common.seeds import generator
from fisher_spectra.spectra import largest_eigenvalue as module
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue, largest_eigenvalue_without_restarts


def symmetric(order, dtype=np.float64):
    """A matrix of which about half of the eigenvalues are negative."""
    matrix = generator(0, "largest_eigenvalue", order).standard_normal((order, order))
    return (matrix + matrix.T).astype(dtype)


@pytest.mark.parametrize("order", [1, 2, 3, 128, 129, 400])
def test_matrix_and_operator_have_the_largest_of_all_eigenvalues(order):
    assert module._DENSE_ORDER == 128
    matrix = symmetric(order)
    expected = np.linalg.eigvalsh(matrix)[-1]
    for kind in (matrix, aslinearoperator(matrix)):
        assert largest_eigenvalue(kind) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("vectors", [10, 100, 1000])
def test_any_number_of_lanczos_vectors_gives_the_same_eigenvalue(vectors):
    matrix = symmetric(300)
    expected = np.linalg.eigvalsh(matrix)[-1]
    assert largest_eigenvalue(matrix, vectors=vectors) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("tolerance", [1e-2, 1e-5])
def test_a_tolerance_bounds_the_relative_error_and_saves_products(tolerance):
    matrix, products = np.diag(np.linspace(0, 1, 2000) ** 0.5), []

    def counted(allowed):
        products.append(0)

        def product(vector):
            products[-1] += 1
            return matrix @ vector

        return largest_eigenvalue(LinearOperator(matrix.shape, matvec=product, dtype=np.float64), allowed)

    assert counted(tolerance) == pytest.approx(1, rel=tolerance)
    assert counted(None) == pytest.approx(1, rel=1e-10)
    assert products[0] < products[1]


def test_a_single_precision_operator_ends_at_its_own_rounding():
    matrix = symmetric(300, np.float32)
    expected = np.linalg.eigvalsh(matrix.astype(np.float64))[-1]
    assert largest_eigenvalue(aslinearoperator(matrix)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("order", [1, 3, 300])
def test_zero_matrix_and_zero_operator_have_zero(order):
    zero = np.zeros((order, order))
    assert largest_eigenvalue(zero) == largest_eigenvalue(aslinearoperator(zero)) == 0


@pytest.mark.parametrize("order", [3, 300])
def test_entries_that_are_not_finite_are_refused(order):
    matrix = symmetric(order)
    matrix[1, 1] = np.nan
    for kind in (matrix, aslinearoperator(matrix)):
        with pytest.raises(ValueError, match="not finite"):
            largest_eigenvalue(kind)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [(np.ones((2, 3)), "must be square"), (np.ones((0, 0)), "not empty"), (np.ones(4), "must be square")],
)
def test_matrices_that_are_not_square_are_refused(matrix, message):
    with pytest.raises(ValueError, match=message):
        largest_eigenvalue(matrix)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.int8, np.int64, np.uint8])
@pytest.mark.parametrize("order", [1, 3, 300])
@pytest.mark.parametrize("value", [0, 1, 7])
def test_multiples_of_the_identity_of_any_type_have_their_eigenvalue(kind, order, value):
    matrix = value * np.eye(order, dtype=kind)
    assert matrix.dtype == kind
    for form in (matrix, aslinearoperator(matrix), scipy.sparse.csr_array(matrix.astype(np.float32))):
        assert largest_eigenvalue(form) == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("kind", [np.float16, np.int16, np.int64])
def test_operators_of_types_that_arpack_lacks_are_treated_in_double_precision(kind):
    matrix = np.round(4 * symmetric(300)).astype(kind)
    expected = np.linalg.eigvalsh(matrix.astype(np.float64))[-1]
    assert largest_eigenvalue(aslinearoperator(matrix)) == pytest.approx(expected, rel=1e-9)


def test_few_eigenvalues_of_which_each_occurs_often_are_no_obstacle():
    for kind in (np.float32, np.float64):
        matrix = np.diag(np.repeat([1, 2, 5], 100)).astype(kind)
        assert largest_eigenvalue(aslinearoperator(matrix)) == pytest.approx(5, rel=1e-5)


def test_what_does_not_converge_is_refused_in_one_line(monkeypatch):
    def give_up(*arguments, **settings):
        raise scipy.sparse.linalg.ArpackError(3)

    monkeypatch.setattr(module.scipy.sparse.linalg, "eigsh", give_up)
    assert largest_eigenvalue(aslinearoperator(symmetric(150))) == pytest.approx(
        np.linalg.eigvalsh(symmetric(150))[-1], rel=1e-10
    )
    dense = np.diag(1 - np.geomspace(1e-9, 1, 3000))
    with pytest.raises(ValueError, match="order 3000: Lanczos does not converge") as caught:
        largest_eigenvalue(aslinearoperator(dense), tolerance=1e-14)
    assert "\n" not in str(caught.value)


def test_a_complex_operator_is_refused():
    with pytest.raises(TypeError, match="dtype complex128: must be real"):
        largest_eigenvalue(aslinearoperator(np.eye(300, dtype=complex)))


@pytest.mark.parametrize("order", [1, 2, 40, 300])
@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-8])
def test_without_restarts_the_largest_eigenvalue_is_that_of_all_within_the_tolerance(order, tolerance):
    matrix = symmetric(order) @ symmetric(order)
    found = largest_eigenvalue_without_restarts(aslinearoperator(matrix), tolerance)
    assert found == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=tolerance)


def test_without_restarts_a_loose_tolerance_takes_fewer_products():
    matrix = np.diag([1000.0, 900.0, *np.linspace(0.0, 500.0, 998)])
    products = 0

    def product(vector):
        nonlocal products
        products += 1
        return matrix @ vector

    operator = LinearOperator(matrix.shape, matvec=product, dtype=np.float64)
    needed = []
    for routine in (largest_eigenvalue_without_restarts, largest_eigenvalue):
        products = 0
        assert routine(operator, 1e-4) == pytest.approx(1000.0, rel=1e-4)
        needed.append(products)
    assert needed[0] < needed[1]


def test_without_restarts_whole_numbers_are_treated_in_double_precision_and_complex_ones_refused():
    matrix = np.diag(np.arange(1, 301))
    assert largest_eigenvalue_without_restarts(aslinearoperator(matrix), 1e-6) == pytest.approx(300, rel=1e-6)
    with pytest.raises(TypeError, match="dtype complex128: must be real"):
        largest_eigenvalue_without_restarts(aslinearoperator(np.eye(3, dtype=complex)), 1e-6)


def test_without_restarts_zero_has_zero_and_what_does_not_converge_is_refused():
    assert largest_eigenvalue_without_restarts(aslinearoperator(np.zeros((5, 5))), 1e-4) == 0.0
    dense = np.diag(1 - np.geomspace(1e-9, 1, 3000))
    with pytest.raises(ValueError, match=r"order 3000: Lanczos does not converge \(residual above 1e-14\)"):
        largest_eigenvalue_without_restarts(aslinearoperator(dense), 1e-14)
