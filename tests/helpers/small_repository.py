"""A repository with one experiment, made the same way as the real ones: scripts, sidecars, a figure, git."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from warm_python import FIXED, warm_python

ROOT = Path(__file__).resolve().parents[2]
# Two cells, a table of both and a figure: what every experiment of the workflow is made of.
SAMPLE = """
import pandas as pd
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.common.seeds import generator
def sample(root_seed: int) -> pd.DataFrame:
    return pd.DataFrame({"x": [1.0, 2.0], "y": generator(root_seed, "test").random(2)})
run_job(sample)
"""
TABULATE = """
import pandas as pd
from fisher_spectra.jobs.run_job import run_job
def tabulate(parts: pd.DataFrame) -> pd.DataFrame:
    return parts
run_job(tabulate)
"""
PLOT = """
import matplotlib.pyplot as plt
COLUMNS = ("x", "y")
def plot(frame):
    figure, axis = plt.subplots()
    axis.plot(frame["x"], frame["y"])
    return figure
"""
SETTINGS = {"scale": "smoke", "root_seed": 7, "sections": {"experiment": {"widths": [10, 30], "networks": 8}}}
FIGURE = "results/smoke/figures/experiment.png"


class SmallRepository:
    """A repository with one experiment: the library, three scripts, a configuration, and git."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("src/fisher_spectra", "envs", "config"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        scripts = folder / "scripts" / "test"
        scripts.mkdir(parents=True)
        for name, text in (("sample", SAMPLE), ("tabulate", TABULATE)):
            (scripts / f"{name}.py").write_text(f'"""A script."""{text}')
        shutil.copytree(ROOT / "scripts" / "figures", folder / "scripts" / "figures")
        (folder / "src" / "fisher_spectra" / "plotting" / "experiment.py").write_text(f'"""A figure."""{PLOT}')
        schema = {"type": "object"}
        (folder / "config" / "config.schema.yaml").write_text(json.dumps(schema))
        (folder / "config" / "smoke.yaml").write_text("experiment: {widths: [10, 30], networks: 8}\n")
        (folder / "config.yaml").write_text(
            "scale: laptop\nroot_seed: 7\nexperiment: {widths: [100], networks: 50, networks_per_job: 25}\n"
        )

    def add_tool(self, name: str) -> None:
        """One of the tools behind `make`, with those that it imports."""
        tools, folder = ROOT / "scripts" / "tools", self.folder / "scripts" / "tools"
        folder.mkdir(exist_ok=True)
        shutil.copy(tools / f"{name}.py", folder)
        for line in ast.walk(ast.parse((tools / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(line, ast.ImportFrom) and (tools / f"{line.module}.py").is_file():
                self.add_tool(str(line.module))

    def run(self, *command: str, warm: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the folder, apart from whatever git and Python the tests run in.

        If `warm`, Python is forked from one that has imported packages, unless a variable differs that it read when it
        started; else it is one of its own, at the time of the clock and with hashes of its own.
        """
        program = warm_python() if warm and command[0] == sys.executable else command[0]
        isolation = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "MPLBACKEND": "agg"}
        identity = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        python = {"PYTHONPATH": str(self.folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            [program, *command[1:]],
            cwd=self.folder,
            env=os.environ | (FIXED if warm else {}) | isolation | identity | python | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def script(self, name: str, *arguments: str, warm: bool = True, **variables: str) -> None:
        answer = self.run(sys.executable, f"scripts/{name}.py", *arguments, warm=warm, **variables)
        assert answer.returncode == 0, answer.stderr

    def compute(self) -> None:
        """The table and its two parts."""
        parts = [f"results/smoke/cells/{name}.csv" for name in ("one", "two")]
        for part in parts:
            files = ["--output", part, "--provenance", part.replace(".csv", ".json")]
            self.script("test/sample", *files, "--settings", '{"root_seed": 7}')
        table = ["--output", "results/smoke/tables/experiment.csv", "--provenance"]
        table += ["results/smoke/tables/experiment.json", "--settings", json.dumps(SETTINGS)]
        self.script("test/tabulate", *table, "--parts", *parts)

    def draw(self, output: str = FIGURE, *, warm: bool = True, **variables: str) -> None:
        table = ["--table", "results/smoke/tables/experiment.csv", "--plot", "experiment"]
        sidecar = str(Path(output).with_suffix(".json"))
        files = ["--output", output, "--provenance", sidecar]
        self.script("figures/draw_figure", *files, *table, warm=warm, **variables)

    def commit(self) -> None:
        for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "all"]):
            answer = self.run("git", *command)
            assert answer.returncode == 0, answer.stderr

    def provenance(self, *figures: str) -> subprocess.CompletedProcess[str]:
        """What ``python -m fisher_spectra.provenance`` answers."""
        return self.run(sys.executable, "-m", "fisher_spectra.provenance", *(figures or (FIGURE,)))
