"""Every table of Karakida, Akaho, Amari from handmade parts, and the same table computed anew."""

from __future__ import annotations

import math
import statistics
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from drawn_errata import measured_and_expected
from held_columns import TableCase
from karakida_mean_field import PlainMeanField, pair_expectations, plain_mean_field, relu_norm
from scipy.optimize import brentq
from script_modules import script_module

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.finite_size.ensemble import layered_ensemble
from fisher_spectra.finite_size.prediction import finite_size_prediction
from fisher_spectra.jobs.run_job import Job
from fisher_spectra.karakida import errata, statements_on_training, unequal_widths
from fisher_spectra.karakida.mean_field import eigenvalue_maximum, mean_field
from fisher_spectra.networks.dual_fisher import dual_fisher
from fisher_spectra.networks.fully_connected import gaussian_inputs, sample_network

STATISTICS = ("mean", "second_moment", "maximum")
NETWORKS = 3
# name, function, sigma_w^2, sigma_b^2, L; the name in tables is not that of the function
ACTIVATIONS = (("bent", "tanh", 3.0, 0.64, 3), ("half", "relu", 2.0, 0.1, 4))


def sampled(**cells: list[int]) -> pd.DataFrame:
    """Rows of sampled networks: two activations, and each value of M, T or C with its own numbers."""
    rng = np.random.default_rng(5)
    (varied, values), *fixed = cells.items()
    rows = []
    for name, function, sigma_w2, sigma_b2, depth in ACTIVATIONS:
        for value in values:
            for seed in range(NETWORKS):
                row = {"activation": name, "function": function, "sigma_w2": sigma_w2, "sigma_b2": sigma_b2}
                row |= {"L": depth, "seed": seed, varied: value} | {key: numbers[0] for key, numbers in fixed}
                rows.append(row | {statistic: rng.uniform(1, 9) for statistic in STATISTICS})
    return pd.DataFrame(rows)


def groups(parts: pd.DataFrame, varied: str) -> Iterator[tuple[PlainMeanField, pd.DataFrame]]:
    """Theory and rows of each cell, in the order of the parts."""
    for name, function, sigma_w2, sigma_b2, depth in ACTIVATIONS:
        field = plain_mean_field(function, sigma_w2, sigma_b2, depth)
        for value in parts[varied].drop_duplicates():
            yield field, parts[(parts["activation"] == name) & (parts[varied] == value)]


def settings_of(rows: pd.DataFrame, *names: str) -> dict[str, object]:
    """Cells that all rows share, as they are."""
    return {name: rows[name].iloc[0] for name in names}


def statistics_table() -> TableCase:
    """Theorems 1, 3 and 4 of one output and of two."""
    parts = sampled(C=[1, 2], M=[40], T=[10])
    expected = []
    for field, rows in groups(parts, "C"):
        outputs = int(rows["C"].iloc[0])
        theory = (field.mean(40, outputs), field.second_moment(10, outputs), field.maximum(40, 10))
        for statistic, value in zip(STATISTICS, theory, strict=True):
            values = rows[statistic].tolist()
            expected.append(
                settings_of(rows, "activation", "M", "T", "L", "C")
                | {"statistic": statistic, "theory": value, "empirical_mean": statistics.fmean(values)}
                | {"empirical_std": statistics.stdev(values), "n_seeds": NETWORKS}
            )
    made = script_module("karakida/tabulate_statistics").tabulate_statistics(parts)
    return TableCase(made, pd.DataFrame(expected))


def theorem_5_table() -> TableCase:
    """Without biases a ReLU network is homogeneous of degree L, so that the norm is L^2 times the mean square output.

    So it is in a linear network. Printed is the part of each layer with itself, L times that.
    """
    rng = np.random.default_rng(6)
    parts = pd.DataFrame(
        {"activation": name, "function": function, "sigma_w2": sigma_w2, "sigma_b2": 0.0, "L": depth, "M": width}
        | {"T": 20, "C": 2, "norm_per_output": rng.uniform(1, 9)}
        for name, function, sigma_w2, depth in (("line", "linear", 1.0, 3), ("half", "relu", 2.0, 4))
        for width in (50, 60)
        for _ in range(NETWORKS)
    )
    square_of_output = {"line": 1.0, "half": 2.0}
    expected = []
    for _, rows in parts.groupby(["activation", "M"], sort=False):
        settings, norms = settings_of(rows, "activation", "L", "M", "T", "C"), rows["norm_per_output"].tolist()
        square, depth = square_of_output[rows["activation"].iloc[0]], int(rows["L"].iloc[0])
        expected.append(
            settings
            | {"paper": depth * square, "corrected": depth**2 * square, "empirical_mean": statistics.fmean(norms)}
            # a division by the number of networks in place of one less would be 18 per cent less
            | {"empirical_sem": statistics.stdev(norms) / math.sqrt(NETWORKS), "n_seeds": NETWORKS}
        )
    made = script_module("karakida/tabulate_theorem5").tabulate_theorem5(parts)
    return TableCase(made, pd.DataFrame(expected))


