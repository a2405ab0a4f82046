"""Does today's run say the same as the committed one? Tables against references, quantity by quantity.

`references/<scale>/` holds a copy of every table; `references/tolerances.yaml` says for every column of every table how
far a cell may move, and why: across machines (promise L2) the last digits differ, and training near the border of
stability amplifies them.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fisher_spectra.common.checked_yaml import check
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.strict_yaml import read_yaml
from fisher_spectra.common.tables import read_table

_OF_OWN_NETWORKS = "own_"


@dataclass(frozen=True)
class ColumnTolerance:
    """How far the cells of a column may move: `absolute` + `relative` |reference|, unless `exact` or `ignore`."""

    reason: str
    relative: float = 0.0
    absolute: float = 0.0
    exact: bool = False
    ignore: bool = False
    strays: float = 0.0  # share of the rows that may lie outside
    steady: bool = False  # compared in the steady rows of the table alone


@dataclass(frozen=True)
class TableTolerance:
    """How a table is compared."""

    keys: tuple[str, ...]
    columns: Mapping[str, ColumnTolerance]
    sorted_within: tuple[str, ...] | None = None
    unsteady: tuple[str, tuple[str, ...]] | None = None  # a column, and its values in rows that are not steady

    def without_tolerance(self) -> TableTolerance:
        """The same table with every change of a number told as one."""
        return replace(self, columns=dict.fromkeys(self.columns, ColumnTolerance("every change", exact=True)))


class Tolerances(dict[str, TableTolerance]):
    """Tolerances by table, and of usual columns by their names, for tables that have no entry.

    Parameters
    ----------
    tables
        Those of tables that have one.
    usual
        Those of columns that mean the same in every table.
    """

    def __init__(self, tables: Mapping[str, TableTolerance], usual: Mapping[str, ColumnTolerance]) -> None:
        super().__init__(tables)
        self.usual = dict(usual)

    def of(self, name: str, columns: Sequence[str]) -> TableTolerance:
        """Tolerances of a table: its own, or those of its usual columns, with all others as names of its rows.

        Raises
        ------
        UserError
            If it has neither.
        """
        if name in self:
            return self[name]
        usual = {column: self.usual[column] for column in columns if column in self.usual}
        if not usual:
            close = difflib.get_close_matches(name, self, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise UserError(f"table {name}: has no tolerances in references/tolerances.yaml{hint}")
        return TableTolerance(keys=tuple(column for column in columns if column not in usual), columns=usual)


@dataclass(frozen=True)
class Difference:
    """One thing that is not as in the references."""

    quantity: str  # table.column, or the table if rows or columns are missing
    cell: str
    reference: str
    now: str
    allowed: str
    factor: float = math.inf  # how many times over the tolerance
    one_sided: bool = False  # a table or row that only one of the two has


def partial_scales(folder: Path) -> frozenset[str]:
    """Scales whose references hold only some tables and rows, from `tolerances.yaml` in the folder of the references.

    What both have is compared; a table or row that only one of them has is no fault: a run, too, may be a part.

    Raises
    ------
    UserError
        As `read_tolerances`.
    """
    return frozenset(_checked_content(folder / "tolerances.yaml").get("partial", ()))


def _checked_content(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = read_yaml(file)
    check(content, read_yaml(file.with_name("tolerances.schema.yaml")), str(file))
    return content


def read_tolerances(folder: Path) -> Tolerances:
    """Tolerances of tables and of usual columns, from `tolerances.yaml` in the folder of the references.

    Raises
    ------
    UserError
        With one line for the first fault.
    """
    file = folder / "tolerances.yaml"
    content = _checked_content(file)
    reasons = content["reasons"]
    tables = {}
    for name, table in content["tables"].items():
        columns = _columns(table["columns"], reasons, f"{file}: tables.{name}.columns")
        if not table["keys"] and "sorted_within" not in table:
            raise UserError(f"{file}: tables.{name}.keys: must name a column, or sorted_within must be given")
        tables[name] = TableTolerance(
            keys=tuple(table["keys"]),
            columns=columns,
            sorted_within=tuple(table["sorted_within"]) if "sorted_within" in table else None,
            unsteady=(table["unsteady"]["column"], tuple(table["unsteady"]["values"])) if "unsteady" in table else None,
        )
    return Tolerances(tables, _columns(content.get("usual", {}), reasons, f"{file}: usual"))


def _columns(
    rules: Mapping[str, Mapping[str, Any]], reasons: Mapping[str, str], place: str
) -> dict[str, ColumnTolerance]:
    """Tolerances of columns with their reasons in words."""
    for column, rule in rules.items():
        kinds = [kind for kind in ("exact", "ignore") if kind in rule]
        if len(kinds) + bool(rule.keys() & {"relative", "absolute"}) != 1:
            raise UserError(f"{place}.{column}: must have relative or absolute (or both), or exact, or ignore")
        if len(rule["reason"]) < 10 and rule["reason"] not in reasons:
            raise UserError(f"{place}.{column}.reason = {rule['reason']!r}: neither a reason nor the name of one")
    return {
        column: ColumnTolerance(**{**rule, "reason": reasons.get(rule["reason"], rule["reason"])})
        for column, rule in rules.items()
    }


def table_files(folder: Path, claims: Path | None = None) -> dict[str, Path]:
    """The papers' tables in a folder by name, and the table of claims where one is given and there.

    Tables of the reader's own networks, whose names begin with ``own_``, have no references.
    """
    files = {path.stem: path for path in sorted(folder.glob("*.csv")) if not path.stem.startswith(_OF_OWN_NETWORKS)}
    if claims is not None and claims.is_file():
        files["claims"] = claims
    return files


def compare_folders(
    now: Mapping[str, Path], references: Mapping[str, Path], tolerances: Tolerances
) -> list[Difference]:
    """Compare every table.

    Parameters
    ----------
    now, references
        Files by name of table, from `table_files`.
    tolerances
        From `read_tolerances`.

    Returns
    -------
    list of Difference
        Empty if every quantity is within its tolerance.

    Raises
    ------
    UserError
        If a table has no tolerances, or one of them names a column that the table lacks.
    """
    differences = []
    for name in sorted(now.keys() | references.keys()):
        if name not in references:
            differences.append(
                Difference(name, "whole table", "no such table", "new table", "none new", one_sided=True)
            )
        elif name not in now:
            differences.append(Difference(name, "whole table", "there", "missing", "none missing", one_sided=True))
        else:
            reference = read_table(references[name])
            rules = tolerances.of(name, list(reference.columns))
            differences += compare_tables(name, read_table(now[name]), reference, rules)
    return differences


def compare_tables(name: str, now: pd.DataFrame, reference: pd.DataFrame, rules: TableTolerance) -> list[Difference]:
    """Compare one table with its reference, column by column."""
    _check_rules(name, reference, rules)
    differences = [
        Difference(f"{name}.{column}", "column", "there", "missing", "none missing")
        for column in reference.columns
        if column not in now.columns
    ]
    differences += [
        Difference(f"{name}.{column}", "column", "no such column", "new column", "none new")
        for column in now.columns
        if column not in reference.columns
    ]
    shared = [column for column in reference.columns if column in now.columns]
    named = rules.sorted_within if rules.sorted_within is not None else rules.keys
    if any(column not in shared for column in named):
        return differences
    if rules.sorted_within is not None:
        now, reference = (_sorted_values(frame[shared], rules.sorted_within) for frame in (now, reference))
        named = (*rules.sorted_within, "position")
    before, after = (_by_cell(name, frame, named) for frame in (reference, now))
    for cell in before.index.difference(after.index, sort=False):
        differences.append(Difference(name, _label(named, cell), "there", "missing", "no row missing", one_sided=True))
    for cell in after.index.difference(before.index, sort=False):
        differences.append(
            Difference(name, _label(named, cell), "no such row", "new row", "no row new", one_sided=True)
        )
    common = before.index.intersection(after.index, sort=False)
    steady = common
    if rules.unsteady is not None:
        column, values = rules.unsteady
        steady = common[~before.loc[common, column].isin(values).to_numpy()]
    for column in shared:
        if column not in named:
            cells = steady if rules.columns[column].steady else common
            differences += _compare_column(
                f"{name}.{column}", before.loc[cells, column], after.loc[cells, column], rules.columns[column], named
            )
    return differences


def _check_rules(name: str, frame: pd.DataFrame, rules: TableTolerance) -> None:
    named = (*rules.keys, *(rules.sorted_within or ()))
    for column in (*named, *rules.columns, *(rules.unsteady or ())[:1]):
        if column not in frame.columns:
            raise UserError(f"references/tolerances.yaml: tables.{name}: the table has no column {column!r}")
    for column in frame.columns:
        if column not in named and column not in rules.columns:
            raise UserError(
                f"references/tolerances.yaml: tables.{name}.columns.{column}: missing; say how far it may move"
            )


def _sorted_values(frame: pd.DataFrame, within: Sequence[str]) -> pd.DataFrame:
    """Each column sorted by itself within its group, and the position in that order."""
    groups = []
    for key, group in frame.groupby(list(within), sort=False) if within else [((), frame)]:
        ordered = {column: np.sort(group[column].to_numpy()) for column in frame.columns if column not in within}
        entry = pd.DataFrame(ordered)
        values: tuple[Any, ...] = key if isinstance(key, tuple) else (key,)
        for column, value in zip(within, values, strict=True):
            entry[column] = value
        entry["position"] = np.arange(len(entry))
        groups.append(entry)
    return pd.concat(groups, ignore_index=True)


def _text(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, int | float | np.number) else str(value)


def _by_cell(name: str, frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The table indexed by its keys as text, so that 1, 1.0 and 1e0 name one cell."""
    texts = [[_text(value) for value in frame[key]] for key in keys]
    index = pd.MultiIndex.from_arrays(texts, names=list(keys))
    if not index.is_unique:
        twice = index[index.duplicated()][0]
        raise UserError(f"table {name}: {_label(keys, twice)} is there twice; its keys must tell the rows apart")
    return frame.set_axis(index, axis=0)


