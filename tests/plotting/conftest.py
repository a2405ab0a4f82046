"""Every figure is drawn in the common style and closed again."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest

from fisher_spectra.plotting.style import use_style


@pytest.fixture(autouse=True)
def style():
    use_style()
    yield
    plt.close("all")
