"""When a sampled misprint counts as one."""

from __future__ import annotations


def refutes(misprint, finite_size=0.0):
    """Whether the corrected value agrees within four standard errors and the printed one does not within eight."""
    allowed = finite_size * abs(misprint.corrected)
    good = abs(misprint.sampled - misprint.corrected) <= 4 * misprint.standard_error + allowed
    bad = abs(misprint.sampled - misprint.printed) > 8 * misprint.standard_error + allowed
    return good and bad