def depth_table() -> TableCase:
    """The trace is that of the P = (M + 1) ((L - 1) M + C) parameters with their own mean."""
    parts, momentum = sampled(M=[40, 80], T=[10], C=[1]), 0.9
    expected = []
    for field, rows in groups(parts, "M"):
        width, depth = int(rows["M"].iloc[0]), int(rows["L"].iloc[0])
        maximum = field.maximum(width, 10)
        weights_and_biases = (depth - 1) * (width**2 + width) + width + 1
        for statistic, value, values in (
            ("maximum", maximum, rows["maximum"]),
            # m P = kappa_1 / M times alpha M^2
            (
                "share_of_trace",
                maximum / (field.kappa_1 * field.alpha * width),
                rows["maximum"] / rows["mean"] / weights_and_biases,
            ),
            ("critical_learning_rate", 3.8 / maximum, 3.8 / rows["maximum"]),
        ):
            expected.append(
                settings_of(rows, "activation", "M", "T", "L", "C")
                | {"statistic": statistic, "theory": value, "empirical_mean": statistics.fmean(values)}
                | {"empirical_std": statistics.stdev(values), "n_seeds": NETWORKS}
            )
    made = script_module("karakida/tabulate_depth").tabulate_depth(parts, momentum)
    return TableCase(made, pd.DataFrame(expected))


def finite_size_table() -> TableCase:
    """Theorem 4 with alphas of unequal widths; other theory by `finite_size_prediction`, which has its own tests."""
    swept = {"inputs": 20, "hidden": [12, 8], "outputs": 2, "samples": 6}
    lists = {"hidden_scales": [2], "sample_numbers": [5, 6], "output_numbers": [3], "bias_variances": [0.2]}
    settings = {"activation": "gelu_two", "function": "gelu", "sigma_w2": 2.0, **swept, **lists}
    predicted = script_module("karakida/predict_finite_size").predict_finite_size(
        job=Job(Namespace(output=Path("table.csv"))), **settings
    )
    points = [
        ("hidden_scale", 2.0, (20, 24, 16, 2), 6, 0.0),
        ("samples", 5.0, (20, 12, 8, 2), 5, 0.0),
        ("samples", 6.0, (20, 12, 8, 2), 6, 0.0),
        ("outputs", 3.0, (20, 12, 8, 3), 6, 0.0),
        ("sigma_b2", 0.2, (20, 12, 8, 2), 6, 0.2),
    ]
    parts, expected = [], []
    for place, (varied, value, widths, samples, variance) in enumerate(points):
        shape = {"widths": "-".join(map(str, widths)), "T": samples, "sigma_b2": variance}
        values = [3.0 + place, 4.5 + place, 7.0 + 2 * place]
        parts += [
            {"activation": "gelu_two", **shape, "network": number, "maximum": maximum}
            for number, maximum in enumerate(values)
        ]
        prediction = finite_size_prediction(layered_ensemble(widths, "gelu", 2.0, variance, biases=False), samples)
        field = mean_field("gelu", 2.0, variance, 3, [width / 12 for width in widths[:-1]])
        expected.append(
            {"activation": "gelu_two", "varied": varied, "value": value, **shape}
            | {"theorem_4": eigenvalue_maximum(field, 12, samples)}
            | {"theory": prediction.largest_eigenvalue, "branch": prediction.branch, "scatter": prediction.scatter}
            | {"empirical_mean": statistics.fmean(values), "empirical_std": statistics.stdev(values)}
            | {"n_seeds": len(values)}
        )
    made = script_module("karakida/tabulate_finite_size").tabulate_finite_size(pd.DataFrame(parts), predicted)
    return TableCase(made, pd.DataFrame(expected))


