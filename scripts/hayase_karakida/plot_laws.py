"""Draw the figure of empirical and limiting laws from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.hayase_statistics import LAWS_COLUMNS, plot_laws

if __name__ == "__main__":
    draw(__doc__, plot_laws, LAWS_COLUMNS)
