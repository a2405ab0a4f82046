"""What Snakemake says, reduced to what people want to see while a run goes on.

One line says how far the run is (`fisher_spectra.workflow.run_display`), and the same stands in a small file for `make
status`. Faults of jobs are shown in full, and whatever else Snakemake says that is not about single steps. Everything
is in Snakemake's own log. Snakemake finds this package by its name; `run_workflow.py` puts its folder on the path.
"""

from __future__ import annotations

import contextlib
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from logging import LogRecord
from typing import Any

import psutil
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from fisher_spectra.workflow.jobs_ahead import recorded_seconds
from fisher_spectra.workflow.run_display import RunDisplay, is_terminal
from fisher_spectra.workflow.run_progress import RunProgress
from fisher_spectra.workflow.run_state import STATE_FILE, RunState, write_state

SHOWN_EVENTS = (None, LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR, LogEvent.ERROR)
# What Snakemake and its executors say of every run and every job, without a word on what it is about. Messages that are
# not known here are shown.
CHATTER = re.compile(
    r"Using shell: |Assuming unrestricted shared filesystem|Building DAG of jobs|"
    r"Conda environments: ignored|Singularity containers: ignored|Group jobs: inactive|Select jobs to execute|"
    r"Job rate limit reached|host: |Job \d+ has been submitted|SLURM run ID: |Cleaning up SLURM log files|"
    r"'sacct' unavailable, using 'squeue'|Storing output in storage|Elapsed time: |"
    r"Waiting at most \d+ seconds for missing files"
)
TICK_SECONDS = 1.0  # how often the line on a terminal is rewritten
# How often the file is written while jobs end, and while none does: seldom enough for a file system of a cluster.
CHANGED_SECONDS, UNCHANGED_SECONDS = 5.0, 30.0


class LogHandler(LogHandlerBase):
    """Follows the run by what Snakemake logs, and shows how far it is."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = False
    has_formatter = False
    needs_rulegraph = False

    def __post_init__(self) -> None:
        process, now = psutil.Process(), time.time()
        state = RunState(
            host=socket.gethostname(),
            process=process.pid,
            process_began=process.create_time(),
            began=process.create_time(),
            written=now,
        )
        self._progress = RunProgress(state)
        self._display = RunDisplay(sys.stderr, terminal=is_terminal(sys.stderr))
        self._records: dict[int, str | None] = {}  # where the cost of each running job will be recorded
        self._written: RunState | None = None
        self._over = threading.Event()
        self._write(state)
        threading.Thread(target=self._tick_on, name="progress", daemon=True).start()

    def emit(self, record: LogRecord) -> None:
        """Take note of what a record says, and show it if it is for people. Called with the lock of the handler."""
        try:
            self._note(record)
            if self._is_shown(record) and (text := self.format(record)):
                self._display.say(text)
        except Exception:  # a fault of the display is no fault of the run
            self.handleError(record)

    def close(self) -> None:
        """Say how the run has ended."""
        self._over.set()
        with self._held():
            if self._progress.state.ended is None:
                self._progress.end(time.time())
                self._display.end(self._progress.state)
                self._write(self._progress.state)
        super().close()

    def _note(self, record: LogRecord) -> None:
        fields: dict[str, Any] = record.__dict__
        event, now = fields.get("event"), record.created
        if "run_ahead" in fields:
            self._progress.begin(fields["run_ahead"], next(iter(fields["log_files"]), None))
        elif event == LogEvent.JOB_INFO:
            number = int(fields["jobid"])
            self._records[number] = fields["benchmark"]
            self._progress.start(number, now)
            if not self._progress.is_counted(number) and fields["rule_msg"]:
                self._display.say(fields["rule_msg"])  # a target says that it is reached
        elif event == LogEvent.JOB_FINISHED:
            number = int(fields["job_id"])
            self._progress.finish(number, now, recorded_seconds(self._records.pop(number, None)))
        elif event == LogEvent.JOB_ERROR:
            self._progress.fail(int(fields["jobid"]))

    @staticmethod
    def _is_shown(record: LogRecord) -> bool:
        if getattr(record, "event", None) not in SHOWN_EVENTS:
            return False
        return record.levelname not in ("INFO", "DEBUG") or not CHATTER.match(record.getMessage())

    def _tick_on(self) -> None:
        while not self._over.wait(TICK_SECONDS):
            with self._held():
                if self._over.is_set():
                    return
                state = self._progress.now(time.time())
                self._display.show(state)
                if self._written is None or self._is_due(state, self._written):
                    self._write(state)

    @staticmethod
    def _is_due(state: RunState, written: RunState) -> bool:
        changed = (state.total, state.done, state.failed, state.running) != (
            written.total,
            written.done,
            written.failed,
            written.running,
        )
        return state.written - written.written >= (CHANGED_SECONDS if changed else UNCHANGED_SECONDS)

    def _write(self, state: RunState) -> None:
        self._written = state
        with contextlib.suppress(OSError):  # a full disk stops jobs, not this
            STATE_FILE.parent.mkdir(exist_ok=True)
            write_state(state, STATE_FILE)

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        self.acquire()
        try:
            yield
        finally:
            self.release()
