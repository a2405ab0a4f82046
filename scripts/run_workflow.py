"""Run the workflow in this folder, carrying on safely after a run that was killed.

A killed run leaves Snakemake's lock behind, and a plain rerun stops at it. This entry point holds an operating
system lock for as long as the run lives, which no kill can leave behind: whoever gets it may clear Snakemake's
lock, unless a Snakemake started by hand is alive in this folder. The lock passes on to Snakemake itself, which takes
this process over: Ctrl-C and other signals reach it as if it had been started by hand.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent


def other_snakemake(folder: Path) -> int | None:
    """Process number of a Snakemake at work in `folder` that is not part of this run, or None."""
    mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    for process in psutil.process_iter(["pid", "cmdline"]):
        command = process.info["cmdline"] or []
        names = {Path(part).name for part in command[:5]}  # python [options] -m snakemake, or the program itself
        if process.pid in mine or "snakemake" not in names:
            continue
        try:
            if Path(process.cwd()) == folder:
                return int(process.pid)
        except (psutil.Error, OSError):
            continue
    return None


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Everything else is handed to Snakemake: targets, -n, --forcerun ...",
        allow_abbrev=False,
    )
    parser.add_argument("--scale", default="laptop", help="smoke, laptop or paper")
    parser.add_argument("--cores", default="all", help="number of processor cores")
    parser.add_argument("--profile", default="default", help="folder below profiles/")
    parser.add_argument(
        "--config", nargs="*", action="extend", default=[], help="settings besides the scale, KEY=VALUE"
    )
    arguments, rest = parser.parse_known_args()

    folder = Path.cwd()
    state = folder / ".snakemake"
    try:
        state.mkdir(exist_ok=True)
        lock = os.open(state / "run.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        print(
            f"error: {state}: cannot be written ({error.strerror}); the run keeps its state there",
            file=sys.stderr,
        )
        return 1
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 32, 0).decode().strip() or "unknown"
        print(
            f"error: another run is at work in {folder} (process {holder}); wait for it or stop it",
            file=sys.stderr,
        )
        return 1
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)

    snakemake = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    profile = ROOT / "profiles" / arguments.profile
    if not (profile / "profile.yaml").is_file():
        known = ", ".join(sorted(path.parent.name for path in ROOT.glob("profiles/*/profile.yaml")))
        print(f"error: PROFILE = {arguments.profile!r}: must be one of {known}", file=sys.stderr)
        return 1
    snakemake += ["--workflow-profile", str(profile), "--cores", arguments.cores]

    if any((state / "locks").glob("*")):
        alive = other_snakemake(folder)
        if alive is not None:
            print(f"error: Snakemake (process {alive}) is at work in {folder}; wait for it", file=sys.stderr)
            return 1
        print("The last run was cut off; carrying on from what it finished.", file=sys.stderr)
        for file in (state / "locks").glob("*"):
            file.unlink(missing_ok=True)

    os.set_inheritable(lock, True)  # held until Snakemake ends; its jobs do not inherit it
    command = [*snakemake, *rest, "--config", f"scale={arguments.scale}", *arguments.config]
    sys.stderr.flush()
    os.execv(sys.executable, command)


if __name__ == "__main__":
    sys.exit(main())
