# What a run is about to do, for the display of how far it is: `run_workflow.py` chooses it, others do not look there.
from fisher_spectra.workflow.jobs_ahead import run_ahead


onstart:
    logger.info("", extra={"run_ahead": run_ahead(workflow), "log_files": log})
