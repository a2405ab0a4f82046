"""Draw Figure 2 from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.hayase_statistics import FIG2_COLUMNS, plot_fig2

if __name__ == "__main__":
    draw(__doc__, plot_fig2, FIG2_COLUMNS)
