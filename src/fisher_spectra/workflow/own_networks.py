"""The section ``own`` of a configuration: what is left out is filled in, and what cannot be is refused."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

from fisher_spectra.common.errors import UserError
from fisher_spectra.finite_size.ensemble import scaled_widths
from fisher_spectra.finite_size.variables import diagonal_sum, order_parameters
from fisher_spectra.own_networks.description import OwnNetwork
from fisher_spectra.own_networks.inputs import GAUSSIAN
from fisher_spectra.workflow.data_sets import contents_of
from fisher_spectra.workflow.network_moments import LARGEST, SMALLEST
from fisher_spectra.workflow.places import refusal
from fisher_spectra.workflow.plans.own import ITSELF, factor_text
from fisher_spectra.workflow.registry.own import OWN_FIGURES

Section = Mapping[str, Any]

LARGEST_ORDER = 10_000  # C T: the dual Fisher matrix then takes 800 MB, and all its eigenvalues a minute or two
LARGEST_PARAMETERS = 200_000_000  # 1.6 GB


def with_defaults(configuration: Section, schema: Section) -> dict[str, Any]:
    """The configuration with the defaults of the schema in each own network; an empty section ``own`` has none."""
    filled = dict(configuration)
    networks = filled.get("own")
    if networks is None:
        return filled | {"own": {}}
    if not isinstance(networks, Mapping):
        return filled  # which the schema refuses
    properties = schema["$defs"]["own_network"]["properties"]
    defaults = {key: entry["default"] for key, entry in properties.items() if "default" in entry}
    return filled | {"own": {name: _filled(network, defaults) for name, network in networks.items()}}


def _filled(network: Any, defaults: Section) -> Any:
    """One network; of a setting with keys of its own, such as `rate_factors`, some may be given."""
    if not isinstance(network, Mapping):
        return network
    found = copy.deepcopy(dict(defaults)) | dict(network)
    for key, default in defaults.items():
        if isinstance(default, Mapping) and isinstance(found[key], Mapping):
            found[key] = dict(default) | dict(found[key])
    return found


def check_own_networks(configuration: Section) -> None:
    """Refuse own networks that no job could sample, train or predict.

    Raises
    ------
    UserError
        For the first fault, by its key.
    """
    for name, settings in configuration.get("own", {}).items():
        _check_name(name)
        _check_layers(f"own.{name}", settings)
        _check_inputs(f"own.{name}", settings)
        _check_factors(f"own.{name}", settings)
        _check_moments(f"own.{name}", settings)


def _check_name(name: str) -> None:
    for kind in OWN_FIGURES:
        if name == kind or name.endswith(f"_{kind}"):
            raise refusal("own", name, f"another name: those that end in {kind} are the names of figures")


def _check_layers(place: str, settings: Section) -> None:
    """As many values as layers, and activations that there are."""
    layers = len(settings["widths"]) - 1
    for key, needed, what in (
        ("activation", layers - 1, "hidden layers"),
        ("sigma_w2", layers, "layers of weights"),
        ("sigma_b2", layers, "layers of weights"),
    ):
        value = settings[key]
        if isinstance(value, list) and len(value) != needed:
            raise refusal(f"{place}.{key}", value, f"one value, or {needed}: widths has {needed} {what}")
    names = settings["activation"]
    for index, activation in enumerate(names if isinstance(names, list) else [names]):
        at = f"{place}.activation" + (f"[{index}]" if isinstance(names, list) else "")
        try:
            network_of({**settings, "activation": activation})
        except (UserError, ValueError) as error:
            raise UserError(f"configuration: {at}: {error}") from error


def network_of(settings: Section) -> OwnNetwork:
    """The network that the settings describe."""
    return OwnNetwork.of(
        settings["widths"],
        settings["activation"],
        settings["sigma_w2"],
        settings["sigma_b2"],
        settings["initialisation"],
        biases=settings["biases"],
    )


def _check_inputs(place: str, settings: Section) -> None:
    """Samples that there are, of the size of the first layer, with targets for the outputs."""
    widths, samples, dataset = settings["widths"], settings["samples"], settings["dataset"]
    outputs, targets = widths[-1], settings["targets"]
    if outputs * samples > LARGEST_ORDER:
        must = f"at most {LARGEST_ORDER // outputs}: every eigenvalue of a matrix of order samples x outputs is sampled"
        raise refusal(f"{place}.samples", samples, must)
    if settings["loss"] == "cross_entropy" and outputs < 2:
        raise refusal(f"{place}.loss", settings["loss"], "half_sum or mse: a cross-entropy needs two outputs or more")
    if dataset == GAUSSIAN:
        if targets == "labels":
            raise refusal(f"{place}.targets", targets, "auto or teacher: Gaussian inputs have no labels")
        return
    if settings["input_overlap"] != 0:
        must = f"0, or left out: it is one of Gaussian inputs, and the data {dataset} have their own"
        raise refusal(f"{place}.input_overlap", settings["input_overlap"], must)
    holds = contents_of(place, dataset)
    if samples > holds.training:
        raise refusal(f"{place}.samples", samples, f"at most {holds.training}, the training samples of {dataset}")
    if holds.values is not None and widths[0] != holds.values:
        raise refusal(f"{place}.widths[0]", widths[0], f"{holds.values}, the values of a sample of {dataset}")
    if targets != "teacher" and holds.classes is not None and outputs != holds.classes:
        must = f"{holds.classes}, the classes of {dataset}; with targets: teacher any number will do"
        raise refusal(f"{place}.widths[{len(widths) - 1}]", outputs, must)


def _check_factors(place: str, settings: Section) -> None:
    """Factors that files can tell apart, among them the network itself; no network too large for memory."""
    seen: dict[str, int] = {}
    for index, factor in enumerate(settings["width_factors"]):
        name = factor_text(factor)
        if float(name) != factor:
            raise refusal(f"{place}.width_factors[{index}]", factor, "of at most six digits")
        if name in seen:
            raise refusal(f"{place}.width_factors[{index}]", factor, "other than those before")
        seen[name] = index
        size = network_of(settings).scaled(factor).ensemble.n_parameters
        if size > LARGEST_PARAMETERS:
            must = (
                f"smaller: the network has {size:.3g} parameters then, and at most {LARGEST_PARAMETERS:.3g} are sampled"
            )
            raise refusal(f"{place}.width_factors[{index}]", factor, must)
    if factor_text(ITSELF) not in seen:
        raise refusal(f"{place}.width_factors", settings["width_factors"], "a list with 1, the network itself")
    widths = [scaled_widths(settings["widths"], factor) for factor in settings["width_factors"]]
    for index, these in enumerate(widths):
        if these in widths[:index]:
            must = f"other than one that gives the same widths, {list(these)}"
            raise refusal(f"{place}.width_factors[{index}]", settings["width_factors"][index], must)


def _check_moments(place: str, settings: Section) -> None:
    """Moments that neither overflow nor vanish on their way through the layers."""
    ensemble = network_of(settings).ensemble
    try:
        fields = order_parameters(ensemble, 1.0, settings["input_overlap"])
    except (ValueError, OverflowError) as error:
        raise UserError(f"configuration: {place}.sigma_w2 = {settings['sigma_w2']}: {error}") from error
    total = diagonal_sum(ensemble, fields, biases=False)
    values = [*fields.q[1:], *fields.q_tilde[1:], total]
    if not all(math.isfinite(value) for value in values) or max(values) > LARGEST or total < SMALLEST:
        must = f"such that the moments stay between {SMALLEST:g} and {LARGEST:g}; they add up to {total:.3g} in F"
        raise refusal(f"{place}.sigma_w2", settings["sigma_w2"], must)
