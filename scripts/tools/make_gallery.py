"""Bring the README up to date: its pictures from a finished run, its table of claims from the references.

The pictures lie in docs/gallery, those of paper scale in docs/gallery/paper, small, with the provenance of the figures
that they were made from. The table of claims stands between two comments of README.md and counts the committed
verdicts, references/laptop/claims.csv.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fisher_spectra.common.atomic_files import atomic_path, write_text
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import read_table
from fisher_spectra.jobs.figure_provenance import PNG_KEYWORD, read_record

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- claims: begin -->", "<!-- claims: end -->"
WIDTH = 1000  # pixels; two thirds of what the figures have
COLOURS = 256


def gallery(readme: str, folder: str) -> list[str]:
    """Names of the figures in a folder that the README shows."""
    return re.findall(rf"\]\({re.escape(folder)}/(\w+)\.png\)", readme)


def shrink(figure: Path, picture: Path) -> None:
    """Make the small picture of a figure; it carries the provenance of the figure."""
    read_record(figure)  # refuses a figure without provenance
    with Image.open(figure) as image:
        information = PngInfo()
        information.add_text(PNG_KEYWORD, image.info[PNG_KEYWORD])
        height = round(image.height * WIDTH / image.width)
        small = image.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS)
    reduced = small.quantize(COLOURS, dither=Image.Dither.NONE)
    with atomic_path(picture) as temporary:
        reduced.save(temporary, pnginfo=information, optimize=True)


def claims_table(frame: pd.DataFrame) -> str:
    """Number of claims of each paper and verdict, in Markdown."""
    columns = ("holds", "erratum", "fails")
    lines = ["| paper | claims | hold | errata | fail |", "|---|---:|---:|---:|---:|"]
    for paper, rows in frame.groupby("paper", sort=False):
        counts = [int((rows["verdict"] == verdict).sum()) for verdict in columns]
        lines.append(f"| {paper} | {len(rows)} | {' | '.join(map(str, counts))} |")
    return "\n".join(lines)


def with_claims(readme: str, frame: pd.DataFrame) -> str:
    """The README with the table of claims between its two comments.

    Raises
    ------
    UserError
        If the comments are not there, once each and in order.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in after or END in after:
        raise UserError(f"README.md: must hold {BEGIN} and {END}, once each and in this order")
    return f"{before}{BEGIN}\n{claims_table(frame)}\n{END}{after}"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", default="laptop", help="scale of the run that the pictures show")
    parser.add_argument("--claims-only", action="store_true", help="leave the pictures as they are")
    arguments = parser.parse_args(argv)
    readme = ROOT / "README.md"
    try:
        text = readme.read_text(encoding="utf-8")
        new = with_claims(text, read_table(ROOT / "references" / "laptop" / "claims.csv", ("paper", "verdict")))
        if new != text:
            write_text(readme, new)
        folder = "docs/gallery/paper" if arguments.scale == "paper" else "docs/gallery"
        for name in [] if arguments.claims_only else gallery(text, folder):
            picture = ROOT / folder / f"{name}.png"
            shrink(ROOT / "results" / arguments.scale / "figures" / f"{name}.png", picture)
            print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size // 1000} kB")
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
