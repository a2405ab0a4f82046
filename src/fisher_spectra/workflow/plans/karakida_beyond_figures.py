"""Karakida, Akaho, Amari 2019: what is sampled beyond its figures, and what that takes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fisher_spectra.karakida.other_eigenvalues import bulk_cells
from fisher_spectra.karakida.universality import Base, cases
from fisher_spectra.layers.cases import LayerCase, layer_cells
from fisher_spectra.workflow.estimates.karakida import sampling_mb, sampling_seconds
from fisher_spectra.workflow.estimates.layers import descent_seconds, layers_mb, mixed_seconds
from fisher_spectra.workflow.estimates.rates import DOUBLE_RATE, NORMAL_SECONDS
from fisher_spectra.workflow.estimates.sharing import blocks
from fisher_spectra.workflow.plans.site import Site

UNIVERSALITY, BULK, LAYERS, SOFTMAX = "universality", "bulk", "layers", "softmax"
BEYOND_FIGURES = (UNIVERSALITY, BULK, LAYERS, SOFTMAX)
_LAWS = 1.5  # an entry of another law over a normal one, in time; a mean over the laws

Cells = list[tuple[int, int, int, int]]


@dataclass(frozen=True)
class BeyondFiguresPlan:
    """Experiments of the section ``karakida`` whose jobs sample a block of networks of every kind.

    Methods that take `wildcards` are called with those of a job of the rule.
    """

    section: Mapping[str, Any]
    site: Site

    def blocks(self, experiment: str) -> list[str]:
        """The parts of the table of an experiment: blocks of networks of every kind."""
        e = self.section[experiment]
        each = self._seconds(experiment, e["networks"]) / e["networks"]
        return [
            self.site.cells(f"karakida_{experiment}/networks_{first}-{stop}.csv")
            for first, stop in blocks(e["networks"], e["networks_per_job"], each, self.site.job_seconds)
        ]

    def universality_mb(self, wildcards: Any) -> int:
        """Memory of a job that samples networks of other laws, inputs and layers."""
        return sampling_mb(self._cells(UNIVERSALITY))

    def universality_seconds(self, wildcards: Any) -> float:
        """Estimated run time of a job that samples networks of other laws, inputs and layers."""
        return self._seconds(UNIVERSALITY, int(wildcards.stop) - int(wildcards.first))

    def bulk_mb(self, wildcards: Any) -> int:
        """Memory of a job that samples networks with all of their eigenvalues."""
        return sampling_mb(self._cells(BULK), all_eigenvalues=True)

    def bulk_seconds(self, wildcards: Any) -> float:
        """Estimated run time of a job that samples networks with all of their eigenvalues."""
        return self._seconds(BULK, int(wildcards.stop) - int(wildcards.first))

    def layers_mb(self, wildcards: Any) -> int:
        """Memory of a job that samples networks of other kinds of layers."""
        return max(layers_mb(cell, mixed) for cell, mixed in self._layer_cells())

    def layers_seconds(self, wildcards: Any) -> float:
        """Estimated run time of a job that samples networks of other kinds of layers."""
        return self._seconds(LAYERS, int(wildcards.stop) - int(wildcards.first))

    def softmax_mb(self, wildcards: Any) -> int:
        """Memory of a job that samples networks with a softmax."""
        return sampling_mb(self._cells(SOFTMAX), all_eigenvalues=True)

    def softmax_seconds(self, wildcards: Any) -> float:
        """Estimated run time of a job that samples networks with a softmax and trains the first of them."""
        first, stop, descents = int(wildcards.first), int(wildcards.stop), int(self.section[SOFTMAX]["descents"])
        trained = max(0, min(stop, descents) - first)
        return self._seconds(SOFTMAX, stop - first) + trained * self._descent_seconds()

    def _layer_cells(self) -> list[tuple[tuple[int, int, int, int], int]]:
        """The cells (L, M, T, C) of every kind of network, each with the number of hidden layers that mix samples."""
        e = self.section[LAYERS]
        cases = {name: LayerCase(**one) for name, one in e["cases"].items()}
        cells = layer_cells(
            {name: Base(**one) for name, one in e["activations"].items()}, cases, e["widths"], e["samples"]
        )
        return [
            ((one.stack.depth, one.width, one.samples, 1), sum(layer.mixes_samples for layer in one.stack.layers[:-1]))
            for one in cells
        ]

    def _descent_seconds(self) -> float:
        e = self.section[SOFTMAX]
        runs = len(e["momenta"]) * len(e["factors"])
        return sum(
            runs * descent_seconds((e["depth"], e["descent_width"], e["samples"], outputs), e["steps"])
            for outputs in e["output_numbers"]
            for _ in e["activations"]
        )

    def _cells(self, experiment: str) -> Cells:
        """The cells (L, M, T, C) of every kind of network."""
        e = self.section[experiment]
        if experiment == BULK:
            each = bulk_cells(e["widths"], e["samples_per_width"])
            return [(e["depth"], width, samples, 1) for _, width, samples in each] * len(e["activations"])
        if experiment == LAYERS:
            return [cell for cell, _ in self._layer_cells()]
        if experiment == SOFTMAX:
            numbers = itertools.product(e["output_numbers"], e["widths"])
            return [(e["depth"], width, e["samples"], outputs) for outputs, width in numbers] * len(e["activations"])
        kinds = cases({name: Base(**one) for name, one in e["activations"].items()}, e["depth"])
        return [(len(kind.sigma_w2), width, e["samples"], 1) for kind in kinds for width in e["widths"]]

    def _seconds(self, experiment: str, networks: int) -> float:
        cells = self._cells(experiment)
        seconds = sampling_seconds(cells, networks, all_eigenvalues=experiment in (BULK, SOFTMAX))
        if experiment == LAYERS:
            seconds += networks * sum(mixed_seconds(cell, mixed) for cell, mixed in self._layer_cells())
        if experiment == UNIVERSALITY:
            seconds += networks * sum(_other_laws(*cell) for cell in cells)
        return seconds


def _other_laws(depth: int, width: int, samples: int, outputs: int) -> float:
    """What entries of other laws, and a full dual matrix, add to sampling a Gaussian network, in seconds."""
    drawn = (_LAWS - 1.0) * NORMAL_SECONDS * depth * width**2
    return drawn + 2 * depth * width * (outputs * samples) ** 2 / DOUBLE_RATE
