"""Every table of Pennington and Worah from handmade parts, and the same table computed anew."""

from __future__ import annotations

import functools
import itertools
import math
import statistics
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from held_columns import TableCase
from pennington_worah_finite_width import broadened_law
from pennington_worah_law import LAWS, PlainLaw, erf_law, leaky_relu_law, smooth_mean
from pennington_worah_linear_density import linear_density
from pennington_worah_stieltjes_transform import stieltjes_by_double_sum
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import erf
from scipy.stats import spearmanr
from script_modules import script_module

from fisher_spectra.pennington_worah.bins import EvenBins, LogarithmicBins
from fisher_spectra.pennington_worah.constants import NonlinearityConstants
from fisher_spectra.pennington_worah.nonlinearities import Nonlinearity
from fisher_spectra.pennington_worah.singularities import Epsilons

Array = npt.NDArray[np.float64]

NONLINEARITIES = {
    "linear": Nonlinearity("linear"),
    "erf_1": Nonlinearity("normalised_erf(alpha=1)"),
    "srelu_0": Nonlinearity("shifted_leaky_relu(alpha=0)"),
    "f_opt": Nonlinearity("optimal_quadratic"),
}
CONSTANTS = ("eta", "eta_prime", "zeta", "z1", "z2", "z3", "z4", "z5", "z6")
# Table 1 as printed
PRINTED = {
    "linear": ("1", "1", "1", "0", "4", "0", "0", "4", "8"),
    "erf_1": ("1", "1.226", "0.914", "0.086", "3.741", "0.198", "0.312", "3.966", "7.51"),
    "srelu_0": ("1", "1.467", "0.733", "0.267", "3.200", "0.491", "0.733", "3.667", "6.377"),
    "f_opt": ("1", "1.923", "0.077", "0.923", "1.231", "1.138", "1.846", "2.154", "2.247"),
}


def some(*names: str) -> dict[str, Nonlinearity]:
    """These nonlinearities."""
    return {name: NONLINEARITIES[name] for name in names}


def standard_error(values: Sequence[float]) -> float:
    """Of their mean."""
    return statistics.stdev(values) / math.sqrt(len(values))


def remark_1(law: PlainLaw) -> dict[str, float]:
    """The transform below the spectrum, and its part of the third kind: from the residue of the differential.

    With a = w / y, y = 1 + t, the differential is N(y) dy / sqrt Q(y), and what the integral of dy / (y sqrt Q) is
    multiplied by is sqrt Q(0) times the residue at y = 0, where a is infinite: a mean over a small circle.
    """
    z = law.features[0] - law.features[5] / 8
    constants = NonlinearityConstants(law.eta, law.eta_prime, law.zeta)
    integral = float(stieltjes_by_double_sum(constants, np.array(z), 600).real)
    w, u, low = 4 * law.zeta, z - law.eta_prime + law.zeta, z - law.eta + law.zeta
    b = u * (low - w) / low
    first, second = 1 - w / u, 1 - w / b
    y = 0.05 * min(1.0, abs(1 - first), abs(1 - second)) * np.exp(2j * np.pi * np.arange(64) / 64)
    t = y - 1
    root = np.sqrt(t * (t + first) * (t + second) / (-(first - 1) * (second - 1)))  # 1 at y = 0
    factor = np.mean((1 + (low - u) / u**2 * w / y) * t * (t + second) / y / root).real
    # t = x^2
    kind = quad(lambda x: 2 / ((1 + x**2) * math.sqrt((x**2 + first) * (x**2 + second))), 0, math.inf)[0]
    share = -2 / (math.pi * w) * math.sqrt(b / u) * float(factor) * kind / integral
    return {"transform_integral": integral, "transform_elliptic": integral, "third_kind": share}


