"""Karakida, Akaho, Amari 2019: the parts of its tables, and what their jobs take."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.finite_size.sweeps import Shape, shapes, sweeps
from fisher_spectra.workflow.estimates.datasets import pixels_of
from fisher_spectra.workflow.estimates.karakida import (
    finite_size_prediction_seconds,
    followed_mb,
    followed_seconds,
    formulas_seconds,
    prediction_mb,
    prediction_seconds,
    sampling_mb,
    sampling_seconds,
    shapes_mb,
    shapes_seconds,
    training_mb,
    training_seconds,
)
from fisher_spectra.workflow.estimates.rates import START_SECONDS, TORCH_START_SECONDS
from fisher_spectra.workflow.estimates.sharing import AUTO, blocks, runs
from fisher_spectra.workflow.plans.karakida_beyond_figures import BEYOND_FIGURES, BeyondFiguresPlan
from fisher_spectra.workflow.plans.site import Site, dataset_file

GAUSSIAN = "gaussian"  # inputs that are drawn, where others name a data set
FISHER_RAO = "theorem5"  # the experiment whose networks are sampled for their Fisher-Rao norm
FINITE_SIZE = "finite_size"  # the experiment around one shape, with activations of its own
CATAPULT = "catapult"  # networks followed along training; on data, settings that are not stated are those of this one
SHORT = ("corollary2", "depth", "many_outputs")  # experiments that take a minute or two at paper scale
# the shape in the middle, and what varies around it
SWEPT: tuple[str, ...] = ("inputs", "hidden", "outputs", "samples")
SWEPT += ("hidden_scales", "sample_numbers", "output_numbers", "bias_variances")


@dataclass(frozen=True)
class KarakidaPlan:
    """The experiments of the section ``karakida`` of a configuration.

    Methods that take `wildcards` are called with those of a job of the rule; `experiment` is a key of the section.
    """

    section: Mapping[str, Any]
    site: Site

    # sampled networks

    @property
    def long_sampling(self) -> list[str]:
        """Experiments on the eigenvalues of sampled networks, but for those that are not worth a place in a queue."""
        sampled = [name for name, settings in self.section.items() if "networks_per_job" in settings]
        return [name for name in sampled if name not in (FISHER_RAO, FINITE_SIZE, *BEYOND_FIGURES, *SHORT)]

    def network_blocks(self, experiment: str) -> list[str]:
        """The parts of the table of an experiment on sampled networks: blocks of networks of each activation."""
        e = self.section[experiment]
        each = self._sampling_seconds(experiment, e["networks"]) / e["networks"]
        return [
            self.site.cells(f"karakida_{experiment}/{activation}/networks_{first}-{stop}.csv")
            for activation in self.section["activations"]
            for first, stop in blocks(e["networks"], e["networks_per_job"], each, self.site.job_seconds)
        ]

    def cells(self, wildcards: Any) -> list[tuple[int, int, int, int]]:
        """The cells (L, M, T, C) of an experiment on sampled networks."""
        return network_cells(self.section[wildcards.experiment])

    def network_mb(self, wildcards: Any) -> int:
        """Memory of a job that samples networks, of its largest cell."""
        every = "thresholds" in self.section[wildcards.experiment]
        return sampling_mb(self.cells(wildcards), all_eigenvalues=every)

    def network_seconds(self, wildcards: Any) -> float:
        """Estimated run time of a job that samples networks."""
        return self._sampling_seconds(wildcards.experiment, int(wildcards.stop) - int(wildcards.first))

    def _sampling_seconds(self, experiment: str, networks: int) -> float:
        e = self.section[experiment]
        return sampling_seconds(
            network_cells(e),
            networks,
            all_eigenvalues="thresholds" in e,
            dual_matrix=experiment != FISHER_RAO,
        )

    # sizes that people use

    @property
    def _shapes(self) -> list[Shape]:
        """Every shape of network that is sampled around the one of the section."""
        e = self.section[FINITE_SIZE]
        return shapes(sweeps(**{name: e[name] for name in SWEPT}))

    def finite_size_blocks(self) -> list[str]:
        """The parts of the table of finite sizes: blocks of networks of each activation."""
        e = self.section[FINITE_SIZE]
        each = shapes_seconds(self._shapes, e["networks"]) / e["networks"]
        return [
            self.site.cells(f"karakida_{FINITE_SIZE}/{activation}/networks_{first}-{stop}.csv")
            for activation in e["activations"]
            for first, stop in blocks(e["networks"], e["networks_per_job"], each, self.site.job_seconds)
        ]

    def finite_size_predictions(self) -> list[str]:
        """The predictions at finite size, one table for each activation."""
        activations = self.section[FINITE_SIZE]["activations"]
        return [self.site.cells(f"karakida_{FINITE_SIZE}/{activation}/predicted.csv") for activation in activations]

    def finite_size_mb(self, wildcards: Any) -> int:
        """Memory of a job that samples networks around one shape, of the largest."""
        return shapes_mb(self._shapes)

    def finite_size_seconds(self, wildcards: Any) -> float:
        """Estimated run time of a job that samples networks around one shape."""
        return shapes_seconds(self._shapes, int(wildcards.stop) - int(wildcards.first))

    def finite_size_prediction_seconds(self, wildcards: Any) -> float:
        """Estimated run time of a job that predicts the largest eigenvalue around one shape."""
        e = self.section[FINITE_SIZE]
        return finite_size_prediction_seconds(sum(len(e[name]) for name in SWEPT if isinstance(e[name], list)))

    @property
    def beyond_figures(self) -> BeyondFiguresPlan:
        """The experiments on what the paper states beyond its figures."""
        return BeyondFiguresPlan(self.section, self.site)

    def formulas_table_seconds(self) -> float:
        """Estimated run time of the table of formulas that no figure shows."""
        e = self.section["formulas"]
        return formulas_seconds(e["width"], e["networks"])

    # training

    def columns(self, *experiments: str) -> list[str]:
        """The parts of colour maps: a few columns, each a width, of each activation."""
        return [
            self.site.cells(f"karakida_{experiment}/{activation}/M{'-'.join(map(str, widths[first:stop]))}.csv")
            for experiment in experiments
            for widths in [self.section[experiment]["widths"]]
            for activation in self.section["activations"]
            for first, stop in runs(
                [self._column_seconds(experiment, activation, width) for width in widths],
                self.section["training"]["widths_per_job"],
                self.site.job_seconds,
            )
        ]

    def training_mb(self, wildcards: Any) -> int:
        """Memory of a job that trains columns, of its widest network."""
        e = self.section[wildcards.experiment]
        layers, dataset = self._layers(wildcards.experiment, max(map(int, wildcards.widths.split("-"))))
        gpu = self.site.has_gpu(f"karakida_train_on_{'teacher' if dataset is None else 'data'}")
        return training_mb(layers, e["samples"], e.get("batch_size", e["samples"]), dataset=dataset, gpu=gpu)

    def training_seconds(self, wildcards: Any) -> float:
        """Estimated run time on one core of a job that trains columns."""
        experiment, activation = wildcards.experiment, wildcards.activation
        widths = map(int, wildcards.widths.split("-"))
        return TORCH_START_SECONDS + sum(self._column_seconds(experiment, activation, width) for width in widths)

    def _layers(self, experiment: str, width: int) -> tuple[list[int], str | None]:
        """Widths of all layers of a trained network, and its data set as configured, if any."""
        t, dataset = self.section["training"], self._dataset(experiment)
        if dataset == GAUSSIAN:
            return [width] * t["depth"] + [t["outputs"]], None
        return [pixels_of(dataset)[1]] + [width] * (t["depth"] - 1) + [t["outputs"]], dataset

    def _column_seconds(self, experiment: str, activation: str, width: int) -> float:
        """Estimated run time on one core of one column: every learning rate and trial of a width."""
        e, trials = self.section[experiment], self.section["training"]["trials"]
        if "linear_trials" in e and self.section["activations"][activation]["function"] == "linear":
            trials = e["linear_trials"]
        batch = e.get("batch_size", e["samples"])
        return training_seconds(
            self._layers(experiment, width)[0],
            batch,
            e.get("steps", -(-e["samples"] // batch)),
            e["learning_rates"]["number"] * trials,
            in_span="steps" in e and batch <= width,
        )

    def catapult_columns(self, experiment: str) -> list[str]:
        """The parts of the table of a catapult: some widths of each activation."""
        widths = self.section[experiment]["widths"]
        cut = runs([self._catapult_seconds(experiment, width) for width in widths], AUTO, self.site.job_seconds)
        return [
            self.site.cells(f"karakida_{experiment}/{activation}/M{'-'.join(map(str, widths[first:stop]))}.csv")
            for activation in self.section["activations"]
            for first, stop in cut
        ]

    def catapult_mb(self, wildcards: Any) -> int:
        """Memory of a job that follows networks along training, of its widest."""
        layers, dataset = self._layers(wildcards.experiment, max(map(int, wildcards.widths.split("-"))))
        e = self.section[CATAPULT] | self.section[wildcards.experiment]
        return followed_mb(layers, e["samples"], e["steps_late"], dataset=dataset)

    def catapult_seconds(self, wildcards: Any) -> float:
        """Estimated run time on one core of a job that follows networks along training."""
        widths = map(int, wildcards.widths.split("-"))
        return START_SECONDS + sum(self._catapult_seconds(wildcards.experiment, width) for width in widths)

    def _catapult_seconds(self, experiment: str, width: int) -> float:
        """Every trial, momentum and multiple of the critical learning rate of a width."""
        e = self.section[CATAPULT] | self.section[experiment]
        runs_of_width: int = e["factors"]["number"] * e["trials"] * len(e["momenta"])
        layers = self._layers(experiment, width)[0]
        return runs_of_width * followed_seconds(layers, e["samples"], e["steps_late"])

    # prediction

    def predictions(self, *experiments: str) -> list[str]:
        """The predicted learning rates of colour maps, one table for each activation."""
        return [
            self.site.cells(f"karakida_{experiment}/{activation}/predicted.csv")
            for experiment in experiments
            for activation in self.section["activations"]
        ]

    def _dataset(self, experiment: str) -> str:
        """The data set of a colour map, as the configuration names it."""
        return str(self.section[experiment].get("dataset", GAUSSIAN))

    def data(self, wildcards: Any) -> list[str]:
        """The file of the data set of an experiment, if it has one."""
        dataset = self._dataset(wildcards.experiment)
        return [] if dataset == GAUSSIAN else [dataset_file(dataset)]

    def dataset(self, wildcards: Any) -> str:
        """The data set of an experiment as jobs take it: its file, if it has one."""
        return next(iter(self.data(wildcards)), self._dataset(wildcards.experiment))

    def prediction_mb(self, wildcards: Any) -> int:
        """Memory of a job that predicts critical learning rates."""
        samples, inputs, kernel, widths, dataset = self._prediction_sizes(wildcards.experiment)
        return prediction_mb(samples, inputs, kernel, widths, dataset=dataset)

    def prediction_seconds(self, wildcards: Any) -> float:
        """Estimated run time of a job that predicts critical learning rates."""
        samples, inputs, kernel, widths, dataset = self._prediction_sizes(wildcards.experiment)
        function = self.section["activations"][wildcards.activation]["function"]
        return prediction_seconds(
            samples,
            inputs,
            kernel,
            widths,
            self.section["training"]["depth"],
            closed_form=get_activation(function).slopes is not None,
            data=dataset is not None,
        )

    def _prediction_sizes(self, experiment: str) -> tuple[int, int, int, int, str | None]:
        """Samples, their dimension, samples of the kernel, number of widths, and the data set as configured, if any."""
        e = self.section[experiment]
        layers, dataset = self._layers(experiment, max(e["widths"]))
        return e["samples"], layers[0], e.get("kernel_samples", e["samples"]), len(e["widths"]), dataset


def network_cells(experiment: Mapping[str, Any]) -> list[tuple[int, int, int, int]]:
    """The cells (L, M, T, C) of an experiment on sampled networks, from its section."""

    def values(one: str, many: str) -> list[int]:
        value = experiment.get(many, experiment.get(one))
        return value if isinstance(value, list) else [value]

    return [
        (depth, width, samples, experiment.get("outputs") or max(1, round(experiment["outputs_per_width"] * width)))
        for depth, width, samples in itertools.product(
            values("depth", "depths"), values("width", "widths"), values("samples", "samples")
        )
    ]
