"""Tables of Karakida, Akaho, Amari beyond their figures, from handmade parts, and the same tables computed anew."""

from __future__ import annotations

import itertools
import math
import statistics
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn_errata import measured_and_expected
from held_columns import TableCase
from karakida_mean_field import pair_expectations, plain_mean_field
from script_modules import script_module

from fisher_spectra.finite_size.bulk import bulk_distribution, bulk_moments
from fisher_spectra.finite_size.ensemble import layered_ensemble
from fisher_spectra.jobs.run_job import Job
from fisher_spectra.karakida import formulas, natural_gradient, statements_on_training
from fisher_spectra.karakida.other_eigenvalues import Bins
from fisher_spectra.karakida.universality import Base

STATISTICS = ("mean", "second_moment", "maximum")
NETWORKS, SAMPLES = 3, 10
BENT, HALF = Base("tanh", 3.0, 0.64), Base("relu", 2.0, 0.1)
# Neither has a kink here, so that sums over a grid converge geometrically.
_GRID = np.linspace(-9.0, 9.0, 181)
_WEIGHTS = np.exp(-(_GRID**2) / 2) / np.exp(-(_GRID**2) / 2).sum()
Moments = tuple[float, float, float, float]  # E phi(u)^2, E phi(u) phi(v), E phi'(u)^2, E phi'(u) phi'(v)
Layer = Callable[[float, float], Moments]  # of the second moments of one sample and two below


def gaussian_layer(base: Base) -> Layer:
    """A layer with Gaussian biases, by the oracle."""

    def moments(below: float, both: float) -> Moments:
        q, q_st = base.sigma_w2 * below + base.sigma_b2, base.sigma_w2 * both + base.sigma_b2
        return pair_expectations(base.function, q, q, q_st / q)

    return moments


def binary_tanh_layer(base: Base) -> Layer:
    """A layer of tanh with biases of two values: the mean over both of Gaussian pre-activations around them."""

    def moments(below: float, both: float) -> Moments:
        own = math.sqrt(base.sigma_w2 * (below - both)) * _GRID
        found = np.zeros(4)
        for bias in (-math.sqrt(base.sigma_b2), math.sqrt(base.sigma_b2)):
            u = bias + math.sqrt(base.sigma_w2 * both) * _GRID[:, None] + own
            values, slopes = np.tanh(u), 1 / np.cosh(u) ** 2
            pairs = [(part**2 @ _WEIGHTS, (part @ _WEIGHTS) ** 2) for part in (values, slopes)]
            found += [0.5 * float(_WEIGHTS @ one) for pair in pairs for one in pair]
        return float(found[0]), float(found[1]), float(found[2]), float(found[3])

    return moments


def statistics_of_layers(base: Base, layer: Layer, width: int, start: tuple[float, float]) -> tuple[float, ...]:
    """Mean, second moment and maximum of a network of three layers and one output, biases counted."""
    forward, both, gains, gains_of_both = [start[0]], [start[1]], [], []
    for _ in range(2):
        value, value_st, slope, slope_st = layer(forward[-1], both[-1])
        forward.append(value)
        both.append(value_st)
        gains.append(base.sigma_w2 * slope)
        gains_of_both.append(base.sigma_w2 * slope_st)
    one, two = (
        sum(math.prod(gain[below:]) * (width * activity + 1) for below, activity in enumerate(hidden))
        for gain, hidden in ((gains, forward), (gains_of_both, both))
    )
    parameters = 2 * width**2 + width + 2 * width + 1
    square = (one**2 + (SAMPLES - 1) * two**2) / SAMPLES
    return one / parameters, square / parameters, (one + (SAMPLES - 1) * two) / SAMPLES