def table_1() -> TableCase:
    """Besides the four of the paper a nonlinearity of which it has nothing."""
    slope = smooth_mean(lambda x: 1 / np.cosh(x) ** 2)
    tanh = PlainLaw(smooth_mean(lambda x: np.tanh(x) ** 2), smooth_mean(lambda x: np.cosh(x) ** -4), slope**2)
    expected = []
    for name, law in {**LAWS, "mine": tanh}.items():
        values = (law.eta, law.eta_prime, law.zeta, *law.features)
        printed = PRINTED.get(name)
        row: dict[str, object] = {"nonlinearity": name, **dict(zip(CONSTANTS, values, strict=True))}
        for k, column in enumerate(CONSTANTS):
            digits = len(printed[k].partition(".")[2]) if printed else 0
            row[f"printed_{column}"] = float(printed[k]) if printed else math.nan
            row[f"decimals_{column}"] = digits
            row[f"deviation_{column}"] = (values[k] - float(printed[k])) * 10**digits if printed else math.nan
        expected.append(row | remark_1(law))
    made = script_module("pennington_worah/tabulate_table1").tabulate_table1(
        NONLINEARITIES | {"mine": Nonlinearity("tanh")}
    )
    # zeros of z_1 come from differences of numbers that are right to 1e-8; deviations are rounded to six digits
    absolute = dict.fromkeys(CONSTANTS, 1e-12) | {f"deviation_{column}": 1e-5 for column in CONSTANTS}
    absolute |= {"third_kind": 1e-8}  # of a linear network nothing
    relative = dict.fromkeys((*CONSTANTS, "transform_integral", "transform_elliptic", "third_kind"), 1e-7)
    return TableCase(made, pd.DataFrame(expected)[list(made.columns)], relative, absolute)


# -- spectra in bins


@dataclass(frozen=True)
class Cell:
    """Handmade networks of one nonlinearity, width and method: eigenvalues, or (nodes, weights) of each probe."""

    name: str
    n: int
    method: str
    networks: Sequence[Sequence[Any]]

    def rows(self) -> list[dict[str, object]]:
        """As the samplers write them."""
        rows: list[dict[str, object]] = []
        for number, network in enumerate(self.networks):
            cell = {"nonlinearity": self.name, "n": self.n, "method": self.method, "network": number}
            for place, one in enumerate(network):
                if isinstance(one, float):
                    rows.append(cell | {"eigenvalue": one})
                    continue
                rows += [
                    cell | {"probe": place, "node": node, "weight": weight} for node, weight in zip(*one, strict=True)
                ]
        return rows

    def distribution(self, network: int) -> Callable[[float, bool], float]:
        """Its share of eigenvalues below x, or up to x: of nodes half of each weight counts at it, linear between."""
        spectrum = self.networks[network]
        if self.method != "lanczos":
            values = [float(value) for value in spectrum]
            return lambda x, with_x: sum(v <= x if with_x else v < x for v in values) / len(values)

        def of_probe(probe: tuple[Sequence[float], Sequence[float]], x: float) -> float:
            nodes, weights = probe
            if not nodes[0] <= x <= nodes[-1]:
                return 0.0 if x < nodes[0] else 1.0
            middle = [sum(weights[:k]) + weights[k] / 2 for k in range(len(nodes))]
            k = max(bisect_left(nodes, x), 1)
            share = (x - nodes[k - 1]) / (nodes[k] - nodes[k - 1])
            return (1 - share) * middle[k - 1] + share * middle[k]

        return lambda x, with_x: statistics.fmean(of_probe(probe, x) for probe in spectrum)

    def zeros(self, network: int) -> float:
        """Share of eigenvalues that are zero."""
        values = self.networks[network]
        return 0.0 if self.method == "lanczos" else sum(value == 0.0 for value in values) / len(values)


def grid_of(law: PlainLaw, even: Sequence[float]) -> list[float]:
    """An even grid with 30 distances, from 1e-6 to 0.05 times z_6, on both sides of each feature."""
    z = law.features
    distances = [z[5] * 1e-6 * (0.05 / 1e-6) ** (k / 29) for k in range(30)]
    around = [z_k + sign * distance for z_k in z for sign in (1, -1) for distance in distances]
    points = sorted({*even, *(x for x in around if even[0] < x < even[-1])} - {z[0], z[3]})
    return points


