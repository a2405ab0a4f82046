"""The pictures that the site's gallery shows besides the committed ones, drawn from the committed tables.

    python scripts/tools/site_pictures.py FOLDER

Needs no run: the tables of laptop scale are in references/laptop.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from write_gallery_page import ROOT, papers

from fisher_spectra.common.atomic_files import atomic_path
from fisher_spectra.common.tables import read_table

DPI = 110  # half of what the figures have: pages load fast, labels stay readable


def wanted() -> dict[str, str]:
    """Module that draws each figure which has no committed picture."""
    figures = {name: figure for paper in papers().values() for name, figure in paper.figures.items()}
    committed = {file.stem for file in (ROOT / "docs" / "gallery").glob("*.png")}
    return {name: figure.plot for name, figure in figures.items() if name not in committed}


def draw(name: str, plot: str, folder: Path) -> None:
    """Draw one, unless the file is newer than its table and the code of plotting."""
    import matplotlib as mpl

    mpl.use("agg")
    from fisher_spectra.plotting.style import use_style

    table, file = ROOT / "references" / "laptop" / f"{name}.csv", folder / f"{name}.png"
    code = (ROOT / "src" / "fisher_spectra" / "plotting").rglob("*.py")
    if file.exists() and all(source.stat().st_mtime < file.stat().st_mtime for source in (table, *code)):
        return
    drawing = importlib.import_module(f"fisher_spectra.plotting.{plot}")
    use_style()
    figure = drawing.plot(read_table(table, drawing.COLUMNS))
    with atomic_path(file) as temporary:
        figure.savefig(temporary, dpi=DPI, format="png")


def draw_all(folder: Path) -> list[str]:
    """Draw all that are wanted; their names."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = wanted()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(draw, figures, figures.values(), [folder] * len(figures)))
    return list(figures)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the PNG files go")
    draw_all(parser.parse_args(argv).folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
