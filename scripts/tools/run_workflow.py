"""Run the workflow in this folder, carrying on safely after a run that was killed.

A killed run leaves Snakemake's lock behind, and a plain rerun stops at it. This entry point holds an operating
system lock for as long as the run lives, which no kill can leave behind: whoever gets it may end what is left of
earlier runs and clear Snakemake's lock, unless a Snakemake started by hand is alive in this folder. Then every result
that is not what its record says is named and set aside, for Snakemake to make it again. The lock passes on to Snakemake
itself, which takes this process over: Ctrl-C and other signals reach it as if it had been started by hand.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import importlib.util
import itertools
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil
import watchdog
import yaml
from leftovers import MARKER, LeftoverError, cancel_jobs, clear, end_orphans, job_name_prefix, queued_jobs
from progress_display import display_options
from run_options import add_run_options, settings_of_run

from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs.exact import folder_of
from fisher_spectra.workflow.configuration import SCALES, load_configuration
from fisher_spectra.workflow.overrides import as_entries, read_overrides
from fisher_spectra.workflow.targets import check_targets
from fisher_spectra.workflow.verification import faults, mend

ROOT = Path(__file__).resolve().parents[2]
LEAST_FREE_MB = 20  # a table, a figure and Snakemake's notes; how much a whole scale takes is what `make plan` says
# Two Snakemakes of 150 MB each stand around a job of a cluster and count as part of it; rules add this to their memory.
JOB_OVERHEAD_MB = 350
DRY_RUN = {"-n", "--dry-run", "--dryrun"}  # changes nothing: not even what is left of an earlier run
STALLED_MINUTES = 45  # a run on a cluster polls every three minutes at most


def other_snakemake(folder: Path) -> int | None:
    """Process number of a Snakemake at work in `folder` that was started by hand, or None."""
    mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    for process in psutil.process_iter(["pid", "cmdline"]):
        command = process.info["cmdline"] or []
        names = {Path(part).name for part in command[:5]}  # python [options] -m snakemake, or the program itself
        if process.pid in mine or "snakemake" not in names:
            continue
        try:
            if Path(process.cwd()) == folder and process.environ().get(MARKER) != str(folder):
                return int(process.pid)
        except (psutil.Error, OSError):
            continue
    return None


def refuse(message: str) -> int:
    """Say in one line why nothing was started."""
    print(f"error: {message}", file=sys.stderr)
    return 1


def settings_of(profile: Path) -> dict[str, Any]:
    """What a profile says."""
    return yaml.safe_load((profile / "profile.yaml").read_text()) or {}


def missing_plugin(executor: str) -> str | None:
    """What to install for an executor, if Snakemake has none of that name."""
    if executor == "local" or importlib.util.find_spec(f"snakemake_executor_plugin_{executor.replace('-', '_')}"):
        return None
    plugin = f"snakemake-executor-plugin-{executor}"
    what = "-r envs/requirements-cluster.txt" if executor == "cluster-generic" else plugin
    return f"needs {plugin}; install it: {sys.executable} -m pip install {what}"


def storage_fault(folder: Path) -> str | None:
    """Why results cannot be written below `folder`, if so."""
    results = folder / "results"
    try:
        results.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=results):
            pass
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            return f"{results}: cannot be written ({error.strerror}); results are kept there"
    free = min(shutil.disk_usage(place).free for place in (results, folder / ".snakemake")) // 10**6
    if free < LEAST_FREE_MB:
        return f"{results}: {free} MB are left on the disk, at least {LEAST_FREE_MB} are needed; free some, run again"
    return None


def take_lock(folder: Path) -> tuple[int, str]:
    """Take the lock of runs in `folder`: its file descriptor, held while that is open, and the last run's executor.

    Raises
    ------
    LeftoverError
        If another run holds it, or the folder cannot be written.
    """
    state = folder / ".snakemake"
    try:
        state.mkdir(exist_ok=True)
        lock = os.open(state / "run.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise LeftoverError(f"{state}: cannot be written ({error.strerror}); the run keeps its state there") from error
    last_process, _, last_executor = os.pread(lock, 100, 0).decode().strip().partition(" ")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        holder = last_process or "unknown"
        raise LeftoverError(f"another run is at work in {folder} (process {holder}); wait for it or stop it") from error
    return lock, last_executor


def end_last_run(folder: Path, lock: int, last_executor: str, executor: str) -> None:
    """End what is left of earlier runs in `folder` and note in the lock, which is held, who runs there now.

    Raises
    ------
    LeftoverError
        If a Snakemake that was started by hand is at work, or what is left cannot be ended.
    """
    locks = list((folder / ".snakemake" / "locks").glob("*"))
    if locks:
        refuse_beside_snakemake(folder)
    # After a run on a cluster that came to its end there is nothing to look for, on whatever machine this is.
    look = "slurm" in (last_executor, executor) and (locks or shutil.which("squeue"))
    cancelled = cancel_jobs(folder) if look else 0
    ended = end_orphans(folder)
    for number, what in ((ended, "processes that it left behind"), (cancelled, "jobs that it left in the queue")):
        if number:
            print(f"The last run was cut off; stopped {number} {what}.", file=sys.stderr)
    if locks:
        print("The last run was cut off; carrying on from what it finished.", file=sys.stderr)
    refuse_beside_snakemake(folder)  # one that was started while jobs were being cancelled
    clear(folder, locks)
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()} {executor}\n".encode(), 0)


def refuse_beside_snakemake(folder: Path) -> None:
    """Raise LeftoverError if a Snakemake that was started by hand is at work in `folder`."""
    if (alive := other_snakemake(folder)) is not None:
        raise LeftoverError(f"Snakemake (process {alive}) is at work in {folder}; wait for it")


def verify_results(scale: str, dry: bool = False, exact: bool = False) -> None:
    """Name every result of a scale that is not what its record says, and set it aside unless nothing may change.

    Raises
    ------
    LeftoverError
        If a file cannot be read, or not set aside.
    """
    results = Path("results", folder_of(scale, exact))
    if scale not in SCALES or not results.is_dir():
        return
    try:
        for line in faults(results) if dry else mend(results):
            print(line, file=sys.stderr)
    except OSError as error:
        raise LeftoverError(f"{error.filename}: cannot be looked at or set aside ({error.strerror})") from error


def parse(argv: list[str] | None) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Everything else is handed to Snakemake: targets, -n, --forcerun ...",
        allow_abbrev=False,
    )
    add_run_options(parser)
    parser.add_argument("--cores", default="all", help="number of processor cores")
    parser.add_argument("--profile", default="default", help="folder below profiles/")
    parser.add_argument(
        "--config",
        nargs="*",
        action="extend",
        default=[],
        help="settings besides the scale, KEY=VALUE; a dot in KEY goes one level deeper: karakida.fig1.depth=4",
    )
    parser.add_argument(
        "--stalled-minutes",
        type=float,
        default=os.environ.get("STALLED_MINUTES", str(STALLED_MINUTES)),  # a text is checked as if it had been given
        help="on a cluster: stop when nothing has moved for so long (default: STALLED_MINUTES, or 45)",
    )
    return parser.parse_known_args(argv)


def checked_settings(arguments: argparse.Namespace, rest: list[str]) -> tuple[list[str], bool]:
    """The settings as Snakemake takes them, when they and the targets, which come before other options, are in order.

    With them, whether they ask for the exact mode.

    Raises
    ------
    UserError
        With one line for the first fault, where Snakemake would end with a traceback.
    """
    overrides = settings_of_run(arguments) | read_overrides(arguments.config)
    configuration = load_configuration(ROOT, overrides)
    check_targets(itertools.takewhile(lambda one: not one.startswith("-"), rest), configuration)
    return as_entries(overrides), configuration["exact"]


def main(argv: list[str] | None = None) -> int:
    arguments, rest = parse(argv)
    folder = Path.cwd()
    try:
        lock, last_executor = take_lock(folder)
    except LeftoverError as error:
        return refuse(str(error))
    profile = ROOT / "profiles" / arguments.profile
    if not (profile / "profile.yaml").is_file():
        known = ", ".join(sorted(path.parent.name for path in ROOT.glob("profiles/*/profile.yaml")))
        return refuse(f"PROFILE = {arguments.profile!r}: must be one of {known}")
    if fault := storage_fault(folder):
        return refuse(fault)
    try:
        given, exact = checked_settings(arguments, rest)
    except UserError as error:
        return refuse(str(error))

    settings = settings_of(profile)
    executor = str(settings.get("executor", "local"))
    if fault := missing_plugin(executor):
        return refuse(f"PROFILE = {arguments.profile!r}: {fault}")
    dry = bool(DRY_RUN & set(rest))
    try:
        if not dry:
            end_last_run(folder, lock, last_executor, executor)
        verify_results(arguments.scale, dry, exact)
    except LeftoverError as error:
        return refuse(str(error))
    os.environ[MARKER] = str(folder)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--config", *given]
    command += ["--workflow-profile", str(profile), "--cores", arguments.cores]
    command += display_options(rest)
    gpu_rules = [rule for rule, given in settings.get("set-resources", {}).items() if given.get("gpu")]
    os.environ["GPU_RULES"] = " ".join(gpu_rules)  # their jobs need room for CUDA's libraries
    if executor == "local":
        # Snakemake loads every plugin, and Slurm's asks the controller at once: ten seconds where none answers.
        os.environ["SLURM_CONF"] = os.devnull
    else:
        os.environ["FISHER_SPECTRA_JOB_PREFIX"] = job_name_prefix(folder)
        os.environ.setdefault("JOB_OVERHEAD_MB", str(JOB_OVERHEAD_MB))
    if settings.get("slurm-status-command") == "squeue":
        os.environ["PATH"] = f"{profile / 'bin'}:{os.environ['PATH']}"  # a sacct that asks squeue
    if executor == "slurm":
        # A shell without job control starts what is in its background deaf to Ctrl-C, which cancels the cluster's jobs.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        prefix = job_name_prefix(folder)
        command += ["--slurm-jobname-prefix", prefix]
        written = [folder / ".snakemake" / name for name in ("log", "metadata", "incomplete", "slurm_logs")]
        written += [folder / "results" / name for name in (folder_of(arguments.scale, exact), "data")]
        watchdog.start(written, arguments.stalled_minutes, lambda: queued_jobs(prefix), lock)
    os.set_inheritable(lock, True)  # held until Snakemake ends; its jobs do not inherit it
    sys.stderr.flush()
    os.execv(sys.executable, [*command, *rest])


if __name__ == "__main__":
    sys.exit(main())
