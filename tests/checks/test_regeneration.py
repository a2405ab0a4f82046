"""Tables against references: what is within tolerance passes, everything else is named."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from fisher_spectra.checks.regeneration import (
    ColumnTolerance,
    Difference,
    TableTolerance,
    Tolerances,
    compare_folders,
    compare_tables,
    read_tolerances,
    summary,
    table_files,
)
from fisher_spectra.checks.regeneration_page import page, report
from fisher_spectra.claims.evaluation import COLUMNS
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import write_table
from fisher_spectra.workflow.configuration import SCALES

ROOT = Path(__file__).resolve().parents[2]
WHY = "a good reason"


def rules(keys=("name", "M"), sorted_within=None, **columns):
    return TableTolerance(keys, {name: ColumnTolerance(WHY, **rule) for name, rule in columns.items()}, sorted_within)


def table(**columns):
    return pd.DataFrame({"name": ["tanh", "tanh", "relu"], "M": [10, 100, 10], "y": [1.0, -200.0, 0.0]} | columns)


def compare(now, reference=None, tolerance=None, **options):
    return compare_tables("t", now, table() if reference is None else reference, tolerance or rules(**options))


def test_the_same_table_has_no_differences():
    assert compare(table(), y={"exact": True}) == []


def test_relative_is_for_large_values_and_absolute_for_small_ones():
    near = table(y=[1.0 + 0.9e-3, -200.0 + 0.19, 0.9e-3])
    assert compare(near, y={"relative": 1e-3, "absolute": 1e-3}) == []
    assert [d.cell for d in compare(near, y={"relative": 1e-3})] == ["name = relu, M = 10"]
    assert [d.cell for d in compare(near, y={"absolute": 1e-3})] == ["name = tanh, M = 100"]


def test_a_difference_names_quantity_cell_reference_now_and_what_is_allowed():
    (one,) = compare(table(y=[1.0, -200.0, 0.5]), y={"absolute": 0.1})
    assert one == Difference("t.y", "name = relu, M = 10", "0", "0.5", "+- 0.1", 5.0)


def test_rows_are_matched_by_their_keys_in_any_order():
    assert compare(table().iloc[::-1], y={"exact": True}) == []


def test_whole_numbers_and_their_decimal_form_name_the_same_row():
    assert compare(table(M=[10.0, 100.0, 10.0]), y={"exact": True}) == []


def test_missing_and_new_rows_are_reported():
    now = pd.concat([table().iloc[1:], pd.DataFrame({"name": ["erf"], "M": [10], "y": [3.0]})])
    found = {(d.cell, d.now) for d in compare(now, y={"exact": True})}
    assert found == {("name = tanh, M = 10", "missing"), ("name = erf, M = 10", "new row")}


def test_missing_and_new_columns_are_reported():
    found = {(d.quantity, d.now) for d in compare(table(z=[1, 2, 3]).drop(columns="y"), y={"exact": True})}
    assert found == {("t.y", "missing"), ("t.z", "new column")}
    assert [(d.quantity, d.now) for d in compare(table().drop(columns="M"), y={"exact": True})] == [("t.M", "missing")]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_not_a_number_and_infinity_agree_with_themselves_alone(bad):
    odd = table(y=[bad, 1.0, 2.0])
    assert compare(odd, odd, y={"relative": 1.0, "absolute": 1.0}) == []
    assert len(compare(odd, table(y=[1.0, 1.0, 2.0]), y={"relative": 1.0, "absolute": 1.0})) == 1
    assert len(compare(table(y=[1.0, 1.0, 2.0]), odd, y={"relative": 1.0, "absolute": 1.0})) == 1


def test_texts_must_be_the_same():
    before, now = table(y=["a", "b", "c"]), table(y=["a", "b", "d"])
    assert [d.now for d in compare(now, before, y={"exact": True})] == ["d"]
    assert [d.now for d in compare(now, before, y={"relative": 1.0})] == ["d"]


def test_an_ignored_column_may_hold_anything():
    assert compare(table(y=["?", "?", "?"]), y={"ignore": True}) == []


def test_a_stated_share_of_strays_is_let_through_and_one_more_is_not():
    names = [f"n{i}" for i in range(10)]
    before = pd.DataFrame({"name": names, "M": 1, "y": 1.0})
    for strays, passes in ((2, True), (3, False)):
        now = before.assign(y=[9.0] * strays + [1.0] * (10 - strays))
        assert (compare(now, before, y={"relative": 0.1, "strays": 0.2}) == []) is passes


def test_rows_that_are_not_steady_are_held_to_the_columns_that_are_not_marked_steady():
    before = table()
    now = table(y=[1.5, -200.0, 0.5])  # two rows of tanh, one of relu
    marked = rules(y={"relative": 1e-3, "steady": True})
    assert [d.cell for d in compare(now, before, marked)] == ["name = tanh, M = 10", "name = relu, M = 10"]
    unsteady = replace(marked, unsteady=("name", ("relu",)))
    assert [d.cell for d in compare(now, before, unsteady)] == ["name = tanh, M = 10"]
    everywhere = replace(rules(y={"relative": 1e-3}), unsteady=("name", ("relu",)))
    assert len(compare(now, before, everywhere)) == 2
    with pytest.raises(UserError, match="the table has no column 'nmae'"):
        compare(now, before, replace(marked, unsteady=("nmae", ("relu",))))


def test_a_claim_is_compared_in_every_column_and_of_unsteady_tables_in_its_verdict():
    tolerance = read_tolerances(ROOT / "references")["claims"]
    reference = pd.DataFrame(
        [dict.fromkeys(COLUMNS, "x") | {"claim": name, "table": name} for name in ("steady", "not")]
    )
    numbers = [name for name, rule in tolerance.columns.items() if not rule.exact]
    reference[numbers] = 1.0
    reference["table"] = ["karakida_fig1", "karakida_fig2"]
    for column in COLUMNS:
        if column == "claim":
            continue
        for row, name in enumerate(reference["claim"]):
            now = reference.copy()
            now[column] = now[column].astype(object)
            now.loc[row, column] = 1.1 if column in numbers else "y"
            found = compare_tables("claims", now, reference, tolerance)
            noticed = name == "steady" or not tolerance.columns[column].steady
            assert [d.quantity for d in found] == [f"claims.{column}"] * noticed, (column, name)


def test_eigenvalues_are_compared_in_sorted_order():
    rng = np.random.default_rng(0)
    values = rng.normal(size=8)
    before = pd.DataFrame({"name": ["a"] * 4 + ["b"] * 4, "y": values})
    shuffled = before.assign(y=np.concatenate([values[:4][::-1], np.roll(values[4:], 1)]))
    tolerance = rules(keys=(), sorted_within=("name",), y={"relative": 1e-9})
    assert compare(shuffled, before, tolerance) == []
    found = compare(shuffled.assign(y=shuffled["y"] + [0, 0, 0, 0, 0, 1e-3, 0, 0]), before, tolerance)
    assert [d.quantity for d in found] == ["t.y"]
    assert found[0].cell.startswith("name = b, position = ")
    assert len(compare(shuffled.iloc[1:], before, tolerance)) >= 1


def test_keys_that_do_not_tell_rows_apart_are_refused():
    with pytest.raises(UserError, match="table t: name = tanh is there twice"):
        compare(table(), tolerance=rules(keys=("name",), M={"exact": True}, y={"exact": True}))


def test_a_column_without_tolerance_is_refused():
    with pytest.raises(UserError, match=r"tables\.t\.columns\.y: missing; say how far it may move"):
        compare(table(), tolerance=rules(keys=("name", "M")))


def test_a_tolerance_of_a_column_that_does_not_exist_is_refused():
    with pytest.raises(UserError, match=r"tables\.t: the table has no column 'speed'"):
        compare(table(), y={"exact": True}, speed={"exact": True})


@pytest.fixture
def folders(tmp_path):
    """Two folders of tables, now and reference, with the table t and its tolerances."""
    for name in ("now", "reference"):
        write_table(table(), tmp_path / name / "t.csv")
    return tmp_path


def files(folders):
    return table_files(folders / "now"), table_files(folders / "reference")


def test_missing_and_new_tables_are_reported(folders):
    write_table(table(), folders / "now" / "new.csv")
    write_table(table(), folders / "reference" / "old.csv")
    found = [
        (d.quantity, d.now) for d in compare_folders(*files(folders), Tolerances({"t": rules(y={"exact": True})}, {}))
    ]
    assert found == [("new", "new table"), ("old", "missing")]


def test_a_table_without_tolerances_is_refused_with_the_nearest_name(folders):
    with pytest.raises(
        UserError, match=r"table t: has no tolerances in references/tolerances\.yaml; did you mean 'tt'\?"
    ):
        compare_folders(*files(folders), Tolerances({"tt": rules(y={"exact": True})}, {}))


def test_a_table_without_an_entry_has_the_tolerances_of_its_usual_columns_and_all_else_names_the_row():
    tolerances = Tolerances({}, {"y": ColumnTolerance(WHY, relative=0.1), "n": ColumnTolerance(WHY, exact=True)})
    assert tolerances.of("new", ["name", "M", "y"]) == TableTolerance(("name", "M"), {"y": tolerances.usual["y"]})
    own = rules(y={"exact": True})
    assert Tolerances({"t": own}, tolerances.usual).of("t", ["name", "M", "y"]) == own


def test_claims_are_a_table_where_they_are_there(folders):
    assert table_files(folders / "now", folders / "claims.csv").keys() == {"t"}
    write_table(table(), folders / "claims.csv")
    assert table_files(folders / "now", folders / "claims.csv").keys() == {"t", "claims"}


def test_the_report_names_each_quantity_once_with_number_and_worst_factor():
    differences = compare(table(y=[1.2, -200.0, 0.5]), y={"absolute": 0.1})
    assert summary(differences) == [("t.y", 2, pytest.approx(5.0))]
    text = "\n".join(report(differences))
    assert "t.y: 2 off, up to 5 times the tolerance" in text
    assert "name = relu, M = 10" in text
    shortened = "\n".join(report(differences, most=1))
    assert "... and 1 more" in shortened
    assert "name = relu, M = 10" not in shortened


def test_the_page_holds_every_difference_and_escapes_it():
    differences = [Difference("t.y", "name = <b>", "1", "2", "+- 0.1", 10.0)]
    text = page("Check", differences, 3, [], None)
    assert "name = &lt;b&gt;" in text
    assert "<b>" not in text
    assert "All 3 tables are within tolerance" in page("Check", [], 3, [], None)
    assert "http" not in text  # needs nothing else


# ------------------------------------------------------------------ the committed tolerances and references


def test_the_committed_tolerances_fit_the_committed_references():
    tolerances = read_tolerances(ROOT / "references")
    for folder in (ROOT / "references" / scale for scale in SCALES):
        found = table_files(folder)
        assert "claims" in found
        assert compare_folders(found, found, tolerances) == []


def test_no_committed_tolerance_is_wider_than_a_tenth_and_few_columns_admit_strays():
    for name, table_rules in read_tolerances(ROOT / "references").items():
        for column, rule in table_rules.columns.items():
            assert rule.relative <= 0.1, f"{name}.{column}"
            assert rule.strays <= 0.2, f"{name}.{column}"
            assert not rule.strays or "train" in rule.reason or "trial" in rule.reason, f"{name}.{column}"


@pytest.fixture
def tolerances(tmp_path):
    shutil.copy(ROOT / "references" / "tolerances.schema.yaml", tmp_path)

    def write(columns, keys=("name",)):
        content = {
            "reasons": {"sums": "sums in another order"},
            "tables": {"t": {"keys": list(keys), "columns": columns}},
        }
        (tmp_path / "tolerances.yaml").write_text(yaml.safe_dump(content))
        return read_tolerances(tmp_path)

    return write


def test_a_shared_reason_is_written_out(tolerances):
    rule = tolerances({"y": {"relative": 1e-3, "reason": "sums"}})["t"].columns["y"]
    assert rule == ColumnTolerance("sums in another order", relative=1e-3)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"relative": 0.1, "exact": True, "reason": "sums"}, "must have relative or absolute"),
        ({"reason": "sums"}, "must have relative or absolute"),
        ({"relative": 0.1, "reason": "summ"}, "reason = 'summ': neither a reason nor the name of one"),
        ({"relativ": 0.1, "reason": "sums"}, "unknown key; did you mean 'relative'"),
        ({"relative": 0.1}, "reason: missing"),
        ({"relative": 0.1, "strays": 0.9, "reason": "sums"}, "strays = 0.9: must be at most 0.5"),
    ],
)
def test_a_fault_in_the_tolerances_is_refused_in_one_line(tolerances, column, message):
    with pytest.raises(UserError) as refused:
        tolerances({"y": column})
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_table_without_keys_needs_groups_of_sorted_values(tolerances):
    with pytest.raises(UserError, match=r"tables\.t\.keys: must name a column, or sorted_within"):
        tolerances({"y": {"relative": 0.1, "reason": "sums"}}, keys=())
