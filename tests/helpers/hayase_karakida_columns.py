"""Every table of Hayase and Karakida from handmade parts, and the same table computed anew."""

from __future__ import annotations

import itertools
import math
import statistics
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from drawn_errata import measured_and_expected
from hayase_karakida_laws import (
    PlainLaw,
    PlainPropagation,
    law_of_three_layers,
    law_of_two_free_projections,
    law_of_two_gaussian_layers,
    moment_covariances,
    of_hard_tanh,
    of_projections,
    stationary,
)
from held_columns import TableCase
from scipy.integrate import quad
from script_modules import script_module

from fisher_spectra.common.seeds import generator
from fisher_spectra.hayase_karakida import errata, formulas
from fisher_spectra.hayase_karakida.conditional_fisher import sample_orthogonal_network
from fisher_spectra.hayase_karakida.hard_tanh import HardTanh
from fisher_spectra.jobs.run_job import Job
from fisher_spectra.networks.haar_measure import sphere_inputs

# s and g: near isometry; with a large atom at the maximum of three layers, and with none.
ISOMETRY, SATURATING, CUT = (math.sqrt(0.125), 1.0013), (1.0, 1.0), (2.0, 1.0)
# The density of a law is right to its height above the real axis, and the mass in a bin to about 4e-6.
MASS = 1e-5


def function_of(shape: tuple[float, float]) -> str:
    """Its name in tables."""
    s, g = shape
    return f"hard_tanh(s={s!r},g={g!r})"


def standard_error(values: Sequence[float]) -> float:
    """Of their mean."""
    return statistics.stdev(values) / math.sqrt(len(values))


def tabulate(name: str, *arguments: object, **settings: object) -> pd.DataFrame:
    """The table of a script."""
    made: pd.DataFrame = getattr(script_module(f"hayase_karakida/{name}"), name)(*arguments, **settings)
    return made


