"""The power of a claim: computed in closed form, and found by changing what is measured."""

from __future__ import annotations

import functools
import math
from pathlib import Path

import pandas as pd
import pytest
from changed_claims import verdict_of_changed
from committed_claims import committed_claims

from fisher_spectra.claims.evaluation import evaluate
from fisher_spectra.claims.ledger import Claim, Measure, Printed, Tolerance, decided_at
from fisher_spectra.claims.measures import Measurement
from fisher_spectra.claims.power import ABSOLUTE, EXPONENT, RELATIVE, STEPS, Power, power_of
from fisher_spectra.common.tables import read_table

ROOT = Path(__file__).resolve().parents[2]
LAPTOP = {claim.name: claim for claim in decided_at(committed_claims(), "laptop")}
TENTH = Tolerance("a tenth of it", relative=0.1)


def claim(printed=None, compare="equal", tolerance=TENTH, kind="cells", **measure):
    how = Measure(kind=kind, by=("name",), measured="y", **measure)
    return Claim("a_claim", "a paper", "(1)", "y is x", "a_table", how, "x", tolerance, ("laptop",), compare, printed)


def cell(measured, predicted=1.0, **options):
    return Measurement("a", measured, predicted, **options)


@functools.cache
def laptop(name):
    return read_table(ROOT / "references" / "laptop" / f"{name}.csv")


@pytest.mark.parametrize("name", LAPTOP)
def test_the_verdict_turns_at_the_power_and_not_before(name):
    one = LAPTOP[name]
    row = evaluate([one], laptop)[0].iloc[0]
    change, kind = row["power"], row["power_kind"]
    assert math.isfinite(change)
    assert change > 0.0
    frame = laptop(one.table)
    signed = change if row["power_direction"] == "up" else -change

    def verdict(share):
        return verdict_of_changed(one, frame, kind, share * signed)

    before, after = (0.999, 1.001) if change > 1e-6 else (0.9, 1.1)  # changes of 1e-8 are rounded
    assert verdict(before) == row["verdict"] != verdict(after)
    if one.compare == "equal":  # in the other direction it turned earlier
        assert verdict(-after) != row["verdict"]


def test_of_two_directions_the_weaker_counts():
    power = power_of(claim(), [cell(1.02)], None)
    assert power == Power(pytest.approx(1 - 0.9 / 1.02), RELATIVE, "down")
    assert power_of(claim(), [cell(0.98)], None).direction == "up"


def test_the_first_cell_to_fail_decides():
    power = power_of(claim(), [cell(1.0), cell(1.05), cell(0.96)], None)
    assert power.change == pytest.approx(max(1.1 / 1.05 - 1, 1 - 0.9 / 0.96))


def test_a_bound_has_the_power_in_the_direction_that_refutes_it():
    assert power_of(claim(compare="at_most"), [cell(0.5)], None) == Power(pytest.approx(1.2), RELATIVE, "up")
    assert power_of(claim(compare="at_least"), [cell(2.0)], None) == Power(pytest.approx(0.55), RELATIVE, "down")


def test_a_negative_value_below_a_bound_is_refuted_by_a_smaller_factor():
    power = power_of(claim(compare="at_most"), [cell(-2.0, -1.0)], None)
    assert power == Power(pytest.approx(0.55), RELATIVE, "down")


def test_a_tolerance_as_large_as_the_value_cannot_be_refuted_from_above():
    wide = Tolerance("as much as there is", absolute=math.inf)
    assert math.isnan(power_of(claim(tolerance=wide), [cell(1.0)], None).change)  # it fails: everything is tolerated
    assert power_of(claim(tolerance=TENTH), [cell(0.0, 0.0)], None) == Power(0.0, ABSOLUTE, "up")


def test_standard_errors_weaken_a_claim():
    sharp, blunt = (power_of(claim(), [cell(1.0, standard_error=error)], None).change for error in (0.0, 0.01))
    assert blunt == pytest.approx(sharp + 0.01 * 3.89, rel=1e-3)  # the normal quantile of 1 - 1e-4 / 2


