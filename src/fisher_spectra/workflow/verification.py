"""Whether the results of a scale are what their sidecars say, and what becomes of those that are not.

A result is looked at before anything uses it. What differs from its record is set aside, so that Snakemake makes it
again; nothing is deleted, nothing overwritten.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.common.errors import UserError
from fisher_spectra.datasets.registry import DATASETS
from fisher_spectra.jobs.exact import options_of
from fisher_spectra.jobs.sidecars import DIFFERS, RecordedFiles, difference, recorded_files

SET_ASIDE = "set_aside"  # folder in that of the scale
DATA = Path("results", "data")
_WHERE = ("claims.*", "cells/**/*", "tables/*", "figures/*", "pages/*")  # results lie here, each beside its sidecar
_KINDS = frozenset({".csv", ".png", ".pdf", ".html"})
_CLOCK = 1.0  # seconds: clocks of file servers differ by less


@dataclass(frozen=True)
class Fault:
    """A result that is not what its record says.

    Attributes
    ----------
    file
        The result.
    reason
        What is wrong, for a line that begins with its name.
    damaged
        Files to set aside: the result and its sidecar, of which either may be the wrong one; none if it is not there.
    remedy
        What becomes of it.
    older_than
        A file that the result was made from and that has changed since, where Snakemake would not see it.
    """

    file: Path
    reason: str
    damaged: tuple[Path, ...] = ()
    remedy: str = "is made again"
    older_than: Path | None = None

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


def faults(results: Path, state: Path = Path(".snakemake")) -> list[Fault]:
    """Every result of a scale, and every data set, that is not what its record says.

    Parameters
    ----------
    results
        Folder of the scale, such as ``results/smoke``, from the working folder.
    state
        Folder of Snakemake's notes. What a killed run was about to write is left out: Snakemake makes it again.
    """
    unfinished = _unfinished(state)
    found: list[Fault] = []
    records: dict[Path, RecordedFiles] = {}
    for stem, files in _by_sidecar(results).items():
        sidecar = stem.with_suffix(".json")
        if unfinished & {sidecar, *files}:
            continue
        with contextlib.suppress(UserError):  # said of the results
            records[sidecar] = recorded_files(sidecar)
        found += _wrong(sidecar, files, records.get(sidecar))
    set_aside = {file for fault in found for file in fault.damaged}
    found += _of_inputs(results, records, {fault.file for fault in found} | set_aside | unfinished)
    return found + list(_of_datasets(unfinished))


def first_fault(results: Path, files: Sequence[Path] = ()) -> Fault | None:
    """The first fault of a scale, or of these results of it alone; None if there is none."""
    if not files:
        return next(iter(faults(results)), None)
    wrong = ((file, difference(file)) for file in files)
    return next((Fault(file, reason) for file, reason in wrong if reason is not None), None)


def refuse_faults(results: Path, files: Sequence[Path] = ()) -> None:
    """Stop at the first result of a scale, or of these of it, that is not what its record says.

    Raises
    ------
    UserError
        With its name and what is wrong.
    """
    if (fault := first_fault(results, files)) is not None:
        raise UserError(f"{fault}; `make figures {options_of(results.name)}` sets it aside and makes it again")


def mend(results: Path) -> Iterator[str]:
    """Set aside what differs from its record and date what is dated in the future; one line for each.

    What is then not there, or older than what it is made from, Snakemake makes again.
    """
    for fault in faults(results):
        # two figures beside one sidecar: it is set aside with the first
        moved = [_set_aside(file, results) for file in fault.damaged if file.exists()]
        if fault.older_than is not None:
            _date(fault.file, fault.older_than.stat().st_mtime - _CLOCK)
        yield f"{fault}; {f'set aside as {moved[0]}, ' if moved else ''}{fault.remedy}"
    for file in _from_the_future(results):
        _date(file, time.time())
        yield f"{file}: was dated in the future; dated now"


def _by_sidecar(results: Path) -> dict[Path, list[Path]]:
    """The results of a scale by their path without suffix, sidecars that lie alone included."""
    found: dict[Path, list[Path]] = {}
    for file in sorted(file for where in _WHERE for file in results.glob(where)):
        if file.name.startswith(".") or file.suffix not in _KINDS | {".json"}:
            continue
        others = found.setdefault(file.with_suffix(""), [])
        if file.suffix != ".json":
            others.append(file)
    return {stem: files for stem, files in found.items() if files or _is_sidecar(stem.with_suffix(".json"))}


def _is_sidecar(file: Path) -> bool:
    """Whether a JSON file beside which there is no result is the sidecar of one."""
    try:
        recorded_files(file)
    except UserError:
        return False
    return True


def _wrong(sidecar: Path, files: Sequence[Path], record: RecordedFiles | None) -> Iterator[Fault]:
    """Faults of the results beside a sidecar, which has no record if it is none."""
    for file in files:
        if (reason := difference(file, record)) is not None:
            yield Fault(file, reason, (file, sidecar))
    if record is not None:
        for suffix in sorted(_KINDS - {file.suffix for file in files}):
            if record.of(file := sidecar.with_suffix(suffix)) is not None:
                yield Fault(file, "is not there")


def _of_inputs(results: Path, records: dict[Path, RecordedFiles], known: set[Path]) -> Iterator[Fault]:
    """Faults of what good results were made from: gone, or changed with an older date, which Snakemake does not see.

    A data set that is gone is no fault: it is fetched again when a job needs it.
    """
    digests: dict[Path, str | None] = {}
    for sidecar, record in records.items():
        oldest = min(map(Path, record.outputs), key=_date_of)
        for file, digest in ((Path(name), digest) for name, digest in record.inputs.items()):
            if file in known:
                continue
            if file not in digests:
                digests[file] = sha256_of_file(file) if file.is_file() else None
                if digests[file] is None and file.is_relative_to(results):
                    yield Fault(file, "is not there")
            if sidecar not in known and digests[file] not in (digest, None) and _date_of(file) <= _date_of(oldest):
                yield Fault(oldest, f"was made from another {file}", older_than=file)
                break


def _of_datasets(unfinished: set[Path]) -> Iterator[Fault]:
    """Faults of the fetched data sets; files of other names in their folder are not the workflow's."""
    remedy = "is fetched again when a job needs it"
    for name in DATASETS:
        file, record = DATA / f"{name}.npz", DATA / f"{name}.source.json"
        if not file.is_file() or unfinished & {file, record}:
            continue
        try:
            recorded = json.loads(record.read_bytes())["sha256"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            yield Fault(file, f"its record {record.name} cannot be read", (file, record), remedy)
            continue
        if recorded != sha256_of_file(file):
            yield Fault(file, DIFFERS, (file, record), remedy)


def _from_the_future(results: Path) -> Iterator[Path]:
    """Files of the workflow that are dated in the future: jobs that use them would fail."""
    latest = time.time() + _CLOCK
    files = [file for where in _WHERE for file in results.glob(where)]
    files += [*DATA.glob("*"), *DATA.with_name("code").glob("**/*")]
    yield from sorted(file for file in files if file.is_file() and _date_of(file) > latest)


def _unfinished(state: Path) -> set[Path]:
    """Files that jobs had begun to make when their run was killed, by Snakemake's notes."""
    found = set()
    notes = state / "incomplete"
    for note in (file for file in notes.glob("**/*") if file.is_file()):
        # long names are cut into folders, each of which begins with @
        encoded = "".join(part.removeprefix("@") for part in note.relative_to(notes).parts)
        with contextlib.suppress(ValueError):
            found.add(Path(urlsafe_b64decode(encoded).decode()))
    return found


def _date_of(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _date(file: Path, seconds: float) -> None:
    os.utime(file, (seconds, seconds))


def _set_aside(file: Path, results: Path) -> Path:
    """Move a file to the folder of what was set aside, under a name that is free there."""
    below = file.relative_to(results) if file.is_relative_to(results) else Path(file.parent.name, file.name)
    first = results / SET_ASIDE / below
    place, number = first, 1
    while place.exists():
        number += 1
        place = first.with_name(f"{first.stem}-{number}{first.suffix}")
    place.parent.mkdir(parents=True, exist_ok=True)
    file.rename(place)
    return place