def binned(cell: Cell, law: PlainLaw, edges: Sequence[float], even: Sequence[float]) -> pd.DataFrame:
    """Rows of a cell, point by point."""
    atom = law.atom_at_zero
    mass = [law.cdf(edge) - atom for edge in edges]
    densities = []
    for low, high in itertools.pairwise(edges):
        of_networks = []
        for number in range(len(cell.networks)):
            distribution, last = cell.distribution(number), high == edges[-1]
            zeros = cell.zeros(number) if low == 0.0 else 0.0
            of_networks.append((distribution(high, last) - distribution(low, False) - zeros) / (high - low))
        densities.append(of_networks)
    rows = []
    for x in grid_of(law, even):
        k = next(k for k in range(len(edges) - 1) if edges[k] <= x < edges[k + 1])
        rows.append(
            {"lambda": x, "density_theory": density_of(law, x), "density_empirical": statistics.fmean(densities[k])}
            | {"density_empirical_sem": standard_error(densities[k]), "bin_low": edges[k], "bin_high": edges[k + 1]}
            | {"density_theory_bin": (mass[k + 1] - mass[k]) / (edges[k + 1] - edges[k])}
            | {"atom_theory": atom, "n_networks": len(cell.networks)}
            | {"atom_empirical": statistics.fmean(map(cell.zeros, range(len(cell.networks))))}
            | {"nonlinearity": cell.name, "n": cell.n, "method": cell.method}
        )
    return pd.DataFrame(rows)


@functools.cache
def density_of(law: PlainLaw, x: float) -> float:
    """By elliptic integrals for the linear network, by quadrature for the others."""
    return float(linear_density(x)) if law == LAWS["linear"] else law.density(x)


LINEAR_CELL = Cell("linear", 2, "structure", [[0.0, 0.0, 0.0, 0.5, 1.5, 6.0], [0.0, 0.0, 0.3, 2.2, 3.0, 7.0]])
DENSE_CELL = Cell("erf_1", 2, "dense", [[0.02, 0.4, 1.5, 5.0], [0.2, 0.9, 2.5, 3.0], [0.01, 0.03, 4.5, 7.2]])
TWO_PROBES = Cell(
    *("erf_1", 4, "lanczos"),
    [
        [([0.1, 1.0, 4.0], [0.5, 0.3, 0.2]), ([0.2, 2.0, 6.0], [0.6, 0.3, 0.1])],
        [([0.15, 0.8, 5.0], [0.4, 0.4, 0.2]), ([0.3, 1.1, 6.5], [0.5, 0.35, 0.15])],
    ],
)
ONE_PROBE = Cell(
    *("erf_1", 4, "lanczos"), [[([0.02, 1.0, 4.0], [0.1, 0.6, 0.3])], [([0.15, 0.8, 5.0], [0.4, 0.4, 0.2])]]
)
CLOSE = {"density_theory": 1e-8, "density_theory_bin": 1e-8, "lambda": 1e-12}


def parts_of(*cells: Cell) -> pd.DataFrame:
    """One table of all cells."""
    return pd.DataFrame([row for cell in cells for row in cell.rows()])


def figure_1() -> TableCase:
    """All three methods; three eigenvalues of one linear network are exactly zero, and two of the other."""
    bins = EvenBins(number=4, largest=8.4, points=3)
    cells = (LINEAR_CELL, DENSE_CELL, TWO_PROBES)
    edges, even = [2.1 * k for k in range(5)], [0.7 * (k + 0.5) for k in range(12)]
    expected = pd.concat([binned(cell, LAWS[cell.name], edges, even).assign(panel=cell.name) for cell in cells])
    made = script_module("pennington_worah/tabulate_fig1").tabulate_fig1(
        parts_of(*cells), NONLINEARITIES["linear"], NONLINEARITIES["erf_1"], bins
    )
    return TableCase(made, expected[list(made.columns)], CLOSE, {"density_theory": 1e-12})


