"""Table 1: eta, eta', zeta and the locations of the spectral features, beside the printed values.

Columns deviation_*: computed minus printed value in units of the last printed digit. A nonlinearity that the paper's
table does not have gets nan there.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.nonlinearities import Nonlinearity
from fisher_spectra.pennington_worah.printed_table import COLUMNS, TABLE_1, decimals, deviation_in_last_digit


def tabulate_table1(nonlinearities: dict[str, Nonlinearity]) -> pd.DataFrame:
    """One row for each nonlinearity."""
    rows = []
    for name, nonlinearity in nonlinearities.items():
        c = nonlinearity_constants(nonlinearity.activation)
        values = dict(zip(COLUMNS, (c.eta, c.eta_prime, c.zeta, *c.features), strict=True))
        printed = TABLE_1.get(name, {})
        row: dict[str, str | float] = {"nonlinearity": name, **values}
        row |= {f"printed_{column}": float(printed.get(column, np.nan)) for column in COLUMNS}
        row |= {f"decimals_{column}": decimals(printed.get(column, "0")) for column in COLUMNS}
        row |= {
            f"deviation_{column}": (
                round(deviation_in_last_digit(value, printed[column]), 6) + 0.0 if column in printed else np.nan
            )
            for column, value in values.items()
        }
        rows.append(row)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    run_job(tabulate_table1)
