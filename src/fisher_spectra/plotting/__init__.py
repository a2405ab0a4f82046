"""Figures, each drawn from its table alone; nothing here computes a result.

A module that draws a figure has `COLUMNS`, the columns of the table that it needs, and ``plot(frame)``, which gives the
figure. What several figures have in common is in modules of its own.
"""

from importlib.util import find_spec

if find_spec("matplotlib") is None:
    raise ImportError(f"{__name__} needs matplotlib: pip install 'fisher-spectra[figures]'")
