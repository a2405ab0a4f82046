# What a run is about to do, for the display of how far it is: `run_workflow.py` chooses it, others do not look there.
# And that a run ends when it is done.
from fisher_spectra.workflow.jobs_ahead import run_ahead
from fisher_spectra.workflow.waiting_timers import cancel_waiting_timers


onstart:
    logger.info("", extra={"run_ahead": run_ahead(workflow), "log_files": log})


onsuccess:
    cancel_waiting_timers()


onerror:
    cancel_waiting_timers()
