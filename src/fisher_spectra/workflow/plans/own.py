"""The reader's own networks: the parts of their tables, and what their jobs take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fisher_spectra.finite_size.ensemble import scaled_widths
from fisher_spectra.own_networks.inputs import GAUSSIAN
from fisher_spectra.workflow.estimates.karakida import training_mb
from fisher_spectra.workflow.estimates.own import (
    own_prediction_mb,
    own_prediction_seconds,
    own_sampling_mb,
    own_sampling_seconds,
    own_training_seconds,
)
from fisher_spectra.workflow.estimates.rates import START_SECONDS, TORCH_START_SECONDS
from fisher_spectra.workflow.estimates.sharing import Chunk, blocks
from fisher_spectra.workflow.plans.site import Site, dataset_file, sidecars_of

ITSELF = 1.0  # the factor of the network as it is configured


def factor_text(factor: float) -> str:
    """A factor as file names have it."""
    return f"{factor:g}"


@dataclass(frozen=True)
class OwnPlan:
    """The section ``own`` of a configuration: networks by name.

    Methods that take `wildcards` are called with those of a job of the rule.
    """

    section: Mapping[str, Any]
    site: Site

    @property
    def names(self) -> list[str]:
        """Names of the networks."""
        return list(self.section)

    # parts of the tables

    def parts(self, kind: str, network: str) -> list[str]:
        """The parts of one of a network's four tables."""
        settings = self.section[network]
        factors = settings["width_factors"]
        if kind in ("layers", "spectrum"):
            chunks = self._blocks(network, kind, ITSELF)
            return [self._cell(network, f"{kind}_{first}-{stop}") for first, stop in chunks]
        if kind == "widths":
            return [
                self._cell(network, f"x{factor_text(factor)}/networks_{first}-{stop}")
                for factor in factors
                for first, stop in self._blocks(network, kind, factor)
            ]
        return [
            self._cell(network, f"x{factor_text(factor)}/trials_{first}-{stop}")
            for factor in factors
            for first, stop in blocks(
                settings["trials"],
                settings["trials_per_job"],
                self._training_seconds(network, factor, 1),
                self.site.job_seconds,
            )
        ]

    def predictions(self, kind: str, network: str) -> list[str]:
        """What one of the tables compares its parts with: theory, and for training the sampled networks as well."""
        return [*self.theory(network), *(self.parts("widths", network) if kind == "training" else ())]

    def theory(self, network: str) -> list[str]:
        """What theory says of the network."""
        return [self._cell(network, "predicted")]

    # targets

    def files(self, network: str, kind: str) -> list[str]:
        """All that one of a network's figures consists of: table, drawings, parts, each with its sidecar."""
        name = f"own_{network}_{kind}"
        parts = [*self.parts(kind, network), *self.predictions(kind, network)]
        drawn = [self.site.drawn(name, suffix) for suffix in ("png", "pdf", "json")]
        return [self.site.table(name), self.site.sidecar(name), *drawn, *parts, *sidecars_of(parts)]

    def page_files(self, network: str) -> list[str]:
        """A network's page of numbers, the same as a table, and their sidecar."""
        return [f"{self.site.results}/pages/own_{network}.{suffix}" for suffix in ("html", "csv", "json")]

    def _cell(self, network: str, name: str) -> str:
        return self.site.cells(f"own_{network}/{name}.csv")

    def _blocks(self, network: str, kind: str, factor: float) -> list[Chunk]:
        settings = self.section[network]
        networks = settings["networks"]
        each = (self._sampling_seconds(network, kind, factor, networks) - START_SECONDS) / networks
        return blocks(networks, settings["networks_per_job"], each, self.site.job_seconds)

    # what jobs are given

    def dataset(self, wildcards: Any) -> str:
        """Where inputs come from as jobs take it: the file of a data set, or Gaussian ones."""
        dataset = self._dataset(wildcards.network)
        return GAUSSIAN if dataset is None else dataset_file(dataset)

    def data(self, wildcards: Any) -> list[str]:
        """The file of the data set, if there is one."""
        dataset = self._dataset(wildcards.network)
        return [] if dataset is None else [dataset_file(dataset)]

    @staticmethod
    def factor(wildcards: Any) -> float:
        """The factor of the hidden widths of a job."""
        return float(wildcards.factor)

    def _dataset(self, network: str) -> str | None:
        dataset = str(self.section[network]["dataset"])
        return None if dataset == GAUSSIAN else dataset

    # what they take

    def _widths(self, network: str, factor: float) -> tuple[int, ...]:
        return scaled_widths(self.section[network]["widths"], factor)

    def _sampling_seconds(self, network: str, kind: str, factor: float, networks: int) -> float:
        settings = self.section[network]
        return own_sampling_seconds(
            self._widths(network, factor),
            settings["samples"],
            networks,
            dual=kind != "layers",
            every=kind == "spectrum",
            orthogonal=settings["initialisation"] == "orthogonal",
        )

    def sampling_mb(self, kind: str, wildcards: Any) -> int:
        """Memory of a job that samples networks for one of the tables."""
        network = wildcards.network
        factor = float(wildcards.get("factor", ITSELF))
        return own_sampling_mb(
            self._widths(network, factor),
            self.section[network]["samples"],
            dual=kind != "layers",
            dataset=self._dataset(network),
        )

    def sampling_seconds(self, kind: str, wildcards: Any) -> float:
        """Estimated run time of the same."""
        factor = float(wildcards.get("factor", ITSELF))
        return self._sampling_seconds(wildcards.network, kind, factor, int(wildcards.stop) - int(wildcards.first))

    def prediction_mb(self, wildcards: Any) -> int:
        """Memory of the job that predicts."""
        settings = self.section[wildcards.network]
        return own_prediction_mb(settings["samples"], len(settings["widths"]) - 1, self._dataset(wildcards.network))

    def prediction_seconds(self, wildcards: Any) -> float:
        """Estimated run time of the same."""
        settings = self.section[wildcards.network]
        return own_prediction_seconds(
            settings["samples"],
            len(settings["widths"]) - 1,
            len(settings["width_factors"]),
            self._dataset(wildcards.network),
        )

    def training_mb(self, wildcards: Any) -> int:
        """Memory of a job that trains."""
        samples = self.section[wildcards.network]["samples"]
        return training_mb(
            self._widths(wildcards.network, self.factor(wildcards)),
            samples,
            samples,
            dataset=self._dataset(wildcards.network),
            gpu=self.site.has_gpu("own_train_network"),
        )

    def training_memory(self, wildcards: Any) -> int:
        """Memory that one batch of its cells may take."""
        return int(self.section[wildcards.network]["memory_mb"])

    def training_seconds(self, wildcards: Any) -> float:
        """Estimated run time on one core of the same."""
        trials = int(wildcards.stop) - int(wildcards.first)
        return TORCH_START_SECONDS + self._training_seconds(wildcards.network, self.factor(wildcards), trials)

    def _training_seconds(self, network: str, factor: float, trials: int) -> float:
        settings = self.section[network]
        given = settings["activation"]
        return own_training_seconds(
            self._widths(network, factor),
            [given] if isinstance(given, str) else given,
            settings["samples"],
            settings["steps"],
            settings["rate_factors"]["number"] * trials,
            cross_entropy=settings["loss"] == "cross_entropy",
        )