def _label(keys: Sequence[str], cell: Sequence[Hashable]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in zip(keys, cell, strict=True))


def _compare_column(
    quantity: str, before: pd.Series, after: pd.Series, rule: ColumnTolerance, keys: Sequence[str]
) -> Iterator[Difference]:
    if rule.ignore:
        return
    found = [
        difference
        for cell, one, other in zip(before.index, before, after, strict=True)
        if (difference := _compare_values(quantity, _label(keys, cell), one, other, rule)) is not None
    ]
    if len(found) > rule.strays * len(before):
        yield from found


def _compare_values(quantity: str, cell: str, before: Any, after: Any, rule: ColumnTolerance) -> Difference | None:
    texts = (_text(before), _text(after))
    if texts[0] == texts[1]:
        return None
    numbers = _as_numbers(before, after)
    if rule.exact or numbers is None:
        return Difference(quantity, cell, *texts, "exactly the same")
    one, other = numbers
    allowed = rule.absolute + rule.relative * abs(one)
    moved = abs(other - one)
    # inf and nan on both sides were found equal as texts
    if math.isfinite(one) and math.isfinite(other) and moved <= allowed:
        return None
    factor = moved / allowed if math.isfinite(moved) and allowed > 0 else math.inf
    return Difference(quantity, cell, *texts, f"+- {allowed:.3g}" if math.isfinite(allowed) else "the same", factor)


def _as_numbers(before: Any, after: Any) -> tuple[float, float] | None:
    try:
        return float(before), float(after)
    except (TypeError, ValueError):
        return None


def summary(differences: Sequence[Difference]) -> list[tuple[str, int, float]]:
    """Quantities that are off, each with the number of its cells and the largest factor over the tolerance."""
    quantities: dict[str, list[float]] = {}
    for difference in differences:
        quantities.setdefault(difference.quantity, []).append(difference.factor)
    return [(quantity, len(factors), max(factors)) for quantity, factors in quantities.items()]
