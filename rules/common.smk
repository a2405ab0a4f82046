# What all rules share: the checked configuration, where files lie, which code a script depends on, how jobs are called.
import os
import sys
from pathlib import Path
from shlex import quote

from snakemake.settings.types import DeploymentMethod

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "src"))

from fisher_spectra.common.errors import UserError
from fisher_spectra.workflow.code import CodeRecords
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.estimates.rates import FIGURE_MB, TABLE_MB
from fisher_spectra.workflow.plans.site import Site, sidecars_of
from fisher_spectra.workflow.requests import Requests
from fisher_spectra.workflow.settings import Settings

if {"{", "}"} & set(str(ROOT)):
    sys.exit(
        f"error: {ROOT}: Snakemake fills in what stands in braces; put the repository in a folder without any"
    )
try:
    checked = load_configuration(ROOT, config)
except UserError as error:
    sys.exit(f"error: {error}")
config.clear()
config.update(checked)

# Rules whose jobs have a GPU by the profile, and what an executor adds to memory: `run_workflow.py` knows both.
site = Site.of(config, gpu_rules=os.environ.get("GPU_RULES", ""))
asks = Requests(overhead_mb=int(os.environ.get("JOB_OVERHEAD_MB", "0")))
settings = Settings(ROOT, config)
code = CodeRecords(ROOT)
RESULTS = site.results
cells, table, sidecar, drawn = site.cells, site.table, site.sidecar, site.drawn
logs, costs = site.logs, site.costs
# for `--software-deployment-method conda`; without it every job runs in the environment that Snakemake runs in
CONDA = "../envs/environment.yaml"


# Every job: this environment's Python unless conda has one for the rule, this repository's library, and no time stamp
# inside figures.
with_conda = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method


def quoted(path):
    """A path for a shell, whatever signs it has; Snakemake fills braces in, and makes one of two."""
    return quote(str(path)).replace("{", "{{").replace("}", "}}")


python_path = (
    "" if with_conda else f'PATH={quoted(Path(sys.executable).parent)}:"$PATH"'
)
shell.prefix(
    f"set -euo pipefail; export {python_path} PYTHONPATH={quoted(ROOT / 'src')} "
    "SOURCE_DATE_EPOCH=0 PYTHONHASHSEED=0 MPLBACKEND=agg; "
)
# How jobs are called. What differs between them is in `params`, which Snakemake compares. The workflow may be started in
# another folder than this repository's, where its results lie then.
here = "" if ROOT.samefile(Path.cwd()) else quoted(f"{os.path.relpath(ROOT)}/")
PYTHON = f"python {here}{{params.script}}"
RECORDED = "--provenance {output.provenance} --log {log}"
WITH_SETTINGS = "--settings {params.settings:q}"
COMPUTE = f"{PYTHON} --output {{output.table}} {RECORDED} {WITH_SETTINGS}"
TRAIN = f"{COMPUTE} --memory-mb {{resources.training_mb}}"
TABULATE = f"{COMPUTE} --parts {{input.parts}} --predictions {{input.predictions}}"
PAGE = f"{PYTHON} --output {{output.page}} {RECORDED} {WITH_SETTINGS} --parts {{input.parts}}"
DRAW = f"{PYTHON} --output {{output.png}} {RECORDED} --table {{input.table}} --plot {{params.plot}}"


def caption(name):
    """The caption of a figure, filled from the configuration when the report is made."""
    return str(ROOT / "report" / f"{name}.rst")
