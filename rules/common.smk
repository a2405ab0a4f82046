# What all rules share: the checked configuration, where files lie, which code a script depends on, what jobs ask for.
import json
import math
import os
import sys
from pathlib import Path

from snakemake.settings.types import DeploymentMethod

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "src"))

from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs.import_closure import import_closure
from fisher_spectra.workflow.estimates.rates import FIGURE_MB, TABLE_MB, limit_minutes
from fisher_spectra.workflow.estimates.sharing import blocks, grid, runs, stacks

try:
    checked = load_configuration(ROOT, config)
except UserError as error:
    sys.exit(f"error: {error}")
config.clear()
config.update(checked)

RESULTS = f"results/{config['scale']}"
# how long a job shall take where the configuration leaves its share of the work to the estimates
JOB_SECONDS = 60 * config["job_minutes"]
# what an executor adds to the memory of a job; `scripts/run_workflow.py` knows
OVERHEAD_MB = int(os.environ.get("JOB_OVERHEAD_MB", "0"))
# rules whose jobs have a GPU by the profile; `scripts/run_workflow.py` knows
GPU_RULES = os.environ.get("GPU_RULES", "").split()
# for `--software-deployment-method conda`; without it every job runs in the environment that Snakemake runs in
CONDA = "../envs/environment.yaml"


# Every job: this environment's Python unless conda has one for the rule, this repository's library, and no time stamp
# inside figures.
with_conda = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
python_path = "" if with_conda else f"PATH='{Path(sys.executable).parent}':\"$PATH\""
shell.prefix(
    f"set -euo pipefail; export {python_path} PYTHONPATH='{ROOT / 'src'}' "
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


def memory(estimate):
    """Memory of a job, from its estimate; more at each retry."""
    return lambda wildcards, attempt: attempt * (estimate(wildcards) + OVERHEAD_MB)


def has_gpu(rule):
    """Whether jobs of a rule are known to have a GPU, and need room for its libraries."""
    return config["device"] == "cuda" or (
        config["device"] == "auto" and rule in GPU_RULES
    )


def time_limit(estimate):
    """Time limit of a job in minutes, from its estimate; more at each retry."""
    return lambda wildcards, attempt: limit_minutes(estimate(wildcards), attempt)


def seconds(estimate):
    """The estimate itself, which `make plan` shows."""
    return lambda wildcards: math.ceil(estimate(wildcards))


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


def dataset_name(settings):
    """Name of the data set of an experiment, as it stands in tables."""
    return Path(settings["dataset"]).stem
