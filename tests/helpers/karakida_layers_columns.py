"""Tables of other layers and of the softmax, from handmade parts, and the same tables computed anew."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import numpy as np
import pandas as pd
from held_columns import TableCase
from karakida_beyond_columns import BENT, SAMPLES, gaussian_layer, statistics_of_layers
from script_modules import script_module

from fisher_spectra.layers.cases import LayerCase
from fisher_spectra.layers.names import layer_stack
from fisher_spectra.layers.prediction import stack_prediction
from fisher_spectra.layers.softmax import softmax_prediction
from fisher_spectra.layers.stack import LayerStack

NETWORKS = 3
EPSILON = 1e-5  # of the batch normalisation
ACTIVATIONS = {"bent": BENT}
_NAN = math.nan


def _stack(width: int, last: str, outputs: int = 1) -> LayerStack:
    variances = (BENT.sigma_w2,) * 3, (BENT.sigma_b2,) * 3
    return layer_stack((*[width] * 3, outputs), ("dense", "dense", last), (BENT.function,) * 2, *variances)


def _sampled(values: list[float]) -> dict[str, float | int]:
    found = {"empirical_mean": statistics.fmean(values), "empirical_std": statistics.stdev(values)}
    return found | {"n_seeds": len(values)}


def uniform_and_others(width: int) -> tuple[float, float]:
    """Eigenvalues of the two kinds of vectors at infinite width, by the oracle, with the biases' shares."""
    parameters = 2 * width**2 + width + 2 * width + 1
    mean, _, uniform = statistics_of_layers(BENT, gaussian_layer(BENT), width, (1.0, 0.0))
    return uniform, (mean * parameters - uniform) / (SAMPLES - 1)


def normalised_others(width: int) -> float:
    """Of outputs of mean 0 and variance 1 over the batch: the others' divided by the variance, one direction less."""
    moments, value, both = gaussian_layer(BENT), 1.0, 0.0
    for _ in range(2):
        value, both, _, _ = moments(value, both)
    variance = (1 - 1 / SAMPLES) * BENT.sigma_w2 * (value - both) + EPSILON
    others = uniform_and_others(width)[1] * (1 - 1 / SAMPLES) * (SAMPLES - 1) / (SAMPLES - 3) / variance
    return others * (1 - 1 / (SAMPLES - 1) ** 2)


def layers_table() -> TableCase:
    """Plain networks by the oracle; edges by the library, which has tests of its own."""
    rng = np.random.default_rng(23)
    cases = {
        "plain": LayerCase("layers", ("dense",) * 3),
        "outputs": LayerCase("last", ("dense", "dense", "batch_norm")),
    }
    parts, expected = [], []
    for case, last in (("plain", "dense"), ("outputs", "batch_norm")):
        for width in (30, 60):
            key: dict[str, object] = {
                "group": cases[case].group,
                "case": case,
                "layers": f"dense+dense+{last}",
                "activation": "bent",
            }
            key |= {"M": width, "T": SAMPLES}
            largest, variances = rng.uniform(1, 9, NETWORKS).tolist(), rng.uniform(0.5, 2, NETWORKS).tolist()
            parts += [
                key | {"network": place, "maximum": largest[place], "least_variance": variances[place]}
                for place in range(NETWORKS)
            ]
            uniform, others = uniform_and_others(width)
            if case == "plain":
                row = {"quantity": "maximum", "theory": uniform, "branch": "outlier", "infinite_width": uniform}
                expected.append(key | row | _sampled(largest))
                continue
            edges = [stack_prediction(_stack(width, kind), SAMPLES).edge for kind in ("batch_norm", "batch_centring")]
            for quantity, edge, mean, values in (
                ("maximum", edges[0], normalised_others(width), largest),
                ("own_variance", edges[1], others, [a * b for a, b in zip(largest, variances, strict=True)]),
            ):
                row = {"quantity": quantity, "theory": edge, "branch": "bulk", "infinite_width": mean}
                expected.append(key | row | _sampled(values))
    tabulate = script_module("karakida/tabulate_layers").tabulate_layers
    made = tabulate(pd.DataFrame(parts), ACTIVATIONS, cases, [30, 60], SAMPLES)
    return TableCase(made, pd.DataFrame(expected), relative={"theory": 1e-7, "infinite_width": 1e-5})


def growth(factor: float, momentum: float) -> float:
    """Largest modulus of the eigenvalues of a step along the leading direction."""
    middle = (1 + momentum) * (1 - 2 * factor)
    return float(abs(np.linalg.eigvals(np.array([[middle, -momentum], [1.0, 0.0]]))).max())


def softmax_table() -> TableCase:
    """Theorem 4 and the growth by other ways; outliers by the library, which has tests of its own."""
    rng, width, outputs, draws = np.random.default_rng(24), 30, 3, 20
    key: dict[str, object] = {"activation": "bent", "C": outputs, "M": width, "T": SAMPLES, "L": 3}
    found = softmax_prediction(_stack(width, "dense", outputs), SAMPLES, draws=draws)
    linear = uniform_and_others(width)[0]
    cells: list[tuple[str, float, float, float, float, float]] = [
        ("outlier", 1, 0.0, found.outliers[0], found.scatter[0], linear),
        ("over_own", 1, 0.0, 1.0, _NAN, _NAN),
        ("outlier", 2, 0.0, found.outliers[1], found.scatter[1], _NAN),
        ("over_own", 2, 0.0, 1.0, _NAN, _NAN),
        ("gap", 2, 0.0, _NAN, _NAN, _NAN),
        ("growth", 0.9, 0.0, growth(0.9, 0.0), _NAN, _NAN),
        ("growth", 1.1, 0.5, growth(1.1, 0.5), _NAN, _NAN),
    ]
    parts, expected = [], []
    for quantity, place, momentum, theory, scatter, of_linear in cells:
        cell = key | {"quantity": quantity, "place": place, "momentum": momentum}
        drawn = rng.uniform(1, 9, NETWORKS).tolist()
        parts += [cell | {"network": number, "value": value} for number, value in enumerate(drawn)]
        row = {"theory": theory, "scatter": scatter, "linear_outputs": of_linear}
        expected.append(cell | row | _sampled(drawn))
    module = script_module("karakida/tabulate_softmax")
    any_network = {"activation": "any", "C": 0, "M": 0, "T": 0, "L": 0, "quantity": "growth_curve"}
    nothing = dict.fromkeys(("scatter", "linear_outputs", "empirical_mean", "empirical_std"), _NAN) | {"n_seeds": 0}
    for momentum in (0.0, 0.5):
        for number in range(module.POINTS):
            place = 0.9 + 0.2 * number / (module.POINTS - 1)
            row = {"place": place, "momentum": momentum, "theory": growth(place, momentum)}
            expected.append(any_network | row | nothing)
    made = module.tabulate_softmax(pd.DataFrame(parts), ACTIVATIONS, draws)
    columns = list(expected[0])
    return TableCase(made, pd.DataFrame(expected)[columns], relative={"theory": 1e-6, "linear_outputs": 1e-7})


CASES: dict[str, Callable[[], TableCase]] = {
    "karakida/tabulate_layers.py": layers_table,
    "karakida/tabulate_softmax.py": softmax_table,
}
