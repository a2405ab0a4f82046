"""``fisher-spectra train-check``: `Analysis.check_by_training` of the library."""

from __future__ import annotations

import json
from typing import Any

import click

from fisher_spectra.cli.analysed import analysed
from fisher_spectra.cli.options import Numbers, model_options
from fisher_spectra.cli.output import plain


@click.command(short_help="Train a module below and above its critical learning rate.")
@model_options
@click.option(
    "--factors",
    type=Numbers(),
    default="0.5,0.9,1.1,2",
    show_default=True,
    help="Learning rates over the critical one.",
)
@click.option("--steps", type=int, default=100, show_default=True, help="Of each run.")
@click.option(
    "--labels",
    type=click.Choice(["own", "data"]),
    default="own",
    show_default=True,
    help="What is learned: the module's own outputs, from beside that minimum, or the data's targets.",
)
@click.option("--csv", type=click.Path(dir_okay=False), help="Write the table.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object in place of words.")
def command(factors: Any, steps: int, labels: str, csv: str | None, as_json: bool, **options: Any) -> None:
    """Train copies of the module below and above its critical learning rate, and say what happens.

    FILE.py is executed, as `python FILE.py` would. Runs above 1 leave the minimum; where the loss is not quadratic they
    may come down elsewhere (catapults).

    \b
    fisher-spectra train-check my.py:net --data mine.npz --loss cross_entropy --factors 0.9,1.1
    """
    from fisher_spectra.common.tables import write_table

    found = analysed("train-check", options)
    runs = found.check_by_training(factors if isinstance(factors, list) else [factors], steps=steps, labels=labels)
    if csv is not None:
        write_table(runs, csv)
    if as_json:
        answer = {
            "loss": found.loss,
            "momentum": found.momentum,
            "critical_learning_rate": found.critical_learning_rate,
            "runs": runs.to_dict("records"),
        }
        click.echo(json.dumps(plain(answer), indent=2, allow_nan=False))
        return
    click.echo(f"critical learning rate {found.critical_learning_rate:.6g} ({found.loss}, momentum {found.momentum:g})")
    click.echo(runs.to_string(index=False, float_format=lambda value: f"{value:.4g}"))
    if csv is not None:
        click.echo(f"wrote {csv}")
