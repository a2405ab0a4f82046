"""Draw the figure of the limits of large depth from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.hayase_karakida.depth_limits import COLUMNS, plot

if __name__ == "__main__":
    draw(__doc__, plot, COLUMNS)
