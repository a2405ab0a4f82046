"""How many probe vectors a Lanczos quadrature takes."""

from __future__ import annotations

import pytest

from fisher_spectra.pennington_worah.probes import number_of_probes


@pytest.mark.parametrize("width", [1, 7, 64, 181, 182, 1000])
@pytest.mark.parametrize("numbers", [1, 65536])
def test_probes_are_the_fewest_that_have_so_many_numbers(numbers, width):
    probes = number_of_probes(numbers, width)
    assert probes * 2 * width**2 >= numbers > (probes - 1) * 2 * width**2
