"""How every script of the workflow runs: a function filled from settings, one-line errors, atomic results, sidecars."""

from __future__ import annotations

import argparse
import contextlib
import errno
import gc
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.common.errors import UserError, interrupted
from fisher_spectra.common.progress import Progress
from fisher_spectra.jobs.exact import refuse_other_mode, require_exact
from fisher_spectra.jobs.log_file import logging_to
from fisher_spectra.jobs.parsed_sources import CACHE, ParsedSources
from fisher_spectra.jobs.provenance import devices_of, peak_memory_of, seconds_of, write_sidecar
from fisher_spectra.jobs.settings import arguments_from, read_settings
from fisher_spectra.jobs.sidecars import difference, sidecar_of
from fisher_spectra.jobs.source_code import code_of, edited_since, start_of_process

if TYPE_CHECKING:
    import pandas as pd


class _Parser(argparse.ArgumentParser):
    """Parser that refuses bad arguments as every other fault is refused: one line, exit status 1."""

    def error(self, message: str) -> NoReturn:
        _stop(f"{self.prog}: {message} (--help lists the options)")


def job_parser(description: str | None) -> argparse.ArgumentParser:
    """Parser with the options that all scripts share: where files lie, and how much memory to take."""
    parser = _Parser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("--output", type=Path, required=True, help="the result (CSV, or as described above)")
    parser.add_argument("--log", type=Path, help="file that receives everything printed, besides the terminal")
    return parser


def _settings_parser(function: Callable[..., Any]) -> argparse.ArgumentParser:
    parser = job_parser(sys.modules[function.__module__].__doc__)
    parser.add_argument("--provenance", type=Path, help="sidecar JSON: settings, versions, device, run time")
    parser.add_argument("--settings", type=read_settings, required=True, help="JSON: the arguments of the function")
    parser.add_argument("--parts", type=Path, nargs="*", default=[], help="tables of the parts, in order")
    parser.add_argument("--predictions", type=Path, nargs="*", default=[], help="tables of predictions, in order")
    parser.add_argument("--data", nargs="?", help="where the file of the setting `dataset` lies for this job")
    parser.add_argument("--memory-mb", type=int, help="memory that training may take; all that is free if not given")
    return parser


