"""The table of sampled formulas has one row for each, in their order."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from fisher_spectra.common.erratum import Erratum
from fisher_spectra.jobs.formula_table import formula_table
from fisher_spectra.jobs.run_job import Job


def test_formulas_are_sampled_in_order_and_some_give_several_rows():
    ones = [Erratum(name, f"({name})", "what", 1.0, 2.0, 2.1, 0.1, 5) for name in "abc"]
    table = formula_table(Job(Namespace(output=Path("table.csv"))), "here", [lambda: ones[:2], lambda: ones[2:]])
    assert table["formula"].tolist() == ["a", "b", "c"]
    assert table.loc[2].to_dict() == {
        "formula": "c",
        "place": "(c)",
        "quantity": "what",
        "printed": 1.0,
        "corrected": 2.0,
        "sampled": 2.1,
        "standard_error": 0.1,
        "n_samples": 5,
    }
