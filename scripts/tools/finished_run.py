"""What the tools share that hold a finished run against the committed references: options, its tables, their end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from fisher_spectra.checks.regeneration import table_files
from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs.exact import folder_of

ROOT = Path(__file__).resolve().parents[2]


def parser_of_run(documentation: str | None) -> argparse.ArgumentParser:
    """A parser that knows which run, and which references."""
    parser = argparse.ArgumentParser(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", default="laptop", help="smoke, laptop or paper")
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of the results of all scales")
    parser.add_argument("--references", type=Path, default=ROOT / "references", help="folder of the references")
    return parser


def tables_of_run(arguments: argparse.Namespace, *, exact: bool = False) -> tuple[Path, dict[str, Path]]:
    """The folder of the run and its tables by name.

    Raises
    ------
    UserError
        If there is none.
    """
    results = arguments.results / folder_of(arguments.scale, exact=exact)
    tables = table_files(results / "tables", results / "claims.csv")
    if not tables:
        made_by = f"make figures SCALE={arguments.scale}{' EXACT=1' if exact else ''}"
        other = arguments.results / folder_of(arguments.scale, exact=not exact) / "tables"
        hint = f"; those in {other} are of the {'fast' if exact else 'exact'} mode" if other.is_dir() else ""
        raise UserError(f"{results / 'tables'}: holds no table; `{made_by}` makes them{hint}")
    return results, tables


def exit_status(action: Callable[[], bool]) -> int:
    """0 if the action says that all is well, else 1; what a user can mend is one line."""
    try:
        return 0 if action() else 1
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