def eigenvalues(seed: int, top: float, number: int = 12, networks: int = 3) -> list[list[float]]:
    """Of some networks, with no meaning."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(0.3 * top, 1.05 * top, number).tolist() for _ in range(networks)]


def sampled_rows(networks: list[list[float]], **cell: object) -> list[dict[str, object]]:
    """As the sampler writes them."""
    return [cell | {"network": k, "eigenvalue": value} for k, values in enumerate(networks) for value in values]


def binned(law: PlainLaw, found: Sequence[float], width: float, largest: float) -> list[dict[str, float]]:
    """Rows of `binned_law`, bin by bin; a bin has its upper end."""
    rows = []
    for k in range(math.floor(largest / width) + 1):
        low, high = k * width, (k + 1) * width
        atoms, band = law.mass(low, high)
        rows.append(
            {"lambda": (low + high) / 2, "bin_low": low, "bin_high": high, "density_theory": (atoms + band) / width}
            | {"density_continuous": band / width, "atom_weight": atoms}
            | {"density_empirical": sum(low < value <= high for value in found) / len(found) / width}
        )
    return rows


def tolerances(width: float) -> tuple[dict[str, float], dict[str, float]]:
    """Relative and absolute ones of the columns of laws in bins of that width or more."""
    places = dict.fromkeys(("lambda", "bin_low", "bin_high", "bin_width", "maximum_theory", "atom_weight"), 1e-8)
    densities = ("density_theory", "density_continuous", "density_closed_form")
    return places | dict.fromkeys(densities, 1e-3), dict.fromkeys(densities, MASS / width) | {"bin_low": 1e-12}


def figure_1() -> TableCase:
    """A network and independent projections, both of three layers, whose law is closed."""
    bin_width, fine_bin_width = 0.31, 0.13
    saturating = of_hard_tanh(*SATURATING, 3)
    laws = {"network": saturating, "projections": of_projections(3, 0.6)}
    parts, expected = [], []
    for seed, (panel, propagation) in enumerate(laws.items()):
        law = law_of_three_layers(propagation)
        networks = eigenvalues(seed, law.maximum)
        cell = {"panel": panel, "weights": "orthogonal", "L": 3, "M": 12}
        kind = {"function": function_of(SATURATING), "projection_weight": math.nan if panel == "network" else 0.6}
        parts += sampled_rows(networks, **cell, **kind)
        found = [value for values in networks for value in values]
        for width in (bin_width, fine_bin_width):
            same = {"n_networks": 3, "deficit": 1 - propagation.alphas[0], "maximum_theory": law.maximum}
            same |= {"maximum_empirical": statistics.fmean(map(max, networks))}
            expected += [
                cell | {"bin_width": width} | row | {"density_closed_form": row["density_theory"]} | same
                for row in binned(law, found, width, max(law.maximum, *found))
            ]
    made = tabulate("tabulate_fig1", pd.DataFrame(parts), bin_width=bin_width, fine_bin_width=fine_bin_width)
    return TableCase(made, pd.DataFrame(expected)[list(made.columns)], *tolerances(fine_bin_width))


def gaussian_table() -> TableCase:
    """Three layers with orthogonal weights, two with Gaussian ones."""
    bins = 10
    cases = {
        "orthogonal": (3, of_hard_tanh(*SATURATING, 3), law_of_three_layers(of_hard_tanh(*SATURATING, 3))),
        "gaussian": (2, of_hard_tanh(*SATURATING, 2), law_of_two_gaussian_layers(of_hard_tanh(*SATURATING, 2))),
    }
    parts, expected, narrowest = [], [], math.inf
    for seed, (weights, (depth, propagation, law)) in enumerate(cases.items()):
        networks = eigenvalues(seed, law.maximum)
        cell = {"panel": weights, "weights": weights, "L": depth, "M": 12}
        parts += sampled_rows(networks, **cell, function=function_of(SATURATING), projection_weight=math.nan)
        found = [value for values in networks for value in values]
        largest = max(law.maximum, *found)
        width = 1.001 * largest / bins
        narrowest = min(narrowest, width)
        same = {"n_networks": 3, "deficit": 1 - propagation.alphas[0], "maximum_theory": law.maximum}
        same |= {"maximum_empirical": statistics.fmean(map(max, networks)), "bin_width": width}
        expected += [cell | row | same for row in binned(law, found, width, largest)]
    made = tabulate("tabulate_gaussian", pd.DataFrame(parts), bins=bins)
    return TableCase(made, pd.DataFrame(expected)[list(made.columns)], *tolerances(narrowest))


def largest_difference(law: PlainLaw, found: Sequence[float], intervals: Sequence[tuple[float, float]]) -> float:
    """Between the two distribution functions, on both sides of all their steps, but not inside the intervals."""
    places = [x + side for x in (*found, *itertools.chain(*intervals)) for side in (-1e-9, 1e-9)]
    seen = [x for x in places if not any(low < x < high for low, high in intervals)]
    return max(abs(sum(value <= x for value in found) / len(found) - law.cdf(x)) for x in seen)


def atom_deviations(shape: tuple[float, float], propagation: PlainPropagation, width: int) -> list[float]:
    """Standard deviations of the three atoms of three layers at a finite width: q_2, and q_2 + gamma q_1 twice."""
    first, both, second = moment_covariances(*shape, propagation, width)
    gamma = propagation.gamma
    return [math.sqrt(second), *[math.sqrt(second + 2 * gamma * both + gamma**2 * first)] * 2]


def laws_table() -> TableCase:
    """A law with an atom at its maximum at two widths, and one without."""
    scatters = 4.0
    parts, expected = [], []
    for seed, (panel, shape, width) in enumerate(
        (("atom", SATURATING, 400), ("atom", SATURATING, 900), ("cut", CUT, 400))
    ):
        propagation = of_hard_tanh(*shape, 3)
        law = law_of_three_layers(propagation)
        networks = eigenvalues(seed, law.maximum, number=20)
        cell = {"panel": panel, "L": 3, "M": width}
        parts += sampled_rows(networks, **cell, function=function_of(shape))
        deviations = atom_deviations(shape, propagation, width)
        intervals = [
            (position - scatters * deviation, position + scatters * deviation)
            for (position, weight), deviation in zip(law.atoms, deviations, strict=True)
            if weight > 0
        ]
        found = [value for values in networks for value in values]
        maxima = [max(values) for values in networks]
        distances = [largest_difference(law, values, intervals) for values in networks]
        expected.append(
            cell
            | {"kolmogorov_distance": largest_difference(law, found, intervals)}
            | {"kolmogorov_distance_of_one": statistics.fmean(distances), "maximum_theory": law.maximum}
            | {"maximum_empirical": statistics.fmean(maxima), "maximum_sem": standard_error(maxima)}
            | {"maximum_scatter": statistics.stdev(maxima)}
            | {"maximum_scatter_theory": deviations[2] if law.atoms[2][1] > 0 else math.nan}
            | {"mean_theory": propagation.mean, "mean_empirical": statistics.fmean(found), "n_networks": 3}
        )
    made = tabulate("tabulate_laws", pd.DataFrame(parts), scatters=scatters)
    loose = {"kolmogorov_distance": 1e-4, "kolmogorov_distance_of_one": 1e-4, "mean_theory": 1e-5}
    return TableCase(made, pd.DataFrame(expected), loose | {"maximum_scatter_theory": 1e-7, "maximum_theory": 1e-8})


def jacobian_table() -> TableCase:
    """Two settings of three layers, whose J has two, one of them without an atom at the top."""
    points = 4
    parts: list[dict[str, object]] = []
    expected: list[dict[str, object]] = []
    for seed, (panel, shape) in enumerate((("atom", SATURATING), ("cut", CUT))):
        propagation = of_hard_tanh(*shape, 3)
        alphas, top = propagation.alphas, propagation.gamma**2
        law = law_of_two_free_projections(alphas[0], alphas[1], top)
        networks = [[0.0, *values[2:], top] for values in eigenvalues(seed, 0.9 * top)]
        cell = {"panel": panel, "L": 3, "M": 12}
        parts += sampled_rows(networks, **cell, function=function_of(shape))

        def share(place: float, networks: list[list[float]] = networks) -> list[float]:
            return [sum(value <= place for value in values) / len(values) for values in networks]

        mean = top * math.prod(alphas)
        second = mean**2 * (1 + sum((1 - alpha) / alpha for alpha in alphas))
        atom = max(0.0, sum(alphas) - 1)
        rows = [
            ("moment", 1.0, mean, list(map(statistics.fmean, networks))),
            ("moment", 2.0, second, [statistics.fmean(value**2 for value in values) for values in networks]),
            ("share_at_zero", 0.0, 1 - min(alphas), share(0.0)),
            ("share_at_top", top, atom, [sum(value == top for value in values) / len(values) for values in networks]),
            ("share_below_half", 0.5, law.cdf(0.5), share(0.5)),
            ("maximum", top, law.maximum, list(map(max, networks))),
            *(("distribution", x, law.cdf(x), share(x)) for x in (top * (k + 0.5) / points for k in range(points))),
        ]
        for quantity, place, theory, values in rows:
            expected.append(
                cell
                | {"quantity": quantity, "at": place, "theory": theory, "empirical_mean": statistics.fmean(values)}
                | {"empirical_sem": standard_error(values), "n_networks": 3}
            )
    made = tabulate("tabulate_jacobian", pd.DataFrame(parts), points=points)
    return TableCase(made, pd.DataFrame(expected), {"theory": 1e-8}, {"empirical_sem": 1e-15})


def theta_table() -> TableCase:
    """Theory of one input over N, and the edge of the Marchenko-Pastur law for several."""
    rng = np.random.default_rng(3)
    parts, expected = [], []
    for varied, depth, samples in (("L", 6, 1), ("N", 8, 4), ("N", 8, 9)):
        cell = {"varied": varied, "L": depth, "N": samples, "M": 36}
        names = ("mean", "maximum_full", "maximum_block")
        drawn = {name: rng.uniform(1, 9, 3).tolist() for name in names}
        parts += [
            cell | {"function": function_of(ISOMETRY), "network": k} | {name: drawn[name][k] for name in names}
            for k in range(3)
        ]
        propagation = of_hard_tanh(*ISOMETRY, depth)
        mean, largest = propagation.mean / samples, propagation.largest / samples
        edge = {1: 1.0, 4: (4 / 3) ** 2, 9: 1.5**2}[samples]
        for statistic, full, block, theory, theory_full in (
            ("mean", "mean", "mean", mean, mean),
            ("maximum", "maximum_full", "maximum_block", largest, largest * edge),
        ):
            expected.append(
                cell
                | {"statistic": statistic, "full": statistics.fmean(drawn[full])}
                | {"block_diagonal": statistics.fmean(drawn[block]), "theory": theory, "theory_full": theory_full}
                | {"full_sem": standard_error(drawn[full]), "block_diagonal_sem": standard_error(drawn[block])}
                | {"n_networks": 3}
            )
    made = tabulate("tabulate_theta", pd.DataFrame(parts))
    return TableCase(made, pd.DataFrame(expected), {"theory": 1e-8, "theory_full": 1e-8})


def theta_spectra_table() -> TableCase:
    """The law of H_L in units of N."""
    bins, samples, width_of_network = 8, 2, 12
    propagation = of_hard_tanh(*SATURATING, 3)
    law = law_of_three_layers(propagation)
    deviations = atom_deviations(SATURATING, propagation, width_of_network)
    networks = {name: eigenvalues(seed, law.maximum / samples) for seed, name in enumerate(("full", "block"))}
    parts = pd.DataFrame(
        {"function": function_of(SATURATING), "L": 3, "M": 12, "N": samples, "network": k, "full": full, "block": block}
        for k, pair in enumerate(zip(*networks.values(), strict=True))
        for full, block in zip(*pair, strict=True)
    )
    found = {name: [value for values in rows for value in values] for name, rows in networks.items()}
    largest = max(max(values) for values in found.values())
    width = 1.001 * largest / bins
    expected = []
    for row in binned(law, [samples * value for value in found["block"]], samples * width, samples * largest):
        low, high = row["bin_low"] / samples, row["bin_high"] / samples
        spread = sum(
            weight * (statistics.NormalDist(position, deviation).cdf(row["bin_high"]))
            - weight * statistics.NormalDist(position, deviation).cdf(row["bin_low"])
            for (position, weight), deviation in zip(law.atoms, deviations, strict=True)
        )
        band = row["density_continuous"] * (row["bin_high"] - row["bin_low"])
        expected.append(
            {"panel": "block_diagonal_and_full", "L": 3, "M": 12, "N": samples, "lambda": (low + high) / 2}
            | {"bin_low": low, "bin_high": high, "atom_weight": row["atom_weight"], "n_networks": 3}
            | {f"density_{what}": samples * row[f"density_{what}"] for what in ("theory", "continuous", "empirical")}
            | {f"count_{name}": sum(low < value <= high for value in values) for name, values in found.items()}
            | {"count_theory": len(parts) * width * samples * row["density_theory"]}
            | {"count_width": len(parts) * (band + spread)}
        )
    made = tabulate("tabulate_theta_spectra", parts, bins=bins)
    relative, absolute = tolerances(width)
    relative |= {"count_theory": 1e-3, "count_width": 1e-3}
    absolute |= {"count_theory": MASS * len(parts), "count_width": MASS * len(parts)}
    return TableCase(made, pd.DataFrame(expected)[list(made.columns)], relative, absolute)


def online_map(
    rng: np.random.Generator, cell: dict[str, object], names: dict[str, object], limit: float
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Trials of one map with one depth, and its rows: three borders that differ, one of two trials lost at the end."""
    rates, depth = (0.05, 0.1, 0.2, 0.4, 0.8), 7
    means = {
        "train_accuracy": (0.8, 0.9, 0.8, 0.1, 0.1),  # lost beyond 0.2
        "test_accuracy": (0.7, 0.8, 0.2, 0.1, 0.1),  # beyond 0.1
        "train_loss": (0.3, 0.2, 0.5, 0.6, math.inf),
        "test_loss": (0.4, 0.3, 0.6, 0.7, math.inf),  # beyond 0.4
    }
    borders = {"border": (0.2, 0.4), "border_test": (0.1, 0.2), "border_loss": (0.4, 0.8)}
    lines = {"eta_boundary": 2 / of_hard_tanh(*ISOMETRY, depth).largest, "eta_paper": 2 / depth}
    parts: list[dict[str, object]] = []
    expected: list[dict[str, object]] = []
    cell = cell | {"L": depth, "M": 64, "function": function_of(ISOMETRY), "classes": 10}
    for k, eta in enumerate(rates):
        lost = (1, 0) if k == 4 else (0, 0)
        row: dict[str, object] = names | {"L": depth, "eta": eta}
        moves = {name: rng.uniform(0.01, 0.05) for name in means}
        for trial in range(2):
            values = {name: means[name][k] + (-1) ** trial * moves[name] for name in means}
            if lost[trial]:  # answers no better than chance, with an infinite loss
                values |= dict.fromkeys(means, math.nan) | {"train_loss": math.inf, "test_loss": math.inf}
            elif k == 4:
                values |= {"train_accuracy": 0.1, "test_accuracy": 0.1, "train_loss": 5.0, "test_loss": 5.0}
            parts.append(cell | {"eta": eta, "trial": trial, **values, "diverged": lost[trial], "steps": 500})
        for name, (below, above) in borders.items():
            border = math.sqrt(below * above)
            row |= {name: border, f"{name}_half_width": math.log(above / below) / 2}
            row |= {f"log_distance_{name}_{line}": math.log(border / value) for line, value in lines.items()}
        expected.append(
            row
            | {name: values[k] for name, values in means.items()}
            | {"diverged_fraction": sum(lost) / 2, "n_trials": 2, **lines, "epochs": cell["epochs"], "M": 64}
            | {"samples": cell["samples"], "chance": 0.1, "loss_limit": limit}
        )
    return parts, expected