def many_outputs_table() -> TableCase:
    """(17) and (18); with C outputs P = (L - 1) M^2 + C M, of which the paper leaves out the last term."""
    parts = sampled(C=[20, 40], M=[40], T=[10])
    expected = []
    for field, rows in groups(parts, "C"):
        outputs, hidden = int(rows["C"].iloc[0]), int(rows["L"].iloc[0]) - 1
        share = hidden * 40**2 / (hidden * 40**2 + outputs * 40)
        mean, second, maximum = field.mean(40, outputs), field.second_moment(10, outputs), field.maximum(40, 10)
        highest = 40 * math.sqrt(hidden * outputs * second)
        bounds = {
            "mean": (mean * share, mean * share, mean, mean),
            "second_moment": (second * share, outputs * second * share, second, outputs * second),
            "maximum": (maximum, highest, maximum, highest),
        }
        names = ("lower_bound", "upper_bound", "lower_bound_printed", "upper_bound_printed")
        for statistic, four in bounds.items():
            values = rows[statistic].tolist()
            expected.append(
                settings_of(rows, "activation", "M", "T", "L", "C")
                | {"statistic": statistic, **dict(zip(names, four, strict=True))}
                | {"empirical_mean": statistics.fmean(values), "n_seeds": NETWORKS}
                | {"empirical_sem": statistics.stdev(values) / math.sqrt(NETWORKS)}
            )
    made = script_module("karakida/tabulate_many_outputs").tabulate_many_outputs(parts)
    return TableCase(made, pd.DataFrame(expected)[list(made.columns)])


def corollary_2_table() -> TableCase:
    """The sum of all eigenvalues, alpha M^2 times their mean, over k."""
    parts, thresholds = sampled(C=[1, 2], M=[40], T=[10]), [0.5, 2.0]
    rng = np.random.default_rng(7)
    for k in thresholds:
        parts[f"count_{k:g}"] = rng.integers(1, 60, len(parts))
    expected = [
        settings_of(rows, "activation", "M", "L", "C", "T")
        | {"k": k, "bound": field.alpha * 40**2 * field.mean(40, int(rows["C"].iloc[0])) / k}
        | {"count": statistics.fmean(rows[f"count_{k:g}"]), "count_largest": max(rows[f"count_{k:g}"])}
        | {"n_seeds": NETWORKS}
        for field, rows in groups(parts, "C")
        for k in thresholds
    ]
    made = script_module("karakida/tabulate_corollary2").tabulate_corollary2(parts, thresholds)
    return TableCase(made, pd.DataFrame(expected))


def training_table() -> TableCase:
    """Two columns of a map: all trials diverge from a rate on, and one of two at a rate between."""
    rng = np.random.default_rng(8)
    rates, lines = [0.1, 0.2, 0.4, 0.8], ("eta_c", "eta_c_overlap", "eta_c_data")
    keys = [("gaussian", "bent", 16), ("digits", "bent", 32)]
    # The best cut of the second one has half a trial on the wrong side, below 0.2 or above it.
    diverged = {16: [(0, 0), (0, 0), (1, 1), (1, 1)], 32: [(0, 0), (0, 1), (1, 1), (1, 1)]}
    borders = {16: (math.sqrt(0.2 * 0.4), math.log(2) / 2), 32: ((0.1 * 0.2 * 0.2 * 0.4) ** 0.25, math.log(4) / 2)}
    parts, predictions, expected = [], [], []
    for dataset, activation, width in keys:
        key = {"dataset": dataset, "activation": activation, "M": width}
        predicted = {line: rng.uniform(0.1, 0.9) for line in lines}
        finite = {"eta_c_finite_size": rng.uniform(0.1, 0.9)}
        predictions.append(key | predicted | finite)
        border, half_width = borders[width]
        distances = {
            f"log_distance_{name}": math.log(border) - math.log(predicted[line])
            for name, line in zip(("paper", "overlap", "data"), lines, strict=True)
        }
        for eta, lost in zip(rates, diverged[width], strict=True):
            losses = [1000.5 if one else rng.uniform(0.1, 2.0) for one in lost]
            parts += [
                key | {"eta": eta, "trial": trial, "loss": loss, "diverged": one}
                for trial, (loss, one) in enumerate(zip(losses, lost, strict=True))
            ]
            expected.append(
                key
                | {"eta": eta, "loss": sum(losses) / 2, "diverged_fraction": sum(lost) / 2, "n_trials": 2}
                | predicted
                | {"divergence_loss": 1000.0, "border": border, "border_half_width": half_width}
                | distances
                | finite
                | {"log_distance_finite_size": math.log(border / finite["eta_c_finite_size"])}
            )
    tabulate = script_module("karakida/tabulate_training").tabulate_training
    made = tabulate(pd.DataFrame(parts), pd.DataFrame(predictions), 1000.0)
    return TableCase(made, pd.DataFrame(expected))


