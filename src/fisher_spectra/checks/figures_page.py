"""The first page of the report: every figure, what it shows and its verdicts; behind each all that belongs to it."""

from __future__ import annotations

import base64
import html
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from fisher_spectra.checks.html_page import html_page
from fisher_spectra.claims.verdicts import count_verdicts

CLAIM_COLUMNS = ("claim", "location", "statement", "predicted", "measured", "verdict", "table", "printed")
SHOWN_ROWS = 12  # of a table; the whole is in the file to download
_STYLES = {"holds": "good", "erratum": "note", "fails": "bad"}

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 100rem; padding: 1.2rem; color: #1b1b1b;
  background: #fff; }
h1 { font-size: 1.4rem; margin: 0 0 0.4rem; }
h2 { font-size: 1.1rem; margin: 1.6rem 0 0.6rem; border-bottom: 1px solid #ccc; padding-bottom: 0.2rem; }
h3 { font-size: 0.95rem; margin: 0; }
p { max-width: 60rem; margin: 0.3rem 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); gap: 0.9rem; }
.card { border: 1px solid #ddd; border-radius: 6px; padding: 0.7rem; display: flex; flex-direction: column;
  gap: 0.4rem; }
.card p { font-size: 13px; line-height: 1.35; }
.thumbnail { border: 0; background: none; padding: 0; cursor: zoom-in; height: 11rem; }
.thumbnail img { max-width: 100%; max-height: 100%; object-fit: contain; }
.verdicts { display: flex; gap: 0.5rem; flex-wrap: wrap; margin-top: auto; font-size: 13px; }
.good { color: #00563f; font-weight: 600; }
.note { color: #7a4a00; font-weight: 600; }
.bad { color: #a33600; font-weight: 600; }
.links { display: flex; gap: 0.3rem 0.9rem; flex-wrap: wrap; font-size: 13px; }
.links button { font: inherit; border: 0; background: none; padding: 0; color: #005a9c; text-decoration: underline;
  cursor: pointer; }
dialog { width: min(72rem, 94vw); max-height: 92vh; border: 1px solid #999; border-radius: 6px; padding: 1rem 1.2rem; }
dialog::backdrop { background: rgb(0 0 0 / 45%); }
dialog img { max-width: 100%; height: auto; }
dialog .close { float: right; font: inherit; }
dialog section { margin-top: 1rem; overflow-x: auto; }
dialog pre { font-size: 12px; background: #f6f6f6; padding: 0.6rem; overflow-x: auto; }
dialog ul { font-size: 12px; font-family: ui-monospace, monospace; padding-left: 1.2rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-size: 12px; }
th, td { text-align: left; padding: 0.2rem 0.5rem; border-bottom: 1px solid #ddd; vertical-align: top; }
td.number { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
"""

# A click opens what belongs to a figure, and goes to the part of it that was asked for.
_SCRIPT = """
"use strict";
for (const button of document.querySelectorAll("[data-opens]")) {
  button.addEventListener("click", () => {
    const dialog = document.getElementById(button.dataset.opens);
    const picture = dialog.querySelector("img");
    picture.src = document.querySelector(`.thumbnail[data-opens="${dialog.id}"] img`).src;
    dialog.showModal();
    const place = dialog.querySelector(`[data-part="${button.dataset.part}"]`);
    picture.decode().then(() => place.scrollIntoView());
  });
}
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
"""


@dataclass(frozen=True)
class ShownFigure:
    """A figure and all that belongs to it.

    Attributes
    ----------
    name
        Key in the registry.
    title, category, claim
        What it is called, the heading it stands under, what it shows.
    png, csv
        Its picture and its table, as they are in their files.
    table
        The table as it was read.
    record
        The sidecar of the table: settings, code, commit, time.
    """

    name: str
    title: str
    category: str
    claim: str
    png: bytes
    csv: bytes
    table: pd.DataFrame
    record: Mapping[str, Any]


def figures_page(figures: Sequence[ShownFigure], claims: pd.DataFrame, scale: str) -> str:
    """The page, one file without any other.

    Parameters
    ----------
    figures
        In the order in which they are shown; those of one category stand together.
    claims
        Table of claims with `CLAIM_COLUMNS`; each stands with the figure of its table.
    scale
        Scale of the run.
    """
    groups: dict[str, list[ShownFigure]] = {}
    for figure in figures:
        groups.setdefault(figure.category, []).append(figure)
    parts = []
    for category, members in groups.items():
        cards = "\n".join(_card(figure, _of(claims, figure)) for figure in members)
        parts.append(f'<h2>{html.escape(category)}</h2>\n<div class="cards">\n{cards}\n</div>')
    dialogs = "\n".join(_dialog(figure, _of(claims, figure)) for figure in figures)
    content = f"""<p>{len(figures)} figures and {len(claims)} claims, of which {html.escape(count_verdicts(claims))}.
A click on a picture shows it in full, with its table, its claims, the settings and the code that made it.</p>
{chr(10).join(parts)}
{dialogs}"""
    return html_page(f"Every figure at {html.escape(scale)} scale", _STYLE, content, _SCRIPT)


def _of(claims: pd.DataFrame, figure: ShownFigure) -> pd.DataFrame:
    return claims[claims["table"] == figure.name]


def _card(figure: ShownFigure, claims: pd.DataFrame) -> str:
    picture = f"data:image/png;base64,{base64.b64encode(figure.png).decode()}"
    title = html.escape(figure.title)
    counts = claims["verdict"].value_counts()
    verdicts = "".join(
        f'<span class="{style}">{counts[verdict]} {_words(verdict, int(counts[verdict]))}</span>'
        for verdict, style in _STYLES.items()
        if verdict in counts
    )
    parts = ("figure", "table", "claims", "settings", "code")
    links = "".join(
        f'<button type="button" data-opens="{figure.name}" data-part="{part}">{part}</button>'
        for part in parts
        if part != "claims" or len(claims)
    )
    return f"""<article class="card">
<button type="button" class="thumbnail" data-opens="{figure.name}" data-part="figure" aria-label="{title}">
<img src="{picture}" alt="{title}"></button>
<h3>{title}</h3>
<p>{html.escape(figure.claim)}</p>
<div class="verdicts">{verdicts or "no claim of this table is decided here"}</div>
<div class="links">{links}</div>
</article>"""


def _words(verdict: str, number: int) -> str:
    """The verdict of so many claims, in words."""
    if number == 1:
        return {"holds": "claim holds", "erratum": "erratum", "fails": "claim fails"}[verdict]
    return {"holds": "claims hold", "erratum": "errata", "fails": "claims fail"}[verdict]


def _dialog(figure: ShownFigure, claims: pd.DataFrame) -> str:
    title = html.escape(figure.title)
    record = figure.record
    settings = html.escape(json.dumps(record.get("settings"), indent=1, ensure_ascii=False))
    csv = f"data:text/csv;base64,{base64.b64encode(figure.csv).decode()}"
    code = "".join(f"<li>{html.escape(file)} {digest[:12]}</li>" for file, digest in record.get("code", {}).items())
    commit = html.escape(str(record.get("git_commit") or "unknown"))
    judged = f'<section data-part="claims"><h3>Claims</h3>{_claims(claims)}</section>' if len(claims) else ""
    return f"""<dialog id="{figure.name}" aria-label="{title}">
<button type="button" class="close">close</button>
<h2 data-part="figure">{title}</h2>
<img alt="{title}">
<p>{html.escape(figure.claim)}</p>
<section data-part="table"><h3>Table: {len(figure.table)} rows, {len(figure.table.columns)} columns
(<a download="{figure.name}.csv" href="{csv}">{figure.name}.csv</a>)</h3>{_rows(figure.table)}</section>
{judged}
<section data-part="settings"><h3>Settings</h3><pre>{settings}</pre></section>
<section data-part="code"><h3>Code of commit {commit}, each file with the beginning of its fingerprint</h3>
<ul>{code}</ul></section>
</dialog>"""


def _rows(table: pd.DataFrame) -> str:
    """The first rows of a table, and how many there are besides."""
    head = "".join(f"<th>{html.escape(str(column))}</th>" for column in table.columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.head(SHOWN_ROWS).itertuples(index=False))
    more = len(table) - SHOWN_ROWS
    note = f"<p>and {more} more rows in the file</p>" if more > 0 else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


def _claims(claims: pd.DataFrame) -> str:
    head = "".join(f"<th>{title}</th>" for title in ("verdict", "claim", "place", "statement", "predicted", "measured"))
    body = "".join(
        f'<tr><td class="{_STYLES.get(str(row["verdict"]), "")}">{html.escape(str(row["verdict"]))}</td>'
        + "".join(_cell(row[name]) for name in ("claim", "location"))
        + f"<td>{html.escape(str(row['statement']))}{_printed(row['printed'])}</td>"
        + "".join(_cell(row[name]) for name in ("predicted", "measured"))
        + "</tr>"
        for _, row in claims.iterrows()
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _printed(statement: object) -> str:
    """The statement that a claim corrects, if it does."""
    text = "" if isinstance(statement, float) else str(statement)  # an empty one may have been read as nan
    return f"<br><em>As printed:</em> {html.escape(text)}" if text else ""


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f'<td class="number">{"" if math.isnan(value) else f"{value:.5g}"}</td>'
    return f"<td>{html.escape(str(value))}</td>"
