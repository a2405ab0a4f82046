"""Draw the figure on the derivative at z_2, z_3 and z_5 from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.pennington_worah.slopes import COLUMNS, plot

if __name__ == "__main__":
    draw(__doc__, plot, COLUMNS)
