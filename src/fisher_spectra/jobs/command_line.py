"""What every script of the workflow shares: options, one-line errors, progress, atomic results, sidecars."""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import json
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from fisher_spectra.common.errors import UserError
from fisher_spectra.common.progress import Progress
from fisher_spectra.jobs.provenance import devices_of, peak_memory_of, seconds_of, write_sidecar

if TYPE_CHECKING:
    import pandas as pd


# arguments that say where files lie, not what is computed
_NOT_SETTINGS = frozenset({"output", "provenance", "settings", "log", "parts"})


class _Parser(argparse.ArgumentParser):
    """Parser that refuses bad arguments as every other fault is refused: one line, exit status 1."""

    def error(self, message: str) -> NoReturn:
        _stop(f"{self.prog}: {message} (--help lists the options)")


def job_parser(description: str | None) -> argparse.ArgumentParser:
    """Parser with the options that all scripts share."""
    parser = _Parser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    common = parser.add_argument_group("common to all scripts")
    common.add_argument("--output", type=Path, required=True, help="the result (CSV, or as described above)")
    common.add_argument("--provenance", type=Path, help="sidecar JSON: settings, versions, device, run time")
    common.add_argument("--settings", type=json.loads, default={}, help="JSON to record in the sidecar")
    common.add_argument("--log", type=Path, help="file that receives everything printed, besides the terminal")
    common.add_argument("--root-seed", type=int, default=0, help="root seed of the experiment (default 0)")
    return parser


def activation_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the scripts that work for one activation: its function and its variances."""
    parser.add_argument("--experiment", required=True, help="name of the experiment, part of every seed")
    parser.add_argument("--activation", required=True, help="name of the activation in tables")
    parser.add_argument("--function", required=True, help="the activation function, e.g. tanh")
    parser.add_argument("--sigma-w2", type=float, required=True, help="variance of the weights times fan-in")
    parser.add_argument("--sigma-b2", type=float, required=True, help="variance of the biases")


def network_block_parser(description: str | None) -> argparse.ArgumentParser:
    """Parser of the scripts that sample a block of random networks in every cell of a grid."""
    parser = job_parser(description)
    activation_options(parser)
    parser.add_argument("--depths", type=int, nargs="+", required=True, help="numbers of weight layers L")
    parser.add_argument("--widths", type=int, nargs="+", required=True, help="widths M of input and hidden layers")
    parser.add_argument("--samples", type=int, nargs="+", required=True, help="numbers of inputs T")
    outputs = parser.add_mutually_exclusive_group(required=True)
    outputs.add_argument("--outputs", type=int, help="number of outputs C")
    outputs.add_argument("--outputs-per-width", type=float, help="number of outputs C over the width M")
    parser.add_argument("--first", type=int, required=True, help="first network of the block")
    parser.add_argument("--stop", type=int, required=True, help="one past the last network of the block")
    return parser


def cells_of(arguments: argparse.Namespace) -> Iterator[dict[str, int]]:
    """The cells of the grid that a `network_block_parser` was given: L, M, T and C of each."""
    for depth in arguments.depths:
        for width in arguments.widths:
            outputs = arguments.outputs or max(1, round(arguments.outputs_per_width * width))
            for samples in arguments.samples:
                yield {"M": width, "T": samples, "L": depth, "C": outputs}


def training_parser(description: str | None) -> argparse.ArgumentParser:
    """Parser of the scripts that train columns of a colour map: every learning rate and trial at some widths."""
    parser = job_parser(description)
    activation_options(parser)
    parser.add_argument("--depth", type=int, required=True, help="number of weight layers L")
    parser.add_argument("--widths", type=int, nargs="+", required=True, help="widths M of the hidden layers")
    parser.add_argument("--smallest-rate", type=float, required=True, help="smallest learning rate")
    parser.add_argument("--largest-rate", type=float, required=True, help="largest learning rate")
    parser.add_argument("--rates", type=int, required=True, help="number of learning rates, log-spaced")
    parser.add_argument("--momentum", type=float, required=True, help="momentum mu")
    parser.add_argument("--trials", type=int, required=True, help="number of trials")
    parser.add_argument("--divergence-loss", type=float, required=True, help="loss above which a run has diverged")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--memory-mb", type=int, help="memory that training may take; all that is free if not given")
    return parser


def parts_parser(description: str | None) -> argparse.ArgumentParser:
    """Parser of the scripts that put the parts of a table together."""
    parser = job_parser(description)
    parser.add_argument("--parts", type=Path, nargs="+", required=True, help="tables of the parts, in order")
    return parser


class _Tee(io.TextIOBase):
    """Text stream that writes to the terminal and to the log; a log that cannot be written stops nothing."""

    def __init__(self, terminal: TextIO, log: TextIO) -> None:
        self._terminal = terminal
        self._log = log

    def write(self, text: str, /) -> int:
        self._terminal.write(text)
        self._terminal.flush()
        with contextlib.suppress(OSError):
            self._log.write(text)
            self._log.flush()
        return len(text)

    def flush(self) -> None:
        self._terminal.flush()


@contextlib.contextmanager
def _logging_to(file: Path) -> Iterator[None]:
    """Write standard error to `file` too."""
    file.parent.mkdir(parents=True, exist_ok=True)
    log = file.open("w", encoding="utf-8")
    try:
        with contextlib.redirect_stderr(_Tee(sys.stderr, log)):
            yield
    finally:
        with contextlib.suppress(OSError):  # what a full disk did not take
            log.close()


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
        from fisher_spectra.common.tables import write_table

        write_table(frame, self.arguments.output)

    def read_parts(self) -> pd.DataFrame:
        """The tables of ``--parts``, one below the other."""
        import pandas as pd

        from fisher_spectra.common.tables import read_table

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
        own = {name: _plain(value) for name, value in vars(arguments).items() if name not in _NOT_SETTINGS}
        write_sidecar(
            arguments.provenance,
            outputs=[arguments.output],
            inputs=[*inputs, *parts],
            settings=own | arguments.settings,
            device=devices_of(sidecars) if sidecars else self.device,
            seconds=time.monotonic() - self._start + seconds_of(sidecars),
            peak_memory=peak_memory_of(sidecars),
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
        try:
            if arguments.log is not None:
                stack.enter_context(_logging_to(arguments.log))
            yield Job(arguments)
        except UserError as error:
            _stop(str(error))
        except KeyboardInterrupt:
            print(f"{parser.prog}: interrupted", file=sys.stderr, flush=True)
            sys.exit(130)  # what a shell reports for Ctrl-C
        except Exception as error:
            _stop(_explanation(error, parser.prog, arguments.output))


def _explanation(error: Exception, program: str, output: Path) -> str:
    """One line for the faults of a machine; for all else, which only a programmer can mend, the traceback."""
    # PyTorch's own error of a GPU is known by its name, so that jobs without PyTorch need not load it.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        detail = f" ({error})" if str(error) else ""
        return f"{program}: not enough memory{detail}; give the job more, or make its chunks smaller"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"{error.filename or output}: no space left on the disk; free some and run again"
    if isinstance(error, OSError) and error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{error.filename or output}: no permission ({error.strerror})"
    return f"{program}: {''.join(traceback.format_exception(error)).rstrip()}"


def _stop(message: str) -> NoReturn:
    print(f"error: {message}", file=sys.stderr, flush=True)
    sys.exit(1)
