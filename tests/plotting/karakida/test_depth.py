"""The figure of the depth shows theory and networks of its table, which has what sampled networks give."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_tables import ACTIVATIONS, karakida_depth
from plotted_data import curves, error_bars, labels_of, legend_looks, letters_of, look_of, points_of, scales_of
from script_modules import script_module

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.karakida.mean_field import critical_learning_rate, eigenvalue_maximum, mean_field
from fisher_spectra.networks.dual_fisher import dual_fisher, eigenvalues, fisher_statistics
from fisher_spectra.networks.fully_connected import gaussian_inputs, sample_network
from fisher_spectra.plotting.karakida.depth import PANELS, plot

STATISTICS = list(PANELS)
tabulate_depth = script_module("karakida/tabulate_depth").tabulate_depth


@pytest.mark.parametrize("number", range(3))
def test_each_panel_shows_theory_as_lines_and_means_with_one_standard_deviation(number):
    frame = karakida_depth()
    axis = plot(frame).axes[number]
    rows = frame[frame["statistic"] == STATISTICS[number]]
    for line, (points, bars), activation in zip(curves(axis), error_bars(axis), ACTIVATIONS, strict=True):
        own = rows[rows["activation"] == activation].sort_values("L")
        np.testing.assert_array_equal(points_of(line), own[["L", "theory"]].to_numpy())
        np.testing.assert_array_equal(points, own[["L", "empirical_mean"]].to_numpy())
        np.testing.assert_allclose(bars, own["empirical_std"], rtol=1e-12)


def test_axes_legend_and_letters():
    figure = plot(karakida_depth())
    assert [scales_of(axis) for axis in figure.axes] == [("linear", "log"), ("linear", "linear"), ("linear", "log")]
    assert [labels_of(axis) for axis in figure.axes] == [(r"depth $L$", label) for label, _ in PANELS.values()]
    assert letters_of(figure.axes) == ["(a)", "(b)", "(c)"]
    looks = legend_looks(figure)
    assert {looks[f"{name}, theory"] for name in ("tanh", "ReLU", "linear")} == set(
        map(look_of, curves(figure.axes[0]))
    )
    assert len(looks) == 6


def sampled(networks, depth, width, samples, outputs):
    """Rows as `sample_networks.py` makes them, and all eigenvalues of each network."""
    rows, spectra = [], []
    for number in range(networks):
        rng = generator(0, "depth", depth, number)
        network = sample_network(rng, [*[width] * depth, outputs], get_activation("tanh"), 3.0, 0.64)
        inputs = gaussian_inputs(rng, samples, width)
        found = fisher_statistics(network, inputs)
        rows.append({"mean": found.mean, "maximum": found.maximum})
        spectra.append(eigenvalues(dual_fisher(network, inputs)))
    cell = {"activation": "tanh", "function": "tanh", "sigma_w2": 3.0, "sigma_b2": 0.64}
    cell |= {"M": width, "T": samples, "L": depth, "C": outputs}
    return pd.DataFrame(rows).assign(**cell), np.array(spectra)


@pytest.mark.parametrize("outputs", [1, 3])
def test_the_table_has_the_largest_eigenvalue_its_share_of_the_sum_and_the_rate_it_allows(outputs):
    parts, spectra = sampled(networks=3, depth=4, width=20, samples=8, outputs=outputs)
    table = tabulate_depth(parts, momentum=0.9).set_index("statistic")
    largest = spectra.max(axis=1)
    expected = {
        "maximum": largest,
        "share_of_trace": largest / spectra.sum(axis=1),
        "critical_learning_rate": 2 * 1.9 / largest,
    }
    for statistic, values in expected.items():
        assert table.loc[statistic, "empirical_mean"] == pytest.approx(values.mean(), rel=1e-9)
        assert table.loc[statistic, "empirical_std"] == pytest.approx(values.std(ddof=1), rel=1e-8)
    order = mean_field(get_activation("tanh"), 3.0, 0.64, 4)
    assert table.loc["maximum", "theory"] == eigenvalue_maximum(order, 20, 8)
    assert table.loc["critical_learning_rate", "theory"] == critical_learning_rate(order, 20, 8, 0.9)
    trace = outputs * order.alpha * order.kappa_1 * 20
    assert table.loc["share_of_trace", "theory"] == pytest.approx(eigenvalue_maximum(order, 20, 8) / trace, rel=1e-12)
    assert list(table["n_seeds"]) == [3, 3, 3]
