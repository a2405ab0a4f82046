"""Draw Table 1 from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.pennington_worah import TABLE1_COLUMNS, plot_table1

if __name__ == "__main__":
    draw(__doc__, plot_table1, TABLE1_COLUMNS)
