"""Figures are written by their suffix, and the reader's own settings of matplotlib stay."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

import fisher_spectra as fs
from fisher_spectra.analysis.drawing import SUFFIXES


@pytest.fixture(scope="module")
def results():
    return {
        "prediction": fs.predict([12, 20, 3], "relu", sigma_w2=2, samples=10, networks=2),
        "diagram": fs.phase_diagram("erf", (0.5, 4), (0, 1), 3, points=3),
        "nowhere": fs.phase_diagram("erf", (0.1, 0.2), (0, 1), 3, points=3, quantity="kappa_2"),
    }


@pytest.mark.parametrize("name", ["prediction", "diagram", "nowhere"])
def test_a_figure_is_written_by_its_suffix_or_not_at_all(results, name, tmp_path):
    before = dict(mpl.rcParams)
    suffixes = SUFFIXES if name == "nowhere" else SUFFIXES[:1]
    for suffix in suffixes:
        results[name].plot(tmp_path / f"picture{suffix}")
        assert (tmp_path / f"picture{suffix}").stat().st_size > 1000
    figure = results[name].plot()
    assert figure.axes[0].get_title()
    assert len(list(tmp_path.iterdir())) == len(suffixes)
    assert dict(mpl.rcParams) == before
    plt.close("all")


def test_the_title_says_what_the_networks_are(results):
    title = results["prediction"].plot().axes[0].get_title()
    assert title.splitlines() == [results["prediction"].summary().splitlines()[0], results["prediction"].inputs]
    assert results["diagram"].plot().axes[0].get_title() == "erf, L = 3, M = 1000, T = 100, C = 1"
    plt.close("all")


def test_another_suffix_is_refused_in_one_line(results, tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.png, \.pdf or \.svg"):
        results["diagram"].plot(tmp_path / "picture.bmp")
    assert list(tmp_path.iterdir()) == []