def online_table() -> TableCase:
    """Two maps of one data set."""
    rng, limit = np.random.default_rng(4), 1.0
    parts, expected = [], []
    for epochs in (1, 10):
        cell: dict[str, object] = {"dataset": "digits", "epochs": epochs, "samples": 500 * epochs}
        trials, rows = online_map(rng, cell, {"dataset": f"digits ({epochs} epoch{'s' * (epochs > 1)})"}, limit)
        parts += trials
        expected += rows
    made = tabulate("tabulate_online", pd.DataFrame(parts), loss_limit=limit)
    return TableCase(made, pd.DataFrame(expected)[list(made.columns)])


def label_norms_table() -> TableCase:
    """One data set, two norms of the label vectors."""
    rng, limit = np.random.default_rng(7), 1.0
    parts, expected = [], []
    for norm in ("root_width", "one"):
        cell: dict[str, object] = {"dataset": "digits", "epochs": 1, "samples": 500, "label_norm": norm}
        trials, rows = online_map(rng, cell, {"label_norm": norm, "dataset": "digits"}, limit)
        parts += trials
        expected += rows
    made = tabulate("tabulate_label_norms", pd.DataFrame(parts), loss_limit=limit)
    return TableCase(made, pd.DataFrame(expected)[list(made.columns)])


