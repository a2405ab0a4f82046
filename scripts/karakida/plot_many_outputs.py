"""Draw the figure of Section 3.4 (many outputs) from its table."""

from __future__ import annotations

from fisher_spectra.plotting.draw import draw
from fisher_spectra.plotting.karakida_bounds import MANY_OUTPUTS_COLUMNS, plot_many_outputs

if __name__ == "__main__":
    draw(__doc__, plot_many_outputs, MANY_OUTPUTS_COLUMNS)