def figure_2() -> TableCase:
    """Panel a for a nonlinearity with an atom and two without, panel b for eigenvalues and for one probe a network."""
    points, bins = 9, LogarithmicBins(number=3, smallest=0.005, largest=8.0, points=2)
    names = ("linear", "erf_1", "f_opt")
    frames = []
    for name in names:
        law = LAWS[name]
        z = law.features
        low, high = max(z[0] - 0.01 * z[5], 0.0), 1.01 * z[5]
        even = [low + k * (high - low) / (points - 1) for k in range(points)]
        frames += [
            {"panel": "a", "nonlinearity": name, "n": math.inf, "method": "limit", "lambda": x}
            | {"density_theory": density_of(law, x), "density_empirical": math.nan, "atom_theory": law.atom_at_zero}
            | {f"z{k}": z_k for k, z_k in enumerate(z, start=1)}
            for x in grid_of(law, even)
        ]
    tables = [pd.DataFrame(frames)]
    steps = 8.0 / 0.005
    edges = [0.005 * steps ** (k / 3) for k in range(4)]
    for cell in (DENSE_CELL, ONE_PROBE):
        law = LAWS[cell.name]
        distances, below = [], []
        for number, network in enumerate(cell.networks):
            distribution = cell.distribution(number)
            if cell.method == "lanczos":
                ((nodes, weights),) = network
                places = [*nodes, law.features[0], law.features[3]]
                distances.append(max(abs(distribution(x, True) - law.cdf(x)) for x in places))
                below.append(sum(w for x, w in zip(nodes, weights, strict=True) if x < law.features[0] / 2))
            else:
                sides = itertools.product([float(value) for value in network], (True, False))
                distances.append(max(abs(distribution(x, side) - law.cdf(x)) for x, side in sides))
                below.append(distribution(law.features[0] / 2, False))
        even = [0.005 * steps ** ((k + 0.5) / 6) for k in range(6)]
        tables.append(
            binned(cell, law, edges, even).assign(
                panel="b",
                n=float(cell.n),
                kolmogorov_distance=statistics.fmean(distances),
                kolmogorov_distance_std=statistics.stdev(distances),
                below_half_z1_per_unit=2 * cell.n * statistics.fmean(below),
            )
        )
    made = script_module("pennington_worah/tabulate_fig2").tabulate_fig2(
        parts_of(DENSE_CELL, ONE_PROBE), some(*names), points, bins
    )
    absolute = {"z1": 1e-12, "z3": 1e-12, "z4": 1e-12, "density_theory": 1e-12}
    relative = CLOSE | {f"z{k}": 1e-8 for k in range(1, 7)}
    return TableCase(made, pd.concat(tables)[list(made.columns)], relative, absolute)


# -- the other tables


