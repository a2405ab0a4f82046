"""Where a run takes place: its folder of results, its devices, and how long a job shall take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fisher_spectra.datasets.registry import DATASETS, is_own_file
from fisher_spectra.jobs.exact import folder_of

DATA = "results/data"  # where the rule `fetch_dataset` puts data sets, for all scales


@dataclass(frozen=True)
class Site:
    """What the plans of all papers share.

    Attributes
    ----------
    results
        Folder of the results of the scale, e.g. ``results/laptop``; of the exact mode ``results/laptop-exact``.
    job_seconds
        How long a job shall take where the configuration leaves its share of the work to the estimates.
    device
        ``auto``, ``cpu`` or ``cuda``.
    gpu_rules
        Rules whose jobs have a GPU by the profile.
    """

    results: str
    job_seconds: float
    device: str
    gpu_rules: frozenset[str]

    @classmethod
    def of(cls, configuration: Mapping[str, Any], gpu_rules: str = "") -> Site:
        """The site of a configuration; `gpu_rules` names rules, with blanks between them."""
        return cls(
            results=f"results/{folder_of(configuration['scale'], configuration.get('exact', False))}",
            job_seconds=60 * configuration["job_minutes"],
            device=configuration["device"],
            gpu_rules=frozenset(gpu_rules.split()),
        )

    def cells(self, path: str) -> str:
        """Where a part of a table lies."""
        return f"{self.results}/cells/{path}"

    def table(self, name: str) -> str:
        """The tidy table of a figure."""
        return f"{self.results}/tables/{name}.csv"

    def sidecar(self, name: str) -> str:
        """What made the tidy table of a figure."""
        return f"{self.results}/tables/{name}.json"

    def drawn(self, name: str, suffix: str) -> str:
        """The file of a figure in one format."""
        return f"{self.results}/figures/{name}.{suffix}"

    def logs(self, path: str) -> str:
        """Where a job's messages lie."""
        return f"{self.results}/logs/{path}.log"

    def costs(self, path: str) -> str:
        """Where Snakemake records what a job cost in time and memory."""
        return f"{self.results}/benchmarks/{path}.tsv"

    def has_gpu(self, rule: str) -> bool:
        """Whether jobs of a rule are known to have a GPU, and need room for its libraries."""
        return self.device == "cuda" or (self.device == "auto" and rule in self.gpu_rules)


def sidecars_of(parts: Sequence[str]) -> list[str]:
    """The sidecars that lie beside the parts of a table."""
    return [str(Path(file).with_suffix(".json")) for file in parts]


def dataset_file(dataset: str) -> str:
    """The file of a data set: the user's own, or the one that the rule `fetch_dataset` makes."""
    return dataset if is_own_file(dataset) else f"{DATA}/{dataset}.npz"


def is_own_data(file: str) -> bool:
    """Whether a file that `dataset_file` names is the user's own."""
    return Path(file).parent != Path(DATA) or Path(file).stem not in DATASETS