def universality_table() -> TableCase:
    """Cases of each kind that the oracle knows: other weights, binary biases, inputs with moment and overlap."""
    rng = np.random.default_rng(21)
    kinds: list[tuple[str, str, str, Base, Layer, tuple[float, float]]] = [
        ("weights", "binary", "bent", BENT, gaussian_layer(BENT), (1.0, 0.0)),
        ("biases", "binary", "bent", BENT, binary_tanh_layer(BENT), (1.0, 0.0)),
        ("inputs", "both", "half", HALF, gaussian_layer(HALF), (2.5, 0.75)),
    ]
    parts, expected = [], []
    for group, case, activation, base, layer, start in kinds:
        for width in (20, 40):
            key = {"group": group, "case": case, "activation": activation, "M": width, "T": SAMPLES, "L": 3, "C": 1}
            drawn = {name: rng.uniform(1, 9, NETWORKS).tolist() for name in STATISTICS}
            parts += [key | {name: values[place] for name, values in drawn.items()} for place in range(NETWORKS)]
            own = statistics_of_layers(base, layer, width, start)
            gaussian = statistics_of_layers(base, gaussian_layer(base), width, start)
            expected += [
                key
                | {"statistic": name, "theory": own[place], "gaussian_biases": gaussian[place]}
                | {"empirical_mean": statistics.fmean(drawn[name])}
                | {"empirical_sem": statistics.stdev(drawn[name]) / math.sqrt(NETWORKS), "n_seeds": NETWORKS}
                for place, name in enumerate(STATISTICS)
            ]
    tabulate = script_module("karakida/tabulate_universality").tabulate_universality
    made = tabulate(pd.DataFrame(parts), {"bent": BENT, "half": HALF}, 3)
    return TableCase(made, pd.DataFrame(expected), relative={"theory": 1e-7, "gaussian_biases": 1e-7})


def bulk_table() -> TableCase:
    """Moments by the library, which has tests of its own; the mean of the paper by the oracle; counts by hand."""
    bins, base = Bins(number=2, largest=4.0, fine=2), Base("linear", 1.0, 0.1)
    counts: dict[int, list[Sequence[int]]] = {20: [(1, 2, 3, 4), (0, 3, 4, 3)], 40: [(5, 5, 5, 5), (2, 9, 6, 3)]}
    moments = {20: [(1.0, 1.2, 2.0), (1.4, 1.3, 2.2)], 40: [(0.9, 1.1, 1.8), (0.8, 1.25, 2.1)]}
    fields = plain_mean_field("linear", 1.0, 0.1, 3)
    density, law = bulk_distribution(layered_ensemble((40, 40, 40, 1), "linear", 1.0, 0.1), 20, bins.edges)
    parts, expected = [], []
    for width, samples in ((20, 10), (40, 20)):
        key = {"activation": "line", "samples_per_width": 0.5, "M": width, "T": samples, "L": 3}
        for numbers, of_network in zip(counts[width], moments[width], strict=True):
            row = dict(zip(("mean", "second_moment", "largest"), of_network, strict=True))
            parts.append(key | row | {f"count_{place}": number for place, number in enumerate(numbers)})
        theory = bulk_moments(layered_ensemble((width,) * 3 + (1,), "linear", 1.0, 0.1), samples)
        # alpha is 2
        papers = (2 * (fields.kappa_1 - fields.kappa_2) * width / samples, 1.0, 1.0)
        theories, columns = (theory.mean, theory.second_moment, theory.edge), zip(*moments[width], strict=True)
        rows: list[tuple[object, ...]] = [
            (name, math.nan, paper, value, statistics.fmean(column), statistics.stdev(column) / math.sqrt(2))
            for name, paper, value, column in zip(
                ("mean", "second_moment", "largest"), papers, theories, columns, strict=True
            )
        ]
        summed = [sum(pair) for pair in zip(*counts[width], strict=True)]
        sampled = [0.0, *(one / sum(summed) for one in itertools.accumulate(summed))]
        # of two networks each is left out once, so that the other one is alone
        distance, *alone = (
            max(abs(sum(found[:end]) / sum(found) - below) for end, below in enumerate(law))
            for found in (summed, *counts[width])
        )
        rows.append(("kolmogorov", math.nan, math.nan, 0.0, distance, statistics.pstdev(alone)))
        rows += [
            (
                "density",
                centre,
                math.nan,
                (law[end] - law[end - 2]) / 2,
                (sampled[end] - sampled[end - 2]) / 2,
                math.nan,
            )
            for centre, end in ((1.0, 2), (3.0, 4))
        ]
        if width == 40:
            heights = zip(bins.edges, density, strict=True)
            rows += [("law", place, math.nan, height, math.nan, math.nan) for place, height in heights]
        names = ("quantity", "lambda", "paper", "theory", "empirical_mean", "empirical_sem")
        expected += [key | dict(zip(names, row, strict=True)) | {"n_seeds": 2} for row in rows]
    made = script_module("karakida/tabulate_bulk").tabulate_bulk(pd.DataFrame(parts), {"line": base}, bins)
    return TableCase(made, pd.DataFrame(expected))


