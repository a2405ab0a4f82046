"""Each column of each table would be noticed if it were wrong by one per cent."""

from __future__ import annotations

from pathlib import Path

import hayase_karakida_columns
import karakida_beyond_columns
import karakida_columns
import karakida_layers_columns
import pennington_worah_columns
import pytest
from held_columns import assert_every_column_is_held

from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.plans.site import Site
from fisher_spectra.workflow.registry.figures import every_paper

ROOT = Path(__file__).resolve().parents[2]
CASES = (
    karakida_columns.CASES
    | karakida_beyond_columns.CASES
    | karakida_layers_columns.CASES
    | pennington_worah_columns.CASES
    | hayase_karakida_columns.CASES
)


def scripts_of_tables():
    """The script of each table of the registry, with the figures that are drawn from such tables."""
    configuration = load_configuration(ROOT, {"scale": "smoke"})
    found = {}
    for paper in every_paper(configuration, Site.of(configuration)).values():
        for name, figure in paper.figures.items():
            found.setdefault(figure.table, []).append(name)
    return found


FIGURES = scripts_of_tables()


@pytest.mark.parametrize("script", FIGURES)
def test_a_column_that_is_wrong_by_one_per_cent_is_noticed(script):
    assert script in CASES, (
        f"{script}: nobody computes the table of {', '.join(FIGURES[script])} anew; "
        "write a case for it in the helper *_columns.py of its paper"
    )
    case = CASES[script]()
    assert_every_column_is_held(case.made, case.check)


def test_every_case_is_of_a_table_of_the_registry():
    assert set(CASES) <= set(FIGURES)
