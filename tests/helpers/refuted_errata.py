"""When a sampled erratum counts as one: the sample agrees with the corrected value and not with the printed one."""

from __future__ import annotations

from fisher_spectra.common.erratum import Erratum


def refutes(erratum: Erratum, finite_size: float = 0.0) -> bool:
    """Whether the corrected value agrees within four standard errors and the printed one does not within eight."""
    allowed = finite_size * abs(erratum.corrected)
    good = abs(erratum.sampled - erratum.corrected) <= 4 * erratum.standard_error + allowed
    bad = abs(erratum.sampled - erratum.printed) > 8 * erratum.standard_error + allowed
    return good and bad
