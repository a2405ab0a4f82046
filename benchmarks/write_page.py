"""Measure everything against what a user would pick, and write `docs/benchmarks.md`: `make bench`.

    python benchmarks/write_page.py                          # all: a quarter of an hour on a quiet machine
    python benchmarks/write_page.py --rounds 2 --only dual_fisher mean_field
    python benchmarks/write_page.py --no-run                 # the page anew from docs/benchmarks/rows.csv
    python benchmarks/write_page.py --check                  # exit status 1 if the page is not what the rows give

With `--only` the rows of all other tables stay as they are. Alternatives that are not installed are left out by name;
`make bench-alternatives` installs them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from functools import partial

import repository_sources  # noqa: F401  before what it makes importable
from benchmark_page.catalogue import comparisons
from benchmark_page.comparison import Comparison
from benchmark_page.figure import write_figure
from benchmark_page.machine import describe
from benchmark_page.page import FIGURE, MACHINE, PAGE, README, ROWS, committed, page, with_glance
from benchmark_page.rows import Row, read_rows, write_rows
from benchmark_page.turns import CandidateError, measure

from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.common.generated_documents import write_or_check

ROUNDS = 5
ENOUGH_FOR_A_CURVE = 3  # rounds: many points, and nothing to be compared with
CURVES = "curves"
BUSY = 0.5  # load above which something else is at work


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line, measure, write the page."""
    every = comparisons()
    tables = list(dict.fromkeys(family(one) for one in every))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"turns of each candidate (default {ROUNDS})")
    parser.add_argument("--only", nargs="*", metavar="TABLE", help=f"any of {', '.join(tables)} (default all)")
    parser.add_argument("--no-run", action="store_true", help="measure nothing, write the page from the rows")
    parser.add_argument("--check", action="store_true", help="measure and write nothing")
    options = parser.parse_args(argv)
    if options.rounds < 1:
        parser.error(f"--rounds {options.rounds}: must be at least 1")
    if unknown := set(options.only or ()) - set(tables):
        parser.error(f"--only {' '.join(sorted(unknown))}: must be of {', '.join(tables)}")
    if not (options.no_run or options.check):
        chosen = [one for one in every if not options.only or family(one) in options.only]
        try:
            refused = run(chosen, options.rounds)
        except KeyboardInterrupt:
            print("interrupted: the page is as it was", file=sys.stderr)
            return 130
        if refused:
            print(f"error: {refused[0].case}: {refused[0].candidate}: {refused[0].note}", file=sys.stderr)
            return 1
    rows, machine = committed()
    if not options.check:
        write_figure(rows, FIGURE)
    documents = {PAGE: page(rows, machine), README: with_glance(README.read_text(encoding="utf-8"), rows)}
    return max(write_or_check(file, text, options.check, "make bench") for file, text in documents.items())


def family(comparison: Comparison) -> str:
    """What `--only` calls it: its table, or `curves`."""
    return CURVES if comparison.table.startswith("curve ") else comparison.table


def show_word(line: str, word: str) -> None:
    """What is measured, and what happens to it now."""
    show(f"{line}: {word}")


def run(chosen: Sequence[Comparison], rounds: int) -> list[Row]:
    """Measure, keep the rows and the machine; the rows that say that a candidate does not agree."""
    # With --only the page has tables of several runs, and says so.
    every, again = ({family(one) for one in some} for some in (comparisons(), chosen))
    machine = describe() | {"only": sorted(again) if again != every else []}
    if machine["load"][0] > BUSY:
        print(f"! this machine is busy: load {machine['load'][0]}; ratios stand, seconds less so", file=sys.stderr)
    old, found, start = read_rows(ROWS) if ROWS.exists() else [], list[Row](), time.monotonic()
    for number, comparison in enumerate(chosen, start=1):
        minutes = (time.monotonic() - start) / 60
        line = f"[{number}/{len(chosen)}, {minutes:.1f} min] {comparison.table}: {comparison.case}"
        show(line, lasting=True)
        try:
            some = min(rounds, ENOUGH_FOR_A_CURVE) if family(comparison) == CURVES else rounds
            found += measure(comparison, some, partial(show_word, line))
        except CandidateError as error:
            sys.exit(f"error: {comparison.table}: {comparison.case}: {error}")
    show("")
    measured = {row.table for row in found}
    write_rows(in_order([row for row in old if row.table not in measured] + found), ROWS)
    write_text(MACHINE, json.dumps(machine, indent=2) + "\n")
    print(f"{len(found)} measurements in {(time.monotonic() - start) / 60:.1f} min: {PAGE}")
    return [row for row in found if row.quantity == "refused"]


def in_order(rows: Sequence[Row]) -> list[Row]:
    """The rows with their tables in the order of the page, without tables that it has no more."""
    place = {one.table: number for number, one in enumerate(comparisons())}
    return sorted((row for row in rows if row.table in place), key=lambda row: place[row.table])


def show(line: str, lasting: bool = False) -> None:
    """Progress: one line that is written over on a terminal; in a log the lasting lines alone."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
    elif lasting:
        print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
