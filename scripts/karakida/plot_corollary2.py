"""Draw the figure of Corollary 2 from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.karakida_bounds import COROLLARY2_COLUMNS, plot_corollary2

if __name__ == "__main__":
    draw(__doc__, plot_corollary2, COROLLARY2_COLUMNS)
