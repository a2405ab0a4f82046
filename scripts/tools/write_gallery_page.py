"""Write `docs/gallery.md` from the registry of figures and the captions; with --check, say whether it is current."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from fisher_spectra.checks.captions import claim_of_caption
from fisher_spectra.common.generated_documents import write_or_check
from fisher_spectra.workflow.configuration import load_configuration
from fisher_spectra.workflow.plans.site import Site
from fisher_spectra.workflow.registry.figure import Figure, Paper
from fisher_spectra.workflow.registry.figures import every_paper

ROOT = Path(__file__).resolve().parents[2]
_HEAD = """# Gallery

Every figure, with what it shows, the command that makes it and its table from nothing, and the two scripts behind it.
Pictures are drawn from the committed tables of laptop scale. On a git host only the figures of the README have theirs
here; the documentation site (`make docs`) draws all.

This page is generated from the registry of figures (`src/fisher_spectra/workflow/registry`) and the captions
(`report/`) by `make gallery`; edit those.
"""


def gallery_page() -> str:
    """The page, in Markdown."""
    parts = [_HEAD]
    for paper in papers().values():
        parts.append(f"## {paper.category}\n")
        parts += [entry(name, figure) for name, figure in paper.figures.items()]
    return "\n".join(parts)


@cache
def configuration() -> dict[str, Any]:
    """That of laptop scale."""
    return load_configuration(ROOT, {"scale": "laptop"})


def papers() -> dict[str, Paper]:
    """The papers of the registry at laptop scale."""
    return every_paper(configuration(), Site.of(configuration()))


def entry(name: str, figure: Figure) -> str:
    """What the page has of one figure."""
    plot = f"src/fisher_spectra/plotting/{figure.plot.replace('.', '/')}.py"
    table = f"scripts/{figure.table}"
    lines = [f"### {figure.title} ({name})", ""]
    claim = claim_of_caption(ROOT / "report" / f"{name}.rst", configuration()).replace("_", "\\_")
    lines += [f"{claim}.", ""]
    lines += [picture(name, figure), ""]
    lines += ["```", f"make figures TARGET={name}", "```", ""]
    lines += [
        f"Panels: {figure.panels}. Table by [{table}](../{table}), drawn by [{plot}](../{plot}); the committed table "
        f"is [references/laptop/{name}.csv](../references/laptop/{name}.csv).",
        "",
    ]
    return "\n".join(lines)


def picture(name: str, figure: Figure) -> str:
    """The committed picture, or the comment in whose place the site puts one."""
    if (ROOT / "docs" / "gallery" / f"{name}.png").exists():
        return f"![{figure.title}: {figure.panels}](gallery/{name}.png)"
    return f"<!-- picture: {name} -->"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "gallery.md", help="the document")
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 if it is not current")
    arguments = parser.parse_args(argv)
    return write_or_check(arguments.output, gallery_page(), arguments.check, "make gallery")


if __name__ == "__main__":
    sys.exit(main())