def figure_3() -> TableCase:
    """Two families with several alphas, the smaller conditioning not always with the larger reduction."""
    rng = np.random.default_rng(0)
    families: dict[str, tuple[str, Callable[[float], PlainLaw]]] = {
        "erf": ("normalised_erf", erf_law),
        "srelu": ("shifted_leaky_relu", leaky_relu_law),
    }
    parts, expected, curves = [], [], []
    for family, (name, law_of) in families.items():
        rows = []
        for alpha in (0.25, 0.5, 0.7, 0.9):
            settings = {"n": 8, "samples": 90, "perturbation": 0.1}
            drawn = {
                column: rng.uniform(1, 2, 3).tolist()
                for column in ("loss_reduction", "predicted_network", "initial_loss")
            }
            parts += [
                {"family": family, "alpha": alpha, "function": f"{name}(alpha={alpha})", "network": network}
                | settings
                | {column: values[network] for column, values in drawn.items()}
                for network in range(3)
            ]
            law = law_of(alpha)
            rows.append(
                {"family": family, "alpha": alpha, "m2_over_m1_squared": law.conditioning}
                | {column: statistics.fmean(values) for column, values in drawn.items()}
                | {"loss_reduction_std": statistics.stdev(drawn["loss_reduction"])}
                | {"predicted_limit": 0.1**2 * 8**2 / law.conditioning, "n_networks": 3}
                | {"eta": law.eta, "eta_prime": law.eta_prime, "zeta": law.zeta, **settings}
            )
        columns = ([row[column] for row in rows] for column in ("m2_over_m1_squared", "loss_reduction"))
        correlation = spearmanr(*columns).statistic
        expected += [row | {"rank_correlation": correlation, "kind": "networks"} for row in rows]
        measured = ("loss_reduction", "loss_reduction_std", "predicted_network", "initial_loss")
        for alpha in (0.25, 0.575, 0.9):
            law = law_of(alpha)
            curves.append(
                {"family": family, "alpha": alpha, "m2_over_m1_squared": law.conditioning, "n_networks": 0, **settings}
                | {"predicted_limit": 0.1**2 * 8**2 / law.conditioning, "rank_correlation": correlation}
                | {"eta": law.eta, "eta_prime": law.eta_prime, "zeta": law.zeta, "kind": "limit"}
                | dict.fromkeys(measured, math.nan)
            )
    made = script_module("pennington_worah/tabulate_fig3").tabulate_fig3(pd.DataFrame(parts), 3)
    of_constants = ("m2_over_m1_squared", "predicted_limit", "eta", "eta_prime", "zeta")
    wanted = pd.DataFrame(expected + curves)[list(made.columns)]
    return TableCase(made, wanted, dict.fromkeys(of_constants, 1e-7))


def singularities_table() -> TableCase:
    """The transform by sums over both variables, at distances from the axis at which these converge."""
    rng = np.random.default_rng(1)
    epsilons = Epsilons(smallest=0.05, largest=0.8, number=5, fit=3)
    eps = [0.05 * 2.0**k for k in range(5)]
    sampled = {
        (name, n): [rng.uniform(0, 3, 2 * n).tolist() for _ in range(3)]
        for name, n in itertools.product(("linear", "erf_1"), (2, 3))
    }
    parts = [
        {"nonlinearity": name, "n": n, "network": network, "eigenvalue": value}
        for (name, n), networks in sampled.items()
        for network, values in enumerate(networks)
        for value in values
    ]
    expected = []
    for name, feature, n in itertools.product(("linear", "erf_1"), ("z1", "z4"), (2, 3)):
        law = LAWS[name]
        location = law.features[0 if feature == "z1" else 3]
        constants = NonlinearityConstants(law.eta, law.eta_prime, law.zeta)
        transform = stieltjes_by_double_sum(constants, location + 1j * np.array(eps))
        theory = (np.array(eps) * np.abs(transform.imag)).tolist()
        slope = statistics.linear_regression([math.log(e) for e in eps[:3]], [math.log(v) for v in theory[:3]]).slope
        for e, value in zip(eps, theory, strict=True):
            masses = [
                statistics.fmean(e**2 / ((v - location) ** 2 + e**2) for v in network) for network in sampled[name, n]
            ]
            expected.append(
                {"nonlinearity": name, "feature": feature, "location": location, "n": n, "epsilon": e}
                | {"theory": value, "empirical": statistics.fmean(masses), "empirical_sem": standard_error(masses)}
                | {"exponent": slope, "atom": law.atom_at_zero, "n_networks": 3}
            )
    made = script_module("pennington_worah/tabulate_singularities").tabulate_singularities(
        pd.DataFrame(parts), some("linear", "erf_1"), epsilons
    )
    loose = dict.fromkeys(("location", "theory", "exponent", "empirical", "empirical_sem"), 1e-7)
    return TableCase(made, pd.DataFrame(expected), loose, {"location": 1e-12})


