"""The regeneration check finds each fault that is planted in a copy of the repository, and names the quantity.

Every fault is one edit of one line. The workflow recomputes what depends on that line; the tables are compared with the
committed references as `make check` compares them.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
from dataclasses import dataclass

import pytest
from workflow_copies import ROOT, Workflow, copy_repository, run

from fisher_spectra.checks.regeneration import read_tolerances

pytestmark = pytest.mark.xdist_group("planted_faults")

SRC = "src/fisher_spectra"


@dataclass(frozen=True)
class Fault:
    """One line of the code made wrong, the table that shows it, and the column and cell that have to be named."""

    name: str
    file: str
    right: str
    wrong: str
    table: str
    column: str
    cell: str = ""  # one that has to be among those printed; "" where the fault moves every cell


FAULTS = [
    Fault(
        "a factor 2 in kappa_2",
        f"{SRC}/karakida/mean_field.py",
        "        kappa_2=kappa_2,",
        "        kappa_2=2 * kappa_2,",
        "karakida_figC1",
        "theory",
    ),
    Fault(
        "sigma_w instead of sigma_w^2",
        f"{SRC}/karakida/mean_field.py",
        "q.append(sigma_w2 * q_hat[layer - 1] + sigma_b2)",
        "q.append(math.sqrt(sigma_w2) * q_hat[layer - 1] + sigma_b2)",
        "karakida_figC1",
        "theory",
    ),
    Fault(
        "biases dropped",
        f"{SRC}/networks/dual_fisher.py",
        "                    part += 1\n",
        "                    part += 0\n",
        "karakida_figC1",
        "empirical_mean",
    ),
    Fault(
        "T - 1 for T",
        f"{SRC}/networks/dual_fisher.py",
        "part /= n_samples",
        "part /= max(1, n_samples - 1)",
        "karakida_figC1",
        "empirical_mean",
    ),
    Fault(
        "transposed weights",
        f"{SRC}/networks/fully_connected.py",
        "flat = delta.reshape(n_outputs * n_samples, -1) @ weight\n",
        "flat = delta.reshape(n_outputs * n_samples, -1) @ weight.T\n",
        "karakida_figC1",
        "empirical_mean",
    ),
    Fault(
        "a seed ignored",
        f"{SRC}/common/seeds.py",
        "np.random.SeedSequence(root_seed, spawn_key=words)",
        "np.random.SeedSequence(0, spawn_key=words)",
        "karakida_figC1",
        "empirical_mean",
    ),
    Fault(
        "one seed for all networks",
        "scripts/karakida/sample_networks.py",
        "samples, depth, outputs, number)",
        "samples, depth, outputs, 0 * number)",
        "karakida_figC1",
        "empirical_std",
    ),
    Fault(
        "momentum off in the critical learning rate",
        f"{SRC}/karakida/theorems.py",
        "return 2.0 * (1.0 + momentum) / largest_eigenvalue",
        "return 2.0 / largest_eigenvalue",
        "karakida_figC2",
        "eta_c",
    ),
    Fault(
        "momentum off",
        f"{SRC}/training/grid/gradient_descent.py",  # not in a compiled loop: all would be compiled again
        "limits = descent.steps, descent.momentum, descent.divergence_loss",
        "limits = descent.steps, 0.0, descent.divergence_loss",
        "karakida_figC2",
        "loss",
    ),
    Fault(
        "the wrong branch of the Stieltjes transform",
        f"{SRC}/hayase_karakida/theorem_3_2.py",
        "root = np.sqrt(z - self.lambda_minus) * np.sqrt(z - self.lambda_plus) / scale",
        "root = -np.sqrt(z - self.lambda_minus) * np.sqrt(z - self.lambda_plus) / scale",
        "hayase_fig1",
        "density_closed_form",
        "panel = isometry, L = 3, M = 100, lambda = 2.015, bin_low = 1.86",
    ),
    Fault(
        "an atom misplaced, as printed in Theorem 3.2",
        f"{SRC}/hayase_karakida/theorem_3_2.py",
        "return self.lambda_min, self.lambda_mid, self.lambda_max",
        "return self.lambda_min, self.lambda_min, self.lambda_max",
        "hayase_fig1",
        "density_closed_form",
        "panel = saturating, L = 3, M = 100, lambda = 0.775, bin_low = 0.62",
    ),
    Fault(
        "an unnormalised data set",
        f"{SRC}/datasets/preprocessing.py",
        "(x[rows].astype(np.float64) - mean) / deviation",
        "x[rows].astype(np.float64)",
        "karakida_figC2",
        "eta_c_data",
    ),
]


class Checked(Workflow):
    """A copy of the repository in which tables are made and compared with the references."""

    def make(self, *tables):
        """Recompute tables at smoke scale; the answer of the check."""
        made = self.snakemake(*[f"results/smoke/tables/{table}.csv" for table in tables], cores=2)
        assert made.returncode == 0, made.stderr[-3000:]
        command = [sys.executable, "scripts/tools/check_regeneration.py", "--scale", "smoke", "--only", *tables]
        return run(command, self.folder, PYTHONPATH="src")

    def plant(self, fault):
        """The fault in its file until the end of the block."""
        return self.edited(fault.file, fault.right, fault.wrong)


def named(answer):
    """Quantities that the check prints as off."""
    return set(re.findall(r"^([\w.]+): \d+ off", answer.stdout, re.MULTILINE))


def cells(answer, quantity):
    """Cells that the check prints below a quantity, the first ones if there are many."""
    below = answer.stdout.partition(f"{quantity}: ")[2].partition("\n\n")[0]
    _, _, rows = below.partition("---\n")
    return {row.split("  ")[0] for row in rows.splitlines() if " = " in row}


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """A copy with the tables that faults show in, all of them right."""
    workflow = Checked(tmp_path_factory.mktemp("planted") / "repository")
    copy_repository(workflow.folder)
    answer = workflow.make(*dict.fromkeys(fault.table for fault in FAULTS))
    assert answer.returncode == 0, answer.stdout
    assert named(answer) == set()
    return workflow


# Faults that show in different tables, and only there, share a run.
TOGETHER = [
    ("a factor 2 in kappa_2", "the wrong branch of the Stieltjes transform"),
    ("sigma_w instead of sigma_w^2", "an atom misplaced, as printed in Theorem 3.2"),
    ("biases dropped", "momentum off in the critical learning rate"),
    ("T - 1 for T", "momentum off"),
    ("transposed weights", "an unnormalised data set"),
    ("a seed ignored",),
    ("one seed for all networks",),
]
BY_NAME = {fault.name: fault for fault in FAULTS}


@pytest.mark.parametrize("names", TOGETHER, ids="; ".join)
def test_the_check_fails_and_names_quantity_and_cell(checked, names):
    faults = [BY_NAME[name] for name in names]
    with contextlib.ExitStack() as planted:
        for fault in faults:
            planted.enter_context(checked.plant(fault))
        answer = checked.make(*(fault.table for fault in faults))
    assert answer.returncode == 1, answer.stdout
    page = (checked.folder / "results" / "smoke" / "check.html").read_text()
    for fault in faults:
        quantity = f"{fault.table}.{fault.column}"
        assert quantity in named(answer)
        found = cells(answer, quantity)
        assert found
        assert not fault.cell or fault.cell in found
        assert quantity in page


def test_faults_that_share_a_run_show_in_different_tables_and_none_is_left_out():
    assert sorted(name for names in TOGETHER for name in names) == sorted(BY_NAME)
    for names in TOGETHER:
        tables = [BY_NAME[name].table for name in names]
        assert len(set(tables)) == len(tables)
    theory = {fault.name for fault in FAULTS if fault.file.endswith("mean_field.py") and fault.column == "theory"}
    of_both = [
        names for names in TOGETHER if theory & set(names) and "karakida_figC2" in {BY_NAME[n].table for n in names}
    ]
    assert of_both == []  # the learning rates of Figure C.2 follow from that theory


def test_every_fault_of_the_issue_is_planted():
    names = "; ".join(fault.name for fault in FAULTS)
    for wanted in (
        *("a factor 2 in kappa_2", "biases dropped", "sigma_w instead of sigma_w^2", "T - 1 for T"),
        *("transposed weights", "a seed ignored", "the wrong branch of the Stieltjes transform"),
        *("an atom misplaced", "momentum off", "an unnormalised data set"),
    ):
        assert wanted in names
    tolerances = read_tolerances(ROOT / "references")
    for fault in FAULTS:
        assert (ROOT / fault.file).read_text().count(fault.right) == 1, fault.name
        assert not tolerances[fault.table].columns[fault.column].ignore


def test_another_root_seed_leaves_every_verdict_as_it_was(checked):
    """Promise L3."""
    made = checked.snakemake("results/smoke/claims.csv", cores=2, config=["root_seed=7"])
    assert made.returncode == 0, made.stderr[-3000:]
    command = [sys.executable, "scripts/tools/check_regeneration.py", "--scale", "smoke", "--verdicts-only"]
    answer = run(command, checked.folder, PYTHONPATH="src")
    assert answer.returncode == 0, answer.stdout
    record = json.loads((checked.folder / "results" / "smoke" / "claims.json").read_text())
    assert record["settings"]["root_seed"] == 7
