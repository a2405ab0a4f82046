"""Copies of the repository in which the real workflow runs, and what a dry run of it says."""

from __future__ import annotations

import compileall
import contextlib
import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from warm_python import warm_python

from fisher_spectra.common.atomic_files import atomic_path
from fisher_spectra.jobs.parsed_sources import CACHE as PARSED_CODE
from fisher_spectra.jobs.parsed_sources import ParsedSources
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.judged_tables import judged_tables
from fisher_spectra.workflow.kept_answers import CACHE as KEPT_ANSWERS

ROOT = Path(__file__).resolve().parent.parent.parent
# folders of the repository that no run of the workflow reads
NOT_COPIED = ("results", "tests", "docs", "benchmarks")
# One figure of each paper: a drawing takes seconds, and what all figures have in common is in each of them.
DRAWN_TWICE = ("karakida_fig1", "pennington_fig2", "hayase_fig4")
PLAN = [sys.executable, "scripts/tools/plan.py"]
# Snakemake's limit of jobs a second (100/1s) wakes its scheduler every second, once for each job that has ended: this
# many jobs cost it a tenth of a core.
SELDOM_WOKEN = ("--max-jobs-per-timespan", "300/3s")
# variables that would make a run depend on who runs the tests
FOREIGN = ("PYTHONPATH", "DATA_MIRROR", "SNAKEMAKE_PROFILE", "SOURCE_DATE_EPOCH", "MAKEFLAGS", "MAKELEVEL")
FOREIGN += ("OMP_NUM_THREADS",)  # `make test` sets it for the tests themselves; jobs have to be told by Snakemake


def gpu_requests(profile):
    """What a profile asks for in jobs that may use a GPU, by rule; the lines may be commented out."""
    text = (ROOT / "profiles" / profile / "profile.yaml").read_text()
    lines = re.findall(r"^(?:# )? {2}(\w+): (\{.*\bgpu: .*\})$", text, re.MULTILINE)
    return {rule: yaml.safe_load(given) for rule, given in lines}


@functools.cache
def compile_library():
    """Compile src/ once: each of the thousand processes that tests start in copies would do it for itself otherwise.

    Python takes compiled code for a source of the same time and size alone; an edit in a copy changes the time, and in
    copies nothing is compiled to a file (PYTHONDONTWRITEBYTECODE), so that an edit is always seen.
    """
    compileall.compile_dir(ROOT / "src", quiet=1)


@functools.cache
def parsed_code():
    """What a workflow keeps of the code that it has parsed, by its bytes: as after a start in a folder like this."""
    sources = ParsedSources()
    for folder in ("src", "scripts"):
        for file in (ROOT / folder).rglob("*.py"):
            sources.of(file)
    return sources.text()


