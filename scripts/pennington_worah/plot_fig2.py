"""Draw Figure 2 from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.pennington_worah.fig2 import COLUMNS, plot

if __name__ == "__main__":
    draw(__doc__, plot, COLUMNS)