def far_end(name: str, sigma_w2: float, sigma_b2: float) -> dict[str, float]:
    """q_hat^2, q_tilde^1 and those of two samples, of three layers: by the oracle, and of erf by other closed forms."""
    q_hat, q_hat_st, gain, gain_st = 1.0, 0.0, 1.0, 1.0
    for _ in range(2):
        a, b = sigma_w2 * q_hat + sigma_b2, sigma_w2 * q_hat_st + sigma_b2
        if name == "erf":
            # arcsine law; the slopes are derivatives of it by the covariance
            q_hat, q_hat_st = (2 / math.pi * math.asin(2 * one / (1 + 2 * a)) for one in (a, b))
            slope, slope_st = (4 / math.pi / math.sqrt((1 + 2 * a) ** 2 - 4 * one**2) for one in (a, b))
        else:
            q_hat, q_hat_st, slope, slope_st = pair_expectations(name, a, a, b / a)
        gain, gain_st = gain * sigma_w2 * slope, gain_st * sigma_w2 * slope_st
    return dict(zip(("q_hat", "q_tilde", "q_hat_st", "q_tilde_st"), (q_hat, gain, q_hat_st, gain_st), strict=True))


def fixed_gain(name: str, sigma_w2: float, sigma_b2: float) -> float:
    """Mean of chi_1 over the layers 6 to 11."""
    q_hat, gains = 1.0, []
    for _ in range(1, 12):
        q = sigma_w2 * q_hat + sigma_b2
        q_hat, _, slope, _ = pair_expectations(name, q, q, 0.5)
        gains.append(sigma_w2 * slope)
    return statistics.fmean(gains[5:])


def formulas_table() -> TableCase:
    """Values in closed form, and the mean of what is drawn with its standard error."""
    activations = {"bent": BENT, "wave": Base("erf", 2.0, 0.3), "half": HALF, "line": Base("linear", 1.0, 0.1)}
    width, networks, draws = 16, 20, 50
    sizes = {"depth": 3, "width": width, "samples": 6, "outputs": 2, "networks": networks, "draws": draws}

    def measure() -> pd.DataFrame:
        table: pd.DataFrame = script_module("karakida/measure_formulas").measure_formulas(
            job=Job(Namespace(output=Path("table.csv"))),
            root_seed=3,
            experiment="test",
            activations=activations,
            **sizes,
        )
        return table

    values = {
        f"{base.function}_{moment}": (value, value)
        for base in list(activations.values())[1:]
        for moment, value in far_end(base.function, base.sigma_w2, base.sigma_b2).items()
    }
    product, squares = 1.3 * 0.7, 1.3**2 + 0.7**2
    half = math.asin(2 * product / math.sqrt((1 + 2 * 1.3**2) * (1 + 2 * 0.7**2))) / math.pi
    assert half == pytest.approx(math.atan(math.sqrt(2) * product / math.sqrt(squares + 0.5)) / math.pi)
    values |= {"erf_integral": (half, half), "erf_given_y": (math.erf(math.sqrt(0.7 / 2.2)),) * 2}
    q = BENT.sigma_w2 + BENT.sigma_b2
    first, _, slope, _ = pair_expectations("tanh", q, q, 0.5)
    second = BENT.sigma_w2 * first + BENT.sigma_b2
    above = BENT.sigma_w2 * pair_expectations("tanh", second, second, 0.5)[2]
    share = (1 + above + above * BENT.sigma_w2 * slope) / (2 * width**2)
    values |= {"share_of_biases": (share, share), "hessian_with_noise": (1.0, 1.0), "hessian": (1.0, 1.0)}
    values |= {
        f"critical_line_{base.function}": (1.0, fixed_gain(base.function, base.sigma_w2, base.sigma_b2))
        for base in activations.values()
        if base.function != "erf"
    }
    values |= {"natural_gradient": (1.0, 1.0), "damped_natural_gradient": (1.1, 1.1)}
    values |= {"change_of_weights": (math.nan, 1.0), "order_of_change": (math.nan, -1.0)}
    numbers = dict.fromkeys(values, networks) | dict.fromkeys(("erf_integral", "erf_given_y"), draws)
    few = [name for name in values if name.startswith("critical") or name.endswith("natural_gradient")]
    numbers |= dict.fromkeys([*few, "change_of_weights"], networks // 10) | {"order_of_change": networks // 4}
    modules = (formulas, natural_gradient, statements_on_training)
    made, expected = measured_and_expected(measure, modules, values, numbers)
    return TableCase(made, expected, relative={"corrected": 1e-7, "printed": 1e-7})


CASES: dict[str, Callable[[], TableCase]] = {
    "karakida/measure_formulas.py": formulas_table,
    "karakida/tabulate_universality.py": universality_table,
    "karakida/tabulate_bulk.py": bulk_table,
}
