"""What can be asked for, and the line that a mistyped name gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from fisher_spectra.common.errors import UserError
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.targets import check_targets, target_names

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = load_configuration(ROOT, {"scale": "smoke"})


@pytest.mark.parametrize(
    ("target", "hint"),
    [
        ("karakida_fig11", "did you mean karakida_fig1?"),
        ("karakda", "did you mean karakida?"),
        ("hayase_fig6", "did you mean hayase_fig"),
        ("clams", "did you mean claims?"),
        ("karakida_fig1_tabel", "did you mean karakida_fig1_table?"),
        ("zzz", "there are karakida, pennington_worah, hayase_karakida, karakida_fig1 and more"),
        ("karakida_sample_networks", "no such figure, table or file"),
        ("results/smoke/figures/karakida_fig11.png", "did you mean results/smoke/figures/karakida_fig1.png?"),
        ("results/smoke/tables/karakida_fig1.cvs", "did you mean results/smoke/tables/karakida_fig1.csv?"),
        ("", "no such figure, table or file"),
        ("a\nb", "no such figure, table or file"),
    ],
)
def test_a_mistyped_target_gets_the_nearest_name(target, hint):
    with pytest.raises(UserError, match="TARGET = ") as refused:
        check_targets(["all", target], CONFIGURATION)
    assert hint in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    "target",
    ["results/smoke/cells/karakida_fig1/tanh/networks_0-4.csv", "results/data/digits.npz", "results/smoke/claims.csv"],
)
def test_other_files_are_left_to_snakemake(target):
    check_targets([target], CONFIGURATION)


def test_every_target_of_the_real_workflow_can_be_asked_for_and_no_other(rules):
    known = {rule["name"] for rule in rules if rule["is_target"]}
    jobs_without_wildcards = {
        rule["name"] for rule in rules if rule["outputs"] and not any("{" in output for output in rule["outputs"])
    }
    assert set(target_names(CONFIGURATION)) == known | jobs_without_wildcards
    check_targets([output for rule in rules for output in rule["outputs"] if "{" not in output], CONFIGURATION)