@functools.cache
def kept_answers():
    """What a workflow keeps of its slow checks at smoke scale: as after a start in a folder like this."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        KEPT_ANSWERS.parent.mkdir()
        load_configuration(ROOT, {"scale": "smoke"})
        judged_tables(ROOT / "claims", "smoke")
        return KEPT_ANSWERS.read_text()


def copy_repository(folder, source=ROOT):
    """Copy the files of the workflow, no results and no environment, to a new folder; of its state what it has read."""
    compile_library()
    (folder / PARSED_CODE).parent.mkdir(parents=True)
    (folder / PARSED_CODE).write_text(parsed_code())
    (folder / KEPT_ANSWERS).write_text(kept_answers())
    for entry in source.iterdir():
        if entry.name.startswith(".") or entry.name in NOT_COPIED:
            continue
        if entry.is_dir():
            shutil.copytree(entry, folder / entry.name, ignore=shutil.ignore_patterns("*.egg-info"))
        else:
            shutil.copy2(entry, folder)


def environment(**changes):
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", **changes}


def run(command, folder, timeout=1800, *, warm=True, **changes):
    """Run a command to its end; nothing it started outlives it. The time limit is there for what hangs.

    If `warm`, Snakemake and the tools of this repository are forked from a process that has imported Snakemake: not
    where jobs run elsewhere than below it, as on a cluster.
    """
    command = list(map(str, command))
    is_tool = command[1:3] == ["-m", "snakemake"] or "scripts/tools/" in "".join(command[1:2])
    if warm and is_tool and command[0] == sys.executable:
        command[0] = warm_python()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def planned_jobs(folder, scale, *options):
    """Every job of a scale with what it asks for, as `scripts/tools/plan.py --jobs` prints them."""
    answer = run([*PLAN, "--scale", scale, "--jobs", *options], folder, PYTHONPATH=str(folder / "src"))
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@dataclass
class Plan:
    """What a dry run would do."""

    text: str
    jobs: Counter = field(default_factory=Counter)  # number of jobs of each rule
    reasons: dict = field(default_factory=dict)  # rules by the reason they are run
    messages: set = field(default_factory=set)  # messages of the jobs

    @classmethod
    def read(cls, text):
        plan = cls(text)
        if "Nothing to be done" in text:
            return plan
        statistics, _, reasons = text.rpartition("Job stats:")[2].partition("Reasons:")
        for name, number in re.findall(r"^(\w+) +(\d+)$", statistics, re.MULTILINE):
            plan.jobs[name] = int(number)
        assert plan.jobs.pop("total") == plan.jobs.total()
        for reason, names in re.findall(r"^ {4}(\w.*):\n {8}(.*)$", reasons, re.MULTILINE):
            plan.reasons[reason] = set(names.split(", "))
        plan.messages = set(re.findall(r"^(?:Job|localrule) \d+: (.*)$", text, re.MULTILINE))
        return plan

    @property
    def rules(self):
        """Rules with something to do, but the one that only names all targets."""
        return self.jobs.keys() - {"all"}

    @property
    def first(self):
        """Rules that run for a reason of their own, not because an input will be made anew."""
        return {name for reason, names in self.reasons.items() if "by another job" not in reason for name in names} - {
            "all"
        }


class Workflow:
    """A copy of the repository with the results of smoke scale."""

    def __init__(self, folder):
        self.folder = folder

    def snakemake(self, *arguments, cores=1, config=(), **changes):
        """Run Snakemake."""
        command = [sys.executable, "-m", "snakemake", "--cores", cores, *SELDOM_WOKEN, *arguments]
        return run([*command, "--config", "scale=smoke", *config], self.folder, **changes)

    def plan(self, *arguments, config=()):
        """Dry run."""
        answer = self.snakemake("--dry-run", *arguments, config=config)
        assert answer.returncode == 0, answer.stderr + answer.stdout
        return Plan.read(answer.stdout + answer.stderr)

    @contextlib.contextmanager
    def edited(self, name, old=None, new=None):
        """The file with `new` in place of `old` (at its end if there is none), until the end of the block.

        What is added to a Python file by itself is code that changes no result, but could: a comment would not count.
        """
        file = self.folder / name
        before = file.read_text()
        if old is None:
            file.write_text(before + (new or ("\nEDITED = True\n" if file.suffix == ".py" else "\n# edited\n")))
        else:
            assert before.count(old) == 1, f"{name} must hold {old!r} once"
            file.write_text(before.replace(old, new))
        try:
            yield
        finally:
            file.write_text(before)

    @property
    def configuration(self):
        """The configuration of smoke scale."""
        return load_configuration(self.folder, {"scale": "smoke"})

    def keep(self, folder):
        """Leave the published files in `folder`, as `Workflow(folder).results()` finds them."""
        for name, content in self.results().items():
            with atomic_path(Path(folder) / "results" / "smoke" / name) as file:
                file.write_bytes(content)

    def results(self):
        """Bytes of every published file: tables and figures."""
        folder = self.folder / "results" / "smoke"
        files = [*folder.glob("*.csv"), *folder.glob("tables/*.csv"), *folder.glob("figures/*.p*")]
        return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def other_chunks(value):
    """The same settings with every size of a chunk changed: keys THINGS_per_job beside a list or number of THINGS.

    At smoke scale auto is one chunk: halves instead.
    """
    if isinstance(value, list):
        return [other_chunks(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    changed = {key: other_chunks(entry) for key, entry in value.items()}
    for key in value:
        if key.endswith("_per_job"):
            total = value.get(key.removesuffix("_per_job"), 2)
            total = len(total) if isinstance(total, list) else total
            changed[key] = (total + 1) // 2 if value[key] == "auto" or value[key] >= total else total
        elif key == "memory_mb":
            changed[key] = 60  # as little as training can do with: more and smaller batches
    return changed


# Put into src/ of a copy: Python imports it at the start of every script.
RECORD_LOADED_MODULES = """
import atexit, json, os, sys
from pathlib import Path

def record():
    source = Path(__file__).resolve().parent
    # Python's own arguments, of which the second is the script that the first one starts
    script = next((Path(word).resolve() for word in sys.orig_argv[2:0:-1] if word.endswith(".py")), source)
    if source.parent / "scripts" in script.parents:
        files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
        loaded = [path for path in (Path(file).resolve() for file in files if file) if source in path.parents]
        names = sorted(str(path.relative_to(source.parent)) for path in loaded if path.name != "sitecustomize.py")
        note = source.parent / "loaded" / f"{script.stem}-{os.getpid()}.json"
        note.parent.mkdir(exist_ok=True)
        name = str(script.relative_to(source.parent))
        if "--plot" in sys.argv:
            name += " " + sys.argv[sys.argv.index("--plot") + 1]
        note.write_text(json.dumps([name, names]))

atexit.register(record)
"""


def loaded_modules(folder):
    """For each script that ran in a copy with such a record, the files of the repository that Python loaded for it.

    A script that draws is named with what it drew: ``scripts/figures/draw_figure.py karakida.statistics``.
    """
    loaded = {}
    for note in (folder / "loaded").iterdir():
        script, names = json.loads(note.read_text())
        loaded.setdefault(script, set()).update(names)
    return loaded


def drawing_commands(answer):
    """The commands that draw figures, of a run or a dry run with --printshellcmds."""
    assert answer.returncode == 0, answer.stderr[-5000:]
    pattern = r"^Shell command: (.* scripts/figures/.*)$"
    return sorted(re.findall(pattern, answer.stdout + answer.stderr, re.MULTILINE))
