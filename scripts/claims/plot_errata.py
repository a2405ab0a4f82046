"""Draw printed, corrected and sampled values of misprinted formulas from their table."""

from __future__ import annotations

from fisher_spectra.plotting.claims import ERRATA_COLUMNS, plot_errata
from fisher_spectra.plotting.draw import draw

if __name__ == "__main__":
    draw(__doc__, plot_errata, ERRATA_COLUMNS)
