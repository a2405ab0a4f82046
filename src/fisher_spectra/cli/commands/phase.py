"""``fisher-spectra phase``: `phase_diagram` of the library."""

from __future__ import annotations

from typing import Any

import click

from fisher_spectra.cli.options import Activations, Numbers, momentum_option, output_options
from fisher_spectra.cli.output import check_plot, show


@click.command(short_help="Learning rates and the edge of chaos over the variances.")
@click.option("--activation", required=True, type=Activations(), help="Of all hidden layers.")
@click.option("--sigma-w2", required=True, type=Numbers(), help="Lowest and highest variance of weights: 0.5,4.")
@click.option("--sigma-b2", required=True, type=Numbers(), help="Lowest and highest variance of biases: 0,1.")
@click.option("--depth", required=True, type=int, help="Weight layers L.")
@click.option(
    "--quantity",
    type=click.Choice(
        ["critical_learning_rate", "largest_eigenvalue", "kappa_1", "kappa_2", "chi", "correlation_length"]
    ),
    default="critical_learning_rate",
    show_default=True,
    help="What is drawn; the table has all.",
)
@click.option(
    "--theory",
    type=click.Choice(["infinite_width", "finite_size"]),
    default="infinite_width",
    show_default=True,
    help="Of eigenvalues and rates; finite_size takes about a second for each point.",
)
@click.option("--width", type=int, default=1000, show_default=True, help="M of inputs and hidden layers.")
@click.option("--samples", type=int, default=100, show_default=True, help="T, Gaussian inputs.")
@click.option("--outputs", type=int, default=1, show_default=True, help="C.")
@click.option("--points", type=Numbers(whole=True), help="Along each variance, or along both: 25 or 25,15.")
@momentum_option
@output_options
def command(plot: str | None, csv: str | None, as_json: bool, **arguments: Any) -> None:
    """Critical learning rate over the variances of weights and biases, with the border of order and chaos.

    \b
    fisher-spectra phase --activation tanh --sigma-w2 0.5,4 --sigma-b2 0,1 --depth 5 --points 9 --plot phase.png
    """
    check_plot(plot)
    from fisher_spectra.analysis.phase_diagram import phase_diagram

    show(phase_diagram(**arguments), plot, csv, as_json)