def spectra_table() -> TableCase:
    """Two depths; one network diverged, and some eigenvalues lie beyond the last bin."""
    bins, largest = 5, 1.5
    rng = np.random.default_rng(5)
    parts: list[dict[str, object]] = []
    expected: list[dict[str, object]] = []
    none: list[float] = []
    for depth in (4, 6):
        cell = {"dataset": "digits", "function": function_of(ISOMETRY), "L": depth, "M": 64}
        found = {eta: rng.uniform(0.2, 1.9 * depth, 30).tolist() for eta in (0.0, 0.1)}
        parts += [cell | {"eta": eta, "eigenvalue": v, "diverged": 0} for eta, values in found.items() for v in values]
        parts.append(cell | {"eta": 9.0, "eigenvalue": math.nan, "diverged": 1})
        for eta, values in ((0.1, found[0.1]), (9.0, none)):
            for k in range(bins):
                low, high = depth * largest * k / bins, depth * largest * (k + 1) / bins
                share = {
                    name: sum(low < v <= high for v in some) / max(len(some), 1)
                    for name, some in (("weight", values), ("weight_initial", found[0.0]))
                }
                expected.append(
                    {"dataset": "digits", "L": depth, "eta": eta, "lambda": (low + high) / 2, **share}
                    | {"bin_low": low, "bin_high": high, "M": 64, "n_eigenvalues": len(values)}
                    | {"weight_above": sum(v > depth * largest for v in values) / max(len(values), 1)}
                    | {"mean": statistics.fmean(values) if values else math.nan}
                    | {"mean_initial": statistics.fmean(found[0.0]), "diverged": int(not values)}
                    | {"eta_boundary": 2 / of_hard_tanh(*ISOMETRY, depth).largest, "eta_paper": 2 / depth}
                )
    made = tabulate("tabulate_spectra", pd.DataFrame(parts), bins=bins, largest=largest)
    return TableCase(made, pd.DataFrame(expected)[list(made.columns)])


