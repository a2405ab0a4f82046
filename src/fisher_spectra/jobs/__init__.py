"""What runs inside a job of the workflow: its arguments, log, errors, results and the record of what made them.

Not here: which jobs there are and what they take (`workflow`); what they compute (all other rooms).
"""