def slopes_table() -> TableCase:
    """Difference quotients of the density by quadrature; what they tend to, from numerical slopes at the corners."""
    distances = [1e-3, 3e-3, 9e-3]
    places = {"linear": ("z5",), "erf_1": ("z2", "z3", "z5"), "f_opt": ("z3", "z5")}
    expected = []
    for name, features in places.items():
        law = LAWS[name]
        for feature in features:
            location, order = law.features[int(feature[1]) - 1], 2 if feature == "z3" else 1
            theory = law.logarithm_at_z_3() if order == 2 else law.logarithm_at_side(feature)
            if name == "linear":
                theory += law.logarithm_at_side("z2")  # lies at the same place
            middle, before = density_of(law, location), math.nan
            for t in distances:
                left, right = density_of(law, location - t), density_of(law, location + t)
                slope, jump = (right - left) / (2 * t), (right - 2 * middle + left) / t
                derivative = slope if order == 1 else jump / t
                expected.append(
                    {"nonlinearity": name, "feature": feature, "location": location, "distance": t, "order": order}
                    | {"derivative": derivative, "per_log": (derivative - before) / math.log(3), "theory": theory}
                    | {"slope": slope, "jump": jump}
                )
                before = derivative
    made = script_module("pennington_worah/tabulate_slopes").tabulate_slopes(
        some(*places), smallest=1e-3, largest=9e-3, number=3
    )
    # Of a density that is right to 1e-10 a second difference over 1e-3 is right to 1e-4.
    loose = dict.fromkeys(("derivative", "per_log", "theory", "slope"), 1e-4) | {"location": 1e-8, "jump": 1e-3}
    return TableCase(made, pd.DataFrame(expected), loose)


def extreme_bounds_of(name: str) -> tuple[float, float]:
    """Bounds of the extreme eigenvalues from the covariance matrix and the means of x f'(x) and f(x)."""
    if name == "erf_1":
        norm = math.sqrt(2 / math.pi * math.asin(2 / 3))
        functions: tuple[Callable[[Array], Array], ...] = (
            lambda x: x * 2 / math.sqrt(math.pi) * np.exp(-(x**2)) / norm,
            lambda x: erf(x) / norm,
        )
        moments = [[smooth_mean(lambda x: f(x) * g(x)) for g in functions] for f in functions]  # noqa: B023
        means = np.zeros(2)  # odd functions
        covariance = np.array(moments)
    else:  # x f' is f or, of a ReLU, f before its shift, whose variance is 1
        covariance = np.ones((2, 2))
        mean = 1 / math.sqrt(2 * math.pi) / math.sqrt(0.5 - 1 / (2 * math.pi)) if name == "srelu_0" else 0.0
        means = np.array([mean, 0.0])
    z = LAWS[name].features
    lowest = max(float(np.linalg.eigvalsh(covariance)[0]), 0.0)
    highest = float(np.linalg.eigvalsh(covariance + 4 * np.outer(means, means))[1])
    return min(lowest, z[0]), max(highest, z[5])


