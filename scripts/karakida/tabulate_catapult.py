"""Table of the catapult: where runs around their own critical learning rate end, and where they begin to diverge."""

from __future__ import annotations

import math
import statistics

import pandas as pd

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.jobs.run_job import run_job
from fisher_spectra.karakida.mean_field import eigenvalue_maximum, mean_field
from fisher_spectra.training.divergence_border import DivergenceBorder, divergence_border

KEYS = ["activation", "M", "momentum"]
DATA = "dataset"  # a column of parts that were trained on data, and then of the table
# the border again: after fewer and more steps, and where a smaller and a larger loss counts as diverged
OTHER_BORDERS = ("early", "late", "strict", "lenient")
ALONG = ("start_loss", "peak_loss", "loss_late", "peak_ratio", "end_ratio", "dead")


def tabulate_catapult(
    parts: pd.DataFrame, divergence_loss: float, loss_strict: float, loss_lenient: float
) -> pd.DataFrame:
    """One row for each activation, width, momentum and factor; medians are those of the runs that have not diverged."""
    rows = []
    judged = {
        "main": ("loss", divergence_loss),
        "early": ("loss_early", divergence_loss),
        "late": ("loss_late", divergence_loss),
        "strict": ("loss", loss_strict),
        "lenient": ("loss", loss_lenient),
    }
    names = [name for name in (DATA, *KEYS) if name in parts]
    for _, column in parts.groupby(names, sort=False):
        first = column.iloc[0]
        field = mean_field(get_activation(first["function"]), first["sigma_w2"], first["sigma_b2"], first["L"])
        theorem_4 = eigenvalue_maximum(field, first["M"], first["T"])
        borders = {name: _border(column, loss, limit) for name, (loss, limit) in judged.items()}
        starts = column.drop_duplicates("trial")
        # how far the networks' own eigenvalue lies above Theorem 4, of a typical one
        excess = math.exp(statistics.fmean(map(math.log, starts["lambda_0"]))) / theorem_4
        border, fastest = borders["main"], _fastest(column, divergence_loss)
        most_left = _most_left(column, divergence_loss)
        for factor in sorted(column["factor"].unique().tolist()):
            runs = column[column["factor"] == factor]
            left = runs[runs["loss_late"] <= divergence_loss]
            rows.append(
                first[names].to_dict()
                | {"factor": factor, "eta_over_theorem_7": factor / excess}
                | {"n_trials": len(runs), "diverged_fraction": float((~(runs["loss"] <= divergence_loss)).mean())}
                | {"n_left": len(left)}
                | {name: statistics.median(left[name]) if len(left) else math.nan for name in ALONG}
                | {"end_ratio_largest": left["end_ratio"].max()}
                | {"lambda_0": statistics.fmean(starts["lambda_0"]), "theorem_4": theorem_4}
                | {"border": border.learning_rate, "border_half_width": border.half_width}
                | {"border_over_theorem_7": border.learning_rate / excess}
                | {f"border_{name}": borders[name].learning_rate for name in OTHER_BORDERS}
                | {"fastest": fastest, "most_left": most_left}
            )
    return pd.DataFrame(rows)


def _fastest(column: pd.DataFrame, divergence_loss: float) -> float:
    """The factor whose median loss at the end is smallest, of those without a run that has diverged; nan if none is."""
    ends = {
        float(runs["factor"].iloc[0]): statistics.median(runs["loss_late"])
        for _, runs in column.groupby("factor")
        if (runs["loss_late"] <= divergence_loss).all()
    }
    return min(ends, key=ends.__getitem__, default=math.nan)


def _most_left(column: pd.DataFrame, divergence_loss: float) -> float:
    """The largest factor at which more than half of the runs have not diverged by the end; nan if at none."""
    shares = (column["loss_late"] <= divergence_loss).groupby(column["factor"]).mean()
    return float(shares.index[shares > 0.5].max())


def _border(column: pd.DataFrame, loss: str, limit: float) -> DivergenceBorder:
    """In units of each network's own critical learning rate."""
    diverged = (~(column[loss] <= limit)).groupby(column["factor"]).mean()
    return divergence_border(diverged.index.to_numpy(), diverged.to_numpy())


if __name__ == "__main__":
    run_job(tabulate_catapult)
