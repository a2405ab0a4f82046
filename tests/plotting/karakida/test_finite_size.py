"""The figure of finite sizes shows Theorem 4, the finite-size value and the networks of its table."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from figure_tables import karakida_finite_size
from plotted_data import curves, error_bars, labels_of, legend_looks, letters_of, look_of, points_of, scales_of
from script_modules import script_module

from fisher_spectra.common.seeds import generator
from fisher_spectra.finite_size.sweeps import shapes, sweeps
from fisher_spectra.jobs.run_job import Job
from fisher_spectra.networks.dual_fisher import dual_fisher
from fisher_spectra.networks.fully_connected import gaussian_inputs, sample_network
from fisher_spectra.plotting.karakida.finite_size import PANELS, plot

ACTIVATIONS = ("tanh", "gelu", "relu")
SWEPT = {
    "inputs": 8,
    "hidden": [6, 5],
    "outputs": 2,
    "samples": 4,
    "hidden_scales": [1, 2],
    "sample_numbers": [3, 4],
    "output_numbers": [2],
    "bias_variances": [0, 0.5],
}
SETTINGS = {"activation": "tanh", "function": "tanh", "sigma_w2": 2.0, **SWEPT}


JOB = Job(Namespace(output=Path("table.csv")))


@pytest.mark.parametrize("number", range(4))
def test_each_panel_shows_theorem_4_dashed_the_finite_size_value_and_means_with_one_standard_deviation(number):
    frame = karakida_finite_size()
    axis = plot(frame).axes[number]
    rows = frame[frame["varied"] == list(PANELS)[number]]
    lines, bars = curves(axis), error_bars(axis)
    assert len(lines) == 2 * len(bars) == 2 * len(ACTIVATIONS)
    for place, activation in enumerate(ACTIVATIONS):
        own = rows[rows["activation"] == activation].sort_values("value")
        dashed, line = lines[2 * place : 2 * place + 2]
        assert (dashed.get_linestyle(), line.get_linestyle()) == ("--", "-")
        np.testing.assert_array_equal(points_of(dashed), own[["value", "theorem_4"]].to_numpy())
        np.testing.assert_array_equal(points_of(line), own[["value", "theory"]].to_numpy())
        points, lengths = bars[place]
        np.testing.assert_array_equal(points, own[["value", "empirical_mean"]].to_numpy())
        np.testing.assert_allclose(lengths, own["empirical_std"], rtol=1e-12)


def test_axes_legend_and_letters():
    figure = plot(karakida_finite_size())
    assert [scales_of(axis) for axis in figure.axes] == [("log", "log")] * 3 + [("symlog", "log")]
    assert [labels_of(axis)[0] for axis in figure.axes] == [label for label, _ in PANELS.values()]
    assert letters_of(figure.axes) == ["(a)", "(b)", "(c)", "(d)"]
    looks = legend_looks(figure)
    assert len(looks) == 9
    for name, line in zip(("tanh", "GELU", "ReLU"), curves(figure.axes[0])[1::2], strict=True):
        assert looks[f"{name}, finite size"] == look_of(line)


def test_networks_without_and_with_biases_have_the_largest_eigenvalue_of_their_matrix_without_biases():
    found = script_module("karakida/sample_finite_size").sample_finite_size(
        job=JOB, root_seed=3, first=1, stop=3, **SETTINGS
    )
    different = shapes(sweeps(**SWEPT))
    assert len(different) == 4  # the one in the middle is sampled once for all sweeps
    assert len(found) == 2 * len(different)
    for (_, row), shape, number in zip(
        found.iterrows(), [one for one in different for _ in range(2)], [1, 2] * len(different), strict=True
    ):
        rng = generator(3, "karakida_finite_size", "tanh", shape.name, shape.samples, shape.sigma_b2, number)
        network = sample_network(rng, shape.widths, "tanh", 2.0, shape.sigma_b2)
        matrix = dual_fisher(network, gaussian_inputs(rng, shape.samples, 8), biases=False)
        assert row["maximum"] == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=1e-6)
        assert (row["widths"], row["T"], row["sigma_b2"]) == (shape.name, shape.samples, shape.sigma_b2)


def test_the_table_has_mean_deviation_and_number_of_the_networks_of_each_predicted_shape():
    predictions = script_module("karakida/predict_finite_size").predict_finite_size(job=JOB, **SETTINGS)
    shape = {name: predictions[name] for name in ("activation", "widths", "T", "sigma_b2")}
    different = pd.DataFrame(shape).drop_duplicates()
    parts = pd.concat([different.assign(network=n, maximum=1.0 + n + different["T"]) for n in range(3)])
    table = script_module("karakida/tabulate_finite_size").tabulate_finite_size(parts, predictions)
    pd.testing.assert_frame_equal(table[predictions.columns], predictions)
    np.testing.assert_allclose(table["empirical_mean"], 2.0 + table["T"])
    np.testing.assert_allclose(table["empirical_std"], 1.0)
    assert set(table["n_seeds"]) == {3}