def moments_table() -> TableCase:
    """Two widths with moments, of which one has nodes, too."""
    rng = np.random.default_rng(2)
    names = ("linear", "erf_1", "srelu_0")
    parts: list[dict[str, object]] = []
    expected = []
    for name in names:
        law, bounds = LAWS[name], extreme_bounds_of(name)
        z = law.features
        for n in (4, 6):
            moments = [rng.uniform(1, 3, 2).tolist() for _ in range(3)]
            parts += [
                {"nonlinearity": name, "n": n, "network": number, "m1": m1, "m2": m2}
                for number, (m1, m2) in enumerate(moments)
            ]
            found = {
                "m1": (law.moments[0], [m1 for m1, _ in moments], math.nan),
                "m2": (law.moments[1], [m2 for _, m2 in moments], math.nan),
            }
            if n == 4:
                nodes = [rng.uniform(1, 9, 5).tolist() for _ in range(2)]
                parts += [
                    {"nonlinearity": name, "n": n, "network": number, "probe": 0, "node": node}
                    for number, values in enumerate(nodes)
                    for node in values
                ]
                if name != "linear":
                    found["lambda_min"] = z[0], [min(values) for values in nodes], bounds[0]
                found["lambda_max"] = z[5], [max(values) for values in nodes], bounds[1]
            for statistic, (theory, values, bound) in found.items():
                mean = statistics.fmean(values)
                expected.append(
                    {"nonlinearity": name, "n": n, "statistic": statistic, "theory": theory, "empirical_mean": mean}
                    | {"empirical_std": statistics.stdev(values), "relative_deviation": (mean - theory) / theory}
                    | {"n_networks": len(values), "bound": bound}
                )
    made = script_module("pennington_worah/tabulate_moments").tabulate_moments(pd.DataFrame(parts), some(*names))
    loose = {"theory": 1e-8, "relative_deviation": 1e-7, "bound": 1e-7}
    return TableCase(made, pd.DataFrame(expected), loose, {"bound": 1e-7})


def convergence_table() -> TableCase:
    """f_opt whole and in parts, one network of it alone; activations without a gap or without a prediction."""
    rng = np.random.default_rng(4)
    everything = "lengths+correlations+curvature"
    cells = [("erf_1", everything, 4, 2), ("f_opt", "correlations", 4, 2), ("f_opt", everything, 4, 3)]
    cells += [("f_opt", everything, 6, 1), ("f_opt", "none", 4, 2), ("linear", everything, 4, 2)]
    parts, expected = [], []
    for name, terms, n, networks in [*cells, ("f_opt", everything, 5, 0)]:
        law, gap = LAWS[name], name == "f_opt"
        drawn = rng.uniform(0.1, 0.4, (2, networks)).tolist()
        method = "structure" if name == "linear" else "lanczos" if networks else "predicted"
        cell = {"nonlinearity": name, "terms": terms, "n": n, "method": method}
        parts += [
            cell | {"network": k, "kolmogorov_distance": drawn[0][k], "gap_share": drawn[1][k] if gap else math.nan}
            for k in range(networks)
        ]
        distance, share = math.nan, math.nan
        if gap and terms != "none":
            z = law.features
            constants = law.eta, law.eta_prime, law.zeta
            distance, share = broadened_law(constants, terms.split("+"), n, law.cdf, (z[1], z[3]))
        row: dict[str, object] = dict(cell)
        for column, values in zip(("kolmogorov_distance", "gap_share"), drawn, strict=True):
            known = networks and (gap or column != "gap_share")
            row[column] = statistics.fmean(values) if known else math.nan
            row[f"{column}_std"] = statistics.stdev(values) if known and networks > 1 else math.nan
        expected.append(row | {"theory": distance, "gap_theory": share, "n_networks": networks})
    made = script_module("pennington_worah/tabulate_convergence").tabulate_convergence(
        pd.DataFrame(parts).sample(frac=1, random_state=0), some("linear", "erf_1", "f_opt"), [5]
    )
    wanted = pd.DataFrame(expected).sort_values(["nonlinearity", "terms", "n"])
    return TableCase(made, wanted[list(made.columns)], {"theory": 5e-3, "gap_theory": 5e-3})


