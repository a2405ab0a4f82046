"""Draw every claim's deviation over tolerance from the table of claims."""

from __future__ import annotations

from fisher_spectra.plotting.claims import CLAIM_COLUMNS, plot_claims
from fisher_spectra.plotting.draw import draw

if __name__ == "__main__":
    draw(__doc__, plot_claims, CLAIM_COLUMNS)
