"""Kinds of options, and options that several subcommands have."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    _Kind = click.ParamType[Any]
else:  # generic since some releases only
    _Kind = click.ParamType

# Commas that part layers, not those between the parameters of one activation, as in hard_tanh(s=1,g=1).
_BETWEEN_LAYERS = re.compile(r",(?![^(]*\))")


class Numbers(_Kind):
    """Comma-separated numbers; one alone is a number, several are a list."""

    def __init__(self, whole: bool = False) -> None:
        self.whole = whole
        self.name = "whole numbers" if whole else "numbers"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        """The number, or the list of them."""
        if not isinstance(value, str):
            return value
        try:
            numbers = [int(part) if self.whole else float(part) for part in value.split(",")]
        except ValueError:
            self.fail(f"{value!r}: must be {self.name}, with commas between several", parameter, context)
        return numbers[0] if len(numbers) == 1 else numbers


class Activations(_Kind):
    """Comma-separated activations; one alone is a text, several are a list."""

    name = "activations"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        """The text, or the list of them."""
        if not isinstance(value, str):
            return value
        specs = [spec.strip() for spec in _BETWEEN_LAYERS.split(value)]
        return specs[0] if len(specs) == 1 else specs

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names of activations that continue what stands after the last comma."""
        from fisher_spectra.activations.definitions import DEFINITIONS

        before, comma, begun = incomplete.rpartition(",")
        return [CompletionItem(f"{before}{comma}{name}") for name in DEFINITIONS if name.startswith(begun)]


class Data(_Kind):
    """Name of a data set, or path of an `.npz` file."""

    name = "data"

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Data sets by name, and files."""
        from fisher_spectra.datasets.registry import DATASETS

        names = [CompletionItem(name) for name in DATASETS if name.startswith(incomplete)]
        return [*names, CompletionItem(incomplete, type="file")]


class DataSet(_Kind):
    """Name of a data set of the registry."""

    name = "data set"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        """The name, if there is one of it."""
        from fisher_spectra.datasets.registry import DATASETS

        if value not in DATASETS:
            self.fail(f"{value!r}: must be {', '.join(DATASETS)}", parameter, context)
        return value

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names."""
        from fisher_spectra.datasets.registry import DATASETS

        return [CompletionItem(name) for name in DATASETS if name.startswith(incomplete)]


def with_options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options, in this order in the help."""

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


output_options = with_options(
    click.option("--plot", type=click.Path(dir_okay=False), help="Draw a picture: .png, .pdf or .svg."),
    click.option("--csv", type=click.Path(dir_okay=False), help="Write the tidy table."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object in place of words."),
)
momentum_option = click.option("--momentum", type=float, default=0.0, show_default=True, help="0 <= mu < 1.")
seed_option = click.option("--seed", type=int, default=0, show_default=True, help="Of everything drawn.")
model_options = with_options(
    click.argument("model", metavar="FILE.py:NAME"),
    click.option("--data", required=True, type=Data(), help="Name (digits, mnist ...) or .npz file with x and y."),
    click.option(
        "--loss",
        type=click.Choice(["mse", "half_sum", "cross_entropy"]),
        default="mse",
        show_default=True,
        help="torch's mean over samples and outputs; sum |y - f|^2 / (2 T); softmax cross-entropy.",
    ),
    momentum_option,
    click.option("--samples", type=int, help="To be drawn of the data; all unless given."),
    click.option("--normalisation", type=click.Choice(["sample", "pixel", "unit", "none"]), help="Of the data."),
    click.option("--state-dict", type=click.Path(), help="File of the module's parameters (torch.save)."),
    click.option("--train/--eval", "train", default=None, help="Mode of the module; as it is unless given."),
    click.option("--device", help="Where it is computed: cpu, cuda; where the module is unless given."),
    click.option("--memory-mb", type=int, help="Bound of the memory; half of what is free, at most 4 GB."),
    seed_option,
)