def depth_limits_table() -> TableCase:
    """Three layers with an atom at the maximum and without, and the depth at which it vanishes."""
    rng = np.random.default_rng(6)
    deepest, samples, slowly = 30, 3, (0.9, 1.05)
    parts: list[dict[str, object]] = []
    expected: list[dict[str, object]] = []

    def add(setting: str, shape: tuple[float, float], depth: int, number: int, quantity: str, *theory: float) -> None:
        values = rng.uniform(1, 9, 3).tolist()
        (s, g), (recursion, limit, exact) = shape, theory
        cell = {"setting": setting, "L": depth, "s": s, "g": g, "quantity": quantity, "N": number, "M": 50}
        parts.extend(cell | {"network": k, "value": value} for k, value in enumerate(values))
        expected.append(
            cell
            | {"theory_recursion": recursion, "theory_limit": limit, "theory_exact": exact, "n_networks": 3}
            | {"empirical": statistics.fmean(values), "empirical_sem": standard_error(values)}
        )

    for setting, shape in (("atom", (1.0, 1.2)), ("cut", (2.0, 1.3))):
        propagation = of_hard_tanh(*shape, 3)
        q, deficit = propagation.moments[-1], propagation.deficits[-1]
        rates = 3 * deficit, -3 * math.log(propagation.gamma)

        def limit(rate: float, q: float = q) -> float:
            return q * (1 - math.exp(-rate)) / rate

        mean = propagation.mean
        weight = propagation.top_weight
        assert (weight > 0) == (setting == "atom")
        add(
            *(setting, shape, 3, 1, "maximum"),
            *(propagation.largest, 3 * limit(rates[1]), law_of_three_layers(propagation).maximum),
        )
        add(setting, shape, 3, 1, "mean", mean, 3 * limit(sum(rates)), mean)
        add(setting, shape, 3, 1, "atom_weight", weight, 1 - 2 * deficit, max(weight, 0.0))
        add(setting, shape, 3, samples, "mean_many_inputs", mean / samples, limit(sum(rates)), mean / samples)
    deep = of_hard_tanh(*slowly, deepest).deficits
    vanished = next(n + 1 for n in range(deepest) if sum(deep[:n]) >= 1)
    in_the_limit = next(n + 1 for n in range(1, deepest) if n * deep[n - 1] >= 1)
    assert vanished != in_the_limit
    add("atom", slowly, deepest, 1, "vanishing_depth", vanished, in_the_limit, vanished)
    made = tabulate("tabulate_depth_limits", pd.DataFrame(parts))
    return TableCase(made, pd.DataFrame(expected)[list(made.columns)], {"theory_exact": 1e-8})


