"""The fenced blocks of the documents: what each is, and what a comment above it says about how it is checked.

`<!-- file: NAME -->` above a block of Python: it is the content of that file, which later blocks import or name.
`<!-- before: CODE -->`: Python that is run before the block and that readers bring themselves.
`<!-- not run: REASON -->`: the block cannot run where tests do.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
_BLOCK = re.compile(
    r"(?:^ *<!-- (?P<comment>[^>]*?) ?-->\n)?^ *```(?P<language>\S*)\n(?P<text>.*?)^ *```$", re.M | re.S
)


@dataclass(frozen=True)
class Block:
    """A fenced block, without its indentation."""

    document: str
    line: int
    language: str
    text: str
    comment: str

    def said(self, key: str) -> str:
        """What the comment above says under a key; nothing if it does not."""
        name, _, value = self.comment.partition(":")
        return value.strip() if name.strip() == key else ""

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def blocks(document: Path, text: str | None = None) -> list[Block]:
    """All fenced blocks of a document, or of a text that is taken for it, in order."""
    if text is None:
        text = document.read_text(encoding="utf-8")
    return [
        Block(
            document=document.relative_to(ROOT).as_posix(),
            line=text.count("\n", 0, found.start("language")) + 1,
            language=found["language"],
            text=textwrap.dedent(found["text"]),
            comment=found["comment"] or "",
        )
        for found in _BLOCK.finditer(text)
    ]


def inline_code(document: Path) -> list[str]:
    """The texts in single backticks outside of fenced blocks."""
    return re.findall(r"`([^`\n]+)`", _BLOCK.sub("", document.read_text(encoding="utf-8")))
