"""Draw the figure of Figure 2 or C.2 from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.training import COLUMNS, plot_training

if __name__ == "__main__":
    draw(__doc__, plot_training, COLUMNS)
