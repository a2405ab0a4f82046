"""Whether the networks that a configuration describes have moments: finite, not zero, and those that a theory needs.

Computed from the recursions of the theories before any job starts, in some hundredths of a second. Imports of a
theory's modules are light here: plans and activations need them anyway.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.errors import UserError
from fisher_spectra.gaussian.integrals import derivative_second_moment, second_moment
from fisher_spectra.hayase_karakida.hard_tanh import HardTanh
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.workflow.places import refusal

Section = Mapping[str, Any]

# Squares and products of some moments stay far from the largest and the smallest floating-point number, 1.8e308.
LARGEST, SMALLEST = 1e100, 1e-100
SETTLED = 1e-6  # share by which the moments of two layers differ that count as alike
MOST_BINS = 10**6  # of one histogram
# Standard deviations of a sampled number that stay above what is needed of it.
SCATTERS = 2.5
BATCHES = 100  # of the draws of an S-transform (hayase_karakida.errata)
CERTAIN = 1e-6  # chance that one of these batches has no draw of one of the two values


def check_moments(configuration: Section) -> None:
    """Refuse networks whose moments overflow, vanish, or are not those that a theory needs.

    Raises
    ------
    UserError
        For the first fault, by the key of the activation or of the size.
    """
    if "karakida" in configuration:
        _check_karakida(configuration["karakida"])
    if "pennington_worah" in configuration:
        _check_pennington_worah(configuration["pennington_worah"])
    if "hayase_karakida" in configuration:
        _check_hayase_karakida(configuration["hayase_karakida"])


# Karakida, Akaho, Amari


def _depths_of(section: Section) -> dict[str, int]:
    """The largest depth of each experiment."""
    found = {}
    for name, settings in section.items():
        if "depth" in settings and isinstance(settings["depth"], int):
            found[name] = settings["depth"]
        elif isinstance(settings.get("depths"), list):
            found[name] = max(settings["depths"])
    return found


def _check_karakida(section: Section) -> None:
    depths = _depths_of({name: settings for name, settings in section.items() if name not in ("activations", "errata")})
    deepest = max(depths, key=lambda name: depths[name])
    for name, entry in section["activations"].items():
        _check_propagation(f"karakida.activations.{name}", entry, depths[deepest], deepest)
    finite = section["finite_size"]
    for name, entry in finite["activations"].items():
        place = f"karakida.finite_size.activations.{name}"
        for variance in finite["bias_variances"]:
            _check_propagation(place, {**entry, "sigma_b2": variance}, len(finite["hidden"]) + 1, "finite_size")
    errata = section["errata"]
    _check_propagation("karakida.errata.smooth", errata["smooth"], errata["depth"], "errata")
    _check_propagation("karakida.errata.relu", {"function": "relu", **errata["relu"]}, errata["depth"], "errata")


def _check_propagation(place: str, entry: Section, depth: int, experiment: str) -> None:
    """Forward and backward moments (9), (11) of the deepest network, without the covariances, which are smaller."""
    sigma_w2, sigma_b2 = entry["sigma_w2"], entry["sigma_b2"]
    forward, last = [1.0], 0.0
    gains: list[float] = []
    try:
        for layer in range(1, depth):
            variance = sigma_w2 * forward[-1] + sigma_b2
            if not variance < LARGEST:
                raise _growing(place, entry, f"grow to {variance:.3g} in layer {layer}", depth, experiment)
            if abs(variance - last) <= SETTLED * variance:  # deep layers are all alike
                forward.append(forward[-1])
                gains.append(gains[-1])
                continue
            moment, gain = _moments(entry["function"], variance)
            forward.append(moment)
            gains.append(sigma_w2 * gain)
            last = variance
    except ValueError as error:
        raise UserError(f"configuration: {place}.function = {entry['function']!r}: {error}") from error
    backward, total = 1.0, forward[-1]
    for gain, below in zip(reversed(gains), reversed(forward[:-1]), strict=True):
        backward *= gain
        total += backward * below
        if not backward < LARGEST:
            raise _growing(place, entry, f"grow to {backward:.3g} backwards", depth, experiment)
    if not SMALLEST < total < LARGEST:
        raise _growing(place, entry, f"add up to {total:.3g}", depth, experiment)


@functools.cache
def _moments(function: str, variance: float) -> tuple[float, float]:
    """E phi^2 and E phi'^2; experiments have layers in common."""
    activation = get_activation(function)
    return float(second_moment(activation, variance)), float(derivative_second_moment(activation, variance))