def errata_table() -> TableCase:
    """Printed and corrected values in closed form, and the mean of what is drawn with its standard error."""
    width, networks, depth, epsilon_1, ranks, rate, draws = 20, 4, 9, 0.3, (0.3, 0.4), 0.05, 6000
    near, far = HardTanh(0.125, 1.0013), HardTanh(1.0, 1.0)

    def measure() -> pd.DataFrame:
        return tabulate(
            "measure_errata",
            **{"job": Job(Namespace(output=Path("table.csv"))), "root_seed": 3, "experiment": "test"},
            **{"isometry": near, "saturating": far, "width": width, "networks": networks, "depth": depth},
            **{"epsilon_1": epsilon_1, "samples": 5, "ranks": ranks, "learning_rate": rate, "draws": draws},
        )

    three, two = of_hard_tanh(*SATURATING, 3), of_hard_tanh(*SATURATING, 2)
    lowest, middle, _ = law_of_three_layers(three).atoms
    alpha = three.alphas[0]
    projected = of_projections(3, ranks[0])
    _, gamma = stationary(depth, epsilon_1)
    rates = epsilon_1, -depth * math.log(gamma)
    zeros = [1 - rank for rank in ranks]
    values = {
        "hard_tanh": (near.g, 1 / near.s),
        "gaussian_normalisation": (math.sqrt(2 * math.pi), 2 * math.pi),
        "divergence": (1.0, 0.5),
        "dual_weight": (1 / 3, 1 / 24),
        "s_transform": (1.5 / (0.5 + alpha), 1.5 / (1.5 - alpha)),
        "second_atom": (lowest[0], middle[0]),
        "weight_at_minimum": (lowest[1] + middle[1], lowest[1]),
        "recursion_of_maximum": (3.0, law_of_three_layers(projected).maximum),
        "constant_moment": (1.0, of_hard_tanh(*ISOMETRY, depth).moments[-1]),
        "atom_at_zero": (sum(zeros) - 1, max(zeros)),
        "maximum_expansion": (1 + rates[1] / 2, 1 - rates[1] / 2),
        "mean_expansion": (1 + sum(rates) / 2, 1 - sum(rates) / 2),
        "overlaps": (two.moments[1] * (1 + alpha), two.mean),
        "scale_of_theta": (2.0, 0.5),
        "online_step": lengths_after_one_step(near, width, networks, rate),
        "sum_of_moments": (5 / 6, 7 / 6),
        "overlaps_of_two": (printed_overlaps_of_two(networks), 1.0),
        "transform": (inverse_mean(law_of_three_layers(three)),) * 2,
        **of_shifted_relu(1.2, 0.4),
    }
    numbers = dict.fromkeys(values, networks) | {"hard_tanh": 1, "s_transform": 100}
    numbers |= dict.fromkeys(("gaussian_normalisation", "sum_of_moments"), draws)
    made, expected = measured_and_expected(measure, (errata, formulas), values, numbers)
    return TableCase(made, expected, {"printed": 1e-8, "corrected": 1e-8})


