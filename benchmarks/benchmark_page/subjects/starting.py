"""What starting costs: a run that has nothing to do, and the job that draws a figure from its table.

Beside them the least that any workflow, and any script that draws, has to pay: Snakemake on a file with one rule, and
a script that reads the same table and draws its columns with pandas and matplotlib alone, in both formats.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmark_page.comparison import Prepared

ROOT = Path(__file__).resolve().parents[3]
NO_OP, ONE_RULE = "`make figures`, all is there", "Snakemake, a file with one rule"
DRAWING, PLAIN = "job that draws `karakida_fig1`", "pandas and matplotlib alone"
NO_OP_NAMES, JOB_NAMES = (NO_OP, ONE_RULE), (DRAWING, PLAIN)
FIGURE, PLOT = "karakida_fig1", "karakida.statistics"
# What the workflow does not read.
NOT_COPIED = ("results", "tests", "docs", "benchmarks", "dist", "build")

_RULE = 'rule all:\n    input: "there"\nrule there:\n    output: "there"\n    shell: "touch {output}"\n'
_SCRIPT = """
import sys
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
import pandas as pd
table = pd.read_csv(sys.argv[1])
figure, axes = plt.subplots(1, 3, figsize=(7, 2.5), layout="constrained")
for axis, (name, rows) in zip(axes, table.groupby("statistic")):
    for _, group in rows.groupby("activation"):
        axis.errorbar(group["M"], group["empirical_mean"], group["empirical_std"], fmt="o")
        axis.plot(group["M"], group["theory"])
    axis.set(xscale="log", yscale="log", title=name)
figure.savefig("plain.png", dpi=220)
figure.savefig("plain.pdf")
"""


def prepare(candidate: str, settings: Mapping[str, Any]) -> Prepared:
    """A candidate; the settings say nothing. The copy of the repository goes when the process ends."""
    folder = tempfile.TemporaryDirectory()
    place = Path(folder.name, "copy")
    command = {NO_OP: no_op, ONE_RULE: one_rule, DRAWING: drawing, PLAIN: plain}[candidate](place)

    def call() -> None:
        run(command, place, folder)

    return Prepared(call, in_children=True)


def run(command: Sequence[str], place: Path, _kept: object = None) -> None:
    """Run a command in a folder; its end is waited for, so that its time counts."""
    given = os.environ | {"SLURM_CONF": os.devnull, "PYTHONPATH": str(place / "src"), "MPLBACKEND": "agg"}
    subprocess.run(command, cwd=place, env=given, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def copied(place: Path) -> None:
    """The repository without results."""
    ignored = shutil.ignore_patterns(".*", "__pycache__", *NOT_COPIED)
    shutil.copytree(ROOT, place, ignore=ignored)


def figures(*more: str) -> list[str]:
    """The command behind `make figures`."""
    entry = "scripts/tools/run_workflow.py"
    return [sys.executable, entry, "--scale", "smoke", "--cores", "1", "--profile", "default", *more]


def no_op(place: Path) -> list[str]:
    """A run after which nothing is left to do, and the same again."""
    copied(place)
    run(figures(FIGURE), place)
    return figures(FIGURE)


def one_rule(place: Path) -> list[str]:
    """A rule whose file is there."""
    place.mkdir()
    (place / "Snakefile").write_text(_RULE)
    command = [sys.executable, "-m", "snakemake", "--cores", "1"]
    run(command, place)
    return command


def drawing(place: Path) -> list[str]:
    """The figure from a table that a run has made."""
    no_op(place)
    folder = Path("results", "smoke")
    given: dict[str, object] = {"output": folder / "again.png", "provenance": folder / "again.json"}
    given |= {"table": folder / "tables" / f"{FIGURE}.csv", "plot": PLOT}
    options = [str(word) for name, value in given.items() for word in (f"--{name}", value)]
    return [sys.executable, "scripts/start.py", "scripts/figures/draw_figure.py", *options]


def plain(place: Path) -> list[str]:
    """The script on the committed table of the same scale."""
    place.mkdir()
    (place / "plain.py").write_text(_SCRIPT)
    return [sys.executable, "plain.py", str(ROOT / "references" / "smoke" / f"{FIGURE}.csv")]
