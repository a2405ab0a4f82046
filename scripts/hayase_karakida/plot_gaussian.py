"""Draw the figure of orthogonal and Gaussian weights from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.hayase_histograms import GAUSSIAN_COLUMNS, plot_gaussian

if __name__ == "__main__":
    draw(__doc__, plot_gaussian, GAUSSIAN_COLUMNS)