def inverse_mean(law: PlainLaw) -> float:
    """Minus the mean of 1 / lambda: over the atoms, and over the band, whose roots at both ends a cosine takes away."""
    (low, high), atoms = law.band, math.fsum(weight / position for position, weight in law.atoms)

    def integrand(angle: float) -> float:
        x = (low + high) / 2 - (high - low) / 2 * math.cos(angle)
        return law.density(x) / x * (high - low) / 2 * math.sin(angle)

    return -atoms - float(quad(integrand, 0, math.pi, epsabs=1e-13)[0])


def of_shifted_relu(a: float, b: float) -> dict[str, tuple[float, float]]:
    """Weight at lambda_min and mean of three layers, from the incomplete moments of a Gaussian variable above b."""
    moments, alphas = [1.0], []
    for _ in range(2):
        kink = b / math.sqrt(moments[-1])
        above = math.erfc(kink / math.sqrt(2)) / 2
        square = above + kink * math.exp(-(kink**2) / 2) / math.sqrt(2 * math.pi)
        alphas.append(above)
        moments.append(a**2 * (moments[-1] * square + b**2 * (1 - above)))
    layers = PlainPropagation(moments, alphas, a**2)
    return {"shifted_relu_weight": (layers.deficits[1],) * 2, "shifted_relu_mean": (layers.mean,) * 2}


