"""A table as one HTML file that sorts by any column and filters, without any other file."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from fisher_spectra.checks.html_page import html_page

Cell = str | float
LONG = 50  # characters from which on a text gets a wide column

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 96rem; padding: 0 1rem; color: #1b1b1b;
  background: #fff; }
h1 { font-size: 1.4rem; margin: 0 0 0.6rem; }
p { max-width: 52rem; margin: 0.4rem 0; }
form { display: flex; flex-wrap: wrap; gap: 0.4rem 1.2rem; align-items: baseline; margin: 1rem 0 0.6rem; }
input, select { font: inherit; padding: 0.15rem 0.3rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; padding: 0.3rem 0.6rem; border-bottom: 1px solid #ddd; vertical-align: top; }
th { background: #f3f3f3; white-space: nowrap; }
th button { font: inherit; font-weight: 600; border: 0; background: none; padding: 0; cursor: pointer; }
th[aria-sort=ascending] button::after { content: " \\2191"; }
th[aria-sort=descending] button::after { content: " \\2193"; }
th.number { text-align: right; white-space: normal; }
td.long { min-width: 17rem; }
td.main { min-width: 22rem; width: 60%; }
td.main dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 0.6rem; margin: 0.3rem 0 0; color: #555;
  font-size: 12px; }
td.main dt { white-space: nowrap; }
td.main dd { margin: 0; }
th.beneath, td.beneath { display: none; }
@media (max-width: 40rem) { td.main { min-width: 15rem; } td.main dl { display: block; } }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; text-align: right; }
td.good { color: #00563f; font-weight: 600; }
td.note { color: #7a4a00; font-weight: 600; }
td.bad { color: #a33600; font-weight: 600; }
"""

# Numbers sort as numbers and missing ones last; a second click on a column turns the order round. A row is shown if
# every word of the search is in it and every choice agrees.
_SCRIPT = """
"use strict";
const table = document.querySelector("table");
const body = table.tBodies[0];
const rows = [...body.rows];
const search = document.querySelector("input[type=search]");
const choices = [...document.querySelectorAll("select")];
const shown = document.querySelector("#shown");

function value(row, column) {
  const cell = row.cells[column];
  return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
}

function compare(one, other) {
  if (typeof one === "string") return one.localeCompare(other);
  if (Number.isNaN(one) || Number.isNaN(other)) return 0;
  return one - other;
}

function sort(header) {
  const column = header.cellIndex;
  const descending = header.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const missing = rows.filter((row) => Number.isNaN(value(row, column)));
  const present = rows.filter((row) => !missing.includes(row));
  present.sort((one, other) => (descending ? -1 : 1) * compare(value(one, column), value(other, column)));
  body.append(...present, ...missing);
}

function filter() {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let number = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    const chosen = choices.every((choice) =>
      choice.value === "" || row.cells[choice.dataset.column].textContent === choice.value);
    row.hidden = !(chosen && words.every((word) => text.includes(word)));
    number += row.hidden ? 0 : 1;
  }
  shown.textContent = `${number} of ${rows.length} shown`;
}

for (const header of table.tHead.rows[0].cells) header.firstChild.addEventListener("click", () => sort(header));
search.addEventListener("input", filter);
for (const choice of choices) choice.addEventListener("change", filter);
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
filter();
"""


@dataclass(frozen=True)
class Column:
    """A column of the table."""

    title: str
    choice: bool = False  # whether there is a list of its values to choose from
    digits: int = 4  # significant digits of numbers
    main: bool = False  # whether it is the wide one, which what is `beneath` is shown under
    beneath: bool = False  # whether it is shown, where it is not empty, under the main column and not beside it


def sortable_page(
    title: str,
    paragraphs: Sequence[str],
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    classes: dict[str, str] | None = None,
) -> str:
    """The page.

    Parameters
    ----------
    title
        Title of the page and of its heading.
    paragraphs
        Plain text above the table.
    columns
        The columns, in order.
    rows
        The cells of each row, text or numbers; a number that is not finite is shown as a dash or as infinity.
    classes
        Style of a cell by its text: ``good``, ``note`` or ``bad``.

    Raises
    ------
    ValueError
        If a row has not one cell for each column.
    """
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"row of {len(row)} cells in a table of {len(columns)} columns")
    head = "".join(_heading(column, [row[position] for row in rows]) for position, column in enumerate(columns))
    body = "\n".join(_row(row, columns, classes or {}) for row in rows)
    choices = "".join(
        _choice(column.title, position, sorted({str(row[position]) for row in rows}))
        for position, column in enumerate(columns)
        if column.choice
    )
    text = "".join(f"<p>{html.escape(paragraph)}</p>\n" for paragraph in paragraphs)
    return _document(html.escape(title), text, choices, f"{len(rows)} of {len(rows)} shown", head, body)


def _document(title: str, text: str, choices: str, shown: str, head: str, body: str) -> str:
    """The page from its parts, all of them HTML."""
    content = f"""{text}<form>
<label>search <input type="search"></label>{choices}
<span id="shown" role="status">{shown}</span>
</form>
<div class="scroll"><table>
<thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody>
</table></div>"""
    return html_page(title, _STYLE, content, _SCRIPT)


def _heading(column: Column, cells: Sequence[Cell]) -> str:
    numbers = bool(cells) and not any(isinstance(cell, str) for cell in cells)
    name = "beneath" if column.beneath else "number" if numbers else ""
    style = f' class="{name}"' if name else ""
    title = html.escape(column.title)
    return f'<th scope="col" aria-sort="none"{style}><button type="button">{title}</button></th>'


def _row(row: Sequence[Cell], columns: Sequence[Column], classes: dict[str, str]) -> str:
    """A row; what is beneath stays in cells of its own besides, which are not seen, for the lists to choose from."""
    beneath = [(column.title, cell) for cell, column in zip(row, columns, strict=True) if column.beneath and cell]
    lines = "".join(f"<dt>{html.escape(title)}</dt><dd>{html.escape(str(cell))}</dd>" for title, cell in beneath)
    cells = []
    for cell, column in zip(row, columns, strict=True):
        if column.main:
            cells.append(f'<td class="main">{html.escape(str(cell))}{f"<dl>{lines}</dl>" if lines else ""}</td>')
        elif column.beneath:
            cells.append(f'<td class="beneath">{html.escape(str(cell))}</td>')
        else:
            cells.append(_cell(cell, column, classes))
    return f"<tr>{''.join(cells)}</tr>"


def _cell(cell: Cell, column: Column, classes: dict[str, str]) -> str:
    if isinstance(cell, str):
        name = classes.get(cell, "long" if len(cell) > LONG else "")
        style = f' class="{name}"' if name else ""
        return f"<td{style}>{html.escape(cell)}</td>"
    if math.isnan(cell):
        return '<td class="number" data-value="NaN">\N{EN DASH}</td>'
    if math.isinf(cell):
        sign = "-" if cell < 0 else ""
        return f'<td class="number" data-value="{sign}Infinity">{sign}\N{INFINITY}</td>'
    return f'<td class="number" data-value="{cell!r}">{cell:.{column.digits}g}</td>'


def _choice(title: str, position: int, values: Sequence[str]) -> str:
    options = "".join(f"<option>{html.escape(value)}</option>" for value in values)
    return (
        f'\n<label>{html.escape(title)} <select data-column="{position}">'
        f'<option value="">all</option>{options}</select></label>'
    )
