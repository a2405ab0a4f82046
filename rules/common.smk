# What all rules share: the checked configuration, where files lie, which code a script depends on, how jobs are called.
import gc
import os
import sys
from pathlib import Path
from shlex import quote

from snakemake.settings.types import DeploymentMethod

# Hundreds of thousands of objects are made while the workflow is read, and kept: looking through them for what could be
# thrown away took a fifth of a start.
gc.freeze()
gc.set_threshold(50_000, 20, 100)

# This repository, wherever a workflow that uses it as a module lies.
ROOT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parent
sys.path.insert(0, str(ROOT / "src"))

from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs import exact
from fisher_spectra.workflow.code import CodeRecords
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.estimates.rates import FIGURE_MB, TABLE_MB
from fisher_spectra.workflow.images import image_for
from fisher_spectra.workflow.plans.site import Site, is_own_data, sidecars_of
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
records = CodeRecords(ROOT)
RESULTS = site.results
cells, table, sidecar, drawn = site.cells, site.table, site.sidecar, site.drawn
logs, costs = site.logs, site.costs
# for `--software-deployment-method conda`; without it every job runs in the environment that Snakemake runs in
CONDA = "../envs/environment.yaml"


# Every job: this environment's Python unless the rule has another by conda or from an image, this repository's library,
# and no time stamp inside figures. What stands in a command is the same text in every folder, since Snakemake makes anew
# whatever another command made; nothing is set for the rules of a workflow that uses this one as a module.
deployment = workflow.deployment_settings.deployment_method
with_conda = DeploymentMethod.CONDA in deployment
with_image = DeploymentMethod.APPTAINER in deployment
if with_image:
    try:
        IMAGE = image_for(ROOT, os.environ, conda=with_conda)
    except UserError as error:
        sys.exit(f"error: {error}")

    container: IMAGE


deployed = with_conda or with_image
os.environ.update(FISHER_SPECTRA_PYTHON="python" if deployed else sys.executable)


def quoted(path):
    """A path for a shell, whatever signs it has; Snakemake fills braces in, and makes one of two."""
    return quote(str(path)).replace("{", "{{").replace("}", "}}")


# How jobs are called. What differs between them is in `params`, which Snakemake compares. The workflow may be started in
# another folder than this repository's, where its results lie then.
here = "" if ROOT.samefile(Path.cwd()) else quoted(f"{os.path.relpath(ROOT)}/")
ENVIRONMENT = (
    f"PYTHONPATH={here}src SOURCE_DATE_EPOCH=0 PYTHONHASHSEED=0 MPLBACKEND=agg"
)
INTERPRETER = '"${{FISHER_SPECTRA_PYTHON:-python}}"'  # as a command that is copied from a log takes it, too
CALL = f"{INTERPRETER} {here}scripts/start.py {here}{{params.script}}"
FETCH = f"{ENVIRONMENT} {CALL}"  # data sets are the same in both modes
# In the exact mode every job is told which instructions to use; the command is another one, and the results lie elsewhere.
PYTHON = f"{ENVIRONMENT} {exact.environment()} {CALL}" if config["exact"] else FETCH
RECORDED = "--provenance {output.provenance} --log {log}"
WITH_SETTINGS = "--settings {params.settings:q}"
COMPUTE = f"{PYTHON} --output {{output.table}} {RECORDED} {WITH_SETTINGS}"
TRAIN = f"{COMPUTE} --memory-mb {{resources.training_mb}}"
TABULATE = f"{COMPUTE} --parts {{input.parts}} --predictions {{input.predictions}}"
FROM_DATA = "--data {input.data:q}"  # the settings name it as the configuration does, wherever it lies for the job
PAGE = f"{PYTHON} --output {{output.page}} {RECORDED} {WITH_SETTINGS} --parts {{input.parts}}"
DRAW = f"{PYTHON} --output {{output.png}} {RECORDED} --table {{input.table}} --plot {{params.plot}}"


def code(script, *modules):
    """The record of a script's code: written where the workflow is read, and neither below a prefix nor in a store."""
    return local(records(script, *modules))


def where_it_lies(data):
    """The function of a plan that names data sets, for Snakemake: a file of the reader's own lies where they say."""

    def files(wildcards):
        named = data(wildcards)
        each = [named] if isinstance(named, str) else named
        return [local(file) if is_own_data(file) else file for file in each]

    return files


def stay_here(*names):
    """On a cluster these rules run where Snakemake runs, by whatever names another workflow uses them as a module."""
    workflow.localrules(*map(workflow.modifier.modify_rulename, names))


def caption(name):
    """The caption of a figure, filled from the configuration when the report is made."""
    return str(ROOT / "report" / f"{name}.rst")
