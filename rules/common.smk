# What all rules share: the checked configuration, where files lie, which code a script depends on, threads.
import json
import os
import sys
from pathlib import Path

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "src"))

from fisher_spectra.configuration import load_configuration
from fisher_spectra.errors import UserError
from fisher_spectra.import_closure import import_closure

try:
    checked = load_configuration(ROOT, config)
except UserError as error:
    sys.exit(f"error: {error}")
config.clear()
config.update(checked)

RESULTS = f"results/{config['scale']}"
# for `--software-deployment-method conda`; without it every job runs in the environment that Snakemake runs in
CONDA = "../envs/environment.yaml"
# what an executor adds to the memory of a job; `scripts/run_workflow.py` knows
OVERHEAD_MB = int(os.environ.get("JOB_OVERHEAD_MB", "0"))


# Every job: this environment's Python, this repository's library, and no time stamp
# inside figures.
shell.prefix(
    f"set -euo pipefail; export PATH='{Path(sys.executable).parent}':\"$PATH\" PYTHONPATH='{ROOT / 'src'}' "
    "SOURCE_DATE_EPOCH=0 PYTHONHASHSEED=0 MPLBACKEND=agg; "
)


def code(script):
    """The script, every module of this repository that it imports, and the pinned requirements."""
    files = [
        *import_closure(ROOT / script, (ROOT / "src",)),
        ROOT / "envs" / "requirements.txt",
    ]
    return [os.path.relpath(file) for file in files]


def cells(path):
    """Where the parts of a table lie."""
    return f"{RESULTS}/cells/{path}"


def table(name):
    """The tidy table of a figure."""
    return f"{RESULTS}/tables/{name}.csv"


def sidecar(name):
    """What made the tidy table of a figure."""
    return f"{RESULTS}/tables/{name}.json"


def drawn(name, suffix):
    """The file of a figure in one format."""
    return f"{RESULTS}/figures/{name}.{suffix}"


def logs(path):
    """Where a job's messages lie."""
    return f"{RESULTS}/logs/{path}.log"


def costs(path):
    """Where Snakemake records what a job cost in time and memory."""
    return f"{RESULTS}/benchmarks/{path}.tsv"


def chunks(number, per_job):
    """Consecutive blocks (first, one past the last) that share out `number` samples."""
    return [
        (start, min(start + per_job, number)) for start in range(0, number, per_job)
    ]


def settings(*sections):
    """Settings to be recorded beside a table, as JSON."""
    return json.dumps(
        {key: config[key] for key in ("scale", "root_seed")} | {"settings": sections},
        sort_keys=True,
    )


def sidecars_of(parts):
    """The sidecars that lie beside the parts of a table."""
    return [str(Path(file).with_suffix(".json")) for file in parts]


def caption(name):
    """The caption of a figure, filled from the configuration when the report is made."""
    return str(ROOT / "report" / f"{name}.rst")


def dataset_file(dataset):
    """The file of a data set: none for the embedded digits, the user's own, or one that is fetched."""
    if dataset == "digits":
        return []
    return dataset if dataset.endswith(".npz") else f"results/data/{dataset}.npz"
