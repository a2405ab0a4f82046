"""Bring the README up to date: its pictures and its table of claims, both from the committed references.

The pictures lie in docs/gallery, those of paper scale in docs/gallery/paper. They are drawn from the committed tables,
references/<scale>, which `make check` compares with what is computed, so that no run is needed to draw them again after
an edit of the drawing code. They are small, and carry the provenance of what was drawn. The table of claims stands
between two comments of README.md and counts the committed verdicts, references/laptop/claims.csv, and below it their
errata by what they change.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fisher_spectra.claims.consequences import errata_in_words
from fisher_spectra.claims.ledger import Claim, read_ledger
from fisher_spectra.common.atomic_files import atomic_path, write_text
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import read_table
from fisher_spectra.jobs.figure_provenance import PNG_KEYWORD, read_record
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.plans.site import Site
from fisher_spectra.workflow.registry.figures import every_paper

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- claims: begin -->", "<!-- claims: end -->"
WIDTH = 1000  # pixels; two thirds of what the figures have
COLOURS = 256


@dataclass(frozen=True)
class Picture:
    """A picture that the README shows: of a figure at a scale."""

    name: str
    scale: str

    @property
    def file(self) -> Path:
        """Where it lies, counted from the repository."""
        return Path("docs", "gallery", *(["paper"] if self.scale == "paper" else []), f"{self.name}.png")

    @property
    def table(self) -> Path:
        """The committed table that it is drawn from, counted from the repository."""
        return Path("references", self.scale, f"{self.name}.csv")


def gallery(readme: str) -> list[Picture]:
    """The pictures that the README shows."""
    found = re.findall(r"\]\(docs/gallery/(paper/)?(\w+)\.png\)", readme)
    return [Picture(name, "paper" if paper else "laptop") for paper, name in found]


def draw(picture: Picture, folder: Path) -> Path:
    """Draw the figure of a picture in `folder`, as a run would from the same table; its file.

    Raises
    ------
    UserError
        If there is no such figure or no such table, or it cannot be drawn.
    """
    configuration = load_configuration(ROOT, {"scale": picture.scale})
    figures = {
        name: figure
        for paper in every_paper(configuration, Site.of(configuration)).values()
        for name, figure in paper.figures.items()
    }
    if picture.name not in figures:
        raise UserError(f"README.md: {picture.file}: there is no figure of this name")
    drawn = folder / f"{picture.scale}_{picture.name}.png"
    command = [sys.executable, "scripts/figures/draw_figure.py", "--table", str(picture.table)]
    command += ["--plot", figures[picture.name].plot, "--output", str(drawn), "--log", str(drawn.with_suffix(".log"))]
    # as rules/common.smk calls it
    fixed = {"PYTHONPATH": str(ROOT / "src"), "SOURCE_DATE_EPOCH": "0", "PYTHONHASHSEED": "0", "MPLBACKEND": "agg"}
    answer = subprocess.run(command, cwd=ROOT, env=os.environ | fixed, capture_output=True, text=True, check=False)
    if answer.returncode:
        said = answer.stderr.strip().splitlines() or ["no message"]
        raise UserError(f"{picture.file}: cannot be drawn: {said[-1].removeprefix('error: ')}")
    return drawn


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


def errata_sentence(frame: pd.DataFrame, ledger: Sequence[Claim]) -> str:
    """How many errata there are of each consequence; claims that refute one sentence count once.

    Raises
    ------
    UserError
        If the ledger has no such erratum: the verdicts are of another ledger.
    """
    known = {claim.name: (claim.erratum, claim.consequence) for claim in ledger if claim.printed is not None}
    refuted = list(frame.loc[frame["verdict"] == "erratum", "claim"])
    for name in refuted:
        if name not in known:
            raise UserError(f"references/laptop/claims.csv: {name}: an erratum here, but none in the ledger")
    return (
        f"A sentence that several claims refute is one erratum. So there are\n"
        f"{errata_in_words(known[name] for name in refuted)}."
    )


def with_claims(readme: str, frame: pd.DataFrame, ledger: Sequence[Claim]) -> str:
    """The README with the table of claims, and the errata by consequence, between its two comments.

    Raises
    ------
    UserError
        If the comments are not there, once each and in order, or an erratum is not in the ledger.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in after or END in after:
        raise UserError(f"README.md: must hold {BEGIN} and {END}, once each and in this order")
    return f"{before}{BEGIN}\n{claims_table(frame)}\n\n{errata_sentence(frame, ledger)}\n{END}{after}"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--claims-only", action="store_true", help="leave the pictures as they are")
    arguments = parser.parse_args(argv)
    readme = ROOT / "README.md"
    try:
        text = readme.read_text(encoding="utf-8")
        claims = read_table(ROOT / "references" / "laptop" / "claims.csv", ("claim", "paper", "verdict"))
        new = with_claims(text, claims, read_ledger(ROOT / "claims"))
        if new != text:
            write_text(readme, new)
        with tempfile.TemporaryDirectory() as folder:
            pictures = [] if arguments.claims_only else gallery(text)
            # all of them before the first is replaced: each records whether the tree was that of the commit
            drawn = [draw(picture, Path(folder)) for picture in pictures]
            for picture, figure in zip(pictures, drawn, strict=True):
                shrink(figure, ROOT / picture.file)
                print(f"{picture.file}: {(ROOT / picture.file).stat().st_size // 1000} kB")
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
