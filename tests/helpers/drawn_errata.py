"""What is drawn for the tables of misprinted formulas, caught on its way into them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from types import ModuleType
from unittest import mock

import numpy as np
import pandas as pd

from fisher_spectra.common import erratum
from fisher_spectra.common.erratum import Erratum


def measured_and_expected(
    measure: Callable[[], pd.DataFrame],
    modules: tuple[ModuleType, ...],
    values: Mapping[str, tuple[float, float]],
    samples: Mapping[str, int],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table that `measure` makes, and the same from the draws behind it.

    Parameters
    ----------
    measure
        Makes the table.
    modules
        Those that hand draws to `erratum_of`, besides `common.erratum` itself.
    values
        Printed and corrected value of each formula, in the order of the table.
    samples
        Number of draws of each.
    """
    drawn: dict[str, tuple[str, str, list[float]]] = {}
    original = erratum.erratum_of

    def caught(formula: str, place: str, quantity: str, printed: float, corrected: float, draws: object) -> Erratum:
        drawn[formula] = place, quantity, np.asarray(draws, dtype=np.float64).tolist()
        return original(formula, place, quantity, printed, corrected, np.asarray(draws))

    with mock.patch.multiple(erratum, erratum_of=caught):
        patches = [mock.patch.object(module, "erratum_of", caught) for module in modules]
        for patch in patches:
            patch.start()
        try:
            made = measure()
        finally:
            for patch in patches:
                patch.stop()
    rows = []
    for formula, (printed, corrected) in values.items():
        place, quantity, draws = drawn[formula]
        mean = math.fsum(draws) / len(draws)
        scatter = statistics.stdev(draws) if len(draws) > 1 else 0.0
        rows.append(
            {"formula": formula, "place": place, "quantity": quantity, "printed": printed, "corrected": corrected}
            | {"sampled": mean, "n_samples": samples[formula]}
            # draws that agree up to rounding do not scatter
            | {"standard_error": scatter / math.sqrt(len(draws)) if scatter > 1e-10 else 0.0}
        )
    return made, pd.DataFrame(rows)[list(made.columns)]
