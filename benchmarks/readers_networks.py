"""Predicted, sampled and trained critical learning rates of ten networks that a reader may bring, as a table.

    python benchmarks/readers_networks.py --output table.md

Of each network: the rate by Theorem 7 of Karakida et al. (infinite width), by the finite-size prediction on the
network's own data, and by the largest eigenvalue of sampled networks; and where gradient descent on one of them, as a
module of PyTorch, begins to leave its minimum. Networks on Fashion-MNIST are left out where it was not fetched. The
table is that of docs/ten_networks.md.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import fisher_spectra as fs
from fisher_spectra.analysis.input_data import inputs_of
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.seeds import generator

MOMENTUM = 0.9
NETWORKS = 20
TRAINED = 3  # networks that are trained, of each kind
# Multiples of the measured rate; the border is between the last that converges and the first that does not.
FACTORS = (0.5, 0.9, 0.95, 0.98, 1.02, 1.05, 1.1, 1.5, 2.0)
STEPS = 400
MODULES: dict[str, type[torch.nn.Module]] = {
    "tanh": torch.nn.Tanh,
    "relu": torch.nn.ReLU,
    "gelu": torch.nn.GELU,
    "silu": torch.nn.SiLU,
    "sigmoid": torch.nn.Sigmoid,
}


@dataclass(frozen=True)
class Case:
    """One network: widths, activation, variances, data (None for Gaussian inputs) and number of samples."""

    widths: tuple[int, ...]
    activation: str
    sigma_w2: float
    sigma_b2: float
    data: str | None
    samples: int

    @property
    def name(self) -> str:
        return "-".join(map(str, self.widths))


CASES = (
    Case((64, 256, 10), "relu", 2.0, 0.0, "digits", 100),
    Case((64, 256, 128, 10), "tanh", 2.0, 0.0, "digits", 100),
    Case((64, 200, 200, 200, 10), "silu", 2.0, 0.0, "digits", 200),
    Case((64, 400, 100, 200, 1), "gelu", 2.0, 0.1, "digits", 150),
    Case((64, 128, 128, 128, 128, 128, 128, 10), "tanh", 1.5, 0.05, "digits", 100),
    Case((64, 256, 256, 256, 256, 256, 256, 256, 10), "relu", 2.0, 0.1, "digits", 60),
    Case((784, 512, 512, 256, 10), "tanh", 2.0, 0.0, None, 100),
    Case((784, 512, 512, 256, 10), "gelu", 2.0, 0.0, None, 100),
    Case((784, 300, 100, 10), "relu", 2.0, 0.0, "fashion_mnist", 100),
    Case((784, 256, 256, 256, 10), "tanh", 3.0, 0.3, "fashion_mnist", 100),
)


def inputs_for(case: Case, rng: np.random.Generator) -> torch.Tensor:
    """The samples that the prediction is made for, or Gaussian ones."""
    given = inputs_of(case.data, case.widths[0], case.samples, None, 0).table
    return torch.as_tensor(
        rng.standard_normal((case.samples, case.widths[0])) if given is None else given, dtype=torch.float64
    )


def module_of(case: Case, rng: np.random.Generator) -> torch.nn.Module:
    """One random network as a module of PyTorch; without biases where their variance is zero."""
    layers: list[torch.nn.Module] = []
    for fan_in, fan_out in zip(case.widths[:-1], case.widths[1:], strict=True):
        layer = torch.nn.Linear(fan_in, fan_out, bias=case.sigma_b2 > 0.0, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(
                torch.as_tensor(rng.standard_normal((fan_out, fan_in)) * (case.sigma_w2 / fan_in) ** 0.5)
            )
            if case.sigma_b2 > 0.0:
                layer.bias.copy_(torch.as_tensor(rng.standard_normal(fan_out) * case.sigma_b2**0.5))
        layers += [layer, MODULES[case.activation]()]
    return torch.nn.Sequential(*layers[:-1])


def trained_border(case: Case, number: int) -> tuple[float, float, float, str]:
    """Measured rate of one network, last multiple that converges, first that does not, and how it ends at 1.1."""
    rng = generator(0, "ten_networks", case.name, case.activation, number)
    found = fs.analyse(module_of(case, rng), inputs_for(case, rng), loss="half_sum", momentum=MOMENTUM)
    runs = found.check_by_training(FACTORS, steps=STEPS)
    fine = runs[~runs["diverged"]]["factor"].max()
    lost = runs[runs["diverged"]]["factor"].min()
    (beyond,) = runs[runs["factor"] == 1.1]["outcome"]
    return found.critical_learning_rate, float(fine), float(lost), str(beyond)


def row(case: Case) -> dict[str, Any]:
    """One row of the table."""
    predicted = fs.predict(
        case.widths,
        case.activation,
        sigma_w2=case.sigma_w2,
        sigma_b2=case.sigma_b2,
        biases=case.sigma_b2 > 0.0,
        samples=case.samples,
        data=case.data,
        networks=NETWORKS,
        momentum=MOMENTUM,
    )
    if predicted.sampled is None:
        raise UserError(f"{case.name}: no networks were sampled")
    rates = 2.0 * (1.0 + MOMENTUM) / np.array(predicted.sampled.largest_eigenvalues)
    runs = [trained_border(case, number) for number in range(TRAINED)]
    return {
        "network": case.name,
        "activation": f"{case.activation} ({case.sigma_w2:g}, {case.sigma_b2:g})",
        "inputs": f"{case.data or 'Gaussian'}, T = {case.samples}",
        "infinite width": 2.0 * (1.0 + MOMENTUM) / predicted.theory.infinite_width,
        "finite size": predicted.critical_learning_rate,
        "sampled": rates.mean(),
        "sd": rates.std(ddof=1),
        "sampled / infinite": rates.mean() * predicted.theory.infinite_width / (2.0 * (1.0 + MOMENTUM)),
        "sampled / finite": rates.mean() / predicted.critical_learning_rate,
        "leaves between": f"{min(run[1] for run in runs):g} and {max(run[2] for run in runs):g}",
        "at 1.1": ", ".join(sorted({run[3] for run in runs})),
    }


def markdown(rows: list[dict[str, Any]]) -> str:
    """The table; rates with three digits."""
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    for entry in rows:
        cells = [value if isinstance(value, str) else f"{value:.3g}" for value in entry.values()]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, help="file to write; printed otherwise")
    arguments = parser.parse_args()
    rows = []
    for case in CASES:
        try:
            rows.append(row(case))
        except UserError as error:
            print(f"{case.name} on {case.data}: left out, {error}", file=sys.stderr)
            continue
        print(
            {name: value if isinstance(value, str) else round(value, 5) for name, value in rows[-1].items()}, flush=True
        )
    if arguments.output is None:
        print(markdown(rows))
    else:
        arguments.output.write_text(markdown(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
