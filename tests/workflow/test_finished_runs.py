"""Two finished runs of the smoke scale: they agree to the byte, and an edit reruns what depends on it.

Promise L1: the same bytes whatever the number of cores, the order of jobs and the size of chunks. Rerun tracking: on
the real graph of jobs, an edit of a file lists exactly the stages that depend on it. Resources: no job takes more than
it asks for, and none asks for much more.

All tests that need a finished run are in this file: with `pytest -n N --dist loadfile` one worker runs them all, and
the workflow is run twice, not twice for each worker.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
import time
from dataclasses import dataclass

import pytest
from warm_python import jobs_in
from workflow_copies import DRAWN_TWICE, PLAN, Workflow, copy_repository, planned_jobs, run

from fisher_spectra.datasets.registry import DATASETS
from fisher_spectra.jobs.provenance import without_sharing
from fisher_spectra.jobs.source_code import code_of

NETWORKS = {"karakida_sample_networks", "karakida_sample_few_networks"}
SAMPLING = NETWORKS | {"karakida_sample_fisher_rao"}
TRAINING = {"karakida_train_on_teacher", "karakida_train_on_data"}
NAMES = ("fig1", "figC1", "fig2", "figC2", "theorem5", "depth", "many_outputs", "corollary2")
TABLES = {f"karakida_{name}_table" for name in NAMES}
FIGURES = {f"karakida_{name}_figure" for name in NAMES}
OF_SAMPLES = {"fig1", "figC1", "depth", "many_outputs", "corollary2"}


PREDICTION = {"karakida_predict_learning_rates"}
FIGURES_1_TO_C2 = SAMPLING | TRAINING | PREDICTION | TABLES | FIGURES

# A shorter job takes most of its time to start, which is what the file system makes of it.
SHORTEST = 3.0
LEAST_MB = 75  # of any Python with numpy: no estimate is asked to be nearer than four times this
WITHIN = 4.0  # how far estimates may be off

# the pages belong to the report
NOT_OF_ALL = {"figures_page", "claims_page", "run_times_page"}


def karakida(names):
    """The rules of Karakida, Akaho, Amari among these; claims and other papers follow from some of them."""
    return names & FIGURES_1_TO_C2


def cell_files(workflow):
    folder = workflow.folder / "results" / "smoke" / "cells"
    return {str(file.relative_to(folder)) for file in folder.rglob("*.csv")}


def test_tables_and_a_figure_of_each_paper_are_the_same_bytes_for_other_cores_and_chunks(finished, finished_otherwise):
    one, other = finished.results(), finished_otherwise.results()
    assert {name for name in one if name.endswith(".csv")} == {name for name in other if name.endswith(".csv")}
    drawn = {f"figures/{name}.{suffix}" for name in DRAWN_TWICE for suffix in ("png", "pdf")}
    assert {name for name in other if not name.endswith(".csv")} == drawn
    assert [name for name in other if one[name] != other[name]] == []


def test_other_chunks_draw_every_other_figure_by_the_same_command_from_the_same_table(finished, finished_otherwise):
    # and drawing twice gives the same bytes: test_plotting_draw.py
    figures = {name for name in finished.results() if name.endswith(".png")}
    assert len(finished.drawing) == len(figures)
    assert len(finished_otherwise.drawing) == len(figures) - len(DRAWN_TWICE)
    assert set(finished_otherwise.drawing) < set(finished.drawing)


def test_the_two_runs_did_use_other_chunks_in_every_experiment(finished, finished_otherwise):
    one, other = cell_files(finished), cell_files(finished_otherwise)
    experiments = {"karakida_fig1", "karakida_figC1", "karakida_fig2_gaussian", "karakida_fig2_data"}
    experiments |= {"karakida_figC2_data", "karakida_theorem5", "karakida_many_outputs", "karakida_corollary2"}
    assert {name.split("/")[0] for name in one - other} >= experiments
    assert {name.split("/")[0] for name in other - one} >= experiments


def test_every_figure_comes_as_png_and_pdf_with_its_table(finished):
    names = finished.results().keys()
    drawn = {suffix: {name for name in names if name.endswith(suffix)} for suffix in (".png", ".pdf")}
    stems = {name.removeprefix("figures/").removesuffix(".png") for name in drawn[".png"]}
    assert stems == {name.removeprefix("figures/").removesuffix(".pdf") for name in drawn[".pdf"]}
    assert stems <= {name.removeprefix("tables/").removesuffix(".csv") for name in names}
    assert stems >= {f"karakida_{name}" for name in NAMES}


def test_every_table_has_a_sidecar_with_settings_seed_versions_device_and_time(finished):
    tables = list((finished.folder / "results" / "smoke" / "tables").glob("*.csv"))
    assert {table.stem for table in tables} >= {f"karakida_{name}" for name in NAMES}
    for table in tables:
        record = json.loads(table.with_suffix(".json").read_text())
        assert record["settings"]["root_seed"] == finished.configuration["root_seed"]
        assert len(record["settings"]) > 1
        assert record["machine"]["device"]
        assert record["versions"]["numpy"]
        assert record["seconds"] > 0


def test_the_sidecar_of_a_table_records_its_experiments_settings_and_parts(finished):
    for name in ("fig1", "figC1", "theorem5", "many_outputs", "corollary2"):
        sidecar = finished.folder / "results" / "smoke" / "tables" / f"karakida_{name}.json"
        record = json.loads(sidecar.read_text())
        section = without_sharing(finished.configuration["karakida"][name])
        assert record["settings"]["sections"][f"karakida.{name}"] == section
        assert len(record["inputs"]) >= 3  # a part for each activation


def test_every_job_ran_with_pinned_threads(finished):
    sidecars = list((finished.folder / "results" / "smoke").rglob("*.json"))
    threads = {file: json.loads(file.read_text()).get("threads") for file in sidecars}
    assert all(int(number) >= 1 for number in threads.values())
    assert {number for file, number in threads.items() if "karakida_" in str(file)} == {"1"}


def test_no_temporary_file_is_left(finished):
    assert [file.name for file in (finished.folder / "results").rglob(".*")] == []


def test_every_job_left_a_log_and_a_record_of_its_cost(finished):
    folder = finished.folder / "results" / "smoke"
    logs = {file.relative_to(folder / "logs").with_suffix("") for file in (folder / "logs").rglob("*.log")}
    costs = {file.relative_to(folder / "benchmarks").with_suffix("") for file in (folder / "benchmarks").rglob("*.tsv")}
    assert logs == costs
    assert len(logs) > len(cell_files(finished))


def test_new_time_stamps_of_sources_and_results_rerun_nothing(finished):
    files = [
        file for name in ("src", "scripts", "rules", "envs", "config") for file in (finished.folder / name).rglob("*")
    ]
    results = sorted((finished.folder / "results").rglob("*.*"), reverse=True)  # figures older than their tables
    for age, file in enumerate([*files, *results]):
        stamp = time.time() - age
        os.utime(file, (stamp, stamp))
    assert finished.plan().jobs == {}


def test_a_fresh_clone_with_restored_results_reruns_nothing(finished, tmp_path):
    clone = Workflow(tmp_path / "clone")
    copy_repository(clone.folder, finished.folder)
    for name in ("results", ".snakemake/metadata"):
        shutil.copytree(finished.folder / name, clone.folder / name)
    later = time.time() + 60
    for file in [
        *(clone.folder / "src").rglob("*"),
        *(clone.folder / "scripts").rglob("*"),
        clone.folder / "Snakefile",
    ]:
        os.utime(file, (later, later))
    assert clone.plan().jobs == {}


def test_an_edit_of_the_mean_field_theory_reruns_predictions_and_tables_but_no_sampling_or_training(finished):
    with finished.edited("src/fisher_spectra/karakida/mean_field.py"):
        plan = finished.plan()
    trained = {"karakida_fig2_table", "karakida_figC2_table"}
    assert karakida(plan.first) == PREDICTION | TABLES - trained
    assert karakida(plan.rules) == PREDICTION | TABLES | FIGURES


def test_an_edit_of_the_dual_fisher_matrix_reruns_sampled_networks_and_what_follows_from_them(finished):
    with finished.edited("src/fisher_spectra/networks/dual_fisher.py"):
        plan = finished.plan()
    follows = {f"karakida_{name}_{stage}" for name in OF_SAMPLES for stage in ("table", "figure")}
    assert plan.first >= NETWORKS
    assert karakida(plan.rules) == NETWORKS | follows


def test_an_edit_of_training_reruns_trainings_and_no_sampling(finished):
    with finished.edited("src/fisher_spectra/training/grid/gradient_descent.py"):
        plan = finished.plan()
    assert karakida(plan.first) == TRAINING
    assert karakida(plan.rules) == TRAINING | {
        f"karakida_{name}_{stage}" for name in ("fig2", "figC2") for stage in ("table", "figure")
    }


def test_an_edit_of_the_style_of_figures_redraws_all_figures_and_computes_nothing(finished, papers_rules):
    with finished.edited("src/fisher_spectra/plotting/style.py"):
        plan = finished.plan()
    drawing = {rule["name"] for rule in papers_rules if any(name.endswith(".png") for name in rule["outputs"])}
    assert plan.rules == drawing >= FIGURES


@dataclass(frozen=True)
class Edit:
    """An edit of a file: what it computes anew, and exactly the figures that are drawn again.

    `computed` names rules besides those of tables and figures. The figure of claims follows from every table.
    """

    file: str
    drawn: frozenset = frozenset()
    computed: frozenset = frozenset()
    old: str | None = None
    new: str | None = None


K_FIGURES = {f"karakida_{name}" for name in NAMES}
EDITS = {
    "a plotting function": Edit("src/fisher_spectra/plotting/karakida/corollary2.py", {"karakida_corollary2"}),
    "a drawing of two figures": Edit(
        "src/fisher_spectra/plotting/karakida/statistics.py", {"karakida_fig1", "karakida_figC1"}
    ),
    "an argument of one experiment's script": Edit(
        "scripts/karakida/sample_fisher_rao.py",
        {"karakida_theorem5", "claims"},
        {"karakida_sample_fisher_rao"},
        "    stop: int,",
        "    stop: int,\n    unused: int = 0,",
    ),
    "the script of one table": Edit("scripts/pennington_worah/tabulate_slopes.py", {"pennington_slopes", "claims"}),
    "free probability": Edit(
        "src/fisher_spectra/hayase_karakida/free_probability.py",
        {f"hayase_{name}" for name in ("fig1", "fig2", "fig3", "depth_limits", "laws", "gaussian")} | {"claims"},
    ),
    "the mean field theory of Karakida": Edit(
        "src/fisher_spectra/karakida/mean_field.py",
        K_FIGURES
        | {
            f"karakida_{name}"
            for name in ("errata", "formulas", "bulk", "finite_size", "catapult", "catapult_data", "layers", "softmax")
        }
        | {"claims"},
        {"karakida_predict_learning_rates", "karakida_predict_finite_size", "karakida_sample_bulk"}
        | {"karakida_sample_softmax"},
    ),
    "the reader of the digits": Edit(
        "src/fisher_spectra/datasets/digits.py",
        {"karakida_fig2", "karakida_figC2", "karakida_catapult_data", "hayase_fig4", "hayase_labels", "hayase_fig5"},
        {
            "fetch_dataset",
            "karakida_predict_learning_rates",
            "karakida_train_on_data",
            "karakida_train_catapult_on_data",
        }
        | {"hayase_train_online", "hayase_train_spectra"},
    ),
    # what it makes is verified by its checksums
    "the reader of published data sets": Edit("src/fisher_spectra/datasets/idx.py"),
    "a caption": Edit("report/karakida_fig1.rst"),
    "a docstring of the job runner": Edit(
        "src/fisher_spectra/jobs/run_job.py", old="Run a function as a script", new="Run any function as a script"
    ),
    "a comment in the theory": Edit("src/fisher_spectra/karakida/mean_field.py", new="\n# a comment\n"),
    "the statement of a claim": Edit(
        "claims/karakida.yaml",
        {"claims"},
        old="In the limit of large width the mean of the eigenvalues is",
        new="At large width the mean of the eigenvalues is",
    ),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_an_edit_reruns_what_depends_on_it_and_nothing_else(finished, edit):
    with finished.edited(edit.file, edit.old, edit.new):
        plan = finished.plan()
    assert {name.removesuffix("_figure") for name in plan.rules if name.endswith("_figure")} == edit.drawn
    assert {name for name in plan.rules if not name.endswith(("_figure", "_table"))} == edit.computed


def test_an_edit_of_the_seeds_samples_and_trains_everything_anew_and_leaves_theory_alone(finished, papers_rules):
    with finished.edited("src/fisher_spectra/common/seeds.py"):
        plan = finished.plan()
    figures = {rule["name"] for rule in papers_rules if rule["name"].endswith("_figure")}
    assert figures - plan.rules == {"pennington_table1_figure", "pennington_slopes_figure"}
    sampling = {rule["name"] for rule in papers_rules if "_sample_" in rule["name"] or "_train_" in rule["name"]}
    assert len(sampling) > 15
    assert sampling <= plan.first


def test_another_version_of_a_requirement_reruns_every_stage(finished, papers_rules):
    with finished.edited("envs/requirements.txt"):
        plan = finished.plan()
    assert plan.rules == {rule["name"] for rule in papers_rules if not rule["is_target"]} - NOT_OF_ALL


def test_what_changes_no_result_reruns_nothing(finished):
    with (
        finished.edited("envs/requirements-dev.txt"),  # tools of the tests
        finished.edited("report/karakida_fig1.rst"),  # a caption
        # the same number written otherwise
        finished.edited("config.yaml", "&tanh {function: tanh, sigma_w2: 3.0,", "&tanh {function: tanh, sigma_w2: 3,"),
        finished.edited("config/smoke.yaml", "fig1: {widths: [10, 30, 100],", "fig1: {widths: [1e1, 30.0, 1e+2],"),
    ):
        # nothing at this scale is downloaded
        assert finished.plan(config=["data_mirror=/somewhere"]).jobs == {}


@pytest.mark.parametrize(
    "module",
    [
        "activations/catalogue",
        "networks/fully_connected",
        "karakida/fisher_rao_norm",
        "training/divergence_border",
        "plotting/learning_rate_map",
    ],
)
def test_an_edit_of_a_module_reruns_exactly_the_rules_whose_scripts_load_it(finished, papers_rules, module):
    file = f"src/fisher_spectra/{module}.py"
    loading = {
        rule["name"]
        for rule in papers_rules
        if file in finished.loaded.get(" ".join(filter(None, (rule["script"], rule["module"]))), ())
    }
    with finished.edited(file):
        plan = finished.plan()
    # a rule that would run anyway, because an input of it is made anew, is listed for that reason alone
    assert plan.first
    assert plan.first <= loading <= plan.rules


def test_what_python_loads_for_a_script_is_in_its_closure(finished):
    folder = finished.folder
    for name, loaded in finished.loaded.items():
        script, _, drawn = name.partition(" ")
        modules = [f"fisher_spectra.plotting.{drawn}"] if drawn else []
        modules += [DATASETS["digits"].reader_module] if script == "scripts/data/fetch_dataset.py" else []
        assert "src/fisher_spectra/jobs/run_job.py" in loaded
        assert loaded <= code_of(folder / script, modules, folder).keys(), name


def test_every_script_of_the_workflow_runs_at_smoke_scale_but_pages(finished):
    folder = finished.folder
    scripts = {str(path.relative_to(folder)) for path in folder.glob("scripts/*/*.py") if path.parent.name != "tools"}
    of_own_networks = {name for name in scripts if name.startswith(("scripts/own/", "scripts/report/own_"))}
    assert of_own_networks  # they run in test_own_networks.py
    assert scripts - of_own_networks - {name.partition(" ")[0] for name in finished.loaded} == {
        "scripts/report/figures_page.py",
        "scripts/report/claims_page.py",
        "scripts/report/run_times_page.py",
    }


@pytest.mark.parametrize(
    ("setting", "expected", "untouched"),
    [
        (
            ("karakida", {"corollary2": {"thresholds": [0.5, 2.0]}}),
            {"karakida_sample_few_networks", "karakida_corollary2_table", "karakida_corollary2_figure"},
            "fig1",
        ),
        (
            ("karakida", {"fig1": {"widths": [10, 30]}}),
            {"karakida_sample_networks", "karakida_fig1_table", "karakida_fig1_figure"},
            "figC1",
        ),
        (
            ("karakida", {"fig2_gaussian": {"steps": 29}}),
            {"karakida_train_on_teacher", "karakida_fig2_table", "karakida_fig2_figure"},
            "fig2_data",
        ),
        (
            ("karakida", {"fig2_data": {"kernel_samples": 99}}),
            {"karakida_predict_learning_rates", "karakida_fig2_table", "karakida_fig2_figure"},
            "figC2_data",
        ),
    ],
)
def test_another_value_of_a_setting_reruns_just_the_jobs_it_reaches(finished, setting, expected, untouched):
    plan = finished.plan(config=[f"{setting[0]}={setting[1]}"])
    assert karakida(plan.rules) == expected
    assert [message for message in plan.messages if untouched in message] == []


def test_another_root_seed_samples_and_trains_everything_anew(finished, papers_rules):
    plan = finished.plan(config=["root_seed=1"])
    assert plan.rules >= SAMPLING | TRAINING | TABLES | FIGURES


def test_a_lost_table_is_made_again_with_its_figure_only(finished):
    table = finished.folder / "results" / "smoke" / "tables" / "karakida_fig1.csv"
    content = table.read_bytes()
    stamp = table.stat().st_mtime
    table.unlink()
    try:
        plan = finished.plan()
    finally:
        table.write_bytes(content)
        os.utime(table, (stamp, stamp))
    assert karakida(plan.rules) == {"karakida_fig1_table", "karakida_fig1_figure"}


def test_a_second_run_through_make_does_nothing(finished):
    answer = run([sys.executable, "scripts/tools/run_workflow.py", "--scale", "smoke", "all"], finished.folder)
    assert answer.returncode == 0
    assert "Nothing to be done" in answer.stderr + answer.stdout


@pytest.fixture(scope="module")
def measured(finished):
    """Each job of the smoke scale with what it took: (job, seconds, seconds of the processor, MB at most)."""
    jobs = planned_jobs(finished.folder, "smoke")
    papers = {job["rule"].partition("_")[0] for job in jobs}
    assert papers == {"karakida", "pennington", "hayase", "claims", "fetch"}
    took = {  # each job logs to a file of its own
        arguments[arguments.index("--log") + 1]: (cpu, mb)
        for arguments, cpu, mb in jobs_in(finished.folder)
        if "--log" in arguments
    }
    assert len(took) == len(jobs)
    found = []
    for job in jobs:
        with (finished.folder / job["benchmark"]).open(newline="") as lines:
            (row,) = csv.DictReader(lines, delimiter="\t")
        cpu, mb = took[job["benchmark"].replace("/benchmarks/", "/logs/").replace(".tsv", ".log")]
        found.append((job, float(row["s"]), cpu, mb))
    return found


def test_no_job_takes_more_memory_than_it_asks_for(measured):
    assert [(job["benchmark"], mb, job["mem_mb"]) for job, _, _, mb in measured if mb > job["mem_mb"]] == []


def test_no_job_asks_for_more_than_four_times_what_it_takes(measured):
    seen = [(job, max(mb, LEAST_MB)) for job, _, _, mb in measured]
    assert [(job["benchmark"], mb, job["mem_mb"]) for job, mb in seen if job["mem_mb"] > WITHIN * mb] == []


def test_run_times_are_estimated_within_a_factor_of_four(measured):
    # Other processes make a job last longer than it computes: the estimate lies between both, four times wider. Of a
    # job that ends at once the start counts most, which depends on the file system.
    wrong = [
        (job["benchmark"], job["estimated_seconds"], seconds, cpu)
        for job, seconds, cpu, _ in measured
        if not cpu / WITHIN <= job["estimated_seconds"] <= WITHIN * max(seconds, SHORTEST)
    ]
    assert wrong == []


def test_every_job_ends_within_the_time_it_asks_for(measured):
    assert [(job["benchmark"], s) for job, s, *_ in measured if s > 60 * job["runtime"]] == []


def test_the_plan_takes_recorded_times_where_there_are_any(finished, measured):
    answer = run([*PLAN, "--scale", "smoke"], finished.folder, PYTHONPATH=str(finished.folder / "src"))
    line = next(line for line in answer.stdout.splitlines() if line.startswith("in all"))
    assert "~" not in line
    assert float(line.split()[3]) == pytest.approx(sum(seconds for _, seconds, *_ in measured) / 3600, abs=0.006)