def test_borders_are_moved_by_steps_of_their_grid():
    line = claim(half_width="h", tolerance=Tolerance("a quarter of a step", absolute=0.1))
    assert power_of(line, [cell(0.1, 0.0, half_width=0.2)], None) == Power(pytest.approx(1.0), STEPS, "down")


def test_exponents_are_added_to():
    law = claim(kind="slope", against="M", tolerance=Tolerance("a twentieth", absolute=0.05))
    assert power_of(law, [cell(-1.01, -1.0)], None) == Power(pytest.approx(0.06), EXPONENT, "up")


def test_an_erratum_turns_where_the_printed_statement_agrees():
    erratum = claim(printed=Printed("y is w", "number", predicted="w"))
    power = power_of(erratum, [cell(1.0)], [cell(1.0, 1.15)])
    # the printed one agrees from 1.035 on, the corrected one down to 0.9
    assert power == Power(pytest.approx(0.1), RELATIVE, "down")
    both_sides = power_of(erratum, [cell(1.0), cell(1.0)], [cell(1.0, 1.15), cell(1.0, 0.8)])
    assert both_sides.change == pytest.approx(0.1)  # no change makes both printed cells agree


def test_where_what_is_printed_holds_too_the_verdict_turns_when_it_no_longer_does():
    power = power_of(claim(printed=Printed("y is w", "number", predicted="w")), [cell(1.0)], [cell(1.0, 0.95)])
    assert power == Power(pytest.approx(0.1), RELATIVE, "down")
    narrow = power_of(claim(printed=Printed("y is w", "number", compare="at_least")), [cell(1.0)], [cell(1.0, 1.05)])
    assert narrow.change == pytest.approx(0.1)


def test_a_share_is_as_certain_as_its_trials_make_it():
    quiet = claim(kind="share", trials="n", compare="at_most", tolerance=Tolerance("one of fifty", absolute=0.02))
    few, many = (power_of(quiet, [cell(0.0, 0.0, trials=n)], None) for n in (50, 5000))
    assert (few.kind, few.direction) == (ABSOLUTE, "up")
    assert few.change > 0.15 > 0.03 > many.change > 0.02


def test_a_share_that_no_number_of_trials_could_refute_has_no_power():
    never = claim(kind="share", trials="n", compare="at_most", tolerance=Tolerance("everything", absolute=0.5))
    assert power_of(never, [cell(0.0, 0.6, trials=10)], None).change == math.inf


def test_a_claim_that_fails_has_no_power():
    power = power_of(claim(), [cell(1.2)], None)
    assert math.isnan(power.change)
    assert power.direction == ""
    assert math.isnan(power_of(claim(), [cell(math.nan)], None).change)


def test_a_value_of_zero_moves_by_no_factor():
    bound = claim(compare="at_most", tolerance=Tolerance("one", absolute=1.0))
    assert power_of(bound, [cell(0.0, 1.0)], None).change == math.inf
    assert power_of(bound, [cell(0.0, 1.0), cell(1.0, 1.0)], None).change == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("power", "weak"),
    [
        (Power(0.1, RELATIVE, "up"), False),
        (Power(0.101, RELATIVE, "up"), True),
        (Power(0.11, EXPONENT, "up"), True),
        (Power(1.0, STEPS, "up"), False),
        (Power(1.1, STEPS, "up"), True),
        (Power(0.11, ABSOLUTE, "up"), True),
        (Power(math.inf, RELATIVE, "up"), True),
        (Power(math.nan, RELATIVE, ""), False),
    ],
)
def test_weak_is_a_tenth_of_a_value_or_of_an_exponent_or_a_step_of_the_grid(power, weak):
    assert power.is_weak == weak


def test_the_power_stands_in_the_table_of_claims():
    frame = pd.DataFrame({"name": ["tanh"], "x": [1.0], "y": [1.02]})
    row = evaluate([claim()], lambda _: frame)[0].iloc[0]
    assert (row["power_kind"], row["power_direction"], row["weak"]) == (RELATIVE, "down", "")
    assert row["power"] == pytest.approx(1 - 0.9 / 1.02)
