"""Run the unit tests of what changed since the parent of the last commit, those that are nearest to it first.

A test file is run if it, or a file of this repository that it imports, changed; if it uses a public name of a changed
module; or if it names another file that changed, such as a script or a table. Those that run the workflow are left to
`make test`. After a minute the run is cut off and what was left out is counted. Called by `make test-quick`.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from fisher_spectra import _public
from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs.import_closure import closure_of_module, import_closure
from fisher_spectra.jobs.parsed_sources import CACHE, ParsedSources

ROOTS = tuple(Path(name) for name in ("src", "scripts/tools", "tests/helpers", "tests/oracles", "tests/workflow"))
# What a test imports that runs the workflow, and folders of tests that other targets run.
DEAR = Path("tests/workflow/workflow_copies.py")
ELSEWHERE = ("tests/cluster/", "tests/site/", "tests/test_gpu.py")
SECONDS = 60.0


def changed_since(commit: str) -> set[Path]:
    """Files that differ from a commit, those that git does not know yet among them.

    Raises
    ------
    UserError
        If git knows no such commit.
    """
    found: set[Path] = set()
    for command in (["diff", "--name-only", commit, "--"], ["ls-files", "--others", "--exclude-standard"]):
        answer = subprocess.run(["git", *command], capture_output=True, text=True, check=False)
        if answer.returncode:
            raise UserError(f"git {' '.join(command)}: {answer.stderr.strip().splitlines()[0]}")
        found |= {Path(line) for line in answer.stdout.splitlines()}
    return found


def files_behind(test: Path, sources: ParsedSources) -> set[Path]:
    """The test, what it imports of this repository, and the modules of the public names that it uses."""
    found = set(import_closure(test, ROOTS, sources))
    text = test.read_text(encoding="utf-8")
    if re.search(r"^\s*import fisher_spectra as fs", text, re.MULTILINE):
        modules = _public.modules()
        used = {modules[name] for name in re.findall(r"\bfs\.(\w+)", text) if name in modules}
        found |= {file for module in used for file in closure_of_module(module, ROOTS, sources)}
    return found


def that_show(changed: Iterable[Path], tests: Iterable[Path]) -> list[Path]:
    """Those of some test files that show what changed, the ones that depend on least first."""
    files = set(changed)
    named = {file.name if file.suffix != ".py" else file.stem for file in files if not file.is_relative_to("src")}
    names = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(named)) or r"(?!)")
    found: dict[Path, int] = {}
    sources = ParsedSources(CACHE, still=True)
    for test in tests:
        behind = files_behind(test, sources)
        if DEAR in behind or test.as_posix().startswith(ELSEWHERE):
            continue
        if behind & files or names.search(test.read_text(encoding="utf-8")):
            found[test] = len(behind)
    sources.keep()
    return sorted(found, key=lambda test: (test not in files, found[test], test))


class Within:
    """A plugin of pytest: no test is begun after so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._session: pytest.Session | None = None
        self._left = 0

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember how many tests there are."""
        self._session, self._left = session, len(session.items)

    def pytest_runtest_logfinish(self) -> None:
        """Stop once the time is over."""
        self._left -= 1
        if self._session is not None and self._left > 0 and time.monotonic() > self._end:
            self._session.shouldstop = f"the time is over: {self._left} tests were not run; `make test` runs them all"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--since", default="HEAD~1", help="commit to compare with (default: the last one's parent)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="when to stop (default: a minute)")
    parser.add_argument("--list", action="store_true", help="name the test files and run none")
    arguments, rest = parser.parse_known_args(argv)
    try:
        changed = changed_since(arguments.since)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    tests = that_show(changed, sorted(Path("tests").rglob("test_*.py")))
    if arguments.list or not tests:
        print("\n".join(map(str, tests)) or f"No unit test shows anything of what changed since {arguments.since}.")
        return 0
    return int(pytest.main(["-q", *rest, *map(str, tests)], plugins=[Within(arguments.seconds)]))


if __name__ == "__main__":
    sys.exit(main())
