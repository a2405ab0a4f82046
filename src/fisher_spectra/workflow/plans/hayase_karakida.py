"""Hayase, Karakida 2020 and 2021: the parts of the tables, and what their jobs take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fisher_spectra.hayase_karakida.hard_tanh import HardTanh
from fisher_spectra.workflow.estimates.datasets import pixels_of
from fisher_spectra.workflow.estimates.hayase_karakida import (
    cut_shares,
    dense_theta_mb,
    dense_theta_seconds,
    frames_seconds,
    means_seconds,
    online_mb,
    online_seconds,
    plain_seconds,
    spectrum_mb,
    theta_mb,
    theta_seconds,
    trained_spectra_seconds,
)
from fisher_spectra.workflow.estimates.rates import START_SECONDS, TORCH_START_SECONDS, table_mb
from fisher_spectra.workflow.estimates.sharing import blocks, grid, runs
from fisher_spectra.workflow.plans.site import Site, dataset_file

# The laws of experiments on sampled spectra, by their names in tables; those drawn by frames are in their sections.
FIG1_PANELS = ("isometry", "saturating", "projections", "printed")
GAUSSIAN_PANELS = ("orthogonal", "gaussian")
FRAMES = {"laws": "frames", "jacobian": "jacobian"}  # experiments without weights, and how they are sampled
PROJECTIONS = "projections"  # the law of Figure 1 that is of no network
STATIONARY = "stationary"  # the setting of the limits of large depth whose hard tanh changes with depth
# The setting of the limits of large depth that is far from isometry, where Corollary 4.5 does not hold.
SATURATING = "saturating"
LIMIT_LAYERS = 12  # matrices that the errata hold at once: frames, their products, one whole network


@dataclass(frozen=True)
class HayaseKarakidaPlan:
    """The experiments of the section ``hayase_karakida`` of a configuration.

    Methods that take `wildcards` are called with those of a job of the rule; `experiment` is a key of the section.
    """

    section: Mapping[str, Any]
    site: Site

    def _blocks(self, experiment: str, folder: str, seconds_each: float) -> list[str]:
        """Blocks of networks of an experiment in one folder, of so many seconds a network."""
        e = self.section[experiment]
        return [
            self.site.cells(f"hayase_{experiment}/{folder}networks_{first}-{stop}.csv")
            for first, stop in blocks(e["networks"], e["networks_per_job"], seconds_each, self.site.job_seconds)
        ]

    @staticmethod
    def _sampling_seconds(wildcards: Any, each: float) -> float:
        """Run time of a job that samples networks `first` to `stop` - 1, of so many seconds each."""
        return START_SECONDS + _number(wildcards) * each

    def _hard_tanh(self, setting: str) -> HardTanh:
        return HardTanh(**self.section["activations"][setting])

    def _frames_seconds(self, setting: str, width: int, depths: Sequence[int]) -> float:
        """Of one network of every depth with the hard tanh of a setting, without weights."""
        shape = self._hard_tanh(setting)
        shares = cut_shares(shape.s, shape.g, max(depths))
        return sum(frames_seconds(width, depth, shares) for depth in depths)

    # spectra of H_L

    def panels(self, experiment: str) -> Sequence[str]:
        """The laws of an experiment on sampled spectra."""
        named = {"fig1": FIG1_PANELS, "gaussian": GAUSSIAN_PANELS}
        return named[experiment] if experiment in named else tuple(self.section[experiment]["depths"])

    def spectra(self, experiment: str) -> list[str]:
        """The parts of the table of an experiment on sampled spectra: blocks of networks of each law."""
        return [
            part
            for panel in self.panels(experiment)
            for part in self._blocks(experiment, f"{panel}/", self._spectra_seconds(experiment, panel))
        ]

    def depths(self, wildcards: Any) -> list[int]:
        """Depths of the networks of a law."""
        return self._depths(wildcards.experiment, wildcards.panel)

    def _depths(self, experiment: str, panel: str) -> list[int]:
        e = self.section[experiment]
        if experiment == "fig1":
            return [e["depth"]]
        return list(e["depths"][panel] if experiment in FRAMES else e["depths"])

    def widths(self, wildcards: Any) -> list[int]:
        """Widths of the networks of an experiment on sampled spectra."""
        return self._widths(wildcards.experiment)

    def _widths(self, experiment: str) -> list[int]:
        e = self.section[experiment]
        return list(e["widths"]) if "widths" in e else [e["width"]]

    def sampler(self, wildcards: Any) -> str:
        """How the weights of a law are drawn: side by side that is the law's name, for the largest depths frames."""
        return ({"fig1": "orthogonal"} | FRAMES).get(wildcards.experiment, str(wildcards.panel))

    def hard_tanh(self, wildcards: Any) -> Mapping[str, float] | None:
        """The hard tanh of a law, as its section of the configuration; none for independent projections."""
        if wildcards.panel == PROJECTIONS:
            return None
        setting = "isometry" if wildcards.experiment == "gaussian" else wildcards.panel
        found: Mapping[str, float] = self.section["activations"][setting]
        return found

    def projection_weight(self, wildcards: Any) -> float | None:
        """Share of ones of independent projections; none for networks."""
        return float(self.section["fig1"]["projection_weight"]) if wildcards.panel == PROJECTIONS else None

    def spectra_mb(self, wildcards: Any) -> int:
        """Memory of a job that samples spectra: the weights, or a few matrices where frames are drawn."""
        layers = 0 if wildcards.experiment in FRAMES else max(self.depths(wildcards))
        return spectrum_mb(max(self.widths(wildcards)), layers)

    def spectra_seconds(self, wildcards: Any) -> float:
        """Estimated run time of a job that samples spectra."""
        return self._sampling_seconds(wildcards, self._spectra_seconds(wildcards.experiment, wildcards.panel))

    def _spectra_seconds(self, experiment: str, panel: str) -> float:
        """Of one network of every depth and width of a law."""
        depths, widths = self._depths(experiment, panel), self._widths(experiment)
        if experiment in FRAMES:
            return sum(self._frames_seconds(panel, width, depths) for width in widths)
        return sum(plain_seconds(width, depths) for width in widths)

    def spectra_table_mb(self, experiment: str) -> int:
        """Memory of the job that puts a table of sampled spectra together."""
        depths = sum(len(self._depths(experiment, panel)) for panel in self.panels(experiment))
        return table_mb(depths * sum(self._widths(experiment)) * self.section[experiment]["networks"])

    # Theta

    def theta(self) -> list[str]:
        """The parts of Figure 2: blocks of networks against L, and against N."""
        return [
            part for varied in ("L", "N") for part in self._blocks("fig2", f"{varied}/", self._theta_seconds(varied))
        ]

    def theta_depths(self, wildcards: Any) -> list[int]:
        """Depths of a panel of Figure 2."""
        return self._theta_sizes(wildcards.varied)[0]

    def theta_samples(self, wildcards: Any) -> list[int]:
        """Numbers of inputs of a panel of Figure 2."""
        return self._theta_sizes(wildcards.varied)[1]

    def _theta_sizes(self, varied: str) -> tuple[list[int], list[int]]:
        """Depths and numbers of inputs."""
        e = self.section["fig2"]
        if varied == "L":
            return list(e["depths"]), [e["fixed_samples"]]
        return [e["fixed_depth"]], list(e["samples"])

    def theta_mb(self, wildcards: Any) -> int:
        """Memory of a job of Figure 2."""
        depths, samples = self._theta_sizes(wildcards.varied)
        return theta_mb(self.section["fig2"]["width"], max(depths), max(samples))

    def theta_seconds(self, wildcards: Any) -> float:
        """Estimated run time of a job of Figure 2."""
        return self._sampling_seconds(wildcards, self._theta_seconds(wildcards.varied))

    def _theta_seconds(self, varied: str) -> float:
        return theta_seconds(self.section["fig2"]["width"], *self._theta_sizes(varied))

    def dense_theta(self) -> list[str]:
        """The parts of Figure 3: blocks of networks."""
        return self._blocks("fig3", "", self._dense_theta_seconds())

    def dense_theta_mb(self, wildcards: Any) -> int:
        """Memory of a job of Figure 3."""
        return dense_theta_mb(self.section["fig3"]["width"], self.section["fig3"]["samples"])

    def dense_theta_seconds(self, wildcards: Any) -> float:
        """Estimated run time of a job of Figure 3."""
        return self._sampling_seconds(wildcards, self._dense_theta_seconds())

    def _dense_theta_seconds(self) -> float:
        e = self.section["fig3"]
        return dense_theta_seconds(e["width"], e["depth"], e["samples"])

    # limits of large depth

    def depth_limits(self) -> list[str]:
        """The parts of the limits of large depth: blocks of networks of each setting."""
        return [
            part
            for setting in self.section["depth_limits"]["depths"]
            for part in self._blocks("depth_limits", f"{setting}/", self._depth_limits_seconds(setting))
        ]

    def limit_depths(self, wildcards: Any) -> list[int]:
        """Depths of a setting."""
        return list(self.section["depth_limits"]["depths"][wildcards.setting])

    def fixed_hard_tanh(self, wildcards: Any) -> Mapping[str, float] | None:
        """The hard tanh of a setting, as its section of the configuration; none where it changes with depth."""
        found: Mapping[str, float] | None = None
        if wildcards.setting != STATIONARY:
            found = self.section["activations"][wildcards.setting]
        return found

    def epsilon_1(self, wildcards: Any) -> float | None:
        """L (1 - alpha) of the setting whose hard tanh changes with depth; none of the others."""
        return float(self.section["depth_limits"]["epsilon_1"]) if wildcards.setting == STATIONARY else None

    def deepest(self, wildcards: Any) -> int | None:
        """Where to stop looking for the depth at which the atom vanishes; none where the hard tanh changes with it."""
        return None if wildcards.setting == STATIONARY else int(self.section["depth_limits"]["deepest"])

    def many_inputs(self, wildcards: Any) -> Mapping[str, Any] | None:
        """Depths, ratios and width of networks with many inputs; none far from isometry."""
        found: Mapping[str, Any] | None = None
        if wildcards.setting != SATURATING:
            found = self.section["depth_limits"]["many_inputs"]
        return found

    def depth_limits_mb(self, wildcards: Any) -> int:
        """Memory of a job of the limits of large depth: frames, or all weights of a narrower network."""
        many = self.section["depth_limits"]["many_inputs"]
        return max(spectrum_mb(self.section["depth_limits"]["width"]), spectrum_mb(many["width"], max(many["depths"])))

    def depth_limits_seconds(self, wildcards: Any) -> float:
        """Estimated run time of a job of the limits of large depth."""
        return self._sampling_seconds(wildcards, self._depth_limits_seconds(wildcards.setting))

    def _depth_limits_seconds(self, setting: str) -> float:
        """Of one network of every depth of a setting."""
        e = self.section["depth_limits"]
        width, depths = e["width"], e["depths"][setting]
        if setting == STATIONARY:
            # its hard tanh is that which cuts a share of epsilon_1 / L
            total = sum(frames_seconds(width, depth, [e["epsilon_1"] / depth] * depth) for depth in depths)
        else:
            total = self._frames_seconds(setting, width, depths)
        if setting != SATURATING:
            many = e["many_inputs"]
            total += sum(
                means_seconds(many["width"], depth, max(1, round(depth / ratio)))
                for depth in many["depths"]
                for ratio in many["ratios"]
            )
        return total

    # online training

    def data(self, wildcards: Any) -> str:
        """The file of the data set of an experiment."""
        return dataset_file(self.section[wildcards.experiment]["dataset"])

    def columns(self, experiment: str) -> list[str]:
        """The parts of a heat map: some depths with all learning rates, or one deep network with some of them."""
        e = self.section[experiment]
        rates, depths = e["learning_rates"], e["depths"]
        each = [self._columns_seconds(experiment, [depth], rates["number"]) for depth in depths]
        chunks = grid(each, e["depths_per_job"], rates["number"], rates["number_per_job"], self.site.job_seconds)
        return [
            self.site.cells(f"hayase_{experiment}/L{_joined(depths[first:stop])}/rates_{low}-{high}.csv")
            for (first, stop), (low, high) in chunks
        ]

    def online_mb(self, wildcards: Any) -> int:
        """Memory of a job that trains a part of a heat map."""
        return self._online_mb(wildcards, "hayase_train_online")

    def online_seconds(self, wildcards: Any) -> float:
        """Estimated run time on one core of a job that trains a part of a heat map."""
        each = self._columns_seconds(wildcards.experiment, _depths_of(wildcards), _number(wildcards))
        return TORCH_START_SECONDS + each

    def _columns_seconds(self, experiment: str, depths: Sequence[int], rates: int) -> float:
        """Of some depths and a number of learning rates of a heat map."""
        e = self.section[experiment]
        return online_seconds(e["dataset"], depths, self._samples, e["epochs"], rates, e["trials"])

    @property
    def _samples(self) -> int:
        """Number of training samples; every one is seen once in each epoch."""
        return int(self.section["training"]["samples"])

    def _online_mb(self, wildcards: Any, rule: str) -> int:
        """Of the deepest network of a job."""
        experiment = wildcards.experiment
        e = self.section[experiment]
        return online_mb(
            e["dataset"],
            max(_depths_of(wildcards)),
            self._samples,
            steps=self._samples * e["epochs"],
            rates=len(e["rates"]) if "rates" in e else _number(wildcards),
            limit_mb=self.section["training"]["memory_mb"],
            spectra=experiment == "fig5",
            gpu=self.site.has_gpu(rule),
        )

    def trained_spectra(self) -> list[str]:
        """The parts of Figure 5: a few depths each."""
        e = self.section["fig5"]
        each = [self._trained_spectra_seconds(depth) for depth in e["depths"]]
        return [
            self.site.cells(f"hayase_fig5/L{_joined(e['depths'][first:stop])}.csv")
            for first, stop in runs(each, e["depths_per_job"], self.site.job_seconds)
        ]

    def trained_spectra_mb(self, wildcards: Any) -> int:
        """Memory of a job of Figure 5."""
        return self._online_mb(wildcards, "hayase_train_spectra")

    def trained_spectra_seconds(self, wildcards: Any) -> float:
        """Estimated run time on one core of a job of Figure 5."""
        return TORCH_START_SECONDS + sum(map(self._trained_spectra_seconds, _depths_of(wildcards)))

    def _trained_spectra_seconds(self, depth: int) -> float:
        e = self.section["fig5"]
        name, rates = e["dataset"], len(e["rates"])
        training = online_seconds(name, [depth], self._samples, e["epochs"], rates, 1)
        return training + trained_spectra_seconds(name, [depth], rates, e["inputs"])

    def trained_spectra_table_mb(self) -> int:
        """Memory of the job that puts the table of Figure 5 together."""
        e = self.section["fig5"]
        _, width = pixels_of(e["dataset"])
        return table_mb(len(e["depths"]) * (len(e["rates"]) + 1) * e["inputs"] * width)

    # errata

    def errata_mb(self) -> int:
        """Memory of the job that measures the errata."""
        return spectrum_mb(self.section["errata"]["width"], LIMIT_LAYERS)


def _number(wildcards: Any) -> int:
    """Networks or learning rates of a job."""
    return int(wildcards.stop) - int(wildcards.first)


def _depths_of(wildcards: Any) -> list[int]:
    return list(map(int, wildcards.depths.split("-")))


def _joined(depths: Sequence[int]) -> str:
    return "-".join(map(str, depths))