def _growing(place: str, entry: Section, how: str, depth: int, experiment: str) -> UserError:
    must = f"such that moments stay between {SMALLEST:g} and {LARGEST:g}; with {entry['function']} and sigma_b2 = "
    return refusal(
        f"{place}.sigma_w2", entry["sigma_w2"], f"{must}{entry['sigma_b2']} they {how}, depth {depth} ({experiment})"
    )


# Pennington, Worah


def _check_pennington_worah(section: Section) -> None:
    functions = [
        (f"nonlinearities.{name}.function", entry["function"]) for name, entry in section["nonlinearities"].items()
    ]
    for name, family in section["fig3"]["families"].items():
        functions += [
            (f"fig3.families.{name}.alphas[{index}]", f"{family['function']}(alpha={alpha!r})")
            for index, alpha in enumerate(family["alphas"])
        ]
    for place, function in functions:
        if (fault := _fault_of_nonlinearity(function)) is not None:
            raise UserError(f"configuration: pennington_worah.{place}: {fault}")
    erf_1 = section["nonlinearities"]["erf_1"]["function"]
    if nonlinearity_constants(get_activation(erf_1)).is_linear:
        # Figure 2b has distances between spectra without the matrix and a limit, which must have no atom
        raise refusal("pennington_worah.nonlinearities.erf_1.function", erf_1, "not linear: its limit has an atom at 0")


@functools.cache
def _fault_of_nonlinearity(function: str) -> str | None:
    """Why the theory does not hold for an activation, if so."""
    try:
        nonlinearity_constants(get_activation(function))
    except (UserError, ValueError) as error:
        return str(error)
    return None


# Hayase, Karakida


class _Layer(NamedTuple):
    """Layer l of a network of hard tanh, with q_0 = 1 and orthogonal weights."""

    q: float  # second moment q_l of its outputs
    cut: float  # share of its units beyond the kinks, 1 - alpha_l
    maximum: float  # largest eigenvalue of H_{l+1} while its atom is there, an upper bound afterwards (30)


def hard_tanh_layers(s_squared: float, g: float) -> Iterator[_Layer]:
    """Layers 1, 2, ... in closed form: E min(z^2, t^2) = 1 - cut - 2 t n(t) + t^2 cut with the kink at t."""
    q, maximum = 1.0, 1.0
    while True:
        deviation = math.sqrt(s_squared * q) * g
        cut = math.erfc(1 / (deviation * math.sqrt(2))) if deviation else 0.0
        kept = 1.0
        if cut:  # without, the two sides cancel, and t^2 would overflow
            kink = 1 / deviation
            density = math.exp(-0.5 * kink**2) / math.sqrt(2 * math.pi)
            kept = 1 - cut - 2 * kink * density + kink**2 * cut
        q *= g * g * kept
        maximum = q + g * g * maximum
        yield _Layer(q, cut, maximum)


