"""Draw Figure 3 from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.hayase_histograms import FIG3_COLUMNS, plot_fig3

if __name__ == "__main__":
    draw(__doc__, plot_fig3, FIG3_COLUMNS)
