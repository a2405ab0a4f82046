"""Candidates take turns: each in a process of its own, one call after the other, until all rounds are done."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

import numpy as np

from benchmark_page.comparison import COPY, PRODUCTS, Comparison, difference
from benchmark_page.rows import CELLS, Row

FOLDER = Path(__file__).resolve().parents[1]
SOURCES = FOLDER.parent / "src"
# Processor seconds that a candidate may take before it is left out of the rounds that follow: the dear ones have fewer.
ENOUGH_SECONDS = 15.0
# A first call of so many seconds counts as a round: what it warms up is little beside it.
LONG_CALL = 1.0

_THREADS = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")}
REFERENCES = (*PRODUCTS.values(), COPY)


def interpreter(name: str) -> str:
    """That of the candidate's own environment, beside the one that this runs in, if there is one."""
    own = Path(sys.prefix).parent / name / "bin" / "python"
    return str(own) if own.exists() else sys.executable


class CandidateError(Exception):
    """A candidate's process ended without an answer."""


class Candidate:
    """The process of one candidate; ended with the block of a `with`."""

    def __init__(self, comparison: Comparison, name: str, file: Path) -> None:
        self.name, self.file, self.spent, self.stopped = name, file, 0.0, False
        path = os.pathsep.join([str(FOLDER), str(SOURCES), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = subprocess.Popen(
            [interpreter(name), "-m", "benchmark_page.worker"],
            env=os.environ | _THREADS | {"PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        # Both are pipes, as just asked for.
        self._asked, self._answers = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        subject = "references" if name in REFERENCES else comparison.subject
        task = {"subject": subject, "candidate": name, "settings": dict(comparison.settings), "file": str(file)}
        self.prepared = self._ask(json.dumps(task))

    def _ask(self, line: str) -> dict[str, Any]:
        with contextlib.suppress(BrokenPipeError):  # then the answer below is empty
            print(line, file=self._asked, flush=True)
        answer = self._answers.readline()
        if not answer:
            self._close()
            raise CandidateError(f"{self.name}: its process ended with status {self._process.wait()}")
        found: dict[str, Any] = json.loads(answer)
        return found

    def turn(self) -> dict[str, float]:
        """What a turn took."""
        answer = self._ask("turn")
        self.spent += answer["cpu_s"]
        return answer

    def __enter__(self) -> Candidate:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._process.kill()
        self._close()
        self._process.wait()

    def _close(self) -> None:
        """Close both pipes, upon which the process ends."""
        with contextlib.suppress(BrokenPipeError):
            self._asked.close()
        self._answers.close()


def measure(comparison: Comparison, rounds: int, say: Callable[[str], None]) -> list[Row]:
    """Rows of a comparison: every candidate agrees with ours before its time counts.

    Parameters
    ----------
    comparison
        What takes turns.
    rounds
        Turns of each candidate; fewer for those that take long, but at least one.
    say
        Told what happens, a word at a time.
    """
    rows: list[Row] = []

    def note(name: str, quantity: str, value: float, number: int = 0, text: str = "") -> None:
        rows.append(Row(comparison.table, comparison.case, name, quantity, number, value, text))

    names = [*comparison.candidates, *filter(None, [comparison.reference])]
    with tempfile.TemporaryDirectory() as folder:
        alive: list[Candidate] = []
        try:
            ours = None
            for number, name in enumerate(names):
                say(name)
                candidate = Candidate(comparison, name, Path(folder, f"{number}.npy"))
                if "absent" in candidate.prepared:
                    candidate.__exit__(None, None, None)
                    note(name, "absent", float("nan"), text=candidate.prepared["absent"])
                    continue
                alive.append(candidate)
                _first(candidate, note)
                result = np.load(candidate.file) if candidate.file.exists() else None
                if number == 0:
                    ours = result
                elif result is not None and ours is not None:
                    far = difference(result, ours, comparison.by_cells)
                    note(name, "difference", far, text=CELLS if comparison.by_cells else "")
                    if not far <= comparison.allowed:
                        _refuse(candidate, rows, f"differs by {far:.1e}, allowed {comparison.allowed:.0e}")
            _rounds(alive, rounds, note, say)
        finally:
            for candidate in alive:
                candidate.__exit__(*sys.exc_info())
    return rows


def _first(candidate: Candidate, note: Callable[..., None]) -> None:
    """The first turn: memory, and time if it is long."""
    first = candidate.turn()
    note(candidate.name, "work", candidate.prepared["work"])
    note(candidate.name, "compile_s", candidate.prepared["compile_s"])
    note(candidate.name, "peak_bytes", first["peak_bytes"])
    if first["cpu_s"] >= LONG_CALL:
        note(candidate.name, "cpu_s", first["cpu_s"], 1)
        note(candidate.name, "wall_s", first["wall_s"], 1)


def _refuse(candidate: Candidate, rows: list[Row], reason: str) -> None:
    """Take back what was measured of a candidate that does not agree."""
    row = next(row for row in reversed(rows) if row.candidate == candidate.name)
    rows[:] = [one for one in rows if one.candidate != candidate.name or one.quantity == "difference"]
    rows.append(Row(row.table, row.case, candidate.name, "refused", 0, float("nan"), reason))
    candidate.stopped = True


def _rounds(alive: list[Candidate], rounds: int, note: Callable[..., None], say: Callable[[str], None]) -> None:
    """The rounds after the first turn, each begun by another candidate."""
    counted = {candidate.name: int(candidate.spent >= LONG_CALL) for candidate in alive}
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        shift = number % max(len(alive), 1)
        for candidate in alive[shift:] + alive[:shift]:
            done = counted[candidate.name]
            if candidate.stopped or done >= rounds or (done and candidate.spent >= ENOUGH_SECONDS):
                continue
            found = candidate.turn()
            counted[candidate.name] = done + 1
            note(candidate.name, "cpu_s", found["cpu_s"], done + 1)
            note(candidate.name, "wall_s", found["wall_s"], done + 1)
