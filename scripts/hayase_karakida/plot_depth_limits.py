"""Draw the figure of the limits of large depth from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.hayase_statistics import DEPTH_COLUMNS, plot_depth_limits

if __name__ == "__main__":
    draw(__doc__, plot_depth_limits, DEPTH_COLUMNS)