def catapult_table() -> TableCase:
    """Two trials of each of four factors; in one column a run is up after more steps, in the other after fewer."""
    rng = np.random.default_rng(9)
    factors, half = [1.0, 2.0, 4.0, 8.0], math.log(2) / 2
    small, large, lost = 50.0, 5e4, math.inf
    # loss early, then, late of the two trials at each factor
    losses: dict[float, list[list[tuple[float, float, float]]]] = {
        0.9: [[(1, 2, 3), (3, 2, 1)], [(9, 9, 0.9), (9, 500, 0.5)], [(large, 9, 7), (9, large, large)]],
        0.0: [[(small, 2, 3), (3, 2, 1)], [(9, 8, 9), (7, 9, 2e3)], [(large, large, 40), (9, 2e7, 9)]],
    }
    expected_borders = {
        # then; early; late; above 100; above 1e6
        0.9: (4.0, 4.0, 4.0, 2 * math.sqrt(2), 4 * math.sqrt(2)),
        0.0: (2 * math.sqrt(2), 4.0, 4 * math.sqrt(2), 2 * math.sqrt(2), 4.0),
    }
    half_widths = {0.9: 2 * half, 0.0: half}
    fastest = {0.9: 2.0, 0.0: 1.0}  # where no run is up at last, medians are 2 and 0.7, and 2
    most_left = {0.9: 2.0, 0.0: 4.0}  # where one of two runs is up at last, no more than half are left
    along = ("start_loss", "peak_loss", "loss_late", "peak_ratio", "end_ratio", "dead")
    name, function, sigma_w2, sigma_b2, depth = ACTIVATIONS[0]
    cell = {"function": function, "sigma_w2": sigma_w2, "sigma_b2": sigma_b2, "L": depth, "T": 10}
    theory = plain_mean_field(function, sigma_w2, sigma_b2, depth).maximum(16, 10)
    parts, expected = [], []
    for momentum, rows in losses.items():
        starts = rng.uniform(3, 9, 2)
        excess = math.sqrt(starts[0] * starts[1]) / theory
        for factor, trials in zip(factors, [*rows, [(lost, lost, lost)] * 2], strict=True):
            key = {"dataset": "digits", "activation": name, "M": 16, "momentum": momentum, "factor": factor}
            runs: list[dict[str, Any]] = []
            for trial, (early, then, late) in enumerate(trials):
                runs.append(
                    key
                    | {"trial": trial, "eta": rng.uniform(), "lambda_0": starts[trial], **cell}
                    | {column: rng.uniform(1, 9) for column in along}
                    | {"loss_early": early, "loss": then, "loss_late": late}
                )
            parts += runs
            left = [run for run in runs if run["loss_late"] <= 1000]
            main, early_border, late_border, strict, lenient = expected_borders[momentum]
            expected.append(
                key
                | {"eta_over_theorem_7": factor / excess, "n_trials": 2}
                | {"diverged_fraction": sum(run["loss"] > 1000 for run in runs) / 2, "n_left": len(left)}
                | {column: float(np.mean([run[column] for run in left])) if left else math.nan for column in along}
                | {"end_ratio_largest": max((run["end_ratio"] for run in left), default=math.nan)}
                | {"lambda_0": starts.mean(), "theorem_4": theory}
                | {"border": main, "border_half_width": half_widths[momentum], "border_over_theorem_7": main / excess}
                | {"border_early": early_border, "border_late": late_border}
                | {"border_strict": strict, "border_lenient": lenient, "fastest": fastest[momentum]}
                | {"most_left": most_left[momentum]}
            )
    made = script_module("karakida/tabulate_catapult").tabulate_catapult(pd.DataFrame(parts), 1000.0, 100.0, 1e6)
    return TableCase(made, pd.DataFrame(expected))


