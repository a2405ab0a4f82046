"""Draw Figure 4 from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.hayase_training import FIG4_COLUMNS, plot_fig4

if __name__ == "__main__":
    draw(__doc__, plot_fig4, FIG4_COLUMNS)
