"""Obvious oracle: the part of the Fisher-Rao norm that the paper keeps, each layer with itself."""

from __future__ import annotations

import math

from fisher_spectra.karakida.mean_field import MeanField


def fisher_rao_norm_diagonal(mf: MeanField, outputs: int = 1) -> float:
    """The explicit expression under Theorem 5, (A.50): sigma_w^2 C sum_l q_tilde^l q_hat^{l-1}.

    The part of the norm that comes from each layer with itself; independent of the widths.
    """
    return mf.sigma_w2 * outputs * math.fsum(t * h for t, h in zip(mf.q_tilde[1:], mf.q_hat, strict=True))
