"""Predicted and sampled largest eigenvalues of networks drawn at random: the table of docs/finite_size.md.

    python benchmarks/finite_size_networks.py              # twenty networks: some ten minutes
    python benchmarks/finite_size_networks.py --number 5 --seed 1
    python benchmarks/finite_size_networks.py --known      # networks of an independent derivation, sampled there

Each row is an ensemble: activation, depth 2 to 6, widths 64 to 1024 (uniform in their logarithm), 1 to 20 outputs, 20
to 300 samples, sigma_w^2 from 1 to 3, sigma_b^2 0 or up to 0.5. Weights, biases and independent Gaussian inputs are
drawn afresh for every sampled network; biases are parameters of F. The prediction sees none of them. Columns: Theorem
4 of Karakida et al. 2019; the leading order (chain of outputs, edge); the prediction and its branch; what the
prediction states as systematic error and as scatter of single networks; mean and standard error of the sampled
eigenvalues (number of networks), and their own scatter; ratios of the sampled mean to Theorem 4 and to the prediction.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.common.seeds import generator
from fisher_spectra.finite_size.ensemble import layered_ensemble
from fisher_spectra.finite_size.prediction import finite_size_prediction
from fisher_spectra.networks.dual_fisher import dual_fisher_operator
from fisher_spectra.networks.fully_connected import gaussian_inputs, sample_network
from fisher_spectra.spectra.largest_eigenvalue import largest_eigenvalue

ACTIVATIONS = ("tanh", "relu", "erf", "gelu", "silu")
FEWEST, MOST = 8, 24  # sampled networks of a row
WORK = 2e11  # multiplications of a row's F* v that more than the fewest networks may take
TOLERANCE = 1e-3  # of Lanczos: a tenth of the standard errors


WIDE = (784, 512, 512, 256, 10)
# Activation, widths, T, sigma_w^2, sigma_b^2, and the mean sampled with scripts of their own, without biases in F.
KNOWN = (
    ("tanh", WIDE, 100, 2.0, 0.0, 25.5),
    ("tanh", WIDE, 100, 1.0, 0.0, 11.01),
    ("tanh", WIDE, 100, 3.0, 0.0, 40.78),
    ("tanh", WIDE, 20, 2.0, 0.0, 100.2),
    ("tanh", (300, 300, 300, 1), 100, 2.0, 0.0, 10.92),
    ("tanh", (300, 300, 300, 10), 300, 2.0, 0.0, 7.468),
    ("tanh", (784, 128, 128, 10), 100, 2.0, 0.0, 20.1),
    ("erf", (300, 200, 400, 8), 150, 2.5, 0.0, 14.84),
    ("tanh", WIDE, 100, 2.0, 0.003, 25.80),
    ("tanh", WIDE, 100, 2.0, 0.01, 25.86),
    ("tanh", WIDE, 100, 2.0, 0.03, 33.09),
    ("tanh", WIDE, 100, 2.0, 0.1, 65.21),
    ("tanh", WIDE, 100, 2.0, 0.3, 136.3),
    ("tanh", WIDE, 100, 3.0, 0.64, 201.4),
    ("tanh", (200, 200, 200, 200, 10), 100, 3.0, 0.64, 107.3),
    ("tanh", (150, 250, 250, 8), 80, 2.0, 0.3, 48.15),
    ("relu", WIDE, 100, 2.0, 0.0, 523.0),
    ("relu", (256, 256, 256, 10), 100, 2.0, 0.1, 249.5),
    ("relu", (500, 500, 500, 10), 100, 2.0, 0.1, 444.5),
    ("relu", (784, 128, 128, 10), 100, 2.0, 0.0, 129.3),
    ("relu", (200, 300, 300, 300, 3), 40, 2.0, 0.1, 446.6),
    ("gelu", WIDE, 100, 2.0, 0.0, 328.0),
    ("gelu", (100, 400, 200, 5), 60, 1.5, 0.05, 83.45),
    ("silu", (64, 256, 256, 10), 50, 2.0, 0.0, 85.8),
    ("silu", (64, 256, 256, 1), 50, 2.0, 0.0, 72.27),
    ("silu", (512, 256, 256, 1), 50, 2.0, 0.0, 77.05),
    ("silu", (64, 1024, 1024, 1), 50, 2.0, 0.0, 273.3),
)


@dataclass(frozen=True)
class Setting:
    """One row."""

    activation: str
    widths: tuple[int, ...]
    samples: int
    sigma_w2: float
    sigma_b2: float


def main() -> None:
    """Parse the command line, print the table as it is made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=20, help="rows (default 20)")
    parser.add_argument("--seed", type=int, default=0, help="of settings and networks (default 0)")
    parser.add_argument("--known", action="store_true", help="predictions for networks that were sampled elsewhere")
    options = parser.parse_args()
    if options.known:
        known_networks()
        return
    print(
        "| network | T | sigma_w^2, sigma_b^2 | Theorem 4 | leading | predicted | +- | scatter | sampled | scatter "
        "| / Theorem 4 | / predicted |"
    )
    print("|" + "---|" * 12)
    for index in range(options.number):
        setting = drawn_setting(options.seed, index)
        print(row(setting, options.seed, index), flush=True)


