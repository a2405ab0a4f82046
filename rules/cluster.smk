# Which jobs are not worth a place in a cluster's queue. Included last, when every rule is known.

LOCAL_MINUTES = 10  # the runtime of the rules that need seconds: tables and figures


def is_short(job_rule):
    """Whether a rule asks for so little time that queueing would take longer."""
    minutes = job_rule.resources.get("runtime")
    if minutes is None or minutes.is_evaluable():  # none, or different for each job
        return False
    return isinstance(minutes.value, int) and minutes.value <= LOCAL_MINUTES


# On a cluster these run where Snakemake runs; on one machine this changes nothing. A workflow that uses this one as a
# module keeps its own rules as they are.
workflow.localrules(
    *[known.name for known in workflow.modifier.rules if is_short(known)]
)
