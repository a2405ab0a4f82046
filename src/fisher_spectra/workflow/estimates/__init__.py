"""What jobs take in memory and time, estimated before they start, and how work is shared out over jobs.

`rates` holds what was measured once for all; `karakida`, `pennington_worah` and `hayase_karakida` count the arrays and
operations of each paper's jobs; `sharing` cuts work into jobs of about one length. Memory follows from the arrays that
a job holds at once and is at least what it takes. Times are for one core and serve plans, time limits and the cut into
jobs, on which no result depends. docs/resources.md compares both with recorded benchmarks.
"""