def known_networks() -> None:
    """Theorem 4, leading order and prediction beside what an independent derivation has sampled."""
    print(
        "| network | T | sigma_w^2, sigma_b^2 | Theorem 4 | leading | predicted | sampled | / leading | / predicted |"
    )
    print("|" + "---|" * 9)
    for activation, widths, samples, sigma_w2, sigma_b2, sampled in KNOWN:
        found = finite_size_prediction(layered_ensemble(widths, activation, sigma_w2, sigma_b2, biases=False), samples)
        leading = max(found.outlier_branch_leading or 0.0, found.bulk_branch_leading)
        cells = (
            f"{activation} {'-'.join(map(str, widths))}",
            f"{samples}",
            f"{sigma_w2:g}, {sigma_b2:g}",
            f"{found.infinite_width:.4g}",
            f"{leading:.4g}",
            f"{found.largest_eigenvalue:.4g} ({found.branch})",
            f"{sampled:g}",
            f"{sampled / leading:.3f}",
            f"{sampled / found.largest_eigenvalue:.3f}",
        )
        print("| " + " | ".join(cells) + " |", flush=True)


def drawn_setting(seed: int, index: int) -> Setting:
    """The setting of a row, a function of the seed and of its number alone."""
    rng = generator(seed, "finite_size_networks", "setting", index)
    activation = ACTIVATIONS[rng.integers(len(ACTIVATIONS))]
    depth = int(rng.integers(2, 7))
    hidden = np.exp(rng.uniform(np.log(64), np.log(1024), size=depth)).astype(int).tolist()
    outputs, samples = int(rng.integers(1, 21)), int(rng.integers(20, 301))
    sigma_w2 = round(float(rng.uniform(1.0, 3.0)), 2)
    sigma_b2 = 0.0 if rng.random() < 0.5 else round(float(rng.uniform(0.0, 0.5)), 2)
    return Setting(activation, (*hidden, outputs), samples, sigma_w2, sigma_b2)


def sampled_eigenvalues(setting: Setting, seed: int, index: int) -> np.ndarray:
    """Largest eigenvalues of independent networks."""
    pairs = zip(setting.widths[1:], setting.widths[:-1], strict=True)
    work = 2 * setting.samples * sum(a * b for a, b in pairs) + setting.samples**2 * sum(setting.widths)
    networks = int(np.clip(WORK / (work * 50), FEWEST, MOST))
    values = []
    for network_index in range(networks):
        rng = generator(seed, "finite_size_networks", "network", index, network_index)
        activation = get_activation(setting.activation)
        network = sample_network(rng, setting.widths, activation, setting.sigma_w2, setting.sigma_b2, np.float32)
        inputs = gaussian_inputs(rng, setting.samples, setting.widths[0], np.float32)
        values.append(largest_eigenvalue(dual_fisher_operator(network, inputs), tolerance=TOLERANCE))
    return np.array(values)


def row(setting: Setting, seed: int, index: int) -> str:
    """One line of the table."""
    ensemble = layered_ensemble(setting.widths, setting.activation, setting.sigma_w2, setting.sigma_b2)
    predicted = finite_size_prediction(ensemble, setting.samples)
    values = sampled_eigenvalues(setting, seed, index)
    mean, deviation = float(values.mean()), float(values.std(ddof=1))
    error = deviation / np.sqrt(len(values))
    largest = predicted.largest_eigenvalue
    leading = max(predicted.outlier_branch_leading or 0.0, predicted.bulk_branch_leading)
    cells = (
        f"{setting.activation} {'-'.join(map(str, setting.widths))}",
        f"{setting.samples}",
        f"{setting.sigma_w2:g}, {setting.sigma_b2:g}",
        f"{predicted.infinite_width:.4g}",
        f"{leading:.4g}",
        f"{largest:.4g} ({predicted.branch})",
        f"{predicted.relative_error:.1%}",
        f"{predicted.scatter:.1%}",
        f"{mean:.4g} +- {error:.2g} ({len(values)})",
        f"{deviation / mean:.1%}",
        f"{mean / predicted.infinite_width:.3f}",
        f"{mean / largest:.3f} +- {error / largest:.3f}",
    )
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
