"""Draw Figure 1 from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.hayase_histograms import FIG1_COLUMNS, plot_fig1

if __name__ == "__main__":
    draw(__doc__, plot_fig1, FIG1_COLUMNS)
