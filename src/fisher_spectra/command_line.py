"""What every script of the workflow shares: options, one-line errors, progress, atomic results, sidecars."""

from __future__ import annotations

import argparse
import contextlib
import errno
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from fisher_spectra.errors import UserError
from fisher_spectra.progress import Progress
from fisher_spectra.provenance import devices_of, seconds_of, write_sidecar

if TYPE_CHECKING:
    import pandas as pd


# arguments that say where files lie, not what is computed
_NOT_SETTINGS = frozenset({"output", "provenance", "settings", "log", "parts"})


def job_parser(description: str | None) -> argparse.ArgumentParser:
    """Parser with the options that all scripts share."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    common = parser.add_argument_group("common to all scripts")
    common.add_argument("--output", type=Path, required=True, help="the result (CSV, or as described above)")
    common.add_argument("--provenance", type=Path, help="sidecar JSON: settings, versions, device, run time")
    common.add_argument("--settings", type=json.loads, default={}, help="JSON to record in the sidecar")
    common.add_argument("--log", type=Path, help="file that receives everything printed, besides the terminal")
    common.add_argument("--root-seed", type=int, default=0, help="root seed of the experiment (default 0)")
    return parser


def network_block_parser(description: str | None) -> argparse.ArgumentParser:
    """Parser of the scripts that sample a block of random networks of one cell."""
    parser = job_parser(description)
    parser.add_argument("--experiment", required=True, help="name of the experiment, part of every seed")
    parser.add_argument("--activation", required=True, help="name of the activation in tables")
    parser.add_argument("--function", required=True, help="the activation function, e.g. tanh")
    parser.add_argument("--sigma-w2", type=float, required=True, help="variance of the weights times fan-in")
    parser.add_argument("--sigma-b2", type=float, required=True, help="variance of the biases")
    parser.add_argument("--depth", type=int, required=True, help="number of weight layers L")
    parser.add_argument("--width", type=int, required=True, help="width M of the input and of every hidden layer")
    parser.add_argument("--samples", type=int, required=True, help="number of inputs T")
    parser.add_argument("--outputs", type=int, required=True, help="number of outputs C")
    parser.add_argument("--first", type=int, required=True, help="first network of the block")
    parser.add_argument("--stop", type=int, required=True, help="one past the last network of the block")
    return parser


def parts_parser(description: str | None) -> argparse.ArgumentParser:
    """Parser of the scripts that put the parts of a table together."""
    parser = job_parser(description)
    parser.add_argument("--parts", type=Path, nargs="+", required=True, help="tables of the parts, in order")
    return parser


class _Tee:
    """Text stream that writes to the terminal and to the log."""

    def __init__(self, *streams: IO[str]) -> None:
        self._streams = streams

    def write(self, text: str) -> int:
        for stream in self._streams:
            stream.write(text)
            stream.flush()
        return len(text)

    def flush(self) -> None:
        for stream in self._streams:
            stream.flush()


class Job:
    """One run of a script: its arguments and where its results go."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.device = "cpu"
        self._start = time.monotonic()

    def progress(self, total: float, label: str) -> Progress:
        """Progress display of this job."""
        return Progress(total, label)

    def write_table(self, frame: pd.DataFrame) -> None:
        """Write the result table of the job to ``--output``."""
        from fisher_spectra.tables import write_table

        write_table(frame, self.arguments.output)

    def read_parts(self) -> pd.DataFrame:
        """The tables of ``--parts``, one below the other."""
        import pandas as pd

        from fisher_spectra.tables import read_table

        return pd.concat([read_table(part) for part in self.arguments.parts], ignore_index=True)

    def write_provenance(self, inputs: Iterable[Path] = ()) -> None:
        """Write the sidecar, if ``--provenance`` was given.

        The run times that the sidecars of ``--parts`` record are added to that of this job.

        Parameters
        ----------
        inputs
            Files the result was computed from, besides ``--parts``.
        """
        arguments = self.arguments
        if arguments.provenance is None:
            return
        parts: Sequence[Path] = getattr(arguments, "parts", ())
        sidecars = [part.with_suffix(".json") for part in parts]
        settings = {
            name: _plain(value)
            for name, value in {**vars(arguments), **arguments.settings}.items()
            if name not in _NOT_SETTINGS
        }
        write_sidecar(
            arguments.provenance,
            outputs=[arguments.output],
            inputs=[*inputs, *parts],
            settings=settings,
            device=devices_of(sidecars) if sidecars else self.device,
            seconds=time.monotonic() - self._start + seconds_of(sidecars),
        )


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return str(value) if isinstance(value, Path) else value


@contextlib.contextmanager
def run_job(parser: argparse.ArgumentParser, argv: Sequence[str] | None = None) -> Iterator[Job]:
    """Parse the arguments and run the body; errors meant for the user end in one line and exit status 1."""
    arguments = parser.parse_args(argv)
    with contextlib.ExitStack() as stack:
        if arguments.log is not None:
            arguments.log.parent.mkdir(parents=True, exist_ok=True)
            log = stack.enter_context(arguments.log.open("w", encoding="utf-8"))
            stack.enter_context(contextlib.redirect_stderr(_Tee(sys.stderr, log)))  # type: ignore[type-var]
        try:
            yield Job(arguments)
        except UserError as error:
            _stop(str(error))
        except MemoryError as error:
            _stop(f"{parser.prog}: not enough memory ({error}); give the job more, or make its chunks smaller")
        except OSError as error:
            if error.errno == errno.ENOSPC:
                _stop(f"{error.filename or arguments.output}: no space left on the disk; free some and run again")
            if error.errno in (errno.EROFS, errno.EACCES):
                _stop(f"{error.filename or arguments.output}: cannot be written ({error.strerror})")
            raise
        except Exception:
            import traceback

            traceback.print_exc()  # through the tee, so that the log has it
            sys.exit(1)


def _stop(message: str) -> None:
    print(f"error: {message}", file=sys.stderr, flush=True)
    sys.exit(1)
