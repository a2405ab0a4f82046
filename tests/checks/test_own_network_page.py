"""The page of an own network has the numbers of its tables."""

from __future__ import annotations

import numpy as np
import pytest
from figure_tables import own_training, own_widths

from fisher_spectra.checks.own_network_page import COLUMNS, numbers_of_network, own_network_page


def test_each_statistic_and_factor_has_its_theory_networks_ratios_and_border():
    statistics, training = own_widths(), own_training()
    training["border"] = training["factor"].map({0.5: 0.3, 1.0: 0.15, 2.0: np.nan})
    statistics["factor"] = statistics["factor"].replace(0.25, 0.5)
    frame = numbers_of_network(statistics, training)
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == 12
    row = frame[(frame["quantity"] == "critical learning rate") & (frame["factor"] == 0.5)].iloc[0]
    given = statistics[(statistics["statistic"] == "critical_rate") & (statistics["factor"] == 0.5)].iloc[0]
    assert row["trained"] == 0.3
    assert row["networks_over_infinite_width"] == pytest.approx(given["empirical_mean"] / given["theory"])
    assert row["networks_over_this_size"] == pytest.approx(given["empirical_mean"] / given["finite_size"])
    assert frame[frame["quantity"] != "critical learning rate"]["trained"].isna().all()
    assert frame["trained"].notna().sum() == 2


@pytest.mark.parametrize(("border", "said"), [(0.15, "training diverges: 0.15"), (np.nan, "none diverged")])
def test_the_page_says_the_rates_of_the_network_itself(border, said):
    training = own_training().assign(border=border)
    page = own_network_page(numbers_of_network(own_widths(), training), "mine", "mse", 0.9)
    assert "Own network mine" in page
    assert "loss mse, momentum 0.9" in page
    assert said in page
    assert page.count("<tr") >= 13
