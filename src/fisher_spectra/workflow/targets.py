"""What a run can be asked for, and what a mistyped name was meant to be, before Snakemake answers with a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fisher_spectra.common.errors import UserError
from fisher_spectra.workflow.plans.site import Site
from fisher_spectra.workflow.registry.figures import every_paper
from fisher_spectra.workflow.registry.own import NOTHING_THERE, figures_of_networks, own_targets

# Targets that belong to no paper; a test compares them with the rules that Snakemake knows.
OTHERS = ("all", "claims", "claims_table", "claims_figure", "pages", "figures_page", "claims_page", "run_times_page")


def target_names(configuration: Mapping[str, Any]) -> list[str]:
    """Every name that can be asked for: papers, figures, their two jobs, what belongs to no paper, own networks."""
    papers = every_paper(configuration, Site.of(configuration))
    figures = [name for paper in papers.values() for name in paper.figures]
    jobs = [f"{name}_{job}" for name in figures for job in ("table", "figure")]
    return [*papers, *figures, *OTHERS, *jobs, *own_targets(configuration)]


def target_files(configuration: Mapping[str, Any]) -> list[str]:
    """Every table and every drawing with its sidecar."""
    site = Site.of(configuration)
    figures = [name for paper in every_paper(configuration, site).values() for name in paper.figures]
    figures += [name for names in figures_of_networks(configuration).values() for name in names.values()]
    tables = [place(name) for name in figures for place in (site.table, site.sidecar)]
    return tables + [site.drawn(name, suffix) for name in (*figures, "claims") for suffix in ("png", "pdf", "json")]


def check_targets(targets: Iterable[str], configuration: Mapping[str, Any]) -> None:
    """Refuse names that there are not; of files, those in the folders of tables and figures.

    Parameters
    ----------
    targets
        Names, or paths of files: what has a suffix or a slash.
    configuration
        As `load_configuration` gives it.

    Raises
    ------
    UserError
        For the first that there is not, with the nearest one that there is.
    """
    for target in targets:
        if target == "own" and not configuration["own"]:
            raise UserError(f"TARGET = 'own': {NOTHING_THERE}")
        is_file = "/" in target or bool(Path(target).suffix)
        known = target_files(configuration) if is_file else target_names(configuration)
        if is_file and Path(target).parent not in {Path(file).parent for file in known}:
            continue  # a part, a log, a page: Snakemake knows
        if target not in known and str(Path(target)) not in known:
            close = difflib.get_close_matches(target, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known[:4])} and more"
            raise UserError(f"TARGET = {target!r}: no such figure, table or file; {hint}")
