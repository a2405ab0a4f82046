"""Checkpoints of a training job: what they depend on, and that they are gone when the result is there."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json

from fisher_spectra.common.devices import name_of
from fisher_spectra.jobs.run_job import Job
from fisher_spectra.jobs.source_code import environment_hash
from fisher_spectra.training.checkpoints import Checkpoint


def checkpoint_of(job: Job, device: str, **column: int) -> Checkpoint:
    """Checkpoint of one column, such as that of ``M=16``, beside the output of the job; removed at its end."""
    depends_on = {
        "settings": job.settings,
        "inputs": job.inputs,
        "column": column,
        "device": name_of(device),
        "code": job.code,
        "requirements": environment_hash(),
        "torch": importlib.metadata.version("torch"),
    }
    identity = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()
    name = "-".join(f"{key}{value}" for key, value in column.items())
    checkpoint = Checkpoint(job.output.with_name(f".{job.output.stem}.checkpoint-{name}.npz"), identity)
    job.at_the_end(checkpoint.remove)
    return checkpoint