class Job:
    """One run of a script: its settings, its files and what is recorded of it.

    Attributes
    ----------
    arguments
        All of its command line, for scripts with options of their own.
    output
        Where its result goes.
    outputs
        All files that it writes; `output` alone unless a script says otherwise.
    parts, predictions
        Tables that it reads.
    settings
        As `jobs.settings` reads them.
    memory_mb
        Memory that training may take; None for all that is free.
    code
        Fingerprints of the files that run, taken before any result is made by them.
    device
        Device on which it computes, for the record.

    Raises
    ------
    UserError
        If a table that it reads is not what the sidecar beside it says, or was made in another mode (`jobs.exact`) than
        this job is, or code changed after it was loaded. A job that writes no sidecar of its own may read tables that
        have none.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.output: Path = arguments.output
        self.outputs: Sequence[Path] = [self.output]
        self.parts: Sequence[Path] = getattr(arguments, "parts", ())
        self.predictions: Sequence[Path] = getattr(arguments, "predictions", ())
        self.settings: dict[str, Any] = getattr(arguments, "settings", {})
        self.memory_mb: int | None = getattr(arguments, "memory_mb", None)
        self._modules: Sequence[str] = ()
        self._sources = ParsedSources(CACHE)
        self.code = self._code_at_the_start()
        self.device = "cpu"
        self._provenance: Path | None = getattr(arguments, "provenance", None)
        self._inputs: dict[Path, str] = {}  # with their digests when they were read
        self._at_the_end: list[Callable[[], None]] = []
        self._start = time.monotonic()
        require_exact()
        self.uses_results(*self.parts, *self.predictions)

    def progress(self, total: float, label: str) -> Progress:
        """Progress display of this job."""
        return Progress(total, label)

    @property
    def inputs(self) -> Mapping[str, str]:
        """SHA-256 of each file that the result is computed from so far, as it was when it was read, by path."""
        return {str(file): digest for file, digest in self._inputs.items()}

    def loads(self, module: str) -> None:
        """Count a module that is loaded by name, before it is, to the code of this job."""
        self._modules = [*self._modules, module]
        self.code = self._code_at_the_start()

    def uses(self, *files: Path) -> None:
        """Record files that the result is computed from, besides those of ``--parts`` and ``--predictions``."""
        self._inputs |= {file: sha256_of_file(file) for file in files}

    def uses_results(self, *files: Path) -> None:
        """Record results of other jobs that the result is computed from; refuse what its sidecar does not vouch for."""
        for file in files:
            is_record = file.suffix == ".json"  # a sidecar itself, which a page is made from
            has_record = self._provenance is not None or sidecar_of(file).is_file()
            if not is_record and has_record and (wrong := difference(file)) is not None:
                raise UserError(f"{file}: {wrong}; `make figures` sets it aside and makes it again")
            if has_record and not is_record:
                refuse_other_mode(file, sidecar_of(file))
            if file.is_file():  # what is not there is said by what reads it
                self.uses(file)

    def at_the_end(self, action: Callable[[], None]) -> None:
        """Do something when the result and its sidecar are written."""
        self._at_the_end.append(action)

    def write_table(self, frame: pd.DataFrame) -> None:
        """Write the result table of the job to ``--output``."""
        from fisher_spectra.common.tables import write_table

        write_table(frame, self.output)

    def finish(self) -> None:
        """Write the sidecar, if ``--provenance`` was given, and do what is left to the end.

        The run times that the sidecars of ``--parts`` record are added to that of this job.

        Raises
        ------
        UserError
            If code or a file that it read changed while it ran, since what of them was read before is not known; in the
            exact mode, if a library that was loaded meanwhile did not keep to it. The result is removed then.
        """
        if self._provenance is not None:
            self._refuse_changes()
            self._refuse_inexact()
            sidecars = [sidecar_of(part) for part in self.parts]
            write_sidecar(
                self._provenance,
                outputs=self.outputs,
                inputs=self.inputs,
                settings=self.settings,
                code=self.code,
                device=devices_of(sidecars) if sidecars else self.device,
                seconds=time.monotonic() - self._start + seconds_of(sidecars),
                peak_memory=peak_memory_of(sidecars),
            )
        for action in self._at_the_end:
            action()

    def _code_at_the_start(self) -> dict[str, str]:
        """Fingerprints of the code, of which this process has loaded some already."""
        code = self._present_code()
        if newer := edited_since(start_of_process(), code):
            raise UserError(f"{newer[0]} changed while this started; run again")
        return code

    def _present_code(self) -> dict[str, str]:
        return code_of(Path(sys.argv[0]), self._modules, sources=self._sources)

    def _refuse_changes(self) -> None:
        now = self._present_code()
        changed = [name for name in self.code | now if self.code.get(name) != now.get(name)]
        changed += [str(file) for file, digest in self._inputs.items() if not _is_still(file, digest)]
        if changed:
            self._remove_outputs()
            raise UserError(f"{changed[0]} changed while it ran; its result is not kept, run again")

    def _refuse_inexact(self) -> None:
        try:
            require_exact()
        except UserError:
            self._remove_outputs()
            raise

    def _remove_outputs(self) -> None:
        for output in self.outputs:
            output.unlink(missing_ok=True)


def _is_still(file: Path, digest: str) -> bool:
    return file.is_file() and sha256_of_file(file) == digest


def run_job(function: Callable[..., pd.DataFrame | None], argv: Sequence[str] | None = None) -> None:
    """Run a function as a script: its arguments from ``--settings``, its table to ``--output``, a sidecar beside it.

    Parameters
    ----------
    function
        Its arguments are settings by name (`jobs.settings`), and where it has them ``job``, this job, ``parts`` and
        ``predictions``, the tables of these options. It returns the table of the job; None if it wrote its result to
        ``job.output`` itself.
    argv
        The command line; that of this process if None.
    """
    parser = _settings_parser(function)
    with running(parser, argv) as job:
        arguments = arguments_from(function, job.settings)
        if job.arguments.data and "dataset" in arguments:
            arguments["dataset"] = job.arguments.data
        names = function.__annotations__.keys()
        if "job" in names:
            arguments["job"] = job
        for name, files in (("parts", job.parts), ("predictions", job.predictions)):
            if name in names:
                arguments[name] = _tables(files)
        try:
            frame = function(**arguments)
        except KeyError as error:
            if (said := _missing_column(error, job)) is None:
                raise
            raise UserError(said) from error
        if frame is not None:
            job.write_table(frame)
        job.finish()


def _tables(files: Sequence[Path]) -> pd.DataFrame:
    """Tables one below the other; parts of different kinds have columns of their own."""
    import pandas as pd

    from fisher_spectra.common.tables import read_table

    return pd.concat([read_table(file) for file in files], ignore_index=True)


def _missing_column(error: KeyError, job: Job) -> str | None:
    """What to say if a table that the job reads lacks a column; None if it was another key that was missed."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    if not job.parts or not str(frame.f_globals.get("__name__")).startswith("pandas."):
        return None
    others = f" and {len(job.parts) - 1} more" if len(job.parts) > 1 else ""
    return f"{job.parts[0]}{others}: a column is missing ({error.args[0]}); delete and run again"


@contextlib.contextmanager
def running(parser: argparse.ArgumentParser, argv: Sequence[str] | None = None) -> Iterator[Job]:
    """Parse the arguments and run the body; errors meant for the user end in one line and exit status 1."""
    if not gc.isenabled():  # by `scripts/start.py`, until everything is imported
        gc.freeze()
        gc.enable()
    try:
        arguments = parser.parse_args(argv)
    except UserError as error:
        _stop(str(error))
    with contextlib.ExitStack() as stack:
        try:
            if arguments.log is not None:
                stack.enter_context(logging_to(arguments.log))
            yield Job(arguments)
        except (Exception, KeyboardInterrupt) as error:
            if interrupted(error):
                print(f"{parser.prog}: interrupted", file=sys.stderr, flush=True)
                sys.exit(130)  # what a shell reports for Ctrl-C
            _stop(_explanation(error, parser.prog, arguments.output))


def _explanation(error: BaseException, program: str, output: Path) -> str:
    """One line for what a user can mend, and a machine's faults; for all else, a programmer's, the traceback."""
    if isinstance(error, UserError):
        return str(error)
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
