"""Draw Figure 1 or C.1 from its table; the axis is the number (M or T) that varies."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.statistics import COLUMNS, plot_statistics

if __name__ == "__main__":
    draw(__doc__, plot_statistics, COLUMNS)
