"""An edit reruns exactly the stages that depend on it, on the real graph of jobs after a finished run."""

from __future__ import annotations

import os
import shutil
import sys
import time

import pytest
from workflow_copies import Workflow, copy_repository, run

from fisher_spectra.import_closure import import_closure

pytestmark = pytest.mark.xdist_group("workflow")

SAMPLING = {"karakida_sample_networks", "karakida_sample_fisher_rao"}
TRAINING = {"karakida_train_on_teacher", "karakida_train_on_data"}
NAMES = ("fig1", "figC1", "fig2", "figC2", "theorem5", "many_outputs", "corollary2")
TABLES = {f"karakida_{name}_table" for name in NAMES}
FIGURES = {f"karakida_{name}_figure" for name in NAMES}
OF_SAMPLES = {"fig1", "figC1", "many_outputs", "corollary2"}


def karakida(names):
    return {name for name in names if name.startswith("karakida_")}


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
    with finished.edited("src/fisher_spectra/mean_field.py"):
        plan = finished.plan()
    trained = {"karakida_fig2_table", "karakida_figC2_table"}
    assert karakida(plan.first) == {"karakida_predict_learning_rates"} | TABLES - trained
    assert karakida(plan.rules) == {"karakida_predict_learning_rates"} | TABLES | FIGURES


def test_an_edit_of_the_dual_fisher_matrix_reruns_sampled_networks_and_what_follows_from_them(finished):
    with finished.edited("src/fisher_spectra/dual_fisher.py"):
        plan = finished.plan()
    follows = {f"karakida_{name}_{stage}" for name in OF_SAMPLES for stage in ("table", "figure")}
    assert "karakida_sample_networks" in plan.first
    assert follows <= plan.rules
    assert not plan.rules & (TRAINING | {"karakida_sample_fisher_rao", "karakida_theorem5_figure"})


def test_an_edit_of_training_reruns_trainings_and_no_sampling(finished):
    with finished.edited("src/fisher_spectra/training/gradient_descent.py"):
        plan = finished.plan()
    assert karakida(plan.first) == TRAINING
    assert karakida(plan.rules) == TRAINING | {
        f"karakida_{name}_{stage}" for name in ("fig2", "figC2") for stage in ("table", "figure")
    }


def test_an_edit_of_the_style_of_figures_redraws_all_figures_and_computes_nothing(finished):
    with finished.edited("src/fisher_spectra/plotting/style.py"):
        plan = finished.plan()
    assert karakida(plan.rules) == FIGURES


def test_an_edit_of_one_plotting_module_redraws_its_figures_only(finished):
    with finished.edited("src/fisher_spectra/plotting/statistics.py", "def plot_statistics", "def  plot_statistics"):
        plan = finished.plan()
    assert {"karakida_fig1_figure", "karakida_figC1_figure"} <= plan.rules <= FIGURES


def test_an_edit_of_a_script_reruns_its_stage_and_what_follows(finished):
    with finished.edited("scripts/karakida/tabulate_corollary2.py"):
        plan = finished.plan()
    assert plan.rules == {"karakida_corollary2_table", "karakida_corollary2_figure"}


def test_another_version_of_a_requirement_reruns_every_stage(finished, rules):
    with finished.edited("envs/requirements.txt"):
        plan = finished.plan()
    planned = {rule["name"] for rule in rules if not rule["is_target"]}
    assert plan.rules == planned - {"fetch_dataset"}


def test_what_changes_no_result_reruns_nothing(finished):
    with (
        finished.edited("envs/requirements-dev.txt"),  # tools of the tests
        finished.edited("report/karakida_fig1.rst"),  # a caption
        finished.edited("config.yaml", "sigma_w2: 3.0,", "sigma_w2: 3,"),  # the same number written otherwise
        finished.edited("config/smoke.yaml", "fig1: {widths: [10, 30, 100],", "fig1: {widths: [1e1, 30.0, 1e+2],"),
    ):
        # nothing at this scale is downloaded
        assert finished.plan(config=["data_mirror=/somewhere"]).jobs == {}


@pytest.mark.parametrize("module", ["activations", "networks", "fisher_rao", "datasets/digits", "divergence_border"])
def test_an_edit_of_a_module_reruns_exactly_the_rules_whose_scripts_load_it(finished, loaded_modules, rules, module):
    file = f"src/fisher_spectra/{module}.py"
    loading = {rule["name"] for rule in rules if any(file in loaded_modules.get(name, ()) for name in rule["code"][:1])}
    with finished.edited(file):
        plan = finished.plan()
    # a rule that would run anyway, because an input of it is made anew, is listed for that reason alone
    assert plan.first
    assert plan.first <= loading <= plan.rules


def test_what_python_loads_for_a_script_is_in_its_closure(finished_otherwise, loaded_modules):
    folder = finished_otherwise.folder
    for script, loaded in loaded_modules.items():
        closure = {str(path.relative_to(folder)) for path in import_closure(folder / script, (folder / "src",))}
        assert "src/fisher_spectra/command_line.py" in loaded
        assert loaded <= closure, script


def test_every_script_of_the_workflow_runs_at_smoke_scale_but_the_download(finished_otherwise, loaded_modules):
    folder = finished_otherwise.folder
    scripts = {str(path.relative_to(folder)) for path in folder.glob("scripts/*/*.py")}
    assert scripts - loaded_modules.keys() == {"scripts/data/fetch_dataset.py"}


@pytest.mark.parametrize(
    ("setting", "expected", "untouched"),
    [
        (
            ("karakida", {"corollary2": {"thresholds": [0.5, 2.0]}}),
            {"karakida_sample_networks", "karakida_corollary2_table", "karakida_corollary2_figure"},
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
    assert plan.rules == expected
    assert [message for message in plan.messages if untouched in message] == []


def test_another_root_seed_samples_and_trains_everything_anew(finished, rules):
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
    assert plan.rules == {"karakida_fig1_table", "karakida_fig1_figure"}


def test_a_second_run_through_make_does_nothing_and_returns_in_six_seconds(finished):
    start = time.monotonic()
    answer = run([sys.executable, "scripts/run_workflow.py", "--scale", "smoke", "all"], finished.folder)
    assert answer.returncode == 0
    assert "Nothing to be done" in answer.stderr + answer.stdout
    assert time.monotonic() - start < 6
