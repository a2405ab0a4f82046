"""Make the tables of a finished run anew in this process, by the commands that its sidecars record: one line for each.

Run with another processor's instructions (`test_processors.py`) or without the exact mode. Imports take an emulated
processor half a minute, so that they happen once, and each job runs in a process that forks off. Working folder: where
the results go; those of the finished run stay as they are.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import runpy
import sys
from pathlib import Path

from forked_child import end_after

ROOT = Path(__file__).resolve().parents[2]
LOADED_ONCE = ("numpy", "scipy.linalg", "scipy.special", "scipy.integrate", "pandas", "pydantic", "numba")


def sidecars(finished, names):
    """The records of all tables that are wanted, and of what they are made from, each after its inputs."""
    files = [*finished.glob("cells/**/*.json"), *finished.glob("tables/*.json")]
    records = {file: json.loads(file.read_text()) for file in sorted(files)}
    made_by = {output: file for file, record in records.items() for output in record["outputs"]}
    ordered = {}

    def seconds(file):
        """Of a table its parts are counted in."""
        return records[file]["seconds"]

    def add(file):
        for name in records[file]["inputs"]:
            if name in made_by and made_by[name] not in ordered:
                add(made_by[name])
        ordered[file] = records[file]

    for file in sorted(records, key=seconds):
        wanted = not names or file.stem in names or any(name in file.as_posix() for name in names if "/" in name)
        if wanted and (names or file.parent.name == "tables") and file not in ordered:
            add(file)
    return list(ordered.values())


def in_a_fork(command, script, log):
    """Run a script in a process that forks off; its exit status and the seconds of a processor that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = os.fork()
    if child == 0:

        def call():
            output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(output, 1)
            os.dup2(output, 2)
            sys.argv = [str(script), *command]
            sys.path.insert(0, str(script.parent))
            runpy.run_path(str(script), run_name="__main__")

        end_after(call)
    _, status = os.waitpid(child, 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return os.waitstatus_to_exitcode(status), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("finished", type=Path, help="folder of the finished run, such as results/smoke-exact")
    parser.add_argument("names", nargs="*", help="tables by name, or parts of paths of others; all tables if none")
    parser.add_argument("--without", nargs="*", default=[], help="modules that need not be loaded before")
    parser.add_argument("--torch", action="store_true", help="load PyTorch once for all jobs")
    arguments = parser.parse_args()
    for module in (*LOADED_ONCE, *(["torch"] if arguments.torch else [])):
        __import__(module)
    finished = arguments.finished.resolve()
    for record in sidecars(finished, arguments.names):
        script = ROOT / next(name for name in record["code"] if Path(name).name == record["command"][0])
        table = Path(next(iter(record["outputs"])))
        for folder in (table.parent, *(Path(word).parent for word in record["command"] if word.endswith(".log"))):
            folder.mkdir(parents=True, exist_ok=True)
        status, seconds = in_a_fork(record["command"][1:], script, "job.log")
        digest = hashlib.sha256(table.read_bytes()).hexdigest() if status == 0 else None
        line = {"table": str(table), "sha256": digest, "recorded": record["outputs"][str(table)]}
        said = {} if status == 0 else {"said": Path("job.log").read_text()[-600:]}
        print(json.dumps(line | {"seconds": round(seconds, 2)} | said), flush=True)


if __name__ == "__main__":
    main()
