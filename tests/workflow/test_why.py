"""`make why`: which file, parameter or package makes a target run again, in words.

The workflow here is a small one of three rules, made of the same records of code, settings and jobs as the real one.
"""

from __future__ import annotations

import importlib.metadata
import sys

import pytest
from small_repository import SmallRepository
from workflow_copies import run

SNAKEFILE = """
import sys
from pathlib import Path
ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "src"))
from fisher_spectra.workflow.code import CodeRecords
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.settings import Settings
config.update(load_configuration(ROOT, config))
code, settings = CodeRecords(ROOT), Settings(ROOT, config)
shell.prefix(f"export PATH='{Path(sys.executable).parent}':$PATH PYTHONPATH='{ROOT / 'src'}' MPLBACKEND=agg; ")
JOB = "--output {output.table} --provenance {output.provenance} --settings {params.settings:q}"

rule all:
    input: "results/smoke/figure.png"

rule sample:
    input: code=code("test/sample.py")
    output: table="results/smoke/cells/{number}.csv", provenance="results/smoke/cells/{number}.json"
    params: settings=settings("test/sample.py", "experiment")
    shell: "python scripts/test/sample.py " + JOB

rule sample_table:
    input:
        code=code("test/tabulate.py"),
        parts=expand("results/smoke/cells/{number}.csv", number=range(config["experiment"]["networks"])),
    output: table="results/smoke/table.csv", provenance="results/smoke/table.json"
    params: settings=settings.of_table("test/tabulate.py", ["experiment"], "experiment")
    shell: "python scripts/test/tabulate.py --parts {input.parts} " + JOB

rule sample_figure:
    input: code=code("figures/draw_figure.py", "fisher_spectra.plotting.experiment"), table="results/smoke/table.csv"
    output: "results/smoke/figure.png"
    shell: "python scripts/figures/draw_figure.py --output {output} --table {input.table} --plot experiment"
"""
SAMPLE = """
import pandas as pd
from fisher_spectra.common.seeds import generator
from fisher_spectra.jobs.run_job import run_job
def sample(root_seed: int, widths: list[int], number: int) -> pd.DataFrame:
    return pd.DataFrame({"x": widths, "y": generator(root_seed, "test", number).random(len(widths))})
run_job(sample)
"""
FIGURE = "  what sample_table makes for it would be made anew"
TABLE = "  what sample makes for it would be made anew"
VERSIONS = {name: importlib.metadata.version(name) for name in ("numpy", "scipy")}
PINNED = "".join(f"{name}=={version}\n" for name, version in VERSIONS.items())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run of the small workflow."""
    tree = SmallRepository(tmp_path_factory.mktemp("why") / "repository")
    tree.add_tool("why")
    place = tree.folder
    (place / "scripts" / "test" / "sample.py").write_text(f'"""A script."""{SAMPLE}')
    (place / "config.yaml").write_text("scale: laptop\nroot_seed: 7\nexperiment: {widths: [10, 30], networks: 2}\n")
    (place / "config" / "smoke.yaml").write_text("")
    (place / "envs" / "requirements.txt").write_text(PINNED)
    (place / "Snakefile").write_text(SNAKEFILE)
    made = run([sys.executable, "-m", "snakemake", "--cores", 1, "--config", "scale=smoke"], place)
    assert made.returncode == 0, made.stderr
    return place


@pytest.fixture
def edited(folder):
    """Replace files of the workflow, or `old` in one by `new`; they are put back after the test."""
    before = {}

    def edit(name, text=None, old=None, new=None):
        now = before.setdefault(folder / name, (folder / name).read_text())
        assert old is None or now.count(old) == 1
        (folder / name).write_text(text if old is None else now.replace(old, new))

    yield edit
    for file, text in before.items():
        file.write_text(text)


@pytest.fixture
def why(folder):
    def ask(*arguments, status=0):
        command = [sys.executable, "scripts/tools/why.py", "--scale", "smoke", *arguments]
        answer = run(command, folder, PYTHONPATH=str(folder / "src"))
        assert answer.returncode == status, answer.stderr + answer.stdout
        assert "Traceback" not in answer.stderr
        return (answer.stderr if status else answer.stdout).splitlines()

    return ask


def test_after_a_run_nothing_would_rerun(why):
    assert why() == ["Nothing would rerun: all is up to date."]
    assert why("sample_table") == ["Nothing would rerun: sample_table is up to date."]


def test_a_changed_script_is_named_with_the_rules_that_follow(why, edited):
    edited("scripts/test/tabulate.py", old="return parts", new="return parts.copy()")
    table = ["sample_table would rerun:", "  scripts/test/tabulate.py changed"]
    assert why() == [*table, "sample_figure would rerun:", FIGURE]
    assert why("sample_table") == table


def test_a_changed_module_is_named_where_a_script_imports_it(why, edited):
    edited("src/fisher_spectra/common/seeds.py", old="def generator(", new="CHANGED = True\n\n\ndef generator(")
    assert why("sample_table") == [
        "sample would rerun (2 jobs):",
        "  src/fisher_spectra/common/seeds.py changed",
        "sample_table would rerun:",
        TABLE,
    ]


def test_the_module_that_draws_a_figure_is_named_though_its_script_does_not_import_it(why, edited):
    edited("src/fisher_spectra/plotting/experiment.py", old='axis.plot(frame["x"]', new='axis.plot(-frame["x"]')
    assert why() == ["sample_figure would rerun:", "  src/fisher_spectra/plotting/experiment.py changed"]


def test_a_module_that_a_script_imports_since_is_named(why, edited):
    new = "\nfrom fisher_spectra.common import gauss_legendre\nrun_job(tabulate)"
    edited("scripts/test/tabulate.py", old="\nrun_job(tabulate)", new=new)
    assert why("sample_table") == [
        "sample_table would rerun:",
        "  scripts/test/tabulate.py changed",
        "  src/fisher_spectra/common/gauss_legendre.py is used now",
    ]


def test_an_edit_of_comments_and_docstrings_reruns_nothing(why, edited):
    edited("scripts/test/tabulate.py", old='"""A script."""', new='"""A better description."""  # with a comment')
    edited("src/fisher_spectra/common/seeds.py", old="def generator(", new="# a comment\ndef generator(")
    assert why() == ["Nothing would rerun: all is up to date."]


def test_a_changed_package_is_named_with_both_versions(why, edited):
    edited("envs/requirements.txt", PINNED.replace(VERSIONS["numpy"], "0.1"))
    changed = f"  package numpy was {VERSIONS['numpy']}, now 0.1"
    assert why() == [
        "sample would rerun (2 jobs):",
        changed,
        "sample_table would rerun:",
        changed,
        TABLE,
        "sample_figure would rerun:",
        "  envs/requirements.txt changed",
        FIGURE,
    ]


def test_a_comment_in_the_requirements_is_told_from_another_version(why, edited):
    edited("envs/requirements.txt", f"# a comment\n{PINNED}")
    assert why("sample_table")[1] == "  envs/requirements.txt changed, but no version in it"


def test_a_changed_setting_is_named_with_its_place_and_both_values(why, edited):
    edited("config/smoke.yaml", "experiment: {widths: [10, 40]}\n")
    changed = "  experiment.widths was [10, 30], now [10, 40]"
    assert why() == [
        "sample would rerun (2 jobs):",
        changed,
        "sample_table would rerun:",
        changed,
        TABLE,
        "sample_figure would rerun:",
        FIGURE,
    ]


def test_a_setting_that_a_script_does_not_take_reruns_the_table_that_records_it_alone(why, edited):
    edited("config/smoke.yaml", "experiment: {bins: 3}\n")
    assert why("sample_table") == ["sample_table would rerun:", "  experiment.bins is new: 3"]


def test_a_setting_of_the_command_line_counts(why):
    assert "  root_seed was 7, now 8" in why("--config", "root_seed=8")


def test_more_samples_name_what_is_new(why, edited):
    edited("config/smoke.yaml", "experiment: {networks: 3}\n")
    assert why("sample_table") == [
        "sample would run:",
        "  not made yet",
        "sample_table would rerun:",
        "  it now uses results/smoke/cells/2.csv",
        "  experiment.networks was 2, now 3",
        TABLE,
    ]


@pytest.fixture
def lost(folder):
    """Take away results; they are put back after the test."""
    hidden = []

    def lose(name):
        file = folder / "results" / "smoke" / name
        hidden.append((file.rename(folder / f"hidden{len(hidden)}"), file))

    yield lose
    for place, file in hidden:
        place.rename(file)


def test_a_lost_result_is_told(why, lost):
    lost("table.csv")
    lost("table.json")
    assert why("sample_table") == ["sample_table would rerun:", "  its results are gone"]


def test_a_lost_sidecar_is_named(why, lost):
    lost("cells/1.json")
    assert why("results/smoke/cells/1.json") == ["sample would rerun:", "  results/smoke/cells/1.json is gone"]


def test_another_command_of_a_rule_is_told(why, edited):
    edited("Snakefile", old="--plot experiment", new="--plot  experiment")
    assert why() == ["sample_figure would rerun:", "  the command of the rule sample_figure changed"]


def test_an_unknown_target_is_refused_in_one_line_with_the_nearest_name(why):
    (line,) = why("sample_figur", status=1)
    assert line == "error: TARGET = 'sample_figur': no such figure, table or file; did you mean sample_figure?"
    (line,) = why("results/smoke/never.csv", status=1)
    assert line.startswith("error: TARGET = 'results/smoke/never.csv': cannot be planned: ")


def test_a_reader_that_has_seen_enough_is_no_fault(folder):
    command = f"{sys.executable} scripts/tools/why.py --scale smoke --config root_seed=8 | head -1"
    answer = run(["bash", "-c", f"set -o pipefail; {command}"], folder, PYTHONPATH=str(folder / "src"))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == "sample would rerun (2 jobs):\n"


def test_a_bad_scale_is_refused_in_one_line(why):
    assert why("--scale", "huge", status=1) == ["error: scale = 'huge': must be one of smoke, laptop, paper"]
