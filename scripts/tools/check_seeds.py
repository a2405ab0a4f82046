"""Judge every claim from other root seeds: the tables of a scale anew, each seed in a folder of its own.

Figures are not drawn. The folders, `results/seeds/<seed>`, have all that a run leaves; a second call carries on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from run_options import add_run_options, settings_of_run

from fisher_spectra.claims.verdicts import VERDICTS
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import read_table
from fisher_spectra.jobs.exact import folder_of
from fisher_spectra.workflow.configuration import load_configuration

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ("claim", "verdict", "predicted", "measured", "deviation", "tolerance", "cell")


def run_of_seed(seed: int, scale: str, exact: bool, cores: str, folder: Path) -> pd.DataFrame:
    """The table of claims from tables that are computed with a root seed; carries on after a run that was killed.

    Raises
    ------
    UserError
        If the run fails; it has said why.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = Path("results", folder_of(scale, exact), "claims.csv")
    command = [sys.executable, str(ROOT / "scripts" / "tools" / "run_workflow.py"), str(table)]
    command += ["--scale", scale, *(["--exact"] if exact else []), "--cores", cores]
    command += ["--config", f"root_seed={seed}"]
    if subprocess.run(command, cwd=folder, check=False).returncode:
        raise UserError(f"the run with root seed {seed} failed (see above); a second call carries on")
    return read_table(folder / table, COLUMNS)


def turned(verdicts: Mapping[int, pd.DataFrame], reference: pd.DataFrame) -> pd.DataFrame:
    """Claims whose verdict with a seed is not that of the reference: one row each, with what was measured.

    Parameters
    ----------
    verdicts
        Tables of claims by root seed.
    reference
        That of the committed tables.
    """
    expected = reference.set_index("claim")["verdict"]
    rows = []
    for seed, table in verdicts.items():
        found = table.set_index("claim")
        for claim in expected.index.union(found.index):
            before, now = expected.get(claim, "none"), found["verdict"].get(claim, "none")
            if before != now:
                numbers = (
                    found.loc[claim, ["measured", "predicted", "tolerance", "cell"]] if claim in found.index else {}
                )
                rows.append({"seed": seed, "claim": claim, "reference": before, "verdict": now, **dict(numbers)})
    return pd.DataFrame(
        rows, columns=["seed", "claim", "reference", "verdict", "measured", "predicted", "tolerance", "cell"]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run it; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_run_options(parser)
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[1, 2, 3, 4], help="root seeds besides the configured one"
    )
    parser.add_argument("--cores", default="all", help="cores that a run may take")
    arguments = parser.parse_args(argv)
    try:
        exact = load_configuration(ROOT, settings_of_run(arguments))["exact"]
        reference = read_table(ROOT / "references" / arguments.scale / "claims.csv", COLUMNS)
        found: dict[int, pd.DataFrame] = {}
        for seed in arguments.seeds:
            folder = ROOT / "results" / "seeds" / str(seed)
            found[seed] = run_of_seed(seed, arguments.scale, exact, arguments.cores, folder)
            counts = found[seed]["verdict"].value_counts()
            said = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in VERDICTS)
            print(f"root seed {seed}: {len(found[seed])} claims: {said}", flush=True)
        others = turned(found, reference)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if len(others):
        print(f"\nVerdicts that are not those of references/{arguments.scale}:\n{others.to_string(index=False)}")
        return 1
    print(f"With {len(found)} other seeds every verdict is that of references/{arguments.scale}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
