"""What depends on more than one key of a configuration, which no schema can state: refused before the first job."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.errors import UserError
from fisher_spectra.layers.names import layer_kinds
from fisher_spectra.workflow.places import mappings, refusal

# Neighbours on a logarithmic axis differ by at least this share: tables have learning rates to six digits, and
# differences between functions at two of them are to be more than rounding.
CLOSEST = 1e-4
Section = Mapping[str, Any]

# One key that must be less than another, or at most that.
_ORDERED = (
    ("smallest", "largest", "less than"),
    ("fine_bin_width", "bin_width", "less than"),
    ("batch_size", "samples", "at most"),
    ("kernel_samples", "samples", "at most"),
    ("fit", "number", "at most"),
    ("steps_early", "steps", "at most"),
    ("steps", "steps_late", "at most"),
    ("loss_strict", "loss_lenient", "at most"),
)
# T of a network with batch normalisation, whose inverse variances have a mean from here on.
_FEWEST_IN_BATCH = 4
# Names that a table gives to activations that it finds itself.
_FOUND_IN_OPTIMAL = ("numerical_optimum", "best_saturating")


def check_relations(configuration: Section) -> None:
    """Refuse settings that do not go together.

    Raises
    ------
    UserError
        For the first fault, in the order of the keys.
    """
    for place, settings in mappings(configuration):
        for key, other, allowed in _ORDERED:
            if {key, other} <= settings.keys():
                value, bound = settings[key], settings[other]
                if value > bound or (value == bound and allowed == "less than"):
                    raise refusal(f"{place}.{key}", value, f"{allowed} {other}, which is {bound}")
        if {"smallest", "largest", "number"} <= settings.keys():
            _check_axis(place, settings)
    for name, check in _OF_PAPERS.items():
        if name in configuration:
            check(configuration[name])


def _check_axis(place: str, settings: Section) -> None:
    """Values on a logarithmic axis must be told apart, in tables as well."""
    smallest, largest, number = (settings[key] for key in ("smallest", "largest", "number"))
    if math.log(largest / smallest) / max(number - 1, 1) < math.log1p(CLOSEST):
        raise refusal(
            f"{place}.number",
            number,
            f"fewer between {smallest} and {largest}: neighbours must differ by a share of {CLOSEST:g} at least",
        )


def _check_distinct(place: str, values: list[Any], as_shown: Callable[[Any], str], why: str) -> None:
    """Refuse the second of two values that would be shown alike."""
    seen: dict[str, Any] = {}
    for index, value in enumerate(values):
        name = as_shown(value)
        if name in seen:
            raise refusal(f"{place}[{index}]", value, f"other than {seen[name]}, {why}")
        seen[name] = value


def _check_karakida(section: Section) -> None:
    # tables of these experiments are given their settings and all activations by name
    settings = {key for name, entry in section.items() if name not in ("activations", "errata") for key in entry}
    for name in section["activations"]:
        if name in settings:
            raise refusal("karakida.activations", name, "a name that no setting has")
    thresholds = section["corollary2"]["thresholds"]
    _check_distinct("karakida.corollary2.thresholds", thresholds, "{:g}".format, "with which it would share a column")
    for name, case in section["layers"]["cases"].items():
        _check_layers(f"karakida.layers.cases.{name}", case, min(section["layers"]["widths"]))


def _check_layers(place: str, case: Section, narrowest: int) -> None:
    """A network of kinds of layers: each is known, and has its own of everything or nothing."""
    kinds, depth = layer_kinds(), len(case["layers"])
    for index, kind in enumerate(case["layers"]):
        if kind not in kinds:
            raise refusal(f"{place}.layers[{index}]", kind, f"one of {', '.join(sorted(kinds))}")
    for key, number in (("functions", depth - 1), ("sigma_w2", depth), ("sigma_b2", depth)):
        if key in case and len(case[key]) != number:
            raise refusal(f"{place}.{key}", case[key], f"a list of {number}, as there are {depth} layers")
    for index, function in enumerate(case.get("functions", ())):
        try:
            get_activation(function)
        except UserError as error:
            raise UserError(f"configuration: {place}.functions[{index}]: {error}") from error
    if "functions" in case and not {"sigma_w2", "sigma_b2"} <= case.keys():
        raise refusal(
            f"{place}.functions", case["functions"], "beside sigma_w2 and sigma_b2, which go with an activation"
        )
    ratio = case.get("samples_per_width")
    if ratio is not None and round(ratio * narrowest) < _FEWEST_IN_BATCH:
        raise refusal(
            f"{place}.samples_per_width",
            ratio,
            f"such that the width {narrowest} has {_FEWEST_IN_BATCH} samples at least",
        )


def _check_pennington_worah(section: Section) -> None:
    for name in _FOUND_IN_OPTIMAL:
        if name in section["nonlinearities"]:
            raise refusal("pennington_worah.nonlinearities", name, "another name: a table gives it to one it finds")
    taken_apart = section["convergence"]["taken_apart"]["nonlinearity"]
    if taken_apart not in section["nonlinearities"]:
        place = "pennington_worah.convergence.taken_apart.nonlinearity"
        raise refusal(place, taken_apart, f"one of nonlinearities: {', '.join(section['nonlinearities'])}")
    convergence = [entry["width"] for entry in section["convergence"]["sizes"]]
    _check_distinct("pennington_worah.convergence.sizes", convergence, str, "as the same networks would count twice")
    for kind in ("dense", "lanczos"):
        # the networks of a width are drawn from seeds of their own, which a second entry would draw again
        widths = [entry["width"] for entry in section["fig2"][kind]]
        _check_distinct(f"pennington_worah.fig2.{kind}", widths, str, "as the same networks would count twice")


def _check_hayase_karakida(section: Section) -> None:
    left, right = section["fig4_left"], section["fig4_right"]
    if (left["dataset"], left["epochs"]) == (right["dataset"], right["epochs"]):
        raise refusal(
            "hayase_karakida.fig4_right.epochs",
            right["epochs"],
            f"other than that of fig4_left where both have the data set {right['dataset']}: they would be one map",
        )
    if section["fig4_unit"]["label_norm"] == section["training"]["label_norm"]:
        place = "hayase_karakida.fig4_unit.label_norm"
        raise refusal(
            place, section["fig4_unit"]["label_norm"], "other than that of training, with which it is compared"
        )
    limits = section["depth_limits"]
    for setting, depths in limits["depths"].items():
        if max(depths) > limits["deepest"]:
            place = "hayase_karakida.depth_limits.deepest"
            raise refusal(place, limits["deepest"], f"at least the largest of depths.{setting}, {max(depths)}")
    errata = section["errata"]
    for index, rank in enumerate(errata["ranks"]):
        if not 1 <= round(rank * errata["width"]) <= errata["width"] - 1:
            place = f"hayase_karakida.errata.ranks[{index}]"
            raise refusal(place, rank, f"such that a projection at width {errata['width']} keeps some units, not all")


_OF_PAPERS: dict[str, Callable[[Section], None]] = {
    "karakida": _check_karakida,
    "pennington_worah": _check_pennington_worah,
    "hayase_karakida": _check_hayase_karakida,
}
