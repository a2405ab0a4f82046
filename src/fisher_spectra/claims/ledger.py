"""The ledger: every claim of the papers that can be measured, declared as data in `claims/*.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fisher_spectra.claims.expressions import parse
from fisher_spectra.common.checked_yaml import check
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.strict_yaml import read_yaml

SCHEMA = "ledger.schema.yaml"
# of each kind of measure, what it needs beside the measured expression, and what it may have
NEEDED = {
    "cells": (),
    "mean": (),
    "share": ("trials",),
    "limit": ("against",),
    "slope": ("against",),
    "integral": ("against",),
    "threshold": ("against", "trials"),
}
OPTIONAL = {
    "cells": ("standard_error", "degrees_of_freedom", "half_width"),
    "mean": ("standard_error", "degrees_of_freedom", "half_width"),
    "share": (),
    "limit": ("standard_error", "degrees_of_freedom"),
    "slope": ("standard_error", "degrees_of_freedom"),
    "integral": (),
    "threshold": ("curves",),
}
_OPTIONS = {name for names in (*NEEDED.values(), *OPTIONAL.values()) for name in names}


@dataclass(frozen=True)
class Measure:
    """How a claim is measured; expressions are those of `claims.expressions`."""

    kind: str
    by: tuple[str, ...]  # columns that name a cell
    measured: str | float
    where: str | None = None
    distinct: tuple[str, ...] = ()  # columns of which only the first row of each combination counts
    against: str | float | None = None
    standard_error: str | float | None = None
    degrees_of_freedom: str | float | None = None
    half_width: str | float | None = None
    trials: str | float | None = None
    curves: tuple[str, ...] = ()  # columns that tell the curves of a cell apart


@dataclass(frozen=True)
class Beside:
    """A second table that a claim compares its own with, row by row."""

    table: str
    by: tuple[str, ...]  # columns whose values name a row in both
    columns: tuple[str, ...]  # what is taken from it, as <column>_beside
    where: str | None = None


@dataclass(frozen=True)
class Printed:
    """A statement as printed that the claim corrects; what is None is as in the claim."""

    statement: str
    consequence: str  # what it changes: one of `claims.consequences.MEANINGS`
    erratum: str | None = None  # shared by claims that refute one sentence
    glyph: str | None = None  # the single sign that is wrong, which a conversion may have changed
    predicted: str | float | None = None
    compare: str | None = None
    measured: str | float | None = None
    where: str | None = None


@dataclass(frozen=True)
class Tolerance:
    """What is allowed beside the statistical uncertainty: `absolute` + `relative` |predicted|."""

    reason: str
    relative: float = 0.0
    absolute: float = 0.0


@dataclass(frozen=True)
class Claim:
    """One statement, how it is measured, and when it holds."""

    name: str
    paper: str
    location: str
    statement: str
    table: str
    measure: Measure
    predicted: str | float
    tolerance: Tolerance
    scales: tuple[str, ...]
    compare: str = "equal"
    printed: Printed | None = None
    derivation: str | None = None
    beside: Beside | None = None
    omission: str | None = None  # what the paper says instead of this, which it leaves out

    @property
    def erratum(self) -> str:
        """Name of the erratum that it refutes; claims that refute one sentence share it. Empty if it refutes none."""
        return "" if self.printed is None else self.printed.erratum or self.name

    @property
    def consequence(self) -> str:
        """What the erratum changes; empty if it refutes none."""
        return "" if self.printed is None else self.printed.consequence

    weak: str | None = None  # why it is weaker than `claims.power.WEAKEST` asks for


def read_ledger(folder: Path) -> list[Claim]:
    """Every claim of the files `*.yaml` in `folder`, in the order of the files' names and within each as written.

    Raises
    ------
    UserError
        With one line for the first fault: file, key, value and what is allowed.
    """
    schema = read_yaml(folder / SCHEMA)
    files = [file for file in files_of_ledger(folder) if file.name != SCHEMA]
    if not files:
        raise UserError(f"{folder}: holds no file of claims (*.yaml)")
    claims: dict[str, Claim] = {}
    for file in files:
        content = read_yaml(file)
        check(content, schema, str(file))
        for name, entry in content["claims"].items():
            if name in claims:
                raise UserError(f"{file}: claims.{name}: there is a claim of this name in another file")
            claims[name] = _claim(name, content["paper"], entry, f"{file}: claims.{name}")
    _check_shared_errata(claims.values(), folder)
    return list(claims.values())


def files_of_ledger(folder: Path) -> list[Path]:
    """The files that `read_ledger` reads, the schema among them, in the order of their names."""
    return sorted(folder.glob("*.yaml"))


def tables_judged(folder: Path, scale: str) -> list[str]:
    """Names of the tables that the claims of a ledger read at a scale; errors are those of `read_ledger`."""
    return tables_of(decided_at(read_ledger(folder), scale))


def _check_shared_errata(claims: Iterable[Claim], folder: Path) -> None:
    """Claims of one erratum are about one paper and say the same of what it changes."""
    first: dict[str, Claim] = {}
    for claim in claims:
        if claim.printed is None:
            continue
        other = first.setdefault(claim.erratum, claim)
        if (other.paper, other.consequence) != (claim.paper, claim.consequence):
            raise UserError(
                f"{folder}: claims.{claim.name}.printed.erratum: {claim.erratum!r} is an erratum of another paper or"
                f" consequence in claims.{other.name}"
            )


def _claim(name: str, paper: str, entry: dict[str, Any], place: str) -> Claim:
    measure = entry["measure"]
    kind, given = measure["kind"], measure.keys() & _OPTIONS
    for option in NEEDED[kind]:
        if option not in given:
            raise UserError(f"{place}.measure.{option}: missing; the measure {kind!r} needs it")
    for option in sorted(given - {*NEEDED[kind], *OPTIONAL[kind]}):
        allowed = ", ".join((*NEEDED[kind], *OPTIONAL[kind])) or "none"
        raise UserError(f"{place}.measure.{option}: the measure {kind!r} has no such option; it has {allowed}")
    printed = entry.get("printed")
    if printed is not None and not printed.keys() & {"predicted", "compare", "measured", "where"}:
        raise UserError(f"{place}.printed: must differ from the claim in predicted, compare, measured or where")
    if kind in ("cells", "integral") and not (entry["tolerance"].keys() & {"relative", "absolute"}):
        raise UserError(f"{place}.tolerance: the measure {kind!r} needs relative or absolute")
    for key, text in _expressions(entry, measure, printed or {}):
        try:
            parse(text)
        except UserError as error:
            raise UserError(f"{place}.{key}: {error}") from error
    return Claim(
        name=name,
        paper=paper,
        location=entry["location"],
        statement=" ".join(entry["statement"].split()),
        table=entry["table"],
        measure=Measure(**measure | {key: tuple(measure.get(key, ())) for key in ("by", "distinct", "curves")}),
        predicted=entry["predicted"],
        tolerance=Tolerance(**entry["tolerance"]),
        scales=tuple(entry["scales"]),
        compare=entry.get("compare", "equal"),
        printed=Printed(**printed | {"statement": " ".join(printed["statement"].split())}) if printed else None,
        derivation=entry.get("derivation"),
        beside=Beside(**entry["beside"] | {key: tuple(entry["beside"][key]) for key in ("by", "columns")})
        if "beside" in entry
        else None,
        omission=entry.get("omission"),
        weak=" ".join(entry["weak"].split()) if "weak" in entry else None,
    )


def _expressions(
    entry: dict[str, Any], measure: dict[str, Any], printed: dict[str, Any]
) -> Iterable[tuple[str, str | float]]:
    yield "predicted", entry["predicted"]
    if "where" in entry.get("beside", {}):
        yield "beside.where", entry["beside"]["where"]
    for key in ("measured", "where", *sorted(_OPTIONS - {"curves"})):  # those are columns
        if key in measure:
            yield f"measure.{key}", measure[key]
    for key in ("predicted", "measured", "where"):
        if key in printed:
            yield f"printed.{key}", printed[key]


def decided_at(claims: Iterable[Claim], scale: str) -> list[Claim]:
    """The claims that are decided at a scale."""
    return [claim for claim in claims if scale in claim.scales]


def tables_of(claims: Iterable[Claim]) -> list[str]:
    """Names of the tables that claims read, each once, sorted."""
    return sorted({name for claim in claims for name in read_by(claim)})


def read_by(claim: Claim) -> tuple[str, ...]:
    """Names of the tables that one claim reads."""
    return (claim.table,) if claim.beside is None else (claim.table, claim.beside.table)
