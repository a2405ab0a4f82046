"""The documentation site: `make docs` builds it from the pages of this folder and the docstrings of the public names.

The pages are plain Markdown that reads the same on a git host. What only a site has is put in while it is built: the
tables of contents, the pages of the reference (`docs/reference`, which git ignores), and the controls of the
interactive page, in place of its comment.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "scripts" / "tools")]

from interactive_page import fragment, tables  # noqa: E402
from site_pages import navigation, write_reference  # noqa: E402

from fisher_spectra import __version__  # noqa: E402

INTERACTIVE = "<!-- interactive page -->"
PICTURE = re.compile(r"<!-- picture: (\w+) -->")

project = "fisher-spectra"
author = project_copyright = "the authors of fisher-spectra"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["_build"]
nitpicky = False

# Anchors as git hosts make them, so that links to headings hold in both.
myst_heading_anchors = 3

napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_preprocess_types = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 80
# In docstrings, `name` is code.
default_role = "code"

html_theme = "furo"
html_title = f"fisher-spectra {release}"
html_static_path = ["_static", "_build/drawn"]  # the latter by scripts/tools/site_pictures.py
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
# Prompts and output of `console` blocks are left out of what is copied.
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True


def add_what_only_a_site_has(app: Sphinx, page: str, source: list[str]) -> None:
    if page == "index":
        source[0] += navigation()


def put_in(_app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    """Put the controls and the pictures in the place of their comments."""
    body = context.get("body", "")
    if INTERACTIVE in body:
        body = body.replace(INTERACTIVE, fragment(tables()))
    context["body"] = PICTURE.sub(r'<img src="_static/gallery/\1.png" alt="\1" loading="lazy">', body)


def keep_bars(_app: Sphinx, _what: str, _name: str, _value: object, _options: object, lines: list[str]) -> None:
    """In docstrings a bar is that of |x|, not the start of a substitution."""
    for number, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            parts = re.split(r"(`[^`]*`)", line)  # every other part is code
            parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
            lines[number] = "".join(parts)


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-docstring", keep_bars)
    app.connect("builder-inited", lambda app: write_reference(DOCS / "reference"))
    app.connect("source-read", add_what_only_a_site_has)
    app.connect("html-page-context", put_in)