def _check_hayase_karakida(section: Section) -> None:
    limits, laws, errata = section["depth_limits"], section["laws"], section["errata"]
    of_isometry = [section[name]["depth"] for name in ("fig1", "fig3", "errata")] + [section["fig2"]["fixed_depth"]]
    of_isometry += [
        max(section[name]["depths"]) for name in ("fig2", "fig4_left", "fig4_right", "fig4_unit", "fig5", "gaussian")
    ]
    of_isometry += [max(one["depths"]["isometry"]) for one in (limits, laws)] + [max(limits["many_inputs"]["depths"])]
    depths = {
        "isometry": max(of_isometry),
        "saturating": max(section["fig1"]["depth"], *(max(one["depths"]["saturating"]) for one in (limits, laws))),
        "printed": section["fig1"]["depth"],
        "expanding": 1,
    }
    for name, used in section["jacobian"]["depths"].items():
        depths[name] = max(depths[name], *used)
    for name, shape in section["activations"].items():
        _check_hard_tanh(f"hayase_karakida.activations.{name}", shape, depths[name])
        if name != "expanding":  # of which there is no histogram
            _check_bins(name, shape, section["fig1"])
    for name in limits["depths"]:
        if name in section["activations"]:
            _check_vanishing_atom(name, section["activations"][name], limits)
    _check_errata(section["activations"]["saturating"], errata)


def _layers(shape: Section, number: int) -> Iterator[tuple[int, _Layer]]:
    return zip(range(1, number + 1), hard_tanh_layers(shape["s_squared"], shape["g"]), strict=False)


def _check_hard_tanh(place: str, shape: Section, depth: int) -> None:
    try:
        get_activation(HardTanh(shape["s_squared"], shape["g"]).function)
    except UserError as error:
        raise UserError(f"configuration: {place}: {error}") from error
    for number, layer in _layers(shape, depth - 1):
        if not (SMALLEST < layer.q < LARGEST and layer.maximum < LARGEST):
            why = f"q is {layer.q:.3g} and the largest eigenvalue {layer.maximum:.3g}"
            must = f"such that both stay between {SMALLEST:g} and {LARGEST:g}: with s_squared = {shape['s_squared']}"
            raise refusal(f"{place}.g", shape["g"], f"{must} {why} after {number} of {depth - 1} layers")
        if not layer.cut < 1:
            raise refusal(f"{place}.g", shape["g"], f"smaller: layer {number} has all of its units beyond the kinks")


def _check_bins(name: str, shape: Section, settings: Section) -> None:
    """A histogram of Figure 1 reaches up to the largest eigenvalue."""
    *_, (_, last) = _layers(shape, settings["depth"] - 1)
    width = settings["fine_bin_width"]
    if last.maximum / width > MOST_BINS:
        must = f"larger: eigenvalues of {name} networks reach {last.maximum:.3g}, {MOST_BINS} bins are the most"
        raise refusal("hayase_karakida.fig1.fine_bin_width", width, must)


def _check_vanishing_atom(name: str, shape: Section, limits: Section) -> None:
    """All M directions must have been cut at the largest depth that is looked at, whatever the draws."""
    width, cut = limits["width"], 0.0
    for _, layer in _layers(shape, limits["deepest"] - 1):
        cut += layer.cut
        if width * cut - SCATTERS * math.sqrt(width * cut) > width:
            return
    must = f"larger: by then only {cut:.3g} times as many directions are cut as {name} networks of width {width} have"
    raise refusal("hayase_karakida.depth_limits.deepest", limits["deepest"], must)


def _check_errata(saturating: Section, errata: Section) -> None:
    """Of the saturating hard tanh, two atoms of H_3 are sampled, and a law of the first layer."""
    (_, first), (_, second) = _layers(saturating, 2)
    width = errata["width"]
    at_minimum, in_the_middle = width * second.cut, width * (first.cut - second.cut)
    scatter = math.sqrt(width * (first.cut * (1 - first.cut) + second.cut * (1 - second.cut)))
    fewest = min(at_minimum, in_the_middle)
    if fewest - SCATTERS * scatter < 2:
        must = f"larger: the smaller atom of H_3 of saturating networks has {max(fewest, 0.0):.3g} eigenvalues there"
        raise refusal("hayase_karakida.errata.width", width, must)
    draws = errata["draws"]
    if BATCHES * (1 - first.cut) ** (draws // BATCHES) > CERTAIN:
        must = f"larger: some of {BATCHES} batches of them would miss a value that has a share of {first.cut:.3g}"
        raise refusal("hayase_karakida.errata.draws", draws, must)
