"""Draw the figure on the peaks (26) from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.pennington_worah import SINGULARITIES_COLUMNS, plot_singularities

if __name__ == "__main__":
    draw(__doc__, plot_singularities, SINGULARITIES_COLUMNS)
