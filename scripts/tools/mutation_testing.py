"""Which small faults in theory and statistics no test notices: mutation testing by mutmut, with the rates by module.

Mutants, one small fault each, are made in the folder `mutants/` of the modules that `[tool.mutmut]` in pyproject.toml
names. What was run before is not run again; remove the folder to begin anew. Called by `make test-mutants`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

MUTMUT = Path(".venv", "mutants", "bin", "mutmut")
FOLDER = Path("mutants")
# exit statuses that mutmut keeps; all others are noticed, by a test or by an end of another kind
SURVIVED, NO_TESTS, TOO_LONG = 0, (5, 33), (36, 24, -24, 152, 255)
REASONS = dict.fromkeys(NO_TESTS, " (no test runs it)") | dict.fromkeys(
    TOO_LONG, " (took too long: look whether it loops)"
)
MEMORY = 16 * 2**30  # bytes that a mutant may ask for: some loop and collect for ever


def outcomes(patterns: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    """Module, name and exit status of each mutant of these names that was run."""
    for file in sorted(FOLDER.glob("src/**/*.py.meta")):
        module = file.relative_to(FOLDER / "src").as_posix().removesuffix(".meta")
        for name, status in json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"].items():
            if status is not None and (not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)):
                yield module, name, status


def report(patterns: Sequence[str]) -> str:
    """Share of mutants that tests notice, module by module, and the names of the others."""
    by_module: dict[str, list[bool]] = {}
    missed = []
    for module, name, status in outcomes(patterns):
        noticed = status != SURVIVED and status not in REASONS
        by_module.setdefault(module, []).append(noticed)
        missed += [] if noticed else [f"  {name}{REASONS.get(status, '')}"]
    if not by_module:
        return "no mutant was run"
    rows = [*by_module.items(), ("together", [one for found in by_module.values() for one in found])]
    width = max(len(name) for name, _ in rows)
    lines = [
        f"{name:{width}} {sum(found):5} of {len(found):5} noticed, {sum(found) / len(found):6.1%}"
        for name, found in rows
    ]
    if missed:
        lines += ["", f"Not noticed; `{MUTMUT} show NAME` prints each:", *missed]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutants and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "patterns", nargs="*", help="names of mutants, such as 'fisher_spectra.karakida.*'; default: all"
    )
    patterns = parser.parse_args(arguments).patterns
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [MUTMUT, "run", *patterns],
        env=environment,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    print(report(patterns))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
