"""The sizes that estimates of memory and time share with training."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["training.limits", "workflow.estimates.hayase_karakida"])
def test_estimates_are_made_without_loading_pytorch(module):
    code = f"import sys, fisher_spectra.{module}; print('torch' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert answer.stdout.strip() == "False"
