"""Print what made a figure, and whether the present tree would make the same one.

Exit status 0 if everything but the commit is as it was for every figure, 1 if not: a commit that changes nothing the
figure depends on leaves the figure as it is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from fisher_spectra.common.errors import UserError, printable
from fisher_spectra.jobs.figure_provenance import read_record
from fisher_spectra.workflow.present import findings_of_figure, is_committed


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of ``python -m fisher_spectra.provenance``."""
    parser = argparse.ArgumentParser(
        prog="python -m fisher_spectra.provenance",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("figures", type=Path, nargs="+", help="PNG or PDF files made by the workflow")
    status = 0
    for figure in parser.parse_args(argv).figures:
        try:
            record = read_record(figure)
            found = findings_of_figure(figure)
        except (UserError, OSError) as error:  # the second of paths in a record that cannot even be looked for
            print(
                _printable(f"error: {error if isinstance(error, UserError) else f'{figure}: {error}'}"), file=sys.stderr
            )
            status = 1
            continue
        print(_printable(str(figure)))
        for one in found:
            verdict = "as it is now" if one.matches else "; ".join(one.differences)
            print(f"  {_printable(' '.join(filter(None, (one.what, one.recorded))))}: {_printable(verdict)}")
        command = "gallery" if is_committed(record["table"]) else "figures"
        if all(one.matches for one in found if one.counts):
            print("  The present tree gives this figure.")
        else:
            print(f"  The present tree gives another figure, or cannot tell; `make {command}` brings it up to date.")
            status = 1
    return status


def _printable(text: str) -> str:
    """A text that others may have written, in one line of signs that the terminal has."""
    encoding = sys.stdout.encoding or "ascii"
    return printable(text).encode(encoding, "backslashreplace").decode(encoding)


if __name__ == "__main__":
    sys.exit(main())
