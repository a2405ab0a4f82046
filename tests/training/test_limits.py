"""The sizes that estimates of memory and time share with training."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fisher_spectra.training.limits import SHARED_STEPS, shared_steps


@pytest.mark.parametrize("module", ["training.limits", "workflow.estimates.hayase_karakida"])
def test_estimates_are_made_without_loading_pytorch(module):
    code = f"import sys, fisher_spectra.{module}; print('torch' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert answer.stdout.strip() == "False"


def test_shared_steps_are_a_share_of_the_width_at_least_one_and_no_more_than_there_are():
    assert shared_steps(1000, 10_000) == SHARED_STEPS * 1000
    assert shared_steps(1, 10_000) == 1
    assert shared_steps(1000, 7) == 7
