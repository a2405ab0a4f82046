"""An own network in numbers: what theory predicts, what networks have, and where training diverged."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from fisher_spectra.checks.sortable_page import Cell, Column, sortable_page

COLUMNS = (
    *("quantity", "factor", "widths", "infinite_width", "this_size", "networks", "standard_deviation"),
    *("networks_over_infinite_width", "networks_over_this_size", "trained"),
)
QUANTITIES = {
    "mean": "mean of the eigenvalues",
    "second_moment": "second moment of the eigenvalues",
    "maximum": "largest eigenvalue",
    "critical_rate": "critical learning rate",
}


def numbers_of_network(statistics: pd.DataFrame, training: pd.DataFrame) -> pd.DataFrame:
    """One row for each quantity and factor of the widths, with `COLUMNS`.

    Parameters
    ----------
    statistics
        Table of statistics against width.
    training
        Table of training; its measured border stands beside the critical learning rates, where there is one.
    """
    borders = training.drop_duplicates("factor").set_index("factor")["border"]
    is_rate = statistics["statistic"] == "critical_rate"
    return pd.DataFrame(
        {
            "quantity": statistics["statistic"].map(QUANTITIES),
            "factor": statistics["factor"],
            "widths": statistics["widths"],
            "infinite_width": statistics["theory"],
            "this_size": statistics["finite_size"],
            "networks": statistics["empirical_mean"],
            "standard_deviation": statistics["empirical_std"],
            "networks_over_infinite_width": statistics["empirical_mean"] / statistics["theory"],
            "networks_over_this_size": statistics["empirical_mean"] / statistics["finite_size"],
            "trained": np.where(is_rate, statistics["factor"].map(borders), np.nan),
        }
    )


def own_network_page(frame: pd.DataFrame, network: str, loss: str, momentum: float) -> str:
    """The page of `numbers_of_network`.

    Parameters
    ----------
    frame
        The numbers.
    network, loss, momentum
        What they are of.
    """
    columns = [
        Column("quantity", choice=True),
        Column("factor of the widths"),
        Column("widths"),
        Column("theory, infinite width"),
        Column("theory, this size"),
        Column("networks, mean"),
        Column("standard deviation"),
        Column("networks / infinite width"),
        Column("networks / this size"),
        Column("training diverges from"),
    ]
    rows: list[list[Cell]] = [
        [str(row[name]) if name in ("quantity", "widths") else float(row[name]) for name in COLUMNS]
        for _, row in frame.iterrows()
    ]
    rate = frame[(frame["quantity"] == QUANTITIES["critical_rate"]) & (frame["factor"] == 1.0)].iloc[0]
    border = "on the map of training none diverged" if math.isnan(rate["trained"]) else f"{rate['trained']:.3g}"
    paragraphs = [
        f"Critical learning rate of {network}, widths {rate['widths']}, loss {loss}, momentum {momentum:g}: predicted "
        f"{rate['this_size']:.3g} at this size and {rate['infinite_width']:.3g} in the limit of infinite width, "
        f"{rate['networks']:.3g} (standard deviation {rate['standard_deviation']:.2g}) of sampled networks. "
        f"Learning rate from which training diverges: {border}.",
        "Training can begin above the critical rate and still end at a small loss, when the network leaves for a"
        " flatter place first; below it training converges.",
    ]
    return sortable_page(f"Own network {network}", paragraphs, columns, rows)
