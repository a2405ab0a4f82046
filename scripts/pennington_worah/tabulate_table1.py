"""Table 1: eta, eta', zeta and the locations of the spectral features, beside the printed values.

Columns deviation_*: computed minus printed value in units of the last printed digit. A nonlinearity that the paper's
table does not have gets nan there. transform_integral is (20) at z = z_1 - z_6 / 8, transform_elliptic the same by
three elliptic integrals (Remark 1), third_kind the share of that of the third kind; nan where the spectrum is atoms.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.pennington_worah.constants import NonlinearityConstants, nonlinearity_constants
from fisher_spectra.pennington_worah.elliptic_integrals import elliptic_form, transform_by_double_integral
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
        row |= remark_1(c)
        rows.append(row)
    return pd.DataFrame(rows)


def remark_1(constants: NonlinearityConstants) -> dict[str, float]:
    """The transform (20) below the spectrum, by its double integral and by elliptic integrals."""
    if not constants.spreads:
        return dict.fromkeys(("transform_integral", "transform_elliptic", "third_kind"), float("nan"))
    z = constants.features[0] - constants.features[5] / 8
    integral = float(transform_by_double_integral(constants, z))
    form = elliptic_form(constants, z)
    # without its last digits, in which a share of nothing is rounding
    share = round(float(form.third_kind) / integral, 12) + 0.0
    return {"transform_integral": integral, "transform_elliptic": float(form.transform), "third_kind": share}


if __name__ == "__main__":
    run_job(tabulate_table1)
