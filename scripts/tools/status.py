"""Say how far the run in this folder is, from any terminal; if none is under way, what is left to do.

Nothing is locked, asked of a scheduler or changed: the run keeps a small file with what it says itself. On a cluster
this works on every machine that sees the folder.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from plan import ROOT, graph
from run_options import add_run_options, settings_of_run
from run_workflow import other_snakemake
from snakemake.exceptions import RuleException, WorkflowError

from fisher_spectra.common.errors import UserError
from fisher_spectra.common.progress import duration
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.jobs_ahead import CORES, RunAhead, jobs_ahead
from fisher_spectra.workflow.run_state import STATE_FILE, RunState, counts, headline, read_state, roughly
from fisher_spectra.workflow.targets import check_targets
from fisher_spectra.workflow.time_left import time_left

# A run writes its state every half a minute at least. On another machine it counts as alive for as long as clocks that
# differ, and a file system that shows files late, can make a state look old.
SILENT_SECONDS = 180.0
CREATION_SECONDS = 1.0  # by how much the time at which a process began may differ between two looks


def is_alive(state: RunState, now: float) -> bool:
    """Whether the run that wrote a state is still at work."""
    if state.ended is not None:
        return False
    if state.host != socket.gethostname():
        return now - state.written < SILENT_SECONDS
    try:
        return abs(psutil.Process(state.process).create_time() - state.process_began) < CREATION_SECONDS
    except psutil.Error:
        return False


def under_way(state: RunState, now: float) -> str:
    """What to say of a run that is at work: how far it is, then each job that runs, and where the details are."""
    lines = [f"A run is under way (process {state.process} on {state.host}), for {duration(now - state.began)} now."]
    lines.append(headline(state))
    verb = "submitted" if state.queued else "began"
    lines += [f"  {name} ({verb} {duration(now - since)} ago)" for name, since in state.running]
    return "\n".join([*lines, f"Details: {state.log}"] if state.log else lines)


def last_run(state: RunState) -> str:
    """What to say of a run that is over."""
    when = datetime.fromtimestamp(state.ended or state.written).strftime("%Y-%m-%d %H:%M")
    ended = f"ended at {when}" if state.ended is not None else f"was cut off after {when}"
    return f"The last run {ended}{f': {counts(state)}' if state.total else ''}."


def left_to_do(settings: Mapping[str, Any], targets: Sequence[str]) -> str:
    """What a run with such settings would do now.

    Raises
    ------
    UserError, RuleException, WorkflowError
        If there is no such scale or target, or the workflow cannot be read.
    """
    configuration = load_configuration(ROOT, settings)
    check_targets(targets, configuration)
    dag = graph(settings, set(targets) or {"all"}, everything=False)
    ahead = RunAhead(jobs_ahead(dag), {CORES: os.cpu_count() or 1})
    which = f"{configuration['scale']} scale{', exact mode' if configuration.get('exact') else ''}"
    if not ahead.jobs:
        return f"{which}: nothing is left to do."
    seconds = time_left(ahead, measured={}, running={})
    return f"{which}: {len(ahead.jobs)} jobs are left to do, {roughly(seconds)} on {ahead.shares[CORES]} cores."


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_run_options(parser, ": of what is left to do")
    parser.add_argument("targets", nargs="*", default=[], help="figures, tables or files; all if none is given")
    arguments = parser.parse_args(argv)
    state, now = read_state(STATE_FILE), time.time()
    if state is not None and is_alive(state, now):
        print(under_way(state, now))
        return 0
    if (process := other_snakemake(Path.cwd())) is not None:
        print(f"Snakemake (process {process}) is at work here, started by hand: it says itself how far it is.")
        return 0
    print("No run is under way." + (f" {last_run(state)}" if state is not None else ""))
    try:
        print(left_to_do(settings_of_run(arguments), arguments.targets))
    except (UserError, RuleException, WorkflowError) as error:
        print(f"error: {str(error).splitlines()[0]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
