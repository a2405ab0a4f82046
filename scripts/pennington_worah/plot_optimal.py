"""Draw the figure on the best activations, (28) and (29), from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.pennington_worah.optimal import COLUMNS, plot

if __name__ == "__main__":
    draw(__doc__, plot, COLUMNS)
