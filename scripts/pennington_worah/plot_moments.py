"""Draw the figure on the moments (27) from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.pennington_worah import MOMENTS_COLUMNS, plot_moments

if __name__ == "__main__":
    draw(__doc__, plot_moments, MOMENTS_COLUMNS)
