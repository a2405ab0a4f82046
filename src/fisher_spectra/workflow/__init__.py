"""What runs around jobs: configuration, which parts and figures there are, what jobs take, why they run again,
how far a run is.

Only the Snakefile, the tools behind `make` and the checks use it; nothing that computes may.
"""
