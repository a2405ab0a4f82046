"""`phase_diagram`: its table is the theory at each pair of variances."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import fisher_spectra as fs
from fisher_spectra.common.tables import read_table
from fisher_spectra.finite_size.ensemble import layered_ensemble
from fisher_spectra.finite_size.prediction import finite_size_prediction

ARGUMENTS = {"activation": "erf", "sigma_w2": (0.5, 4), "sigma_b2": (0, 1), "depth": 4, "points": (3, 4)}


def diagram(**arguments):
    return fs.phase_diagram(**(ARGUMENTS | arguments))


@pytest.mark.parametrize("spec", ["erf", "relu", "gelu"])
def test_each_row_is_the_mean_field_theory_of_its_variances(spec):
    found = diagram(activation=spec, width=300, samples=40, momentum=0.5)
    assert len(found.table) == 12
    for row in found.table.itertuples():
        field = fs.mean_field(spec, row.sigma_w2, row.sigma_b2, depth=4)
        expected = [field.kappa_1, field.kappa_2, fs.eigenvalue_maximum(field, 300, 40)]
        np.testing.assert_allclose([row.kappa_1, row.kappa_2, row.largest_eigenvalue], expected, rtol=1e-9)
        assert row.critical_learning_rate == pytest.approx(fs.critical_learning_rate(field, 300, 40, momentum=0.5))


def test_the_grid_is_that_of_the_ranges():
    frame = diagram().table
    assert sorted(frame["sigma_w2"].unique()) == [0.5, 2.25, 4.0]
    np.testing.assert_allclose(sorted(frame["sigma_b2"].unique()), [0, 1 / 3, 2 / 3, 1])
    assert len(diagram(points=2).table) == 4


def test_the_finite_size_theory_is_that_of_its_room():
    found = diagram(activation="relu", theory="finite_size", points=2, width=60, samples=30, outputs=3, depth=2)
    for row in found.table.itertuples():
        ensemble = layered_ensemble((60, 60, 3), "relu", row.sigma_w2, row.sigma_b2)
        expected = finite_size_prediction(ensemble, 30)
        assert row.largest_eigenvalue == pytest.approx(expected.largest_eigenvalue, rel=1e-9)
        assert row.branch == expected.branch
    infinite = diagram(activation="relu", points=2, width=60, samples=30, outputs=3, depth=2).table
    assert (found.table["largest_eigenvalue"] > infinite["largest_eigenvalue"]).all()


def test_where_theorem_4_does_not_apply_is_said():
    assert any("kappa_2 = 0 at 3 points" in sentence for sentence in diagram().reservations)
    assert not any("kappa_2 = 0" in sentence for sentence in diagram(sigma_b2=(0.1, 1)).reservations)


def test_moments_that_overflow_are_left_out_and_said():
    found = diagram(activation="linear", depth=400, sigma_w2=(0.5, 50.0), quantity="kappa_1")
    assert found.table["kappa_1"].isna().sum() == 8
    assert any("overflow at 8 points" in sentence for sentence in found.reservations)
    assert "largest" in found.summary()


def test_the_edge_of_chaos_is_where_the_slope_is_one():
    edge = diagram().edge_of_chaos
    # the slope of erf at the origin is 2 / sqrt(pi), so that chi = 1 at sigma_w2 = pi / 4 without biases
    np.testing.assert_allclose(edge.iloc[0], [0.0, np.pi / 4], rtol=1e-4)
    assert edge["sigma_w2"].is_monotonic_increasing
    nowhere = diagram(sigma_w2=(0.1, 0.2))
    assert len(nowhere.edge_of_chaos) == 0
    assert "nowhere in this range" in nowhere.summary()


def test_summary_dictionary_and_table_say_the_same(tmp_path):
    found = diagram(quantity="chi")
    frame = found.table
    assert f"largest {frame['chi'].max():.4g} at sigma_w2 = 4" in str(found)
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=True))
    assert plain["quantity"] == "chi"
    pd.testing.assert_frame_equal(pd.DataFrame(plain["table"]), frame)
    assert len(plain["edge_of_chaos"]) == len(found.edge_of_chaos)
    found.to_csv(tmp_path / "phase.csv")
    pd.testing.assert_frame_equal(read_table(tmp_path / "phase.csv"), frame, rtol=1e-9)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("activation", "tanhh"),
        ("activation", 3),
        ("sigma_w2", 2.0),
        ("sigma_w2", (0.0, 1.0)),
        ("sigma_w2", (2.0, 1.0)),
        ("sigma_w2", (1.0, np.inf)),
        ("sigma_w2", "wide"),
        ("sigma_b2", (-0.1, 1.0)),
        ("sigma_b2", (0.0, 1.0, 2.0)),
        ("sigma_b2", None),
        ("depth", 1),
        ("depth", 2.5),
        ("quantity", "temperature"),
        ("quantity", None),
        ("theory", "exact"),
        ("width", 0),
        ("samples", 1),
        ("outputs", 0),
        ("momentum", 1.0),
        ("momentum", "much"),
        ("points", 1),
        ("points", (3, 3, 3)),
        ("points", "many"),
    ],
)
def test_wrong_arguments_end_in_one_line_that_names_them(argument, value):
    with pytest.raises((ValueError, TypeError, fs.UserError), match=argument) as caught:
        diagram(**{argument: value})
    assert "\n" not in str(caught.value)
