"""Work that does not fit into memory is refused with an estimate."""

from __future__ import annotations

import pytest

from fisher_spectra.common import memory
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.memory import available_memory, require_memory


def test_available_memory_is_at_most_the_physical_memory() -> None:
    import os

    assert 0 < available_memory() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_too_large_work_is_refused_with_estimate_and_remedy() -> None:
    with pytest.raises(
        UserError, match=r"a matrix needs about 3\.00 GiB of memory, 2\.00 GiB are available: be modest"
    ):
        require_memory(3 * 2**30, "a matrix", "be modest", available=2 * 2**30)


def test_work_that_fits_is_let_through() -> None:
    require_memory(2**20, "a matrix", "be modest", available=2**20)
    require_memory(1.0, "a matrix", "be modest")
    with pytest.raises(UserError):
        require_memory(1e18, "a matrix", "be modest")


def test_of_several_methods_the_one_asked_for_or_the_cheaper_one_that_fits_is_taken(monkeypatch):
    needed = {"matrix": 100.0, "products": 10.0}

    def chosen(method, cheaper, available):
        monkeypatch.setattr(memory, "available_memory", lambda: available)
        return memory.method_within_memory(method, cheaper, needed, "the result", "use less")

    assert chosen("auto", "matrix", 100) == "matrix"
    assert chosen("auto", "matrix", 99) == "products"
    assert chosen("auto", "products", 1000) == "products"
    assert chosen("matrix", "products", 1000) == "matrix"
    with pytest.raises(UserError, match="the result, method matrix, needs about"):
        chosen("matrix", "products", 99)
    with pytest.raises(UserError, match="the result, method products, needs about"):
        chosen("auto", "matrix", 9)
    for wrong in ("exact", None, ["auto"]):
        with pytest.raises(ValueError, match=r"method = .*: must be auto, matrix or products"):
            chosen(wrong, "matrix", 1000)
