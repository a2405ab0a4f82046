"""The figures of the reader's own networks: the same ones for each network that the configuration names.

The figure `layers` of the network `mine` is called ``own_mine_layers``; so are its target, its table and its files. All
of a network are the target ``own_mine``, all of all networks ``own``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CATEGORY = "Own networks"
NOTHING_THERE = (
    "the section own of config.yaml names no network of your own; the example there shows how, "
    "docs/own_networks_in_the_workflow.md says what it gives"
)


@dataclass(frozen=True)
class OwnFigure:
    """A figure that each own network has.

    Attributes
    ----------
    title, panels
        What the report calls it and says of its panels.
    """

    title: str
    panels: str


# By their names: scripts/own/tabulate_<name>.py makes the table, fisher_spectra.plotting.own.<name> draws it, and
# report/own_<name>.rst is the caption.
OWN_FIGURES: dict[str, OwnFigure] = {
    "layers": OwnFigure("Variables by layer", "pre-activations, activities, derivatives"),
    "spectrum": OwnFigure("Spectrum", "all eigenvalues and the largest, predicted and sampled"),
    "widths": OwnFigure("Statistics against width", "mean, second moment, maximum, critical learning rate"),
    "training": OwnFigure("Training", "loss over width and learning rate"),
}


def figures_of_networks(configuration: Mapping[str, Any]) -> dict[str, list[str]]:
    """Names of the figures of each own network, by the network."""
    return {network: [f"own_{network}_{kind}" for kind in OWN_FIGURES] for network in configuration["own"]}


def own_targets(configuration: Mapping[str, Any]) -> list[str]:
    """What can be asked for of own networks."""
    figures = figures_of_networks(configuration)
    return ["own", *(f"own_{network}" for network in figures), *(name for names in figures.values() for name in names)]
