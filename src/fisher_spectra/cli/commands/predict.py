"""``fisher-spectra predict``: `predict` of the library."""

from __future__ import annotations

from typing import Any

import click

from fisher_spectra.cli.options import Activations, Data, Numbers, momentum_option, output_options, seed_option
from fisher_spectra.cli.output import check_plot, show


@click.command(short_help="Theory and sampled networks for given widths: eigenvalue, learning rate.")
@click.option("--widths", required=True, type=Numbers(whole=True), help="Inputs, hidden layers, outputs: 784,512,10.")
@click.option(
    "--activation", required=True, type=Activations(), help="Of all hidden layers (gelu), or of each (relu,tanh)."
)
@click.option("--sigma-w2", required=True, type=Numbers(), help="Variance of weights times the width below; or each.")
@click.option("--sigma-b2", type=Numbers(), default=0.0, show_default=True, help="Variance of biases; or each.")
@click.option("--biases/--no-biases", default=True, show_default=True, help="Whether biases are trained, too.")
@click.option("--data", type=Data(), help="Name (digits, mnist ...) or .npz file with x; else Gaussian inputs.")
@click.option("--samples", type=int, help="T, drawn of the data: 100, or all if fewer, unless given.")
@click.option("--normalisation", type=click.Choice(["sample", "pixel", "unit", "none"]), help="Of data.")
@click.option("--networks", type=int, default=20, show_default=True, help="To be sampled; 0 for theory alone.")
@click.option(
    "--initialisation",
    type=click.Choice(["gaussian", "uniform", "orthogonal"]),
    default="gaussian",
    show_default=True,
    help="Of the networks sampled.",
)
@click.option(
    "--loss",
    type=click.Choice(["half_sum", "mse"]),
    default="half_sum",
    show_default=True,
    help="sum |y - f|^2 / (2 T), or torch's mean over samples and outputs.",
)
@momentum_option
@seed_option
@output_options
def command(plot: str | None, csv: str | None, as_json: bool, **arguments: Any) -> None:
    """Largest eigenvalue of the Fisher matrix and critical learning rate, by theory and of sampled networks.

    \b
    fisher-spectra predict --widths 64,128,128,10 --activation gelu --sigma-w2 2 --data digits
    """
    check_plot(plot)
    from fisher_spectra.analysis.prediction import predict

    widths = arguments.pop("widths")
    prediction = predict(widths if isinstance(widths, list) else [widths], **arguments)
    show(prediction, plot, csv, as_json)
