"""Draw the figure of empirical and limiting laws from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.hayase_karakida.laws import COLUMNS, plot

if __name__ == "__main__":
    draw(__doc__, plot, COLUMNS)
