"""Draw the figure of Theorem 5 from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.karakida_bounds import THEOREM5_COLUMNS, plot_theorem5

if __name__ == "__main__":
    draw(__doc__, plot_theorem5, THEOREM5_COLUMNS)
