"""Products of the matrices of many cells."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fisher_spectra.training.grid.products import add_products

SHAPES = [(1, 1, 1), (3, 5, 4), (1, 7, 6), (6, 7, 1), (5, 1, 3), (40, 33, 50)]  # a, k, b


def drawn(*shape: int, turned: bool = False) -> torch.Tensor:
    """Standard normal numbers; if turned, each matrix is the transpose of a contiguous one."""
    rng = np.random.default_rng(list(shape))
    if turned:
        *front, rows, columns = shape
        return torch.tensor(rng.standard_normal((*front, columns, rows))).transpose(-2, -1)
    return torch.tensor(rng.standard_normal(shape))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize(("a", "k", "b"), SHAPES)
def test_each_cell_gets_the_product_of_its_matrices_added(
    a: int, k: int, b: int, turned: tuple[bool, bool], dtype: torch.dtype
) -> None:
    left, right = drawn(3, a, k, turned=turned[0]), drawn(3, k, b, turned=turned[1])
    start = drawn(3, a, b)
    expected = 0.3 * start.numpy() - 2.0 * np.einsum("nik,nkj->nij", left.numpy(), right.numpy())
    out = start.to(dtype)
    assert add_products(out, left.to(dtype), right.to(dtype), alpha=-2.0, beta=0.3) is out
    tolerance = 1e-13 if dtype == torch.float64 else 1e-4
    np.testing.assert_allclose(out.numpy(), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_without_a_share_of_what_was_there_it_may_be_anything(dtype: torch.dtype) -> None:
    left, right = drawn(2, 4, 3).to(dtype), drawn(2, 3, 5).to(dtype)
    out = torch.full((2, 4, 5), torch.nan, dtype=dtype)
    torch.testing.assert_close(add_products(out, left, right, beta=0), left @ right)


def test_in_double_precision_the_bits_of_a_cell_do_not_depend_on_the_others() -> None:
    left, right = drawn(8, 65, 70), drawn(8, 70, 33)
    together = add_products(torch.zeros(8, 65, 33, dtype=torch.float64), left, right)
    for cell in range(8):
        alone = torch.zeros(1, 65, 33, dtype=torch.float64)
        assert torch.equal(add_products(alone, left[cell : cell + 1], right[cell : cell + 1])[0], together[cell])


def test_samples_shared_by_all_cells_need_no_copies_of_their_own() -> None:
    left, right = drawn(1, 4, 3), drawn(2, 3, 5)
    out = add_products(torch.zeros(2, 4, 5, dtype=torch.float64), left.expand(2, 4, 3), right)
    torch.testing.assert_close(out, left @ right)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_where_the_result_could_not_be_put_in_place_it_is_refused(dtype: torch.dtype) -> None:
    out = torch.zeros(2, 5, 4, dtype=dtype).transpose(1, 2)
    with pytest.raises(ValueError, match="out: strides"):
        add_products(out, torch.ones(2, 4, 3, dtype=dtype), torch.ones(2, 3, 5, dtype=dtype))
