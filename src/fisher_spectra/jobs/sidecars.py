"""Whether a result is what the sidecar beside it says: the digest that its job recorded, against its bytes now.

A result that differs from its sidecar was made by nothing that is recorded: it is not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs.provenance import SEAL, sha256_of_record
from fisher_spectra.jobs.records import is_whole, read_record

DIFFERS = "not what its record says"


@dataclass(frozen=True)
class RecordedFiles:
    """Files that a job read and wrote, by its sidecar.

    Attributes
    ----------
    outputs, inputs
        SHA-256 of their content, by path as on the job's command line.
    """

    outputs: Mapping[str, str]
    inputs: Mapping[str, str]

    def of(self, result: Path) -> str | None:
        """SHA-256 that is recorded of a result; None if it is no output of this job."""
        return next((digest for name, digest in self.outputs.items() if _is_place_of(name, result)), None)


def sidecar_of(result: Path) -> Path:
    """Where the sidecar of a result lies."""
    return result.with_suffix(".json")


def recorded_files(sidecar: Path) -> RecordedFiles:
    """What a sidecar records of files.

    Raises
    ------
    UserError
        If it is not there, or no sidecar of a job.
    """
    if not sidecar.exists():
        raise UserError(f"its record {sidecar.name} is not there")
    try:
        record = read_record(sidecar)
    except UserError:
        record = {}
    if not is_whole(record) or not record["outputs"]:
        raise UserError(f"its record {sidecar.name} is no sidecar of a job")
    if record[SEAL] != sha256_of_record(record):
        raise UserError(f"its record {sidecar.name} was edited: it is another one than it names the digest of")
    return RecordedFiles(record["outputs"], record["inputs"])


def difference(result: Path, record: RecordedFiles | None = None) -> str | None:
    """What is wrong with a result by the sidecar beside it, for a line that begins with its name; None if nothing is.

    Paths count from the working folder, as those of the workflow do. The sidecar is read unless its `record` is given.
    """
    try:
        recorded = (record or recorded_files(sidecar_of(result))).of(result)
    except UserError as error:
        return str(error)
    if recorded is None:
        return f"its record {sidecar_of(result).name} is that of another result"
    if not result.is_file():
        return "is not there"
    return None if sha256_of_file(result) == recorded else DIFFERS


def _is_place_of(name: str, result: Path) -> bool:
    """Whether a recorded path is that of a result, in ``results/<scale>`` here or in a copy of that folder."""
    recorded, place = PurePath(name), result.as_posix()
    if recorded.is_absolute():
        return recorded == result.absolute()
    below = recorded.parts[2:] if recorded.parts[0:1] == ("results",) else recorded.parts
    tail = "/".join(below)
    return bool(tail) and (place == tail or place.endswith(f"/{tail}"))
