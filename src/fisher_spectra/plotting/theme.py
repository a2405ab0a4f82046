"""Defaults of all figures: style "ticks", context "paper" and palette "colorblind" of seaborn as data, and our sizes.

Importing seaborn for them took a third of the time of drawing a figure. A test compares them with seaborn's own.
"""

from __future__ import annotations

from typing import Any

PALETTE: tuple[str, ...] = (
    "#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc", "#ca9161", "#fbafe4", "#949494", "#ece133", "#56b4e9",
)  # fmt: skip

INK = ".15"  # of everything that is written, and of axes

# What seaborn 0.13 sets with `set_theme(style="ticks", context="paper")`, but for its colour map, which no figure uses.
SEABORN: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.facecolor": "white",
    "axes.grid": False,
    "axes.labelcolor": INK,
    "axes.spines.bottom": True,
    "axes.spines.left": True,
    "axes.spines.right": True,
    "axes.spines.top": True,
    "figure.facecolor": "white",
    "font.family": ["sans-serif"],
    "font.sans-serif": ["Arial", "DejaVu Sans", "Liberation Sans", "Bitstream Vera Sans", "sans-serif"],
    "grid.color": ".8",
    "grid.linestyle": "-",
    "grid.linewidth": 0.8,
    "legend.title_fontsize": 9.6,
    "lines.solid_capstyle": "round",
    "patch.edgecolor": "w",
    "patch.facecolor": PALETTE[0],
    "patch.force_edgecolor": True,
    "patch.linewidth": 0.8,
    "text.color": INK,
    "xtick.bottom": True,
    "xtick.color": INK,
    "xtick.direction": "out",
    "xtick.major.size": 4.8,
    "xtick.major.width": 1.0,
    "xtick.minor.size": 3.2,
    "xtick.minor.width": 0.8,
    "xtick.top": False,
    "ytick.color": INK,
    "ytick.direction": "out",
    "ytick.left": True,
    "ytick.major.size": 4.8,
    "ytick.major.width": 1.0,
    "ytick.minor.size": 3.2,
    "ytick.minor.width": 0.8,
    "ytick.right": False,
}

OURS: dict[Any, Any] = {
    "figure.dpi": 100,
    "savefig.dpi": 220,
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8.5,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "lines.markersize": 4.0,
    "errorbar.capsize": 2.0,
    "axes.linewidth": 0.8,
    "pdf.fonttype": 42,  # embedded TrueType: text stays text for editors and publishers
    "svg.hashsalt": "fisher-spectra",
    "figure.constrained_layout.use": True,
}