def errata_table() -> TableCase:
    """Printed and corrected values in closed form, and the mean of what is drawn with its standard error."""
    depth, width, samples, outputs, networks, draws = 3, 20, 6, 2, 20, 50
    (tanh_w2, tanh_b2), (relu_w2, relu_b2) = (3.0, 0.64), (2.0, 0.1)
    script = script_module("karakida/measure_errata")

    def measure() -> pd.DataFrame:
        table: pd.DataFrame = script.measure_errata(
            job=Job(Namespace(output=Path("table.csv"))),
            root_seed=3,
            experiment="test",
            smooth=script.NamedActivation(tanh_w2, tanh_b2, "tanh"),
            relu=script.Variances(relu_w2, relu_b2),
            **{"depth": depth, "width": width, "samples": samples, "outputs": outputs, "networks": networks},
            draws=draws,
        )
        return table

    alphas = (1.0, 0.5, 1.5)
    of_relu = plain_mean_field("relu", relu_w2, relu_b2, depth, alphas)
    of_tanh = plain_mean_field("tanh", tanh_w2, tanh_b2, depth, alphas)
    first, first_st = relu_w2 + relu_b2, relu_b2
    value, value_st, *_ = pair_expectations("relu", first, first, first_st / first)
    second, second_st = relu_w2 * value + relu_b2, relu_w2 * value_st + relu_b2
    both_positive = 0.25 + math.asin(second_st / second) / (2 * math.pi)
    a, b = tanh_w2 + tanh_b2, tanh_b2
    values = {
        "relu_derivative_kernel": (second * both_positive, both_positive),
        "relu_backward_start": ((relu_w2 / 2) ** (depth - 1) / 2, (relu_w2 / 2) ** (depth - 1)),
        "kernel_definition": (
            pair_expectations("tanh", a, b, b / a)[1],
            pair_expectations("tanh", a, a, b / a)[1],
        ),
        "output_normalisation": (math.sqrt(2 * math.pi), 2 * math.pi),
        "divergence": (1.0, 0.5),
        "loss_at_minimum": (1.0, 0.5),
        "terms_of_alpha": (3.0, 2.0),
        "norm_of_unequal_widths": (
            relu_w2 * of_relu.alpha / 0.5 * of_relu.kappa_1,
            relu_norm(relu_w2, relu_b2, depth),
        ),
        "outliers": (math.nan, 2.0),
    }
    for name, number in (("one_output", 1), ("several_outputs", outputs)):
        values |= {
            f"mean_{name}": (of_tanh.mean(width, number),) * 2,
            f"second_moment_{name}": (of_tanh.second_moment(samples, number),) * 2,
            f"maximum_{name}": (of_tanh.maximum(width, samples),) * 2,
        }
    values["critical_rate"] = (1.0, 1.0)
    values["fastest_rate"] = (0.5, fastest_of_eigenvalues((tanh_w2, tanh_b2), samples, outputs, networks // 10))
    values["fastest_rate_of_one"] = (0.5, 0.5)
    twice = ("relu_backward_start", "norm_of_unequal_widths")
    numbers = dict.fromkeys(values, networks) | dict.fromkeys(twice, 2 * networks)
    numbers |= dict.fromkeys(("relu_derivative_kernel", "kernel_definition", "output_normalisation"), draws)
    numbers |= {"terms_of_alpha": 1}
    numbers |= dict.fromkeys(("critical_rate", "fastest_rate", "fastest_rate_of_one"), networks // 10)
    made, expected = measured_and_expected(measure, (errata, unequal_widths, statements_on_training), values, numbers)
    return TableCase(made, expected, relative={"corrected": 1e-6, "printed": 1e-7})


def fastest_of_eigenvalues(variances: tuple[float, float], samples: int, outputs: int, networks: int) -> float:
    """Where the derivative by the rate of sum_i lambda_i (1 - eta lambda_i)^120 is zero, over 2 / lambda_max."""
    rng = generator(3, "test", "fastest_rate")
    places = []
    for _ in range(networks):
        network = sample_network(rng, [10, 10, 10, outputs], get_activation("tanh"), *variances)
        matrix = dual_fisher(network, gaussian_inputs(rng, samples, 10))
        for weights in network.weights:  # the start near the minimum
            rng.standard_normal(weights.shape)
        values = np.linalg.eigvalsh(matrix)

        def slope(share: float, values: np.ndarray = values) -> float:
            return float(values**2 @ (1 - 2 * share * values / values[-1]) ** 119)

        places.append(float(brentq(slope, 0.5, 1.0, xtol=1e-12)))
    return statistics.fmean(places)


CASES: dict[str, Callable[[], TableCase]] = {
    "karakida/tabulate_statistics.py": statistics_table,
    "karakida/tabulate_training.py": training_table,
    "karakida/tabulate_catapult.py": catapult_table,
    "karakida/tabulate_theorem5.py": theorem_5_table,
    "karakida/tabulate_depth.py": depth_table,
    "karakida/tabulate_finite_size.py": finite_size_table,
    "karakida/tabulate_many_outputs.py": many_outputs_table,
    "karakida/tabulate_corollary2.py": corollary_2_table,
    "karakida/measure_errata.py": errata_table,
}
