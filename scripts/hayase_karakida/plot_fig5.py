"""Draw Figure 5 from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.hayase_training import FIG5_COLUMNS, plot_fig5

if __name__ == "__main__":
    draw(__doc__, plot_fig5, FIG5_COLUMNS)