def optimal_table() -> TableCase:
    """f_opt in closed form, found again as the best polynomial; the best saturating one by another search."""
    reach, points = 3.0, 7

    def saturating(parameters: Iterable[float]) -> tuple[PlainLaw, float, float]:
        gain, threshold = parameters

        def value(x: Array) -> Array:
            return np.asarray(erf(gain * (x - threshold)))

        def derivative(x: Array) -> Array:
            return np.asarray(2 * gain / math.sqrt(math.pi) * np.exp(-((gain * (x - threshold)) ** 2)))

        first, slope = smooth_mean(value), smooth_mean(derivative)
        variance = smooth_mean(lambda x: value(x) ** 2) - first**2
        square = smooth_mean(lambda x: derivative(x) ** 2)
        return PlainLaw(1.0, square / variance, slope**2 / variance), first, math.sqrt(variance)

    start = (0.7, 3.0)
    best = minimize(lambda p: saturating(p)[0].conditioning, start, method="Nelder-Mead", options={"xatol": 1e-7})
    gain, threshold = best.x.tolist()
    law, mean, deviation = saturating(best.x)
    curves: dict[str, tuple[PlainLaw, Callable[[float], float], float, float]] = {
        "f_opt": (LAWS["f_opt"], lambda x: (x + math.sqrt(6) * (x**2 - 1)) / math.sqrt(13), math.nan, math.nan),
        "erf_1": (
            LAWS["erf_1"],
            lambda x: math.erf(x) / math.sqrt(2 / math.pi * math.asin(2 / 3)),
            *(math.nan, math.nan),
        ),
    }
    curves["numerical_optimum"] = curves["f_opt"]
    curves["best_saturating"] = (
        law,
        lambda x: (math.erf(gain * (x - threshold)) - mean) / deviation,
        *(gain, threshold),
    )
    made: pd.DataFrame = script_module("pennington_worah/tabulate_optimal").tabulate_optimal(
        root_seed=3,
        experiment="test",
        nonlinearities=some("f_opt", "erf_1"),
        **{"degree": 4, "starts": 2, "reach": reach, "points": points},
    )
    expected = []
    for name, (constants, function, *numbers) in curves.items():
        same = {"nonlinearity": name, "m2_over_m1_squared": constants.conditioning}
        same |= {"eta": constants.eta, "eta_prime": constants.eta_prime, "zeta": constants.zeta}
        same |= {"lambda_min": constants.features[0], "lambda_max": constants.features[5]}
        same |= dict(zip(("gain", "threshold"), numbers, strict=True))
        # 1e-6 beside a feature a density has the digits of the table's own constants
        rows = made[made["nonlinearity"] == name]
        of_table = PlainLaw(*(float(rows[column].iloc[0]) for column in ("eta", "eta_prime", "zeta")))
        z = of_table.features
        low, high = max(z[0] - 0.05, 0.0), z[5] + 0.05
        even = [low + k * (high - low) / (points - 1) for k in range(points)]
        panels = {
            "activation": [(x, function(x)) for x in (-reach + k for k in range(points))],
            "density": [(x, of_table.density(x)) for x in grid_of(of_table, even)],
        }
        if name == "best_saturating":
            farther = (-reach + 1.5 * k for k in range(points))
            panels["saturation"] = [(x, function(x)) for x in farther]
        expected += [
            same | {"panel": panel, "point": point, "x": x, "value": value}
            for panel, pairs in panels.items()
            for point, (x, value) in enumerate(pairs)
        ]
    # A minimum is flat: where it lies is found to the root of the precision.
    loose = dict.fromkeys(("eta", "eta_prime", "zeta", "lambda_min", "lambda_max", "gain", "threshold"), 1e-4)
    loose |= {"m2_over_m1_squared": 1e-8, "value": 1e-4, "x": 1e-9}
    return TableCase(made, pd.DataFrame(expected)[list(made.columns)], loose, {"value": 1e-5, "x": 1e-9})


CASES: dict[str, Callable[[], TableCase]] = {
    "pennington_worah/tabulate_table1.py": table_1,
    "pennington_worah/tabulate_fig1.py": figure_1,
    "pennington_worah/tabulate_fig2.py": figure_2,
    "pennington_worah/tabulate_fig3.py": figure_3,
    "pennington_worah/tabulate_singularities.py": singularities_table,
    "pennington_worah/tabulate_slopes.py": slopes_table,
    "pennington_worah/tabulate_moments.py": moments_table,
    "pennington_worah/tabulate_optimal.py": optimal_table,
    "pennington_worah/tabulate_convergence.py": convergence_table,
}
