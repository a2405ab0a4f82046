"""Draw the figure on the moments (27) from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.pennington_worah.moments import COLUMNS, plot

if __name__ == "__main__":
    draw(__doc__, plot, COLUMNS)