def printed_overlaps_of_two(networks: int) -> float:
    """Sum over layers with the overlaps of outputs, over that with inputs, for two inputs of overlap 0.8; s = g = 1."""
    rng = generator(3, "test", "overlaps_of_two_inputs")
    ratios = []
    for _ in range(networks):
        one, two, three = sample_orthogonal_network(rng, 8, 3, function_of(SATURATING)).weights
        x, other = sphere_inputs(rng, 2, 8)
        layers, jacobians = [], []
        for h in (x, 0.8 * x + 0.6 * other):
            first = one @ h
            second = two @ np.clip(first, -1, 1)
            inner, outer = (np.diag((np.abs(u) < 1).astype(float)) for u in (first, second))
            layers.append([h, np.clip(first, -1, 1), np.clip(second, -1, 1), three @ np.clip(second, -1, 1)])
            jacobians.append([three @ outer @ two @ inner, three @ outer, np.eye(8)])
        overlaps = [m @ n for m, n in zip(*layers, strict=True)]
        traces = [np.trace(m @ n.T) for m, n in zip(*jacobians, strict=True)]
        right, printed = (np.dot(part, traces) for part in (overlaps[:-1], overlaps[1:]))
        ratios.append(float(printed / right))
    return statistics.fmean(ratios)


def lengths_after_one_step(shape: HardTanh, width: int, networks: int, rate: float) -> tuple[float, float]:
    """|y - f| after one step over that before, by (38) as it stands and with the factor eta, for two layers.

    f = W_2 phi(W_1 x): the change of f is that of W_2 times phi(h) and W_2 D times that of W_1 times x.
    """
    rng = generator(3, "test", "online_step")
    printed, corrected = [], []
    for _ in range(networks):
        network = sample_orthogonal_network(rng, width, 2, errata.Setting(shape.s, shape.g, width).activation)
        x, y = sphere_inputs(rng, 2, width)
        first, second = network.weights
        h = first @ x
        phi = np.clip(shape.g * h, -1 / shape.s, 1 / shape.s)
        slopes = np.where(np.abs(h) < 1 / (shape.s * shape.g), shape.g, 0.0)
        residual = y - second @ phi
        matrix = (phi @ phi * np.eye(width) + x @ x * (second * slopes**2) @ second.T) / width
        of_all_weights = second @ phi + second @ (slopes * h)
        as_printed = residual - matrix @ (residual + (1 - rate) * of_all_weights)
        length = np.linalg.norm(residual)
        printed.append(float(np.linalg.norm(as_printed) / length))
        corrected.append(float(np.linalg.norm(residual - rate * matrix @ residual) / length))
    return statistics.fmean(printed), statistics.fmean(corrected)


CASES: dict[str, Callable[[], TableCase]] = {
    "hayase_karakida/tabulate_fig1.py": figure_1,
    "hayase_karakida/tabulate_theta.py": theta_table,
    "hayase_karakida/tabulate_theta_spectra.py": theta_spectra_table,
    "hayase_karakida/tabulate_online.py": online_table,
    "hayase_karakida/tabulate_label_norms.py": label_norms_table,
    "hayase_karakida/tabulate_jacobian.py": jacobian_table,
    "hayase_karakida/tabulate_spectra.py": spectra_table,
    "hayase_karakida/tabulate_depth_limits.py": depth_limits_table,
    "hayase_karakida/tabulate_laws.py": laws_table,
    "hayase_karakida/tabulate_gaussian.py": gaussian_table,
    "hayase_karakida/measure_errata.py": errata_table,
}
