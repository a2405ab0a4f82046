"""For every figure a small table with values of no meaning, all different, in no order.

A figure that shows another column than it should, or mixes up rows, shows other numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.floating]

ACTIVATIONS = ("tanh", "relu", "linear")
STATISTICS = ("mean", "second_moment", "maximum")
NONLINEARITIES = ("linear", "erf_1", "srelu_0", "f_opt")
CONSTANTS = ("eta", "eta_prime", "zeta", "z1", "z2", "z3", "z4", "z5", "z6")
RATES = tuple(np.geomspace(0.01, 1.0, 5))


def claims() -> pd.DataFrame:
    nan = float("nan")
    rows = [
        ("one", "Paper A", "holds", 0.3, 1.0, nan, nan),
        ("two", "Paper A", "erratum", 0.1, 0.5, 3.0, 0.5),
        ("three", "Paper B", "fails", 4.0, 2.0, nan, nan),
        ("four", "Paper B", "holds", 0.0, 2.0, nan, nan),
        ("five", "Paper B", "fails", nan, 2.0, nan, nan),
    ]
    names = ["claim", "paper", "verdict", "deviation", "tolerance", "printed_deviation", "printed_tolerance"]
    return pd.DataFrame(rows, columns=names).assign(location="Theorem")


def errata() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "formula": ["first_one", "second"],
            "place": ["(1)", "(2)"],
            "printed": [2.0, -0.4],
            "corrected": [1.0, -0.88],
            "sampled": [1.25, -0.8],
            "standard_error": [0.05, 0.02],
        }
    )


def karakida_statistics(against: str = "M", values: Sequence[int] = (300, 30, 3000)) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = []
    for activation in ACTIVATIONS:
        for statistic in STATISTICS:
            for value in values:
                theory = np.exp(rng.normal())
                rows.append(
                    {"activation": activation, "M": 100, "T": 100, "L": 3, "C": 1, "statistic": statistic}
                    | {"theory": theory, "empirical_mean": theory * rng.uniform(1.1, 1.5)}
                    | {"empirical_std": rng.uniform(0.01, 0.1), "n_seeds": 100, against: value}
                )
    return pd.DataFrame(rows)


def karakida_depth() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    statistics = ("maximum", "share_of_trace", "critical_learning_rate")
    rows = [
        {"activation": activation, "L": depth, "statistic": statistic, "theory": rng.uniform(1, 2)}
        | {"empirical_mean": rng.uniform(1, 2), "empirical_std": rng.uniform(0.01, 0.1)}
        for activation in ACTIVATIONS
        for statistic in statistics
        for depth in (8, 2, 20)
    ]
    return pd.DataFrame(rows)


def karakida_finite_size() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    values = {
        "hidden_scale": (2.0, 0.5, 1.0),
        "samples": (30.0, 10.0, 100.0),
        "outputs": (3.0, 1.0, 10.0),
        "sigma_b2": (0.1, 0.0, 0.01),
    }
    return pd.DataFrame(
        {"activation": activation, "varied": varied, "value": value, "theorem_4": rng.uniform(1, 2)}
        | {"theory": rng.uniform(2, 3), "empirical_mean": rng.uniform(2, 3), "empirical_std": rng.uniform(0.01, 0.1)}
        for activation in ("tanh", "gelu", "relu")
        for varied in values
        for value in values[varied]
    )


def own_layers() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    layers = {"q": (3, 1, 2), "q_st": (1, 2, 3), "q_hat": (2, 0, 1), "q_hat_st": (0, 1, 2)}
    layers |= {"q_tilde": (1, 3, 2), "q_tilde_st": (3, 2, 1)}
    return pd.DataFrame(
        {"variable": variable, "layer": layer, "width": 10 * layer + 7, "theory": rng.uniform(1, 2)}
        | {"empirical_mean": rng.uniform(1, 2), "empirical_std": rng.uniform(0.01, 0.1), "n_seeds": 4}
        for variable, numbers in layers.items()
        for layer in numbers
    )


def own_spectrum() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    edges = 10.0 ** (np.arange(-5, 6) / 5)
    rows = pd.DataFrame({"lambda": np.sqrt(edges[:-1] * edges[1:]), "bin_low": edges[:-1], "bin_high": edges[1:]})
    rows["density_empirical"], rows["density_theory"] = rng.uniform(0.1, 1, 10), rng.uniform(0.1, 1, 10)
    rows.loc[rows.index[[0, 7]], "density_theory"] = 0.0
    rows["density_empirical_sem"] = rng.uniform(0.001, 0.01, 10)
    constants = {"infinite_maximum": 3.0, "finite_maximum": 7.0, "empirical_mean": 8.0, "empirical_std": 0.5}
    return rows.assign(**constants, n_seeds=6).sample(frac=1, random_state=0)


def own_widths() -> pd.DataFrame:
    rng = np.random.default_rng(13)
    return pd.DataFrame(
        {"factor": factor, "widths": "4-5-2", "statistic": statistic, "theory": rng.uniform(1, 2)}
        | {"finite_size": rng.uniform(1, 2) if statistic in ("maximum", "critical_rate") else np.nan}
        | {"empirical_mean": rng.uniform(1, 2), "empirical_std": rng.uniform(0.01, 0.1), "n_seeds": 4}
        for statistic in ("mean", "second_moment", "maximum", "critical_rate")
        for factor in (2.0, 0.25, 1.0)
    )


def own_training() -> pd.DataFrame:
    """Losses that fall with the rate; above a border the last cells are huge, infinite or not a number."""
    rows = []
    for factor in (2.0, 0.5, 1.0):
        for index, rate in enumerate((0.25, 0.5, 1.0, 2.0, 4.0)):
            diverged = (np.nan, np.inf, 1e6)[index % 3]
            rows.append(
                {"factor": factor, "widths": "4-5-2", "rate_factor": rate, "eta": rate * 0.1 / factor}
                | {"loss": diverged if rate > 1.5 * factor else 3.0 - rate / 2 + factor, "n_trials": 3}
                | {"finite_rate": 0.1 / factor, "infinite_rate": 0.12, "sampled_rate": 0.11 / factor}
                | {"diverged_fraction": float(rate > 1.5 * factor), "border": 0.15, "divergence_loss": 1000.0}
            )
    return pd.DataFrame(rows)


def karakida_training() -> pd.DataFrame:
    """Losses that rise with eta M; above a border the last cells are huge, infinite or not a number."""
    rows = []
    for dataset in ("gaussian", "digits"):
        for activation in ("tanh", "relu"):
            for width in (16, 64, 256):
                border = 8.0 / width
                for index, eta in enumerate(RATES):
                    diverged = (np.nan, np.inf, 1e6, 1000.1)[index % 4]
                    rows.append(
                        {"dataset": dataset, "activation": activation, "M": width, "eta": eta, "n_trials": 5}
                        | {"loss": diverged if eta > border else len(dataset + activation) + eta * width}
                        | {"eta_c": 16.0 / width, "eta_c_overlap": 10.0 / width, "eta_c_data": 8.8 / width}
                        | {"divergence_loss": 1000.0, "border": border, "eta_c_finite_size": 4.0 / width}
                    )
    return pd.DataFrame(rows).sample(frac=1, random_state=0).sort_values(["dataset", "activation"], kind="stable")


def karakida_catapult() -> pd.DataFrame:
    """Three widths, in no order; at the largest factor no run is left."""
    rng = np.random.default_rng(10)
    rows = []
    for momentum in (0.9, 0.0):
        for activation in ACTIVATIONS:
            for width in (64, 16, 256):
                border = {"border": rng.uniform(1, 5), "border_half_width": rng.uniform(0.05, 0.2)}
                border["border_over_theorem_7"] = rng.uniform(1, 5)
                for factor in (2.0, 0.5, 8.0, 1.0):
                    along = {
                        name: rng.uniform(0.5, 9) for name in ("peak_loss", "loss_late", "peak_ratio", "end_ratio")
                    }
                    along |= {"start_loss": rng.uniform(1, 2), "dead": rng.uniform()}
                    left = {name: value if factor < 8 else np.nan for name, value in along.items()}
                    key: dict[str, Any] = {"activation": activation, "M": width, "momentum": momentum}
                    rows.append(key | {"factor": factor} | left | border)
    return pd.DataFrame(rows)


def karakida_theorem5(widths: Sequence[int] = (800, 50), depths: Sequence[int] = (6, 2, 3)) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    names = ACTIVATIONS[:2]
    formulas = {(a, depth): rng.uniform(1, 9, size=2) for a in names for depth in depths}
    return pd.DataFrame(
        {"activation": a, "L": depth, "M": width, "n_seeds": 200}
        | {"paper": formulas[a, depth][0], "corrected": formulas[a, depth][1]}
        | {"empirical_mean": rng.uniform(1, 9), "empirical_sem": rng.uniform(0.01, 0.1)}
        for a in names
        for depth in depths
        for width in widths
    )


def karakida_universality() -> pd.DataFrame:
    rng = np.random.default_rng(31)
    kinds = [("weights", "binary", "tanh"), ("weights", "binary", "relu"), ("biases", "binary", "tanh")]
    frame = pd.DataFrame(
        {"group": group, "case": case, "activation": activation, "M": width, "statistic": statistic}
        | {"theory": 2.0, "gaussian_biases": 2.2 if group == "biases" else 2.0}
        | {"empirical_mean": rng.uniform(1, 3), "empirical_sem": rng.uniform(0.01, 0.1)}
        for group, case, activation in [*kinds, ("layers", "both", "mixed")]
        for width in (40, 20)
        for statistic in STATISTICS
    )
    return frame.assign(n_seeds=5)


def karakida_layers() -> pd.DataFrame:
    rng = np.random.default_rng(33)
    cases = [
        ("layers", "plain", ("relu", "tanh")),
        ("layers", "layers_differ", ("mixed",)),
        ("hidden", "layer_norm", ("relu", "tanh")),
        ("last", "outputs_centred", ("relu", "tanh")),
        ("many", "plain_many", ("relu", "tanh")),
        ("many", "outputs_centred_many", ("relu", "tanh")),
    ]
    frame = pd.DataFrame(
        {"group": group, "case": case, "activation": activation, "M": width, "quantity": quantity}
        | {"theory": rng.uniform(5, 50), "empirical_mean": rng.uniform(5, 50), "empirical_std": rng.uniform(0.1, 2)}
        for group, case, activations in cases
        for activation in activations
        for width in (20, 80, 40)
        for quantity in ("maximum", "own_variance")
    )
    return frame.assign(n_seeds=5)


def karakida_softmax() -> pd.DataFrame:
    rng = np.random.default_rng(34)
    rows: list[dict[str, Any]] = []
    for activation in ("relu", "tanh"):
        for outputs in (2, 4):
            for width in (40, 20, 80):
                key = {"activation": activation, "C": outputs, "M": width, "momentum": 0.0}
                linear = rng.uniform(60, 90)
                for place in range(outputs - 1, 0, -1):
                    of_first = linear if place == 1 else np.nan
                    row = {"quantity": "outlier", "place": place, "linear_outputs": of_first}
                    rows.append(key | row | {"theory": rng.uniform(5, 50)})
                    rows.append(key | {"quantity": "over_own", "place": place, "theory": 1.0})
            for momentum in (0.0, 0.9):
                rows += [
                    {"activation": activation, "C": outputs, "M": 40, "momentum": momentum, "quantity": "growth"}
                    | {"place": place, "theory": rng.uniform(0.5, 2)}
                    for place in (1.1, 0.9)
                ]
    drawn = [row | {"empirical_mean": rng.uniform(0.5, 50), "empirical_std": rng.uniform(0.1, 2)} for row in rows]
    curve = {"activation": "any", "C": 0, "M": 0, "quantity": "growth_curve"}
    drawn += [
        curve | {"momentum": momentum, "place": place, "theory": rng.uniform(0.5, 2)}
        for momentum in (0.0, 0.9)
        for place in (1.1, 0.9, 1.0)
    ]
    return pd.DataFrame(drawn).assign(n_seeds=5)


def karakida_bulk() -> pd.DataFrame:
    rng = np.random.default_rng(32)
    rows = []
    for activation in ("odd", "tanh", "relu"):
        for ratio in (0.5, 0.1):
            key = {"activation": activation, "samples_per_width": ratio}
            for width in (20, 80, 40):
                rows.append(key | {"M": width, "quantity": "kolmogorov", "empirical_mean": rng.uniform(0.01, 0.2)})
                rows += [
                    key
                    | {"M": width, "quantity": "density", "lambda": place, "theory": 0.2}
                    | {"empirical_mean": 0.0 if place > 2.0 else rng.uniform(0.1, 1)}
                    for place in (1.75, 0.25, 0.75, 2.25, 1.25)
                ]
            rows += [
                key | {"M": 80, "quantity": "law", "lambda": place, "theory": max(0.0, 1.9 - place)}
                for place in (0.5, 2.0, 1.0, 0.0, 1.5)
            ]
    return pd.DataFrame(rows)


def karakida_many_outputs() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {"activation": a, "M": width, "C": width // 2, "statistic": statistic, "n_seeds": 20}
        | dict(zip(("lower_bound", "empirical_mean", "upper_bound"), sorted(rng.uniform(1, 9, size=3)), strict=True))
        | {"lower_bound_printed": rng.uniform(1, 9), "upper_bound_printed": rng.uniform(1, 9)}
        for a in ACTIVATIONS[:2]
        for width in (80, 20, 40)
        for statistic in STATISTICS
    )


def karakida_corollary2() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {"activation": a, "M": width, "k": k, "bound": rng.uniform(50, 99), "count": count * width, "n_seeds": 20}
        for a in ACTIVATIONS[:2]
        for width in (400, 100)
        for k, count in ((10.0, 0.0), (0.1, rng.uniform(0.1, 0.2)), (1.0, rng.uniform(0.01, 0.02)))
    )


def pennington_table1(deviation: float = 0.3) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = []
    for name in (*NONLINEARITIES, "swish"):
        row: dict[str, str | float] = {"nonlinearity": name}
        for column in CONSTANTS:
            printed = np.nan if name == "swish" else round(rng.uniform(1, 9), 3)
            row |= {f"printed_{column}": printed, f"decimals_{column}": 3, f"deviation_{column}": deviation}
            row[column] = printed + deviation * 1e-3 if np.isfinite(printed) else rng.uniform(1, 9)
        rows.append(row)
    return pd.DataFrame(rows)


def _binned(rng: np.random.Generator, **cell: str | float) -> list[dict[str, str | float]]:
    """Rows of one cell: five bins with three points each."""
    edges = np.linspace(0, 8.4, 6)
    return [
        {"lambda": low + share * (high - low), "density_theory": rng.uniform(0.01, 1)}
        | {"density_empirical": density, "bin_low": low, "bin_high": high, "density_empirical_sem": 0.01}
        | {"atom_theory": 0.0, "atom_empirical": 0.0, "n_networks": 4}
        | cell
        for low, high, density in zip(edges[:-1], edges[1:], rng.uniform(0.1, 1, 5), strict=True)
        for share in (0.7, 0.2, 0.5)
    ]


def pennington_fig1() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    atom = {"atom_theory": 0.5, "atom_empirical": 0.4375}
    rows = _binned(rng, panel="linear", nonlinearity="linear", n=128, method="structure", **atom)
    rows += _binned(rng, panel="erf_1", nonlinearity="erf_1", n=64, method="dense")
    rows += _binned(rng, panel="erf_1", nonlinearity="erf_1", n=128, method="lanczos")
    return pd.DataFrame(rows)


def pennington_fig2() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    rows = []
    for name in NONLINEARITIES:
        features = {f"z{k}": value for k, value in enumerate(np.sort(rng.uniform(0, 8, 6)), start=1)}
        features |= {"z4": features["z1"]} if name == "linear" else {}
        for value in rng.permutation(np.linspace(0.1, 8, 12)):
            rows.append(
                {"panel": "a", "nonlinearity": name, "n": np.inf, "method": "limit", "lambda": value}
                | {"density_theory": rng.uniform(0.01, 1), "atom_theory": 0.5 if name == "linear" else 0.0}
                | features
            )
    for n, method in ((64, "lanczos"), (16, "dense"), (256, "lanczos")):
        distance = {"kolmogorov_distance": rng.uniform(0.02, 0.1), "kolmogorov_distance_std": rng.uniform(0.001, 0.01)}
        rows += _binned(rng, panel="b", nonlinearity="erf_1", n=float(n), method=method, **distance)
    frame = pd.DataFrame(rows)
    frame["bin_low"] += 0.1  # the axis is logarithmic
    frame["bin_high"] += 0.1
    return frame


def pennington_fig3() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = []
    for family, correlation in (("srelu", -0.976), ("erf", -0.9512)):
        for kind, alphas in (("networks", (1.0, -0.5, 0.25)), ("limit", (0.75, -0.5, 0.0, 1.0))):
            for alpha in alphas:
                row = {"loss_reduction": rng.uniform(1e-3, 3e-3), "loss_reduction_std": rng.uniform(1e-4, 3e-4)}
                row |= {"predicted_network": rng.uniform(1e-3, 3e-3)}
                row = row if kind == "networks" else dict.fromkeys(row, np.nan)
                row |= {"m2_over_m1_squared": rng.uniform(1, 3), "predicted_limit": rng.uniform(1e-3, 3e-3)}
                rows.append({"family": family, "alpha": alpha, "kind": kind, "rank_correlation": correlation} | row)
    return pd.DataFrame(rows)


def pennington_singularities() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {"nonlinearity": name, "feature": feature, "location": 0.1, "n": n, "epsilon": epsilon}
        | {"theory": epsilon * (1 + len(name)), "empirical": rng.uniform(1e-5, 0.5), "empirical_sem": 0.01}
        | {"exponent": 0.0 if name == "linear" else 0.4996, "atom": 0.0}
        for name in NONLINEARITIES
        for feature in ("z1", "z4")
        for n in (32, 16)
        for epsilon in (1e-2, 1e-6, 1e-4)
    )


def pennington_slopes() -> pd.DataFrame:
    distances = np.array([1e-2, 1e-5, 1e-3])
    frames = [
        pd.DataFrame(
            {"nonlinearity": name, "feature": feature, "distance": distances}
            | {"derivative": 0.2 + theory * np.log(distances), "theory": theory, "jump": -theory * distances}
        )
        for name, feature, theory in (("linear", "z5", 0.01), ("erf_1", "z2", 0.02), ("erf_1", "z3", 3.0))
    ]
    return pd.concat(frames, ignore_index=True)


def pennington_moments() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {"nonlinearity": name, "n": n, "statistic": statistic, "n_networks": 16}
        | {"theory": 0.0 if (name, statistic) == ("linear", "lambda_min") else rng.uniform(1.9, 2.2)}
        | {"empirical_mean": rng.uniform(1.9, 2.2), "empirical_std": rng.uniform(0.01, 0.1)}
        | {"bound": {"erf_1": 1.2, "srelu_0": 0.0}.get(name, 5.0) if statistic.startswith("lambda") else np.nan}
        for name in NONLINEARITIES
        for statistic, widths in (
            ("m1", (1024, 16, 128)),
            ("lambda_min", (64, 16)),
            ("m2", (1024, 16, 128)),
            ("lambda_max", (32, 512)),
        )
        for n in widths
    )


def pennington_convergence() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    whole = "lengths+correlations+curvature"
    cells = [(name, whole, n) for name in NONLINEARITIES for n in (128, 32, 64)]
    cells += [("f_opt", terms, n) for terms in ("none", "curvature", "lengths", "correlations") for n in (64, 32)]
    cells += [("f_opt", "lengths+curvature", 32), ("f_opt", whole, 4096)]
    rows = []
    for name, terms, n in cells:
        row = {
            column: rng.uniform(0.02, 0.3) for column in ("kolmogorov_distance", "gap_share", "theory", "gap_theory")
        }
        row |= {"kolmogorov_distance_std": rng.uniform(0.001, 0.01), "gap_share_std": rng.uniform(0.001, 0.01)}
        missing = [] if name == "f_opt" else ["gap_share", "gap_share_std", "gap_theory"]
        missing += ["theory", "gap_theory"] if name in ("linear", "erf_1") or terms == "none" else []
        missing += ["kolmogorov_distance", "kolmogorov_distance_std", "gap_share", "gap_share_std"] if n == 4096 else []
        rows.append({"nonlinearity": name, "terms": terms, "n": n} | row | dict.fromkeys(missing, np.nan))
    return pd.DataFrame(rows).sample(frac=1, random_state=0)


def pennington_optimal() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    return pd.DataFrame(
        {"nonlinearity": name, "m2_over_m1_squared": ratio, "panel": what, "x": x, "value": rng.uniform(0.1, 1)}
        | {"gain": np.nan, "threshold": np.nan}
        for name, ratio in zip(("numerical_optimum", *NONLINEARITIES), (1.106, 3.0, 2.3, 1.7, 1.105), strict=True)
        for what in ("activation", "density")
        for x in (2.0, -1.0, 0.5)
    )


def _bins(number: int, width: float = 0.31) -> dict[str, Array]:
    edges = width * np.arange(number + 1)
    return {"lambda": (edges[1:] + edges[:-1]) / 2, "bin_low": edges[:-1], "bin_high": edges[1:]}


def hayase_fig1() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    tables = []
    for name, deficit in (("isometry", 0.0047), ("printed", 1.4e-15)):
        for width, number in ((0.31, 10), (0.01, 310)):
            table = pd.DataFrame({"panel": name, "L": 3, "M": 1000, "bin_width": width} | _bins(number, width))
            table["density_continuous"] = rng.uniform(0.1, 1.0, number)
            table["atom_weight"] = 0.0
            table.loc[number - 5, "atom_weight"] = 0.5
            table.loc[number - 6, "atom_weight"] = 1e-15
            table["density_theory"] = table["density_continuous"] + table["atom_weight"] / width
            table["density_empirical"] = rng.uniform(0.1, 1.0, number)
            tables.append(table.assign(deficit=deficit, n_networks=1))
    return pd.concat(tables, ignore_index=True)


def hayase_fig2() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    cells = [("L", depth, 10) for depth in (50, 2, 10)] + [("N", 10, samples) for samples in (100, 1, 10)]
    names = ("full", "block_diagonal", "theory", "theory_full", "full_sem", "block_diagonal_sem")
    return pd.DataFrame(
        {"varied": varied, "L": depth, "N": samples, "M": 100, "statistic": statistic, "n_networks": 4}
        | {name: rng.uniform(1, 9) for name in names}
        for varied, depth, samples in cells
        for statistic in ("mean", "maximum")
    )


def hayase_fig3() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"L": 20, "M": 100, "N": 10, "n_networks": 3} | _bins(12, 0.1))
    return frame.assign(
        **{name: rng.integers(1, 99, 12) for name in ("count_full", "count_block", "count_theory", "count_width")}
    )


def hayase_fig4() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = []
    for dataset, epochs in (("digits (1 epoch)", 1), ("cifar10", 10)):
        for depth in (2, 10, 50):
            for index, eta in enumerate(RATES):
                lost = eta > 2 / depth and index % 2 == 0
                names = {"dataset": dataset, "L": depth, "eta": eta, "epochs": epochs, "loss_limit": 1.0}
                lines = {"eta_paper": 2 / depth, "eta_boundary": 2.1 / depth, "border": 1.8 / depth}
                values = {
                    f"{part}_{name}": (np.inf if name == "loss" else 0.1) if lost else rng.uniform(0.2, 0.9)
                    for part in ("train", "test")
                    for name in ("loss", "accuracy")
                }
                border = np.nan if depth == 50 else 3 / depth
                rows.append(names | lines | values | {"diverged_fraction": float(lost), "border_loss": border})
    return pd.DataFrame(rows).sample(frac=1, random_state=0)


def hayase_labels() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    rows = [
        {"label_norm": norm, "dataset": "digits", "L": depth, "eta": eta, "train_accuracy": rng.uniform(0.2, 0.9)}
        | {"eta_paper": 2 / depth, "eta_boundary": 2.1 / depth, "diverged_fraction": float(eta > 2 / depth)}
        | {"border": factor / depth**power, "border_half_width": 0.1 * factor}
        for norm, factor, power in (("root_width", 1.8, 1.0), ("one", 3.0, 0.6))
        for depth in (2, 10, 50)
        for eta in RATES
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=0).sort_values("label_norm", ascending=False, kind="stable")


def hayase_jacobian() -> pd.DataFrame:
    rng = np.random.default_rng(9)
    rows = []
    for panel, depths in (("isometry", (10, 3)), ("saturating", (3,)), ("expanding", (13,))):
        for depth in depths:
            cell = {"panel": panel, "L": depth, "M": 300, "n_networks": 20, "empirical_sem": rng.uniform(0.001, 0.01)}
            top = rng.uniform(1.0, 3.0)
            scalars = (("moment", 1.0), ("share_below_half", 0.5), ("maximum", top))
            places = [("distribution", top * rng.uniform(0.1, 1.0)) for _ in range(4)]
            rows += [
                cell
                | {"quantity": quantity, "at": at, "theory": rng.uniform(0.1, 0.9) * top}
                | {"empirical_mean": rng.uniform(0.1, 0.9)}
                for quantity, at in (*scalars, *places)
            ]
    return pd.DataFrame(rows)


def hayase_fig5() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    tables = []
    for depth in (50, 5):
        initial = rng.uniform(0.01, 1.0, 6)
        for eta in (0.02, 0.64):
            lost = depth == 50 and eta > 0.1
            table = pd.DataFrame({"dataset": "digits", "L": depth, "eta": eta} | _bins(6, 0.4 * depth))
            table["weight"] = 0.0 if lost else rng.uniform(0.01, 1.0, 6)
            table["weight_initial"] = initial
            extra = {"diverged": int(lost), "eta_boundary": 2.1 / depth, "eta_paper": 2 / depth, "n_eigenvalues": 640}
            tables.append(table.assign(**extra))
    return pd.concat(tables, ignore_index=True)


def hayase_depth_limits() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    theories = ("theory_recursion", "theory_limit", "theory_exact", "empirical")
    rows = [
        {"setting": setting, "L": depth, "quantity": quantity, "M": 300, "n_networks": 10}
        | {"N": depth if quantity == "mean_many_inputs" else 1}
        | {name: depth * rng.uniform(1.5, 2.0) for name in theories}
        | {"empirical_sem": rng.uniform(0.01, 0.1)}
        for setting in ("isometry", "saturating")
        for quantity in ("maximum", "mean", "atom_weight", "mean_many_inputs")
        for depth in (100, 2, 10)
    ]
    vanishing = rows[0] | {"quantity": "vanishing_depth", "L": 2000, "theory_exact": 623, "empirical": 606.0}
    return pd.DataFrame([*rows, vanishing | {"empirical_sem": 4.0}])


def hayase_laws() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    return pd.DataFrame(
        {"panel": name, "L": depth, "M": width, "n_networks": 10, "kolmogorov_distance": rng.uniform(0.001, 0.1)}
        | {"maximum_theory": rng.uniform(9, 11), "maximum_empirical": rng.uniform(9, 11)}
        | {"maximum_sem": rng.uniform(0.01, 0.1)}
        for name, depth in (("isometry", 3), ("isometry", 10), ("saturating", 10))
        for width in (1000, 100)
    )


def hayase_gaussian() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    tables = [
        pd.DataFrame({"panel": name, "L": depth, "M": 300, "n_networks": 10} | _bins(8)).assign(
            density_theory=rng.uniform(0.1, 1, size=8), density_empirical=rng.uniform(0.1, 1, size=8)
        )
        for name in ("orthogonal", "gaussian")
        for depth in (10, 3)
    ]
    return pd.concat(tables, ignore_index=True)


def analysis_spectrum() -> pd.DataFrame:
    edges = np.geomspace(0.01, 10.0, 7)
    rows = [
        ("bin", low, high, number, 0.1 * number, float("nan"))
        for low, high, number in zip(edges[:-1], edges[1:], (3.0, 40.0, 25.0, 0.0, 7.0, 1.0), strict=True)
    ]
    rows += [("largest", value, value, 1.0, 0.0, 3.8 / value) for value in (6.0, 2.0, 1.1)]
    rows += [(kind, value, value, 1.0, 0.0, 3.8 / value) for kind, value in (("theory", 5.0), ("infinite_width", 2.5))]
    names = ["kind", "lambda_low", "lambda_high", "eigenvalues", "eigenvalues_error", "learning_rate"]
    return pd.DataFrame(rows, columns=names).assign(loss="half_sum")


def analysis_prediction() -> pd.DataFrame:
    rows = [
        ("infinite_width", 20.0, np.nan, np.nan),
        ("infinite_width_on_data", 22.0, np.nan, np.nan),
        ("outlier_branch", 30.0, np.nan, np.nan),
        ("bulk_branch", 10.0, np.nan, np.nan),
        ("finite_size", 30.0, 27.0, 33.0),
        *(("network", value, np.nan, np.nan) for value in (25.0, 29.0, 36.0)),
        ("mean_of_networks", 30.0, 28.0, 32.0),
    ]
    frame = pd.DataFrame(rows, columns=["source", "largest_eigenvalue", "low", "high"])
    return frame.assign(critical_learning_rate=3.8 / frame["largest_eigenvalue"])


def analysis_phase_diagram() -> pd.DataFrame:
    cells = [
        ("cell", w2, b2, "critical_learning_rate", 0.01 * (w2 + 10 * b2)) for b2 in (0.0, 0.5) for w2 in (1.0, 2.0, 3.0)
    ]
    edge = [("edge", 1.0, 0.0, "chi", 1.0), ("edge", 2.5, 0.5, "chi", 1.0)]
    return pd.DataFrame([*cells, *edge], columns=["kind", "sigma_w2", "sigma_b2", "quantity", "value"])


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "analysis.phase_diagram": analysis_phase_diagram,
    "analysis.prediction": analysis_prediction,
    "analysis.spectrum": analysis_spectrum,
    "claims.claims": claims,
    "claims.errata": errata,
    "karakida.statistics": karakida_statistics,
    "karakida.training": karakida_training,
    "karakida.catapult": karakida_catapult,
    "karakida.theorem5": karakida_theorem5,
    "karakida.depth": karakida_depth,
    "karakida.finite_size": karakida_finite_size,
    "karakida.universality": karakida_universality,
    "karakida.bulk": karakida_bulk,
    "karakida.layers": karakida_layers,
    "karakida.softmax": karakida_softmax,
    "own.layers": own_layers,
    "own.spectrum": own_spectrum,
    "own.widths": own_widths,
    "own.training": own_training,
    "karakida.many_outputs": karakida_many_outputs,
    "karakida.corollary2": karakida_corollary2,
    "pennington_worah.table1": pennington_table1,
    "pennington_worah.fig1": pennington_fig1,
    "pennington_worah.fig2": pennington_fig2,
    "pennington_worah.fig3": pennington_fig3,
    "pennington_worah.singularities": pennington_singularities,
    "pennington_worah.slopes": pennington_slopes,
    "pennington_worah.moments": pennington_moments,
    "pennington_worah.optimal": pennington_optimal,
    "pennington_worah.convergence": pennington_convergence,
    "hayase_karakida.fig1": hayase_fig1,
    "hayase_karakida.fig2": hayase_fig2,
    "hayase_karakida.fig3": hayase_fig3,
    "hayase_karakida.fig4": hayase_fig4,
    "hayase_karakida.fig5": hayase_fig5,
    "hayase_karakida.labels": hayase_labels,
    "hayase_karakida.jacobian": hayase_jacobian,
    "hayase_karakida.depth_limits": hayase_depth_limits,
    "hayase_karakida.laws": hayase_laws,
    "hayase_karakida.gaussian": hayase_gaussian,
}
