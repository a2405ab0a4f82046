"""Pennington, Worah 2018: the parts of its tables, and what their jobs take."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.pennington_worah.network_blocks import Block
from fisher_spectra.pennington_worah.network_terms import every_selection
from fisher_spectra.pennington_worah.probes import number_of_probes
from fisher_spectra.workflow.estimates.pennington_worah import (
    dense_mb,
    dense_seconds,
    descent_mb,
    descent_seconds,
    distance_mb,
    distance_seconds,
    distances_predicted_seconds,
    lanczos_seconds,
    linear_mb,
    linear_seconds,
    matrix_free_mb,
    moments_seconds,
)
from fisher_spectra.workflow.estimates.rates import START_SECONDS, TORCH_START_SECONDS, table_mb
from fisher_spectra.workflow.estimates.sharing import Size, blocks, stacks
from fisher_spectra.workflow.plans.site import Site

ALL = "all"  # jobs that sample networks of every nonlinearity, where others name one
BLOCK = r"n\d+_\d+-\d+"
BLOCKS = f"{BLOCK}(_{BLOCK})*"  # blocks of networks in the name of a part: n64_0-32_n128_0-16


@dataclass(frozen=True)
class PenningtonWorahPlan:
    """The experiments of the section ``pennington_worah`` of a configuration.

    Methods that take `wildcards` are called with those of a job of the rule; `experiment` is a key of the section,
    `nonlinearity` one of its nonlinearities or ``all``.
    """

    section: Mapping[str, Any]
    site: Site

    # what jobs of sampled spectra share

    def nonlinearities(self, wildcards: Any) -> dict[str, Any]:
        """The nonlinearities of a job, and no other, so that an edit of one reruns the jobs of that one."""
        every = self.section["nonlinearities"]
        return {name: every[name] for name in (every if wildcards.nonlinearity == ALL else [wildcards.nonlinearity])}

    def blocks(self, wildcards: Any) -> list[Block]:
        """The blocks of networks in the name of a part."""
        return blocks_in(wildcards.blocks)

    def _number(self, nonlinearity: str) -> int:
        """How many networks a job samples for each one of a block: one of each nonlinearity."""
        return len(self.section["nonlinearities"]) if nonlinearity == ALL else 1

    def _parts(
        self,
        folder: str,
        widths: Sequence[int],
        networks: Sequence[int],
        size: Size,
        seconds: Callable[[int, int], float],
    ) -> list[str]:
        """Parts of a table: blocks of networks of some widths.

        Parameters
        ----------
        widths, networks
            How many networks of each width.
        size
            Networks of a job.
        seconds
            Time of a width with so many networks.
        """
        each = [seconds(width, number) / number for width, number in zip(widths, networks, strict=True)]
        return [
            self.site.cells(f"pennington_{folder}/{name_of_blocks(Block(widths[i], *chunk) for i, chunk in part)}.csv")
            for part in stacks(networks, size, each, self.site.job_seconds)
        ]

    # spectra from all eigenvalues

    def _dense_parts(
        self, experiment: str, nonlinearity: str, widths: Sequence[int], networks: Sequence[int]
    ) -> list[str]:
        return self._parts(
            f"{experiment}/{nonlinearity}/all",
            widths,
            networks,
            self.section[experiment]["networks_per_job"],
            lambda width, number: self._dense_block_seconds(nonlinearity, width, number),
        )

    def dense_blocks(self, wildcards: Any) -> list[Block]:
        """The blocks of a job that computes all eigenvalues, of the width for GPUs where it takes that."""
        found = self.blocks(wildcards)
        if not self._is_larger(wildcards):
            return found
        return [block._replace(width=self.section["fig1"]["dense_width_gpu"]) for block in found]

    def _is_larger(self, wildcards: Any) -> bool:
        """Whether a job takes the width for GPUs: only if one is asked for, not if one is found."""
        e = self.section["fig1"]
        if wildcards.experiment != "fig1" or wildcards.nonlinearity == "linear":
            return False
        return self.site.device == "cuda" and bool(e["dense_width_gpu"] > e["dense_width"])

    def linear_by_structure(self, wildcards: Any) -> bool:
        """Whether linear networks are not treated as others: those of Figure 1, too wide for a dense matrix."""
        return bool(wildcards.nonlinearity == "linear")

    @staticmethod
    def _takes_a_gpu(wildcards: Any) -> bool:
        """Whether a job that computes all eigenvalues takes a GPU where there is one: not for a few seconds of work."""
        return bool(wildcards.experiment != "fig2" and wildcards.nonlinearity != "linear")

    def dense_device(self, wildcards: Any) -> str:
        """Device of a job that computes all eigenvalues."""
        return self.site.device if self._takes_a_gpu(wildcards) else "cpu"

    def dense_mb(self, wildcards: Any) -> int:
        """Memory of a job that computes all eigenvalues."""
        found = self.dense_blocks(wildcards)
        if wildcards.nonlinearity == "linear":
            return max(linear_mb(block.width, len(block.networks)) for block in found)
        widest = max(block.width for block in found)
        gpu = self._takes_a_gpu(wildcards) and self.site.has_gpu("pennington_sample_eigenvalues")
        return dense_mb(widest, torch=gpu, gpu=gpu)

    def dense_seconds(self, wildcards: Any) -> float:
        """Estimated run time on one core of a job that computes all eigenvalues."""
        return START_SECONDS + sum(
            self._dense_block_seconds(wildcards.nonlinearity, block.width, len(block.networks))
            for block in self.blocks(wildcards)
        )

    def _dense_block_seconds(self, nonlinearity: str, width: int, networks: int) -> float:
        if nonlinearity == "linear":
            return linear_seconds(width, networks)
        return dense_seconds(width, networks * self._number(nonlinearity))

    # spectra without the matrix

    def _lanczos_parts(
        self, experiment: str, nonlinearity: str, widths: Sequence[int], networks: Sequence[int]
    ) -> list[str]:
        return self._parts(
            f"{experiment}/{nonlinearity}/lanczos",
            widths,
            networks,
            self.section[experiment]["networks_per_job"],
            lambda width, number: self._lanczos_block_seconds(experiment, nonlinearity, width, number),
        )

    def lanczos_device(self, wildcards: Any) -> str:
        """Device of a job that makes Lanczos quadratures: a GPU only for large widths."""
        return self._device_of_width(max(block.width for block in self.blocks(wildcards)))

    def _device_of_width(self, width: int) -> str:
        return self.site.device if width >= self.section["gpu_from_width"] else "cpu"

    def lanczos_mb(self, wildcards: Any) -> int:
        """Memory of a job that makes Lanczos quadratures."""
        gpu = self.lanczos_device(wildcards) != "cpu" and self.site.has_gpu("pennington_sample_quadratures")
        return matrix_free_mb(
            max(block.width for block in self.blocks(wildcards)),
            self.section[wildcards.experiment]["steps"],
            self._itemsize,
            torch=gpu,
            gpu=gpu,
        )

    def lanczos_seconds(self, wildcards: Any) -> float:
        """Estimated run time on one core of a job that makes Lanczos quadratures."""
        return START_SECONDS + sum(
            self._lanczos_block_seconds(wildcards.experiment, wildcards.nonlinearity, block.width, len(block.networks))
            for block in self.blocks(wildcards)
        )

    def _lanczos_block_seconds(self, experiment: str, nonlinearity: str, width: int, networks: int) -> float:
        return lanczos_seconds(
            width,
            networks * self._number(nonlinearity),
            self.section[experiment]["steps"],
            self._probes(experiment, width),
            self._itemsize,
        )

    def _probes(self, experiment: str, width: int) -> int:
        return number_of_probes(self.section[experiment]["probe_numbers"], width)

    @property
    def _itemsize(self) -> int:
        return int(np.dtype(self.section["precision"]).itemsize)

    # Figures 1 and 2, the peaks (26) and the edges (25)

    def fig1_parts(self) -> list[str]:
        """Parts of Figure 1: linear networks, a small width in full, and the full width without forming the matrix."""
        e = self.section["fig1"]
        return [
            *self._dense_parts("fig1", "linear", [e["width"]], [e["linear_networks"]]),
            *self._dense_parts("fig1", "erf_1", [e["dense_width"]], [e["dense_networks"]]),
            *self._lanczos_parts("fig1", "erf_1", [e["width"]], [e["lanczos_networks"]]),
        ]

    def fig2_parts(self) -> list[str]:
        """Parts of Figure 2b: small widths in full, larger ones without forming the matrix."""
        e = self.section["fig2"]
        return [
            part
            for make, kind in ((self._dense_parts, "dense"), (self._lanczos_parts, "lanczos"))
            for part in make("fig2", "erf_1", [one["width"] for one in e[kind]], [one["networks"] for one in e[kind]])
        ]

    def singularities_parts(self) -> list[str]:
        """Parts of the table on the peaks (26): small networks of all nonlinearities."""
        e = self.section["singularities"]
        return self._dense_parts("singularities", ALL, e["widths"], [e["networks"]] * len(e["widths"]))

    def edges_parts(self) -> list[str]:
        """Parts of the table of moments for the edges (25): matrix-free spectra of all nonlinearities."""
        e = self.section["edges"]
        return self._lanczos_parts("edges", ALL, e["widths"], [e["networks"]] * len(e["widths"]))

    # distance to the limit (Theorem 1)

    def convergence_parts(self) -> list[str]:
        """Parts of the table of distances: blocks of networks of all nonlinearities."""
        sizes = self.section["convergence"]["sizes"]
        return self._parts(
            "convergence",
            [one["width"] for one in sizes],
            [one["networks"] for one in sizes],
            self.section["convergence"]["networks_per_job"],
            self._convergence_block_seconds,
        )

    def convergence_device(self, wildcards: Any) -> str:
        """Device of a job that measures distances: a GPU only for large widths."""
        return self._device_of_width(max(block.width for block in self.blocks(wildcards)))

    def convergence_mb(self, wildcards: Any) -> int:
        """Memory of a job that measures distances: of Lanczos vectors, or of all eigenvalues of a linear network."""
        widest = max(block.width for block in self.blocks(wildcards))
        gpu = self.convergence_device(wildcards) != "cpu" and self.site.has_gpu("pennington_sample_distances")
        steps = self.section["convergence"]["steps"]
        return max(matrix_free_mb(widest, steps, self._itemsize, torch=gpu, gpu=gpu), distance_mb(widest))

    def convergence_seconds(self, wildcards: Any) -> float:
        """Estimated run time on one core of a job that measures distances."""
        return START_SECONDS + sum(
            self._convergence_block_seconds(block.width, len(block.networks)) for block in self.blocks(wildcards)
        )

    def _convergence_block_seconds(self, width: int, networks: int) -> float:
        e = self.section["convergence"]
        spectra = self._number(ALL) + (len(every_selection()) - 1 if width <= e["taken_apart"]["widest"] else 0)
        probes = self._probes("convergence", width)
        quadratures = lanczos_seconds(width, networks * spectra, e["steps"], probes, self._itemsize)
        return quadratures + distance_seconds(width, networks)

    def convergence_table_seconds(self) -> float:
        """Estimated run time of the table of distances, which predicts that of every width and nonlinearity."""
        e = self.section["convergence"]
        widths = [*(one["width"] for one in e["sizes"]), *e["predicted_widths"]]
        return START_SECONDS + self._number(ALL) * distances_predicted_seconds(widths)

    # moments (27)

    def moments_parts(self) -> list[str]:
        """Parts of the table of moments: blocks of networks of all nonlinearities and widths."""
        e = self.section["moments"]
        each = self._moments_block_seconds(e["networks"]) / e["networks"]
        return [
            self.site.cells(f"pennington_moments/networks_{first}-{stop}.csv")
            for first, stop in blocks(e["networks"], e["networks_per_job"], each, self.site.job_seconds)
        ]

    def moments_mb(self, wildcards: Any) -> int:
        """Memory of a job that computes moments, of its largest width."""
        return matrix_free_mb(max(self.section["moments"]["widths"]))

    def moments_seconds(self, wildcards: Any) -> float:
        """Estimated run time of a job that computes moments."""
        return START_SECONDS + self._moments_block_seconds(int(wildcards.stop) - int(wildcards.first))

    def _moments_block_seconds(self, networks: int) -> float:
        return moments_seconds(self.section["moments"]["widths"], networks * self._number(ALL))

    # loss reduction by one step (33)

    def fig3_parts(self) -> list[str]:
        """Parts of Figure 3: blocks of networks for each family."""
        e = self.section["fig3"]
        return [
            self.site.cells(f"pennington_fig3/{family}/networks_{first}-{stop}.csv")
            for family in e["families"]
            for first, stop in blocks(
                e["networks"],
                e["networks_per_job"],
                self._descent_block_seconds(family, e["networks"]) / e["networks"],
                self.site.job_seconds,
            )
        ]

    def descent_mb(self, wildcards: Any) -> int:
        """Memory of a job that measures the loss reduction by one step."""
        e = self.section["fig3"]
        return descent_mb(
            e["width"], len(e["families"][wildcards.family]["alphas"]), torch=self._is_smooth(wildcards.family)
        )

    def _is_smooth(self, family: str) -> bool:
        """Whether a family of Figure 3 has no kinks; smooth activations of all samples are computed by PyTorch."""
        return get_activation(self.section["fig3"]["families"][family]["function"]).slopes is None

    def descent_seconds(self, wildcards: Any) -> float:
        """Estimated run time of a job that measures the loss reduction by one step."""
        number = int(wildcards.stop) - int(wildcards.first)
        start = TORCH_START_SECONDS if self._is_smooth(wildcards.family) else START_SECONDS
        return start + self._descent_block_seconds(wildcards.family, number)

    def _descent_block_seconds(self, family: str, networks: int) -> float:
        e = self.section["fig3"]
        return descent_seconds(e["width"], e["samples"], len(e["families"][family]["alphas"]), networks)

    # tables of many rows

    def fig1_table_mb(self) -> int:
        """Memory of the table of Figure 1."""
        e = self.section["fig1"]
        dense = max(e["dense_width"], e["dense_width_gpu"])
        return table_mb(
            e["linear_networks"] * 2 * e["width"] ** 2
            + e["dense_networks"] * 2 * dense**2
            + e["lanczos_networks"] * e["steps"] * self._probes("fig1", e["width"])
        )

    def fig2_table_mb(self) -> int:
        """Memory of the table of Figure 2."""
        e = self.section["fig2"]
        eigenvalues = sum(2 * one["width"] ** 2 * one["networks"] for one in e["dense"])
        nodes = sum(self._probes("fig2", one["width"]) * e["steps"] * one["networks"] for one in e["lanczos"])
        return table_mb(eigenvalues + nodes)

    def singularities_table_mb(self) -> int:
        """Memory of the table on the peaks (26)."""
        e = self.section["singularities"]
        return table_mb(sum(2 * width**2 for width in e["widths"]) * e["networks"] * self._number(ALL))


def name_of_blocks(found: Iterable[Block]) -> str:
    """The name of a part: ``n64_0-32_n128_0-16`` for networks 0 to 31 of width 64 and 0 to 15 of width 128."""
    return "_".join(f"n{block.width}_{block.first}-{block.stop}" for block in found)


def blocks_in(name: str) -> list[Block]:
    """The blocks that `name_of_blocks` has put into a name."""
    return [Block(*map(int, re.findall(r"\d+", one))) for one in re.findall(BLOCK, name)]
