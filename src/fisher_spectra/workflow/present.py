"""Whether a figure is what the present tree gives: its table, the code behind both, settings and environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs.figure_provenance import read_record, read_sidecar
from fisher_spectra.jobs.provenance import git_commit, without_sharing
from fisher_spectra.jobs.sidecars import difference
from fisher_spectra.jobs.source_code import ROOT, environment_hash, fingerprints
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.settings import section_at


@dataclass(frozen=True)
class Finding:
    """One thing that a figure depends on, as it was recorded and as it is now."""

    what: str
    recorded: str
    differences: tuple[str, ...]  # none if it is as it was
    counts: bool = True  # whether a difference makes the figure another one

    @property
    def matches(self) -> bool:
        return not self.differences


@dataclass(frozen=True)
class _Step:
    """A table on the way to a figure: the figure's own, or a part of it."""

    path: str
    sidecar: Mapping[str, Any]


def findings_of_figure(figure: Path) -> list[Finding]:
    """What a figure carries of its origin, and where its own bytes or the present tree differ from what is recorded.

    Raises
    ------
    UserError
        If it cannot be read or carries no record.
    """
    record = read_record(figure)
    return [*_of_file(figure, record), *findings(record)]


def findings(record: Mapping[str, Any]) -> list[Finding]:
    """What `record`, the provenance of a figure, says and where the present tree differs from it.

    The table of the figure is followed back to its parts by the sidecars: their inputs, their code, their environment.
    Paths count from the working folder, as those of the workflow do. A figure that was drawn from a committed table is
    followed to that table: `make check` compares it with what is computed.
    """
    if is_committed(record["table"]):
        return _findings_of_committed(record)
    steps, lost = _steps(record["table"])
    computed = {step.path: step.sidecar.get("code", {}) for step in steps}
    computing = {name for files in computed.values() for name in files}
    return [
        Finding("commit", _short(record["commit"], 40), tuple(_commit(record)), counts=False),
        *([Finding("exact mode", record["exact"], ())] if record.get("exact") else []),
        Finding("configuration", _short(record["settings_sha256"]), tuple(_settings(record, steps))),
        Finding(f"table {record['table']}", _short(record["table_sha256"]), tuple(_table(record))),
        Finding(f"parts of the table ({max(len(steps) - 1, 0)})", "", tuple(_parts(steps, lost))),
        Finding(f"code that drew it ({len(record['code'])} files)", "", tuple(_code({"the figure": record["code"]}))),
        Finding(f"code that computed it ({len(computing)} files)", "", tuple(_code(computed))),
        Finding(
            "environment envs/requirements.txt",
            _short(record["requirements_sha256"]),
            tuple(_environment(record, steps)),
        ),
    ]


def _of_file(figure: Path, record: Mapping[str, Any]) -> Iterator[Finding]:
    """The bytes of the figure; nothing if it is a copy elsewhere, such as a smaller picture of it."""
    folder = Path(record["table"]).parent
    if figure.parent.absolute() in {(place / "figures").absolute() for place in (folder, folder.parent)}:
        reason = difference(figure)
        yield Finding("file", _short(sha256_of_file(figure)), () if reason is None else (reason,))


def is_committed(table: str) -> bool:
    """Whether a table is one of the references, which have no sidecars."""
    return PurePath(table).parts[:1] == ("references",)


def _findings_of_committed(record: Mapping[str, Any]) -> list[Finding]:
    return [
        Finding("commit", _short(record["commit"], 40), tuple(_commit(record)), counts=False),
        Finding(
            f"committed table {record['table']}",
            _short(record["table_sha256"]),
            tuple(_changed(record["table"], record["table_sha256"])),
        ),
        Finding(f"code that drew it ({len(record['code'])} files)", "", tuple(_code({"the figure": record["code"]}))),
        Finding(
            "environment envs/requirements.txt",
            _short(record["requirements_sha256"]),
            tuple(_environment(record, [])),
        ),
    ]


def _short(digest: str | None, length: int = 12) -> str:
    if digest is None:
        return "unknown"
    commit, dash, state = digest.partition("-")
    return commit[:length] + dash + state


def _steps(table: str) -> tuple[list[_Step], list[str]]:
    """The table and every part of it that has a sidecar, and the tables that have none."""
    found: list[_Step] = []
    lost: list[str] = []
    waiting, seen = [table], {table}
    while waiting:
        path = waiting.pop(0)
        sidecar = read_sidecar(Path(path))
        if not sidecar:
            lost.append(path)
            continue
        found.append(_Step(path, sidecar))
        new = [name for name in sidecar.get("inputs", {}) if name.endswith(".csv") and name not in seen]
        waiting += new
        seen.update(new)
    return found, lost


def _commit(record: Mapping[str, Any]) -> Iterator[str]:
    now = git_commit()
    if record["commit"] is None:
        yield "not made in a git tree"
    elif now != record["commit"]:
        yield f"now {_short(now, 40)}"


def _table(record: Mapping[str, Any]) -> Iterator[str]:
    changed = list(_changed(record["table"], record["table_sha256"]))
    reason = None if changed else difference(Path(record["table"]))
    yield from changed if reason is None else [reason]


def _parts(steps: list[_Step], lost: list[str]) -> Iterator[str]:
    for sidecar in (Path(path).with_suffix(".json") for path in lost):
        yield f"{sidecar} {'is no sidecar of a job' if sidecar.is_file() else 'is not there'}"
    inputs = {name: digest for step in steps for name, digest in step.sidecar.get("inputs", {}).items()}
    for name, digest in inputs.items():
        yield from _changed(name, digest)
    for path in (Path(step.path) for step in steps[1:]):
        is_as_used = path.is_file() and inputs.get(str(path)) == sha256_of_file(path)
        if is_as_used and (reason := difference(path)) is not None:
            yield f"{path}: {reason}"


def _changed(name: str, digest: str) -> Iterator[str]:
    if not Path(name).is_file():
        yield f"{name} is not there"
    elif sha256_of_file(name) != digest:
        yield f"{name} changed"


def _code(codes: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Files of the repository that are not what they were when a table, or the figure, was made from them."""
    affected: dict[str, list[str]] = {}
    for made, files in codes.items():
        if not files:
            yield f"not recorded for {made}"
        for name, digest in files.items():
            file = ROOT / name
            if not file.is_file() or fingerprints([file])[name] != digest:
                affected.setdefault(name, []).append(made)
    for name, results in sorted(affected.items()):
        others = f" and {len(results) - 1} more" if len(results) > 1 else ""
        yield f"{name} {'changed' if (ROOT / name).is_file() else 'is gone'} since it made {results[0]}{others}"


def _environment(record: Mapping[str, Any], steps: list[_Step]) -> Iterator[str]:
    now = environment_hash()
    made = {"the figure": record["requirements_sha256"]}
    made |= {step.path: step.sidecar.get("requirements_sha256") for step in steps}
    others = [name for name, digest in made.items() if digest != now]
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        yield f"another one made {others[0]}{more}"


def _settings(record: Mapping[str, Any], steps: list[_Step]) -> Iterator[str]:
    """Differences from the sidecar of the table, and of the sidecar's settings from the configuration."""
    if not steps or steps[0].path != record["table"]:
        return  # said of the parts
    sidecar = steps[0].sidecar
    if sidecar.get("settings_sha256") != record["settings_sha256"]:
        yield f"the table beside it was made with {_short(sidecar.get('settings_sha256'))}"
    settings = sidecar.get("settings", {})
    try:
        mode = {} if sidecar.get("exact") is None else {"exact": True}
        configuration = load_configuration(ROOT, {"scale": settings.get("scale")} | mode)
    except UserError as error:
        yield f"the present one cannot be read: {error}"
        return
    if "root_seed" in settings and settings["root_seed"] != configuration["root_seed"]:
        yield f"root_seed was {settings['root_seed']}, now {configuration['root_seed']}"
    for place, section in settings.get("sections", {}).items():
        yield from _moved(place, section, configuration)


def _moved(place: str, section: Mapping[str, Any], configuration: Mapping[str, Any]) -> Iterator[str]:
    """Where a section of the configuration is not what it was when a table was made."""
    try:
        now = without_sharing(section_at(configuration, place))
    except KeyError:
        yield f"{place} is gone"
        return
    for key, value in section.items():
        if key not in now:
            yield f"{place}.{key} is gone"
        elif now[key] != value:
            yield f"{place}.{key} was {value}, now {now[key]}"
    yield from (f"{place}.{key} is new" for key in now if key not in section)
